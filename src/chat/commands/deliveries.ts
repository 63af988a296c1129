/** 投递: what of one's own groups is unknown, held or failed; 补发, 已收到 and 不发 decide it. */
import { DAY } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import type { DeliveryState } from '../../db/tables.ts';
import { hasBrought } from '../../delivery/brought.ts';
import { type Delivery, findDelivery } from '../../delivery/ledger.ts';
import { withheld } from '../../delivery/prepare.ts';
import { DECIDABLE, type Decision, resolveDelivery } from '../../delivery/resolve.ts';
import { KINDS, STATE_WORDS } from '../../digest/ledger-words.ts';
import { type Actor, notFound, unitInScope } from '../../people/scope.ts';
import { sayInstant } from '../plan/rule.ts';
import { numbersIn } from '../secretary-words.ts';
import { type DeskCommand, type DeskContext, forEachNumber } from './desk.ts';

/** What wants a person's look. */
export const LOOKED_AT: readonly DeliveryState[] = ['unknown', 'held', 'failed'];

const MOST_LINES = 15;
const LOOK_BACK = 14 * DAY;

/** The deliveries to groups in scope, with what they bring. */
const scopedDeliveries = (db: Db, actor: Actor) =>
  db
    .selectFrom('delivery')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .leftJoin('review_item', 'review_item.id', 'delivery.content')
    .select([
      'delivery.id',
      'delivery.no',
      'delivery.kind',
      'delivery.state',
      'delivery.reason',
      'delivery.planned_at',
      'chat_group.topic',
      'lesson_revision.title as lesson',
      'review_item.title as notice',
    ])
    .where(unitInScope(actor, 'chat_group.unit_id'));

type Listed = Awaited<ReturnType<ReturnType<typeof scopedDeliveries>['execute']>>[number];

/** `《…》`, `《…》的答案`, `学习简报`, `通知「…」`. */
export function sayWhat({ kind, lesson, notice }: Pick<Listed, 'kind' | 'lesson' | 'notice'>): string {
  if (kind === 'notice') return `通知「${notice ?? ''}」`;
  if (lesson === null) return KINDS[kind];
  return kind === 'key' ? `《${lesson}》的答案` : `《${lesson}》`;
}

export const deliveries: DeskCommand = async (_rest, { db, actor, config, now }) => {
  const rows = await scopedDeliveries(db, actor)
    .where('delivery.state', 'in', [...LOOKED_AT])
    .where('delivery.planned_at', '>', now - LOOK_BACK)
    .orderBy('delivery.no', 'desc')
    .execute();
  if (rows.length === 0) return '都好，没有要你看的投递。';
  const lines = rows.slice(0, MOST_LINES).map((row) => sayDelivery(row, now, config.zone));
  return [
    `有 ${rows.length} 条要看一下：`,
    ...lines,
    ...(rows.length > MOST_LINES ? [`还有 ${rows.length - MOST_LINES} 条`] : []),
    HOW,
  ].join('\n');
};

export const HOW = '到群里看一眼：在就回 已收到 编号，不在就回 补发 编号，不要了回 不发 编号。';

export const sayDelivery = (row: Listed, now: number, zone: string): string => {
  const why = row.reason === null || row.reason === '' ? '' : `：${row.reason}`;
  return `${row.no} 号 ${sayInstant(row.planned_at, now, zone)} ${row.topic}${sayWhat(row)}，${STATE_WORDS[row.state]}${why}`;
};

/** Those with these ids, in the order of their numbers. */
export const listDeliveriesById = (db: Db, actor: Actor, ids: readonly string[]): Promise<Listed[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : scopedDeliveries(db, actor)
        .where('delivery.id', 'in', [...ids])
        .orderBy('delivery.no')
        .execute();

const decideAs =
  (decision: Decision): DeskCommand =>
  (rest, context) =>
    forEachNumber(context.db, numbersIn(rest), (no) => decideOne(context, no, decision));

export const resend = decideAs('resend');
export const arrived = decideAs('sent');
export const drop = decideAs('drop');

const DONE: Readonly<Record<Decision, string>> = {
  resend: '这就再发一次',
  sent: '记下了，算到群了',
  drop: '好，不发了',
};

const decideOne = async ({ db, actor, now }: DeskContext, no: number, decision: Decision): Promise<string> =>
  (await decideDelivery(db, actor, no, decision, now)).said;

/**
 * Carries a decision out where it can be taken, and says what came of it. Throws `NotFoundError` outside the
 * actor's scope.
 */
export async function decideDelivery(
  db: Db,
  actor: Actor,
  no: number,
  decision: Decision,
  now: number,
): Promise<{ readonly done: boolean; readonly said: string }> {
  const row = await scopedDeliveries(db, actor).where('delivery.no', '=', no).executeTakeFirst();
  const delivery = row && (await findDelivery(db, row.id));
  if (!row || !delivery) throw notFound('delivery', no);
  const name = `${no} 号 ${row.topic}${sayWhat(row)}`;
  if (!DECIDABLE[decision].includes(delivery.state))
    return { done: false, said: `${name} 现在是「${STATE_WORDS[delivery.state]}」，不用这样办。` };
  const refused = decision === 'resend' ? await whyNotAgain(db, delivery) : undefined;
  if (refused !== undefined) return { done: false, said: `${name}：${refused}。` };
  await resolveDelivery(db, no, decision, actor, now);
  return { done: true, said: `${name}：${DONE[decision]}。` };
}

async function whyNotAgain(db: Db, delivery: Delivery): Promise<string | undefined> {
  const { kind, again, group_id: groupId, hash, id } = delivery;
  const reason = await withheld(db, delivery);
  if (reason !== undefined) return reason;
  const had = kind === 'lesson' && again === 0 && (await hasBrought(db, groupId, hash, id));
  return had ? '这一课这个群已经收到过，不会再发' : undefined;
}
