/**
 * The pace of each account, kept in the database, so that neither a restart nor an emptied Redis can cause a
 * burst. The courier asks `nextTurn`, takes the turn with `noteSpoken` in the transaction that commits what it
 * is about to say, and tells what came of it with `noteSuccess` or `noteTrouble`.
 */
import { localDay, MINUTE, sayWhen, startOfDay, DAY } from '../clock.ts';
import type { Pace, QuietHours } from '../config.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { AccountPaceTable, DeliveryKind } from '../db/tables.ts';
import type { PolicyName } from '../people/policy-names.ts';
import { type PolicyPlace, readPolicies, readPolicy } from '../people/policies.ts';
import {
  type Breaker,
  breakerAfterSpoken,
  breakerAfterTrouble,
  CLOSED,
  gapAfter,
  type Hold,
  type PaceRules,
  type Spoken,
  type Trouble,
  type Turn,
  turnAt,
} from './pace-rules.ts';

export { quietUntil } from './pace-rules.ts';
export type { Trouble, Turn } from './pace-rules.ts';

/** One message that wants to be said. */
export interface Speech {
  readonly account: string;
  /** Null in a private chat. */
  readonly groupId: string | null;
  readonly kind: DeliveryKind;
  readonly zone: string;
  readonly pace?: Pace;
  readonly quietHours?: QuietHours;
  readonly now: number;
}

export interface NextTurn extends Turn {
  /** Why it waits, in Chinese, for the ledger; absent when it needn't. */
  readonly reason?: string;
}

const REASONS: Readonly<Record<Hold, string>> = {
  breaker: '账号发得太频繁或接连出错，先停一停',
  gap: '按节奏排队',
  minute: '按节奏排队',
  day: '账号今天发得够多了',
  'group-day': '这个群今天发得够多了',
  quiet: '静默时段',
};

/** Replies to people aren't held by quiet hours or the day's caps. */
const answers = (kind: DeliveryKind): boolean => kind === 'reply' || kind === 'ack';

/** The account as a whole, and the group in it. */
const scopesOf = ({ groupId }: Speech): string[] => (groupId === null ? [''] : ['', groupId]);

/** The earliest instant at which this may be said; `at` is `now` when it may be at once. */
export const nextTurn = async (db: Db, speech: Speech): Promise<NextTurn> =>
  await turnBy(db, speech, await rulesFor(db, speech));

async function turnBy(db: Db, speech: Speech, rules: PaceRules): Promise<NextTurn> {
  let spoken = await readSpoken(db, speech);
  if (isAhead(spoken, rules, speech.now)) {
    await mendClock(db, speech.account, rules, speech.now);
    spoken = await readSpoken(db, speech);
  }
  const turn = turnAt(rules, spoken, speech.now, answers(speech.kind));
  if (turn.hold === undefined) return turn;
  return { ...turn, reason: `${REASONS[turn.hold]}，${sayWhen(turn.at, speech.now, speech.zone)} 后接着发` };
}

/**
 * Takes the turn, in the transaction that commits what is about to be said. False when it isn't this
 * message's turn after all, because another one was faster: then nothing may be said.
 */
export async function noteSpoken(trx: Db, speech: Speech, random: number): Promise<boolean> {
  const { account, groupId, now } = speech;
  const standing = await lockAccount(trx, account, now);
  const rules = await rulesFor(trx, speech);
  const { at } = await turnBy(trx, speech, rules);
  if (at > now) return false;
  const breaker = breakerAfterSpoken(breakerOf(standing), now);
  if (breaker.probeAt !== standing.probe_at) await writeBreaker(trx, account, breaker);
  await trx
    .insertInto('spoken')
    .values({ id: newId(), account, group_id: groupId, answer: answers(speech.kind) ? 1 : 0, at: now })
    .execute();
  if (rules.pace) {
    const nextAt = now + gapAfter(rules.pace, random);
    await trx
      .insertInto('pace')
      .values(scopesOf(speech).map((scope) => ({ account, scope, next_allowed_at: nextAt })))
      .onConflict((conflict) =>
        conflict.columns(['account', 'scope']).doUpdateSet({ next_allowed_at: nextAt }),
      )
      .execute();
  }
  await forgetSpoken(trx, speech);
  return true;
}

