/** What a server needs goes away for a while, under load, and comes back. */
import { DAY, SECOND } from '../../src/clock.ts';
import type { Health } from '../../src/health.ts';
import { until } from '../support/wait.ts';
import { conclude, type Outcome } from './crash.ts';
import { openLoad } from './load.ts';
import { seededRandom } from './random.ts';
import { type Rig, type RigOptions, withRig } from './rig.ts';

export interface Outage {
  readonly name: string;
  begin(rig: Rig): void | Promise<void>;
  end(rig: Rig): void | Promise<void>;
  /** How long it lasts, in real time, ms; 0 for what is over at once. */
  readonly lasts: number;
  /** What the health says while it lasts; left out where it is over before anybody looks. */
  readonly shows?: (health: Health) => boolean;
  /** Whether what people say is acknowledged and handled all the same. */
  readonly keepsRecords?: boolean;
  /** Whether it has to be logged as an error. */
  readonly errors?: boolean;
}

const RECOVERS_WITHIN = 120_000;
/** Mean gap between two things that people say by themselves, in real time, ms. */
const EVERY = 80;

/**
 * Runs a server under load through outage after outage. In each a lesson falls due; afterwards it goes out by
 * itself and the health is well again. Resolves with the comparison of all witnesses; rejects when it doesn't recover.
 */
export async function runOutages(options: RigOptions, outages: readonly Outage[]): Promise<Outcome> {
  return await withRig({ ...options, lessons: outages.length + 1 }, async (rig) => {
    await rig.start().ready;
    const away = outages.reduce((sum, { lasts }) => sum + lasts, 0);
    const load = openLoad(rig, {
      random: seededRandom(options.seed),
      every: EVERY,
      // Enough for a long outage too: there is always somebody who says something.
      most: 60 * (outages.length + 1) + Math.ceil(away / EVERY),
    });
    await rig.plan(1, SECOND, DAY);
    await untilBrought(rig, 1);
    for (const [index, outage] of outages.entries()) await goThrough(rig, outage, index + 2);
    load.stop();
    return await conclude(rig, load.count(), { errors: outages.some(({ errors }) => errors) });
  });
}

async function goThrough(rig: Rig, outage: Outage, lesson: number): Promise<void> {
  const handledBefore = await countHandled(rig);
  await rig.plan(lesson, SECOND, DAY);
  await outage.begin(rig);
  const began = Date.now();
  try {
    const { shows } = outage;
    if (shows)
      await until(async () => shows(await rig.server().health()), {
        within: 30_000,
        every: 100,
        what: `the health telling of it: ${outage.name}`,
      });
    if (outage.keepsRecords)
      await until(async () => (await countHandled(rig)) > handledBefore + 10, {
        within: 30_000,
        every: 100,
        what: `messages handled during it: ${outage.name}`,
      });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, outage.lasts - (Date.now() - began))));
  } finally {
    await outage.end(rig);
  }
  await untilBrought(rig, lesson);
  await until(async () => (await rig.server().health()).status !== 'down', {
    within: RECOVERS_WITHIN,
    every: 100,
    what: `the health being well after it: ${outage.name}`,
  });
}

const countHandled = async ({ db }: Rig): Promise<number> =>
  (await db.selectFrom('message').select('id').where('state', '=', 'handled').execute()).length;

/** Waits until the lesson has come to its end in every group. */
async function untilBrought({ db, chat }: Rig, lesson: number): Promise<void> {
  await until(
    async () => {
      const rows = await db
        .selectFrom('delivery')
        .select('state')
        .where('kind', '=', 'lesson')
        .where('content', '=', `fault-${lesson}`)
        .where('state', 'in', ['sent', 'unknown', 'failed'])
        .execute();
      return rows.length === chat.rooms.length;
    },
    { within: RECOVERS_WITHIN, every: 100, what: `lesson ${lesson} having been brought to all groups` },
  );
}
