/**
 * Rehearsal: an hour before a digest goes, whoever scheduled it gets it in private, and answers 发, 撤 or 改. Of one
 * that goes to several groups the first one's is shown, 看 2 shows the second one's. What is held waits; what nobody says
 * anything about goes at its hour.
 */
import { HOUR, MINUTE, SECOND, sayWhen } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';
import { draftDigest, type DigestPlace, spanOfSample } from '../delivery/digests.ts';
import { type Draft, planDeliveries } from '../delivery/ledger.ts';
import {
  contentOfSample,
  decideRehearsal,
  listOpenRehearsals,
  openRehearsal,
  type Rehearsal,
} from '../delivery/rehearsals.ts';
import { resolveDelivery } from '../delivery/resolve.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { findAddress, findVouched } from '../people/identities.ts';
import { readPolicy } from '../people/policies.ts';
import type { Group } from '../people/groups.ts';
import type { By } from '../people/units.ts';
import { dropInvisible, normalise } from '../quiz/normalise.ts';
import { planEarly } from '../schedule/planner.ts';
import { groupsOf, type Schedule } from '../schedule/schedules.ts';

/** How long before its hour, ms. */
export const BEFORE = HOUR;
/** How often it is looked for what comes, ms. */
export const REHEARSE_EVERY = 30 * SECOND;
/** A digest that is so close goes without: nobody could answer in time. */
const LEAST = MINUTE;
/** For so long after its hour a held one can be decided about. */
const DECIDABLE = 48 * HOUR;
const LONGEST_WORDS = 1_500;
/** So many groups are named with their numbers; of more only how many there are. */
const GROUPS_NAMED = 10;

/** Shows what goes within the hour. Gives how many were shown. */
export async function rehearseDue(db: Db, place: DigestPlace, now: number): Promise<number> {
  const due = await db
    .selectFrom('schedule')
    .innerJoin('member', 'member.id', 'schedule.created_by')
    .selectAll('schedule')
    .where('schedule.kind', '=', 'digest')
    .where('schedule.removed_at', 'is', null)
    .where('schedule.next_at', '>', now + LEAST)
    .where('schedule.next_at', '<=', now + BEFORE)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('rehearsal')
            .select('rehearsal.id')
            .whereRef('rehearsal.schedule_id', '=', 'schedule.id')
            .whereRef('rehearsal.nominal_at', '=', 'schedule.next_at'),
        ),
      ),
    )
    .execute();
  let shown = 0;
  for (const schedule of due) if (await rehearse(db, schedule, place, now)) shown += 1;
  return shown;
}

async function rehearse(db: Db, schedule: Schedule, place: DigestPlace, now: number): Promise<boolean> {
  const groups = await listTold(db, schedule);
  const [first] = groups;
  const nominalAt = schedule.next_at;
  if (!first || nominalAt === null) return false;
  const how = await readPolicy(db, 'digest-rehearsal', { groupId: first.id });
  const author = how === 'off' ? undefined : await findAddress(db, schedule.created_by);
  if (!author) return false;
  // Drawn before the transaction that writes it down: nothing waits for a picture.
  const drafts = await draftFor(db, schedule, first.id, place, now);
  return await inTransaction(db, async (trx) => {
    const rehearsal = await openRehearsal(
      trx,
      { scheduleId: schedule.id, nominalAt },
      schedule.created_by,
      how === 'wait' ? 'held' : 'shown',
      now,
    );
    if (!rehearsal) return false;
    const when = sayWhen(nominalAt, now, schedule.zone);
    const head = sayHead(rehearsal, groups, when);
    const foot = `发 ${rehearsal.no} 现在就发；撤 ${rehearsal.no} 不发；改 ${rehearsal.no} 后面写新的话，换掉文字；只回 改 ${rehearsal.no} 先扣下。`;
    await planDeliveries(
      trx,
      [
        {
          cause: `rehearsal:${rehearsal.id}`,
          kind: 'notice',
          ...author,
          plannedAt: now,
          parts: [{ kind: 'text', body: head }, ...drafts, { kind: 'text', body: foot }],
        },
      ],
      now,
    );
    return true;
  });
}

/** Whom it goes to, in the order in which they are numbered. */
const listTold = async (db: Db, schedule: Schedule): Promise<Group[]> =>
  (await groupsOf(db, schedule)).filter(({ enabled }) => enabled === 1);

