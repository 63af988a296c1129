/** SQLite's file is locked by another process, its disk is full, read-only, breaks down: under load. */
import { DatabaseSync } from 'node:sqlite';

import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, SECOND } from '../../src/clock.ts';
import { until } from '../support/wait.ts';
import { conclude } from './crash.ts';
import { type Disk, openDisk, whyNoDisk } from './disk.ts';
import { openLoad } from './load.ts';
import { type Outage, runOutages } from './outages.ts';
import { seededRandom } from './random.ts';
import { makeRooms, withRig } from './rig.ts';

const rooms = makeRooms(3, ['id', 'undefined'], 200);
const isHurt = (states: Readonly<Record<string, number>>) =>
  Object.keys(states).filter((state) => !state.endsWith(' sent'));

it('is locked by another process for several seconds', async () => {
  let other: DatabaseSync | undefined;
  const locked: Outage = {
    name: 'locked',
    begin({ database }) {
      // It takes its turn: the server under load holds the lock at times.
      other = new DatabaseSync(database.kind === 'sqlite' ? database.file : '', { timeout: 10_000 });
      other.exec('begin immediate');
    },
    end() {
      other?.exec('commit');
      other?.close();
    },
    lasts: 4_000,
  };
  const outcome = await runOutages({ dialect: 'sqlite', seed: 21, rooms }, [locked]);
  expect(isHurt(outcome.states)).toEqual([]);
}, 600_000);

const noDisk = whyNoDisk();

describe.skipIf(noDisk !== undefined)(
  `on a small disk${noDisk === undefined ? '' : ` (skipped: ${noDisk})`}`,
  () => {
    let disk: Disk;
    beforeEach(() => {
      disk = openDisk();
    });
    afterEach(() => {
      disk.close();
    });

    it('goes on by itself after its disk was full', async () => {
      const full: Outage = {
        name: 'full',
        async begin({ db }) {
          // No room is left in a log that has grown before.
          await sql`pragma wal_checkpoint(truncate)`.execute(db);
          disk.fill();
        },
        end: () => disk.empty(),
        lasts: 2_000,
        shows: ({ status, parts }) => status === 'down' && parts.database === 'down',
        errors: true,
      };
      const options = { dialect: 'sqlite', seed: 22, rooms, databaseFolder: disk.folder } as const;
      const outcome = await runOutages(options, [full]);
      expect(isHurt(outcome.states)).toEqual([]);
    }, 600_000);

    it('says that its disk is read-only, and starts once it is not', async () => {
      await withRig(
        { dialect: 'sqlite', seed: 23, rooms, databaseFolder: disk.folder, lessons: 1 },
        async (rig) => {
          await rig.plan(1, SECOND, DAY);
          await rig.detach();
          disk.setReadOnly(true);
          await expect(rig.start().ready).rejects.toThrow(/ended/);
          expect(rig.errors().join('\n')).toMatch(/read.?only|unable to open|write|opened/i);
          disk.setReadOnly(false);
          await rig.attach();
          await rig.start().ready;
          const outcome = await conclude(rig, 0, { errors: true });
          expect(outcome.states).toEqual({ 'lesson sent': 3 });
        },
      );
    }, 600_000);

    it('keeps what was acknowledged when its disk breaks down', async () => {
      await withRig(
        { dialect: 'sqlite', seed: 24, rooms, databaseFolder: disk.folder, lessons: 3 },
        async (rig) => {
          for (const no of [1, 2, 3]) await rig.plan(no, no * 20 * SECOND, DAY);
          await rig.start().ready;
          const load = openLoad(rig, { random: seededRandom(24), most: 200 });
          await until(() => rig.chat.evidence().said.length > 10, { within: 60_000, what: 'a lesson said' });
          disk.breakDown();
          await until(async () => (await rig.server().health()).parts.database === 'down', {
            within: 30_000,
            every: 100,
            what: 'the health telling of it',
          });
          // From here on it is a matter for the operator: stop it, mend the disk, start it.
          await rig.server().kill();
          await rig.detach();
          disk.repair();
          await rig.attach();
          await rig.start().ready;
          load.stop();
          await conclude(rig, load.count(), { errors: true });
        },
      );
    }, 600_000);
  },
);
