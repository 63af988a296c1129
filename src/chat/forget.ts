/** Forgets what people said when it was neither answer, check-in, command nor unclear answer. */
import { DAY } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { readPolicy } from '../people/policies.ts';

/** What was understood of such a message. */
const NOTHING = '{"kind":"none"}';

/** What is forgotten once it is old enough: messages whose text is still there. */
const talk = (db: Db) =>
  db
    .selectFrom('message')
    .where('state', '=', 'handled')
    .where('text', 'is not', null)
    .where('intent', '=', NOTHING);

/** Clears the text of such messages once the county has kept it long enough. The row stays: its id tells a late duplicate. */
export async function forgetTalk(db: Db, now: number): Promise<void> {
  const kept = await readPolicy(db, 'talk-kept');
  await db
    .updateTable('message')
    .set({ text: null })
    .where('state', '=', 'handled')
    .where('text', 'is not', null)
    .where('intent', '=', NOTHING)
    .where('received_at', '<', now - kept)
    .execute();
}

export interface KeptTalk {
  /** Messages whose text is kept now. */
  readonly all: number;
  /** When the oldest of them came, ms. */
  readonly oldest?: number;
  /** How many of them will go within the next day as it is set. */
  readonly nextDay: number;
  /** How many would go at once if it were kept for each of these spans, ms. */
  readonly goes: ReadonlyMap<number, number>;
}

/** What is kept of such talk, and what would go. Changes nothing. */
export async function countTalk(db: Db, now: number, spans: readonly number[]): Promise<KeptTalk> {
  const kept = await readPolicy(db, 'talk-kept');
  const counted = async (before: number) =>
    (
      await talk(db)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('received_at', '<', before)
        .executeTakeFirstOrThrow()
    ).count;
  const { all, oldest } = await talk(db)
    .select(({ fn }) => [fn.countAll<number>().as('all'), fn.min('received_at').as('oldest')])
    .executeTakeFirstOrThrow();
  const goes = new Map<number, number>();
  for (const span of spans) goes.set(span, await counted(now - span));
  const known: number | null = oldest;
  return {
    all,
    ...(known === null ? {} : { oldest: known }),
    nextDay: await counted(now - kept + DAY),
    goes,
  };
}