function sayHead({ no, state }: Rehearsal, groups: readonly Group[], when: string): string {
  const [first] = groups;
  const count = groups.length;
  const to = count === 1 ? `「${first?.topic ?? ''}」` : `「${first?.topic ?? ''}」等 ${count} 个群`;
  const lines = [
    state === 'held'
      ? `这期简报 ${when} 该发到${to}，等你回复 发 ${no} 才发：`
      : `${when} 要发到${to}的简报，先给你看：`,
  ];
  if (count > 1) {
    const named = groups.slice(0, GROUPS_NAMED).map(({ topic }, at) => `${at + 1}「${topic}」`);
    const more = count > named.length ? ` …… ${count}「${groups.at(-1)?.topic ?? ''}」` : '';
    lines.push(`一共 ${count} 个群：${named.join(' ')}${more}。下面是第 1 个的，回复 看 2 看第 2 个的。`);
  }
  return lines.join('\n');
}

async function draftFor(
  db: Db,
  schedule: Schedule,
  groupId: string,
  place: DigestPlace,
  now: number,
): Promise<Draft[]> {
  const span = spanOfSample({ content: schedule.content, nominalAt: schedule.next_at ?? now }, place.zone);
  return await draftDigest(db, groupId, span, {}, place, now);
}

const DECISION = /^(改|撤|发)\s*(\p{Nd}{1,9})?\s*号?(?:[\s:：,，]+([\s\S]*))?$/u;
/** Shorter words behind 改 may be the answer to a quiz. */
const LEAST_WORDS = 4;
const SENTENCE = /\p{Script=Han}{4}/u;

/** `看 2`: the second group's; `看 5 2`: of number 5, where several wait. */
const LOOK = /^看\s*(?:(\d{1,9})\s*号?\s+)?第?\s*(\d{1,9})\s*(?:个群?)?$/u;

/** Answered already: there is nothing more to say. */
export const SHOWN = Symbol('shown');

/**
 * Reads an author's decision in a private chat, carries it out and gives the reply; `undefined` when the message is
 * about nothing that is rehearsed. A bare 发 counts while one digest alone waits.
 */
export async function decideByChat(
  trx: Db,
  row: MessageTable,
  lessons: readonly Lesson[],
  now: number,
): Promise<string | typeof SHOWN | undefined> {
  const text = dropInvisible(row.text ?? '').trim();
  const look = LOOK.exec(normalise(text));
  if (look) return await lookAt(trx, row, look[1], Number(look[2]), now);
  const match = DECISION.exec(text);
  if (!match) return undefined;
  const [, verb = '', number, words = ''] = match;
  if (verb !== '改' && words !== '') return undefined;
  const isEdit = verb === '改' && words.trim() !== '';
  if (isEdit && (number === undefined || [...words.trim()].length < LEAST_WORDS)) return undefined;
  const memberId = await findVouched(trx, row.account, row.contact_id);
  if (memberId === undefined) return undefined;
  const by = { who: memberId, via: 'chat' };
  const known = await listOpenRehearsals(trx, memberId, now - DECIDABLE);
  if (number === undefined) {
    const open = known.filter(({ nominal_at: at, state }) => at > now || state === 'held');
    const [only] = open;
    if (open.length > 1)
      return `有 ${open.length} 期简报在等你：${open.map(({ no }) => no).join('、')} 号。请带上编号，如 ${verb} ${only?.no ?? 1}。`;
    return only && (await decide(trx, only, { verb, words: '', by, lessons, now }));
  }
  const found = known.find(({ no }) => no === Number(normalise(number)));
  if (found) return await decide(trx, found, { verb, words: words.trim(), by, lessons, now });
  // Nobody answers a quiz with a sentence that begins like that.
  if (known.length === 0 || !isEdit || !SENTENCE.test(words)) return undefined;
  return `没有 ${Number(normalise(number))} 号简报，没有改动。能改的是 ${known.map(({ no }) => no).join('、')} 号。`;
}

