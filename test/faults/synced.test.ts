/** Nothing is acknowledged that isn't synced: seen from the kernel's side, on both databases. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openPostgres } from '../support/postgres.ts';
import { until } from '../support/wait.ts';
import { makeRooms, type Rig, withRig } from './rig.ts';
import { momentOf, readTrace, STRACE, wasSynced, whyNoStrace } from './trace.ts';

const MESSAGES = 20;
const noStrace = whyNoStrace();

describe('a trace', () => {
  const trace = (sync: string) => `
7 100.000001 read(21<socket:[1]>, "{\\"op\\":\\"inbound\\",\\"message\\":{\\"account\\":\\"sink\\",\\"id\\":\\"m1\\"}}\\n", 65536) = 60 <0.000010>
${sync}
7 100.500000 write(21<socket:[1]>, "{\\"op\\":\\"ack\\",\\"id\\":\\"m1\\"}\\n", 23) = 23 <0.000010>`;
  const cases: [string, string, boolean][] = [
    ['a sync between', '7 100.2 fdatasync(20</d/weike.db-wal>) = 0 <0.001>', true],
    [
      'a sync in two pieces',
      '8 100.2 fdatasync(20</d/weike.db-wal> <unfinished ...>\n8 100.3 <... fdatasync resumed>) = 0 <0.1>',
      true,
    ],
    ['none', '', false],
    [
      'one that failed',
      '7 100.2 fdatasync(20</d/weike.db-wal>) = -1 EIO (Input/output error) <0.001>',
      false,
    ],
    ['one of another file', '7 100.2 fdatasync(20</d/other>) = 0 <0.001>', false],
    ['one that ends too late', '8 100.2 fdatasync(20</d/weike.db-wal>) = 0 <0.9>', false],
    ['one that begins too early', '8 99.9 fdatasync(20</d/weike.db-wal>) = 0 <0.2>', false],
  ];
  it.each(cases)('with %s', (_name, sync, expected) => {
    const calls = readTrace(trace(sync));
    const moment = momentOf(calls, 'm1');
    expect(moment).toBeDefined();
    expect(moment && wasSynced(calls, /weike\.db-wal/, moment)).toBe(expected);
  });
});

// In the check of a clean checkout it has to run.
describe.skipIf(noStrace !== undefined && process.env.CI !== 'true')(
  `an acknowledgement${noStrace === undefined ? '' : ` (skipped: ${noStrace})`}`,
  () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'weike-trace-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    /** One message after the other, each once the one before it is acknowledged. */
    async function talk(rig: Rig, output: string): Promise<void> {
      const server = rig.start({ under: [...STRACE, '-o', output] });
      await server.ready;
      const [room] = rig.chat.rooms;
      for (const who of room?.people.slice(0, MESSAGES) ?? []) {
        rig.chat.say(who, { roomId: room?.id ?? '' }, '早上好');
        await until(async () => (await rig.chat.pending()) === 0, { within: 30_000, every: 5 });
      }
      await server.kill();
    }

    const rooms = makeRooms(1, ['id'], MESSAGES);

    it('on SQLite comes after the sync of its log', async () => {
      const output = join(folder, 'server');
      await withRig({ dialect: 'sqlite', seed: 41, rooms, lessons: 1 }, async (rig) => {
        await talk(rig, output);
        const calls = readTrace(readFileSync(output, 'utf8'));
        for (const id of rig.chat.evidence().acknowledged) {
          const moment = momentOf(calls, id);
          if (!moment) throw new Error(`${id} is not in the trace`);
          expect([id, wasSynced(calls, /weike\.db-wal/, moment)]).toEqual([id, true]);
        }
        expect(rig.chat.evidence().acknowledged.size).toBe(MESSAGES);
      });
    }, 120_000);

    it('on PostgreSQL comes after the sync of its log', async () => {
      const postgres = await openPostgres({ fsync: true });
      const [program, ...options] = STRACE;
      const outputs = { server: join(folder, 'server'), postgres: join(folder, 'postgres') };
      // Before the server connects, so that the processes that serve it are traced from their birth.
      const tracer = spawn(program, [...options, '-o', outputs.postgres, '-p', String(postgres.pid())], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      try {
        await once(tracer.stderr, 'data');
        await withRig(
          { dialect: 'postgres', postgresUrl: postgres.url, seed: 42, rooms, lessons: 1 },
          async (rig) => {
            await talk(rig, outputs.server);
            const server = readTrace(readFileSync(outputs.server, 'utf8'));
            const database = readTrace(readFileSync(outputs.postgres, 'utf8'));
            for (const id of rig.chat.evidence().acknowledged) {
              const moment = momentOf(server, id);
              if (!moment) throw new Error(`${id} is not in the trace`);
              expect([id, wasSynced(database, /pg_wal/, moment)]).toEqual([id, true]);
            }
            expect(rig.chat.evidence().acknowledged.size).toBe(MESSAGES);
          },
        );
      } finally {
        tracer.kill('SIGINT');
        await once(tracer, 'exit');
        await postgres.stop();
      }
    }, 120_000);
  },
);
