/**
 * What the bot says of itself beside lessons, with restraint: one reminder a group before its quiz closes, naming
 * nobody unless that is turned on; in private only to those who agreed, once a day; practice to those who agreed.
 */
import {
  addDays,
  DAY,
  HOUR,
  localDay,
  localTime,
  MINUTE,
  minuteOfDay,
  mondayOf,
  startOfDay,
} from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import { listEnabledGroups } from '../people/groups.ts';
import { readPolicy } from '../people/policies.ts';
import { countAsked } from '../quiz/practice.ts';
import { pickReview } from '../quiz/weekly.ts';
import { lessonOf, type QuizWindow } from '../quiz/windows.ts';
import { askCard } from './private.ts';

const BEFORE = HOUR;
/** A quiz that is open for less needs no reminder: its lesson is still in sight. */
const LEAST_OPEN = 3 * HOUR;
const NAMED = 5;

/** Base of links that may be given in the chats of an account. */
type LinkBase = (account: string) => string | undefined;

/**
 * Reminds the groups of which a quiz closes within the hour, and in which it isn't quiet now; one in which it is, is
 * looked at again. Gives how many.
 */
export async function remindGroups(
  db: Db,
  zone: string,
  now: number,
  linkBase: LinkBase = () => undefined,
  isQuiet: (groupId: string) => Promise<boolean> = async () => false,
): Promise<number> {
  const windows = await db
    .selectFrom('quiz_window')
    .innerJoin('chat_group', 'chat_group.id', 'quiz_window.group_id')
    .selectAll('quiz_window')
    .select('chat_group.account')
    .where('closed_at', 'is', null)
    .where('reminded_at', 'is', null)
    .where('closes_at', '>', now)
    .where('closes_at', '<=', now + BEFORE)
    .where('chat_group.enabled', '=', 1)
    .orderBy('closes_at')
    .execute();
  let reminded = 0;
  for (const [groupId, due] of Map.groupBy(windows, (window) => window.group_id)) {
    const [first] = due;
    if (!first || (await isQuiet(groupId))) continue;
    const { account } = first;
    const base = linkBase(account);
    const isDone = await inTransaction(db, (trx) =>
      remindGroup(
        trx,
        { groupId, account, windows: due, zone, ...(base === undefined ? {} : { base }) },
        now,
      ),
    );
    if (isDone) reminded += 1;
  }
  return reminded;
}

interface Reminding {
  readonly groupId: string;
  readonly account: string;
  readonly windows: readonly QuizWindow[];
  readonly zone: string;
  readonly base?: string;
}

/** One message for all of a group's windows that close soon. */
async function remindGroup(
  trx: Db,
  { groupId, account, windows, zone, base }: Reminding,
  now: number,
): Promise<boolean> {
  await trx
    .updateTable('quiz_window')
    .set({ reminded_at: now })
    .where(
      'id',
      'in',
      windows.map(({ id }) => id),
    )
    .execute();
  const how = await readPolicy(trx, 'remind-group', { groupId });
  const [window] = windows.filter(({ opens_at: opened, closes_at: closes }) => closes - opened >= LEAST_OPEN);
  if (!window) return false;
  const missing = await listMissing(trx, window);
  const link = base === undefined ? '' : `：${base}/q/${window.id}`;
  await remindPrivately(trx, { window, missing, zone, link }, now);
  if (how === 'off' || missing.length === 0) return false;
  const lesson = await lessonOf(trx, window);
  const names = missing.map(({ name }) => name);
  const who =
    how === 'names'
      ? `${names.slice(0, NAMED).join('、')}${names.length > NAMED ? ` 等 ${names.length} 人` : ''}还没答`
      : `还有 ${names.length} 人没答`;
  const text = `【提醒】《${lesson?.title ?? '小测'}》${localTime(window.closes_at, zone)} 截止，${who}，${window.mode === 'open' || link === '' ? '有空看一眼。' : `有空点一下${link}`}`;
  await planDeliveries(
    trx,
    [
      {
        cause: `remind:${window.id}`,
        kind: 'reply',
        account,
        groupId,
        plannedAt: now,
        parts: [{ kind: 'text', body: text }],
      },
    ],
    now,
  );
  return true;
}

interface Missing {
  readonly contactId: string;
  readonly name: string;
  readonly memberId: string | null;
}

/** Who is in the group and has given no answer that counts. */
async function listMissing(trx: Db, window: QuizWindow): Promise<Missing[]> {
  const seats = await trx
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .leftJoin('identity', (join) =>
      join
        .onRef('identity.contact_id', '=', 'group_member.contact_id')
        .onRef('identity.account', '=', 'chat_group.account')
        .on('identity.closed_at', 'is', null),
    )
    .leftJoin('member', 'member.id', 'identity.member_id')
    .select([
      'group_member.contact_id as contactId',
      'group_member.name as nickname',
      'member.name',
      'member.id as memberId',
    ])
    .where('group_member.group_id', '=', window.group_id)
    .where('group_member.left_at', 'is', null)
    .orderBy('group_member.name')
    .execute();
  const answered = await trx
    .selectFrom('answer')
    .select('member_id')
    .distinct()
    .where('window_id', '=', window.id)
    .where('counted', '=', 1)
    .execute();
  const done = new Set(answered.map((row) => row.member_id));
  return seats
    .filter(({ memberId }) => memberId === null || !done.has(memberId))
    .map(({ contactId, nickname, name, memberId }) => ({ contactId, memberId, name: name ?? nickname }));
}