/** Shows what one of several groups will see. It is drawn when it goes out, not while messages wait for it. */
async function lookAt(
  trx: Db,
  row: MessageTable,
  no: string | undefined,
  at: number,
  now: number,
): Promise<string | typeof SHOWN | undefined> {
  const memberId = await findVouched(trx, row.account, row.contact_id);
  if (memberId === undefined) return undefined;
  const known = await listOpenRehearsals(trx, memberId, now - DECIDABLE);
  const open = known.filter(
    (one) => (one.nominal_at > now || one.state === 'held') && (no === undefined || one.no === Number(no)),
  );
  const [only] = open;
  if (!only) return undefined;
  if (open.length > 1)
    return `有 ${open.length} 期简报在等你：${open.map((one) => one.no).join('、')} 号。请带上编号，如 看 ${only.no} ${at}。`;
  const schedule = await trx
    .selectFrom('schedule')
    .selectAll()
    .where('id', '=', only.schedule_id)
    .executeTakeFirstOrThrow();
  const groups = await listTold(trx, schedule);
  const group = groups[at - 1];
  if (!group) return `这期简报只发到 ${groups.length} 个群，没有第 ${at} 个。`;
  const lead = `第 ${at} 个，「${group.topic}」的（一共 ${groups.length} 个群）：`;
  await planDeliveries(
    trx,
    [
      {
        cause: `look:${row.id}`,
        kind: 'reply',
        account: row.account,
        contactId: row.contact_id,
        content: contentOfSample(only, group.id),
        plannedAt: now,
        parts: [{ kind: 'text', body: lead }],
      },
    ],
    now,
  );
  return SHOWN;
}

interface Decision {
  readonly verb: string;
  readonly words: string;
  readonly by: By;
  readonly lessons: readonly Lesson[];
  readonly now: number;
}

async function decide(
  trx: Db,
  rehearsal: Rehearsal,
  { verb, words, by, lessons, now }: Decision,
): Promise<string> {
  if (rehearsal.nominal_at <= now && (await listWaiting(trx, rehearsal)).length === 0)
    return `${rehearsal.no} 号简报已经发出去了，来不及${verb}了。`;
  if (verb === '发') return await sendNow(trx, rehearsal, by, lessons, now);
  if (verb === '撤') return await withdraw(trx, rehearsal, by, now);
  return await rewrite(trx, rehearsal, words, by, now);
}

/** The deliveries of what was rehearsed of which nothing has been said yet. */
const listWaiting = (trx: Db, { schedule_id: scheduleId, nominal_at: nominalAt }: Rehearsal) =>
  trx
    .selectFrom('delivery')
    .innerJoin('occurrence', 'occurrence.id', 'delivery.occurrence_id')
    .select(['delivery.no', 'delivery.state'])
    .where('occurrence.schedule_id', '=', scheduleId)
    .where('occurrence.nominal_at', '=', nominalAt)
    .where('delivery.state', 'in', ['held', 'planned', 'queued'])
    .execute();

async function sendNow(
  trx: Db,
  rehearsal: Rehearsal,
  by: By,
  lessons: readonly Lesson[],
  now: number,
): Promise<string> {
  await decideRehearsal(trx, rehearsal, { state: 'released' }, by, now);
  for (const { no, state } of await listWaiting(trx, rehearsal))
    if (state === 'held') await resolveDelivery(trx, no, 'resend', by, now);
  if (now < rehearsal.nominal_at) {
    const schedule = await trx
      .selectFrom('schedule')
      .selectAll()
      .where('id', '=', rehearsal.schedule_id)
      .where('next_at', '=', rehearsal.nominal_at)
      .executeTakeFirst();
    if (schedule) await planEarly(trx, schedule, lessons, now);
  }
  return '这就发。';
}

async function withdraw(trx: Db, rehearsal: Rehearsal, by: By, now: number): Promise<string> {
  await decideRehearsal(trx, rehearsal, { state: 'withdrawn' }, by, now);
  for (const { no } of await listWaiting(trx, rehearsal)) await resolveDelivery(trx, no, 'drop', by, now);
  return '撤下了，这一期不发。';
}

async function rewrite(trx: Db, rehearsal: Rehearsal, words: string, by: By, now: number): Promise<string> {
  const { no, state } = rehearsal;
  if (words === '') {
    await decideRehearsal(trx, rehearsal, { state: 'held' }, by, now);
    return `先扣下了，不会自己发。改好就回复 改 ${no} 加新的话，再回复 发 ${no}。`;
  }
  if (words.length > LONGEST_WORDS) return `太长了，最多 ${LONGEST_WORDS} 个字。`;
  await decideRehearsal(trx, rehearsal, { words }, by, now);
  const next = state === 'held' ? `回复 发 ${no} 就发。` : `到点就发；想现在发回复 发 ${no}。`;
  return `改好了，文字换成这样，图照旧：\n${words}\n———\n${next}`;
}
