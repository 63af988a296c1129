/**
 * The long form of the fault tests: `npm run faults -- --kills 200 [--resume DIR]`. Servers on SQLite and on
 * PostgreSQL are killed at random moments under load, ten times a run, until so many kills are done; then Redis and a
 * puppet's gRPC server are away and frozen for 90 s. Every run ends with the comparison of all witnesses. What is done stands in the folder,
 * so that a run that was broken off goes on there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { reasonOf } from '../src/errors.ts';
import { killUnderLoad, type Outcome } from '../test/faults/crash.ts';
import { runOutages } from '../test/faults/outages.ts';
import { troublePuppet } from '../test/faults/puppet-outages.ts';
import { redisOutages } from '../test/faults/redis-outages.ts';
import { makeRooms } from '../test/faults/rig.ts';
import { openPostgres } from '../test/support/postgres.ts';

const KILLS_A_RUN = 10;
const LONG = 90_000;

interface Done {
  readonly what: string;
  readonly seed: number;
  readonly kills: number;
  readonly seconds: number;
  readonly outcome?: Outcome;
  /** What the comparison found. */
  readonly wrong?: string;
}

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, resume: { type: 'string' } },
});
const kills = Number(values.kills);
if (!Number.isInteger(kills) || kills < 0) {
  console.error(`faults: --kills: expected a whole number, got "${values.kills}"`);
  process.exit(2);
}

const folder = resolve(values.resume ?? join(tmpdir(), `weike-faults-${Date.now()}`));
mkdirSync(folder, { recursive: true });
const file = join(folder, 'done.json');
const done: Done[] = readDone();
console.log(`what is done stands in ${folder}; --resume ${folder} goes on there`);

function readDone(): Done[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Done[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function run(what: string, seed: number, count: number, work: () => Promise<Outcome>): Promise<void> {
  const began = Date.now();
  let result: Pick<Done, 'outcome' | 'wrong'>;
  try {
    result = { outcome: await work() };
  } catch (error) {
    result = { wrong: reasonOf(error) };
  }
  const seconds = Math.round((Date.now() - began) / 1_000);
  done.push({ what, seed, kills: count, seconds, ...result });
  writeFileSync(file, JSON.stringify(done, null, 2));
  console.log(`${result.wrong === undefined ? 'ok   ' : 'WRONG'} ${what}, seed ${seed}, ${seconds} s`);
  if (result.wrong !== undefined) console.log(result.wrong);
}

const postgres = await openPostgres({ fsync: true });
try {
  const sumOf = (what: string) =>
    done.filter((one) => one.what === what).reduce((sum, one) => sum + one.kills, 0);
  const dialects = ['sqlite', 'postgres'] as const;
  while (dialects.some((dialect) => sumOf(`kills on ${dialect}`) < kills / 2))
    for (const dialect of dialects) {
      const what = `kills on ${dialect}`;
      const left = Math.ceil(kills / 2) - sumOf(what);
      if (left <= 0) continue;
      const seed = 1_000 + done.length;
      const count = Math.min(KILLS_A_RUN, left);
      await run(what, seed, count, () =>
        killUnderLoad({ dialect, postgresUrl: postgres.url, seed, kills: count, history: seed % 2 === 0 }),
      );
    }
  const redis = 'Redis away and frozen for 90 s';
  if (!done.some(({ what }) => what === redis))
    await run(redis, 11, 0, () =>
      runOutages(
        { dialect: 'sqlite', seed: 11, rooms: makeRooms(3, ['id', 'undefined'], 200), behaviours: ['id'] },
        redisOutages(LONG),
      ),
    );
  const puppet = "a puppet's server dropped for 3 s and 90 s, frozen for 90 s";
  if (!done.some(({ what }) => what === puppet))
    await run(puppet, 12, 0, () => troublePuppet({ seed: 12, dropped: [3_000, LONG], frozen: [LONG] }));
} finally {
  await postgres.stop();
}

const wrong = done.filter((one) => one.wrong !== undefined);
const total = (of: (one: Done) => number) => done.reduce((sum, one) => sum + of(one), 0);
const states: Record<string, number> = {};
for (const { outcome } of done)
  for (const [state, count] of Object.entries(outcome?.states ?? {}))
    states[state] = (states[state] ?? 0) + count;
console.log(
  `\n${total((one) => one.kills)} kills in ${done.length} runs, ${total((one) => one.outcome?.heard ?? 0)} messages of people, ${total((one) => one.outcome?.said ?? 0)} of ours`,
);
console.table(states);
console.log(wrong.length === 0 ? 'no contradiction' : `${wrong.length} runs with contradictions`);
process.exitCode = wrong.length === 0 ? 0 : 1;
