/** The sandbox passes the contract of all channels. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSandbox } from '../../src/channels/sandbox/sandbox.ts';
import { systemClock } from '../../src/clock.ts';
import { channelContract } from '../contracts/channel.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

for (const dialect of DIALECTS) {
  let lessonsDir = '';
  channelContract(
    `sandbox on ${dialect}`,
    async () => {
      const { db, close } = await openTestDb(dialect);
      lessonsDir = mkdtempSync(join(tmpdir(), 'weike-lessons-'));
      const channel = openSandbox({ db, clock: systemClock, lessonsDir });
      return {
        channel,
        rooms: channel
          .world()
          .rooms.map(({ id, topic, people }) => ({ id, topic, people: people.map((one) => one.id) })),
        sayInRoom: (roomId, contactId, text, options) =>
          channel.say(contactId, { roomId }, options?.mention ? `@小课 ${text}` : text),
        sayInPrivate: (contactId, text) => channel.say(contactId, 'private', text),
        seen: async (target) => {
          const place = target.kind === 'group' ? { roomId: target.roomId } : { contactId: target.contactId };
          const messages = await channel.messages(place, { limit: 1_000 });
          return messages
            .filter(({ personId }) => personId === undefined)
            .map(({ kind, text }) => ({ kind, text }));
        },
        async close() {
          await channel.stop();
          await close();
          rmSync(lessonsDir, { recursive: true, force: true });
        },
      };
    },
    () => lessonsDir,
  );
}
