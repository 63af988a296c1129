/** `通知 …`: a text to one's own groups, through review; 写课, 修改 and 撤回 for what one writes. */
import type { Db } from '../../db/open.ts';
import { submitAndPublish } from '../../delivery/publish.ts';
import {
  getItem,
  KIND_NAMES,
  readStanding,
  type ReviewItem,
  reviseItem,
  STATE_NAMES,
  withdrawItem,
  writeItem,
} from '../../lessons/review.ts';
import type { Group } from '../../people/groups.ts';
import { readTree } from '../../people/places.ts';
import { readPolicy } from '../../people/policies.ts';
import { type Actor, isInScope } from '../../people/scope.ts';
import { lineageIn } from '../../people/tree.ts';
import { findNamed } from '../../lessons/names.ts';
import { normalise } from '../../quiz/normalise.ts';
import { numberFirst, numbersIn } from '../secretary-words.ts';
import { type DeskCommand, type Dialog, forEachNumber, type Said } from './desk.ts';
import { listNamedGroups, listOwnGroups } from './plan.ts';

interface Announcement {
  readonly body: string;
  readonly groupIds: readonly string[];
}

export const announce: DeskCommand = async (rest, context) => {
  if (rest === '') return '这样发：通知 内容。要只发一个群，先写群名：通知 花茶支部群 内容。';
  const { groups, named } = await listNamedGroups(context.db, context.actor);
  if (groups.length === 0) return '你名下还没有启用的群，请找管理员启用。';
  const [, first = '', others = ''] = /^(\S+)[\s:：,，]+([\s\S]+)$/u.exec(rest) ?? [];
  const found = /群[:：,，]?$/u.test(first)
    ? findNamed(normalise(first).replace(/群\W*$/u, ''), named)
    : undefined;
  const [only] = found?.sure ? found.values : [];
  const body = (only ? others : rest).trim();
  const addressed = only ? groups.filter(({ id }) => id === only.id) : groups;
  const needed = await reviewersFor(context.db, await unitFor(context.db, context.actor, addressed));
  return {
    text: [
      `要发的通知（到 ${addressed.map(({ topic }) => topic).join('、')}）：`,
      '———',
      body,
      '———',
      needed === 0
        ? '回 确认 就发出，回 取消 就不发。'
        : `回 确认 就送审，${needed} 人审过就发；回 取消 就不发。`,
    ].join('\n'),
    ask: {
      kind: 'announce',
      state: { body, groupIds: addressed.map(({ id }) => id) } satisfies Announcement,
    },
  };
};

export const announceDialog: Dialog = {
  async answer(reply, given, context) {
    const { body, groupIds } = given as Announcement;
    if (reply.kind === 'no') return '好，没有发。';
    if (reply.kind !== 'yes')
      return { text: '回 确认 就送审，回 取消 就不发。', ask: { kind: 'announce', state: given } };
    const { db, actor, now } = context;
    const groups = (await listOwnGroups(db, actor)).filter(({ id }) => groupIds.includes(id));
    if (groups.length < groupIds.length) return '有的群现在不归你管或停用了，没有发。请重新写一次。';
    const unitId = await unitFor(db, actor, groups);
    const { no } = await writeItem(db, { kind: 'notice', body, unitId, groupIds }, actor, now);
    return await sayHandedIn(db, await submitAndPublish(db, no, actor, now));
  },
};

export const write: DeskCommand = async (rest, { db, actor, now }) => {
  if (rest === '')
    return [
      '这样写：写课 后面第一行是课名，下面是正文，最后可以有小测：',
      '写课 夏天怎么存花茶',
      '放冰箱要密封。',
      '## 小测',
      '1. 放冰箱要密封。',
      '',
      '   答案：对',
    ].join('\n');
  const unitId = await unitFor(db, actor, []);
  const { no } = await writeItem(db, { kind: 'lesson', body: rest, unitId }, actor, now);
  return await sayHandedIn(db, await submitAndPublish(db, no, actor, now));
};

export const revise: DeskCommand = async (rest, { db, actor, now }) => {
  const { no, words } = numberFirst(rest);
  const item = await getItem(db, no, actor);
  if (words === '') return `这样改：修改 ${no} 后面写整篇新的${KIND_NAMES[item.kind]}。`;
  const revised = await reviseItem(db, no, { body: words }, actor, now);
  if (revised.state !== 'draft' && revised.state !== 'returned')
    return `${no} 号没有变，还是「${STATE_NAMES[revised.state]}」。`;
  return await sayHandedIn(db, await submitAndPublish(db, no, actor, now));
};

export const withdraw: DeskCommand = (rest, { db, actor, now }) =>
  forEachNumber(db, numbersIn(rest), async (no) => {
    const item = await withdrawItem(db, no, actor, now);
    return `${no} 号${KIND_NAMES[item.kind]}「${item.title}」撤回了，没发的不再发。`;
  });

async function sayHandedIn(db: Db, item: ReviewItem): Promise<Said> {
  const name = `${item.no} 号${KIND_NAMES[item.kind]}「${item.title}」`;
  if (item.state === 'approved')
    return item.kind === 'notice' ? `${name}这就发出去。` : `${name}可以排课了：排课 ${item.title} 时间 群。`;
  const { missing } = await readStanding(db, item);
  return `${name}送审了，还要 ${missing} 人审过。结果我会告诉你。`;
}

const reviewersFor = (db: Db, unitId: string | null) =>
  readPolicy(db, 'reviewers', unitId === null ? {} : { unitId });

/** Whose a text is: of the nearest unit above all its groups that the author answers for; without groups their own. */
export async function unitFor(db: Db, actor: Actor, groups: readonly Group[]): Promise<string | null> {
  const tree = await readTree(db);
  const units = [...new Set(groups.map(({ unit_id: unitId }) => unitId))];
  const [first] = units;
  if (first !== undefined) {
    const lines = units.map((unitId) => (unitId === null ? [] : lineageIn(tree, unitId)));
    const shared = (lines[0] ?? []).find((unitId) => lines.every((line) => line.includes(unitId)));
    return shared !== undefined && isInScope(actor, shared) ? shared : topOf(actor);
  }
  const own = await db
    .selectFrom('member')
    .select('unit_id')
    .where('id', '=', actor.memberId ?? '')
    .executeTakeFirst();
  return own?.unit_id && isInScope(actor, own.unit_id) ? own.unit_id : topOf(actor);
}

const topOf = ({ units, roles }: Actor): string | null =>
  units === 'all' ? null : (roles.find(({ unitId }) => unitId !== null)?.unitId ?? null);