/** A message was taken by the channel: the breaker closes. */
export async function noteSuccess(db: Db, account: string): Promise<void> {
  await db
    .updateTable('account_pace')
    .set(toColumns(CLOSED))
    .where('account', '=', account)
    .where((eb) => eb.or([eb('failures', '>', 0), eb('open_until', 'is not', null)]))
    .execute();
}

/** A message was not taken. Gives until when the account pauses, ms, or `undefined` when it goes on. */
export async function noteTrouble(
  db: Db,
  account: string,
  trouble: Trouble,
  now: number,
): Promise<number | undefined> {
  return await inTransaction(db, async (trx) => {
    const before = breakerOf(await lockAccount(trx, account, now));
    const after = breakerAfterTrouble(before, trouble, now, {
      errors: await readPolicy(trx, 'breaker-errors'),
      wait: await readPolicy(trx, 'breaker-wait'),
    });
    await writeBreaker(trx, account, after);
    return after.openUntil ?? undefined;
  });
}

/** The accounts that pause now, for `/healthz`: until when, and after how many errors in a row. */
export const listPaused = (db: Db): Promise<{ account: string; until: number; failures: number }[]> =>
  db
    .selectFrom('account_pace')
    .select(['account', 'failures'])
    .select((eb) => eb.ref('open_until').$notNull().as('until'))
    .where('open_until', 'is not', null)
    .orderBy('account')
    .execute();

/** The rules as the policies have them in the speech's group; what nobody has set is as the server was started. */
export async function rulesFor(
  db: Db,
  { groupId, zone, ...started }: Pick<Speech, 'groupId' | 'zone' | 'pace' | 'quietHours'>,
): Promise<PaceRules> {
  const policy = await readPolicies(db, groupId === null ? {} : { groupId });
  const pace = policy('pace') ?? started.pace;
  const quietHours = policy('quiet-hours') ?? started.quietHours;
  return {
    zone,
    groupPerDay: policy('group-per-day'),
    warmUpDays: policy('warm-up-days'),
    ...(pace ? { pace } : {}),
    ...(quietHours && quietHours !== 'off' ? { quietHours } : {}),
  };
}

/** Policies that decide when an account may speak. */
const DECIDING: readonly PolicyName[] = ['pace', 'quiet-hours', 'group-per-day', 'warm-up-days'];

/**
 * After such a policy was changed: what waits for the pace or the morning comes up now, and is sent or put off anew by
 * what holds now. Gives how many; none when the policy decides nothing here.
 */
export async function lookAgain(db: Db, changed: PolicyName, now: number): Promise<number> {
  if (!DECIDING.includes(changed)) return 0;
  const rows = await db
    .updateTable('delivery')
    .set({ due_at: now })
    .where('state', '=', 'planned')
    .where('due_at', '>', now)
    .where((eb) => eb.or(Object.values(REASONS).map((reason) => eb('reason', 'like', `${reason}，%`))))
    .returning('id')
    .execute();
  return rows.length;
}

/** The quiet hours of the county, or of one of its places, now; `undefined` when there are none. */
export async function quietHoursOf(
  db: Db,
  started: { readonly quietHours?: QuietHours },
  place: PolicyPlace = {},
): Promise<QuietHours | undefined> {
  const quietHours = (await readPolicy(db, 'quiet-hours', place)) ?? started.quietHours;
  return quietHours === 'off' ? undefined : quietHours;
}