interface PrivateReminding {
  readonly window: QuizWindow;
  readonly missing: readonly Missing[];
  readonly zone: string;
  /** `：` and the address, or nothing. */
  readonly link: string;
}

/** Those who agreed, once a day. */
async function remindPrivately(
  trx: Db,
  { window, missing, zone, link }: PrivateReminding,
  now: number,
): Promise<void> {
  const group = await trx
    .selectFrom('chat_group')
    .select(['account', 'topic'])
    .where('id', '=', window.group_id)
    .executeTakeFirstOrThrow();
  const agreed = await trx
    .selectFrom('consent')
    .select('member_id')
    .where('kind', '=', 'reminder')
    .where('withdrawn_at', 'is', null)
    .execute();
  const yes = new Set(agreed.map((row) => row.member_id));
  const lesson = await lessonOf(trx, window);
  const plans = missing.flatMap(({ contactId, memberId }) =>
    memberId !== null && yes.has(memberId)
      ? [
          {
            // One of that day: a second is taken for the same.
            cause: `remind:${localDay(now, zone)}:${memberId}`,
            kind: 'reply' as const,
            account: group.account,
            contactId,
            plannedAt: now,
            parts: [
              {
                kind: 'text' as const,
                body: `${group.topic}的《${lesson?.title ?? '小测'}》${localTime(window.closes_at, zone)} 截止，还没收到你的答案${link === '' ? '' : `，点着答也行${link}`}${link === '' ? '。' : '\n'}不想要提醒就说 退订提醒。`,
              },
            ],
          },
        ]
      : [],
  );
  if (plans.length > 0) await planDeliveries(trx, plans, now);
}

/** After lunch and before the evening's lesson. */
const FROM = 12 * 60 + 30;
const TO = 19 * 60;

/** Asks a card of those who agreed, once a day; the next follows their answer. Gives how many were asked. */
export async function sendPractice(db: Db, zone: string, now: number): Promise<number> {
  const minute = minuteOfDay(now, zone);
  if (minute < FROM || minute >= TO) return 0;
  const due = await db
    .selectFrom('practice_card')
    .innerJoin('consent', 'consent.member_id', 'practice_card.member_id')
    .select('practice_card.member_id')
    .distinct()
    .where('practice_card.closed_at', 'is', null)
    .where('practice_card.due_at', '<=', now)
    .where('consent.kind', '=', 'practice')
    .where('consent.withdrawn_at', 'is', null)
    .execute();
  let sent = 0;
  for (const { member_id: memberId } of due)
    if (await inTransaction(db, (trx) => sendOne(trx, memberId, zone, now))) sent += 1;
  return sent;
}

async function sendOne(trx: Db, memberId: string, zone: string, now: number): Promise<boolean> {
  const today = localDay(now, zone);
  if ((await countAsked(trx, memberId, startOfDay(today, zone))) > 0) return false;
  const contact = await trx
    .selectFrom('identity')
    .select(['account', 'contact_id'])
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .where('confirmed', '=', 1)
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  const asked = contact && (await askCard(trx, memberId, zone, now));
  if (!asked) return false;
  await planDeliveries(
    trx,
    [
      {
        cause: `practice:${today}:${memberId}`,
        kind: 'reply',
        account: contact.account,
        contactId: contact.contact_id,
        plannedAt: now,
        parts: [{ kind: 'text', body: `【练习】${asked}` }],
      },
    ],
    now,
  );
  return true;
}

/** Sunday evening, before the week's digest. */
const REVIEW_DAY = 6;
const REVIEW_FROM = 19 * 60;
const REVIEW_TO = 21 * 60;

/** Plans each group's review of the week. Gives how many. */
export async function planReviews(db: Db, zone: string, now: number): Promise<number> {
  const [today, minute] = [localDay(now, zone), minuteOfDay(now, zone)];
  const monday = mondayOf(today);
  if (addDays(monday, REVIEW_DAY) !== today || minute < REVIEW_FROM || minute >= REVIEW_TO) return 0;
  let planned = 0;
  for (const group of await listEnabledGroups(db)) {
    const cause = `weekly:${group.id}:${monday}`;
    const known = await db.selectFrom('delivery').select('id').where('cause', '=', cause).executeTakeFirst();
    if (known || !(await readPolicy(db, 'weekly-review', { groupId: group.id }))) continue;
    const review = await pickReview(db, group.id, now);
    if (!review) continue;
    const content = `${review.window.id} ${review.question}`;
    const plan = { cause, kind: 'weekly', account: group.account, groupId: group.id, content } as const;
    await planDeliveries(db, [{ ...plan, closeAfter: DAY, plannedAt: now }], now);
    planned += 1;
  }
  return planned;
}

/** How often the above is looked at: nothing of it is due to the second. */
export const NUDGE_EVERY = MINUTE;
