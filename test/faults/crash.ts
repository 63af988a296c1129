/** Kills: at a named point, and at any moment. */
import type { Dialect } from '../../src/db/open.ts';
import { DAY, MINUTE, SECOND } from '../../src/clock.ts';
import { until } from '../support/wait.ts';
import { openLoad } from './load.ts';
import type { Behaviour } from './protocol.ts';
import { type Random, seededRandom } from './random.ts';
import { makeRooms, type Rig, withRig } from './rig.ts';
import type { CrashPoint } from './server.ts';

/** In the order in which a message and a lesson pass them. */
export const CRASH_POINTS = [
  'inbox-committed',
  'before-handled',
  'handled',
  'planned',
  'before-enqueue',
  'enqueued',
  'before-claim',
  'after-claim',
  'before-send',
  'inside-send',
  'after-send',
  'after-settle',
  'after-echo',
] as const satisfies readonly CrashPoint[];

/** A chat that tells in the end, for whoever can read its past. */
const HONEST: readonly Behaviour[] = ['id', 'undefined', 'echo-first', 'duplicate-echo'];
/** One that does everything that a chat was seen to do. */
const MOODY: readonly Behaviour[] = [
  'id',
  'id',
  'id',
  'undefined',
  'undefined',
  'echo-first',
  'duplicate-echo',
  'late-echo',
  'id-only',
  'no-echo',
  'throws-before',
  'throws-after',
  'throws-after-silent',
  'lost',
  'refused',
];

/** Lets things happen until the armed server has died at its point. */
export async function crashAt(rig: Rig, point: CrashPoint, lesson: number): Promise<void> {
  // There is one thing to plan, and something of all else before the second passing.
  const server = rig.start({ crashAt: point, crashNo: point === 'planned' ? 1 : 2 });
  await rig.plan(lesson, SECOND, lesson % 2 === 0 ? DAY : MINUTE);
  const talk = openTalk(rig);
  try {
    await until(() => server.isGone(), { within: 60_000, what: `the crash at ${point}` });
  } finally {
    talk.stop();
  }
}

const talked = new WeakMap<Rig, number>();
/** Nobody says more while so much is not acknowledged: a slow machine isn't given ever more to do. */
const UNHEARD = 10;

/**
 * Everybody of the first room once: an answer there, a check-in in private. Nobody twice, so that no two
 * replies read alike and each message can be told from every other.
 */
function openTalk(rig: Rig): { stop(): void } {
  const [room] = rig.chat.rooms;
  const talk = async () => {
    const pending = await rig.chat.pending();
    const no = talked.get(rig) ?? 0;
    const who = room?.people[no];
    if (!room || !who || pending > UNHEARD) return;
    talked.set(rig, no + 1);
    rig.chat.say(who, { roomId: room.id }, '1A 2C', { answers: { 1: 'A', 2: 'C' } });
    rig.chat.say(who, 'private', `打卡 ${no}`, { checkin: true, reply: true });
  };
  const timer = setInterval(() => {
    void talk();
  }, 100);
  return { stop: () => clearInterval(timer) };
}

export interface KillOptions {
  readonly dialect: Dialect;
  readonly postgresUrl?: string;
  readonly seed: number;
  readonly kills: number;
  readonly history: boolean;
  readonly onKill?: (done: number) => void;
}

export interface Outcome {
  readonly heard: number;
  readonly said: number;
  readonly states: Readonly<Record<string, number>>;
}

/** Kills the server at random moments, also while it starts, while lessons go out and people answer. */
export async function killUnderLoad(options: KillOptions): Promise<Outcome> {
  const random = seededRandom(options.seed);
  const behaviours = options.history ? HONEST : MOODY;
  const lessons = 5 + options.kills * 2;
  const rigOptions = {
    dialect: options.dialect,
    ...(options.postgresUrl === undefined ? {} : { postgresUrl: options.postgresUrl }),
    seed: options.seed,
    rooms: makeRooms(3, behaviours),
    behaviours,
    history: options.history,
    lessons,
  };
  return await withRig(rigOptions, async (rig) => {
    for (let no = 1; no <= lessons; no += 1)
      await rig.plan(no, no * 15 * SECOND, random.next() < 0.5 ? DAY : MINUTE);
    const load = openLoad(rig, { random, most: 60 * options.kills });
    for (let done = 0; done < options.kills; done += 1) {
      await dieSometime(rig, random);
      options.onKill?.(done + 1);
    }
    await rig.start().ready;
    load.stop();
    return await conclude(rig, load.count());
  });
}

async function dieSometime(rig: Rig, random: Random): Promise<void> {
  const server = rig.start();
  const duringStart = random.next() < 0.2;
  if (!duringStart) await server.ready;
  await new Promise((resolve) => setTimeout(resolve, random.below(duringStart ? 700 : 1_200)));
  await server.kill();
}

/**
 * Lets everything come to rest and compares the witnesses. Throws with every contradiction, and with what was
 * logged as an error unless the fault was of a kind that has to be.
 */
export async function conclude(rig: Rig, heard: number, { errors = false } = {}): Promise<Outcome> {
  await rig.settle();
  const wrong = [...(await rig.contradictions()), ...(errors ? [] : rig.errors())];
  if (wrong.length > 0) throw new Error(`contradictions:\n${wrong.join('\n')}`);
  return { heard, said: rig.chat.evidence().said.length, states: await rig.states() };
}