/** What the account said lately, and to the speech's group. */
export async function readSpoken(
  db: Db,
  { account, groupId, zone, now }: Pick<Speech, 'account' | 'groupId' | 'zone' | 'now'>,
): Promise<Spoken> {
  const gaps = await db
    .selectFrom('pace')
    .select('next_allowed_at')
    .where('account', '=', account)
    .where('scope', 'in', groupId === null ? [''] : ['', groupId])
    .execute();
  const lastMinute = await db
    .selectFrom('spoken')
    .select('at')
    .where('account', '=', account)
    .where('at', '>', now - MINUTE)
    .orderBy('at')
    .execute();
  const since = startOfDay(localDay(now, zone), zone);
  const { today } = await db
    .selectFrom('spoken')
    .select(({ fn }) => fn.countAll<number>().as('today'))
    .where('account', '=', account)
    .where('at', '>=', since)
    .executeTakeFirstOrThrow();
  const toGroup = await db
    .selectFrom('spoken')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('group_id', '=', groupId ?? '')
    .where('answer', '=', 0)
    .where('at', '>=', since)
    .executeTakeFirstOrThrow();
  const standing = await findStanding(db, account);
  return {
    nextAllowedAt: Math.max(0, ...gaps.map((row) => row.next_allowed_at)),
    lastMinute: lastMinute.map((row) => row.at),
    today,
    groupToday: toGroup.count,
    firstDay: localDay(standing?.first_at ?? (await firstUse(db, account, now)), zone),
    breaker: standing ? breakerOf(standing) : CLOSED,
  };
}

const findStanding = (db: Db, account: string): Promise<AccountPaceTable | undefined> =>
  db.selectFrom('account_pace').selectAll().where('account', '=', account).executeTakeFirst();

/** An account is new from the day on which it first showed a group. */
async function firstUse(db: Db, account: string, now: number): Promise<number> {
  const { first } = await db
    .selectFrom('chat_group')
    .select(({ fn }) => fn.min('created_at').as('first'))
    .where('account', '=', account)
    .executeTakeFirstOrThrow();
  return Math.min(now, first ?? now);
}

/** The account's row, made when there is none, and locked until the transaction ends: turns are taken one by one. */
async function lockAccount(trx: Db, account: string, now: number): Promise<AccountPaceTable> {
  const locked = () =>
    trx
      .updateTable('account_pace')
      .set({ account })
      .where('account', '=', account)
      .returningAll()
      .executeTakeFirst();
  const there = await locked();
  if (there) return there;
  await trx
    .insertInto('account_pace')
    .values({ account, first_at: await firstUse(trx, account, now), ...toColumns(CLOSED) })
    .onConflict((conflict) => conflict.column('account').doNothing())
    .execute();
  return (await locked()) ?? { account, first_at: now, ...toColumns(CLOSED) };
}

const breakerOf = (row: AccountPaceTable): Breaker => ({
  failures: row.failures,
  opens: row.opens,
  openUntil: row.open_until,
  probeAt: row.probe_at,
});

const toColumns = ({ failures, opens, openUntil, probeAt }: Breaker) => ({
  failures,
  opens,
  open_until: openUntil,
  probe_at: probeAt,
});

const writeBreaker = async (trx: Db, account: string, breaker: Breaker): Promise<void> =>
  void (await trx
    .updateTable('account_pace')
    .set(toColumns(breaker))
    .where('account', '=', account)
    .execute());

/** Whether what was noted lies in the future: the clock was set back since. */
const isAhead = ({ lastMinute, nextAllowedAt }: Spoken, { pace }: PaceRules, now: number): boolean =>
  (lastMinute.at(-1) ?? 0) > now || (pace !== undefined && nextAllowedAt > now + pace.maxGap);

/**
 * What was said before the clock was set back counts as said now, so that the account neither bursts nor falls
 * silent until the old time comes round again.
 */
async function mendClock(db: Db, account: string, { pace }: PaceRules, now: number): Promise<void> {
  await db
    .updateTable('spoken')
    .set({ at: now })
    .where('account', '=', account)
    .where('at', '>', now)
    .execute();
  const latest = now + (pace?.maxGap ?? 0);
  await db
    .updateTable('pace')
    .set({ next_allowed_at: latest })
    .where('account', '=', account)
    .where('next_allowed_at', '>', latest)
    .execute();
}

/** No cap looks back further than a day; the first message of a day clears what is older. */
async function forgetSpoken(trx: Db, { account, zone, now }: Speech): Promise<void> {
  const today = startOfDay(localDay(now, zone), zone);
  await trx
    .deleteFrom('spoken')
    .where('account', '=', account)
    .where('at', '<', today - DAY)
    .execute();
}
