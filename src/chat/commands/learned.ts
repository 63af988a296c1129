/** 谁没学 and 进度: of one's own groups, told in private only. */
import { addDays, localDay, mondayOf } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { type GroupParticipation, readParticipation } from '../../digest/participation.ts';
import { readUnlearned } from '../../digest/unlearned.ts';
import type { Group } from '../../people/groups.ts';
import type { Actor } from '../../people/scope.ts';
import { readGroups } from '../plan/read.ts';
import { sayInstant } from '../plan/rule.ts';
import type { DeskCommand, DeskContext } from './desk.ts';
import { listNamedGroups } from './plan.ts';

const MOST_GROUPS = 6;
const MOST_NAMES = 40;

export const behind: DeskCommand = async (rest, context) => {
  const chosen = await chooseGroups(rest.replace(/[?？]/gu, ''), context);
  if (typeof chosen === 'string') return chosen;
  const parts: string[] = [];
  for (const group of chosen.slice(0, MOST_GROUPS)) parts.push(await sayBehind(group, context));
  return [...parts, ...sayMore(chosen, '谁没学')].join('\n');
};

async function sayBehind(group: Group, { db, now, config }: DeskContext): Promise<string> {
  const last = await readUnlearned(db, group.id);
  if (!last) return `${group.topic}：还没有发过课。`;
  const { title, sentAt, people, missing } = last;
  const head = `${group.topic}《${title}》（${sayInstant(sentAt, now, config.zone)} 发）`;
  if (people === 0) return `${head}：群里还没有人。`;
  if (missing.length === 0) return `${head}：${people} 人都学了。`;
  const names = missing.slice(0, MOST_NAMES).join('、');
  const more = missing.length > MOST_NAMES ? ` 等 ${missing.length} 人` : '';
  return `${head}：学了 ${people - missing.length} / ${people} 人，还没学的 ${missing.length} 人：${names}${more}`;
}

export const progress: DeskCommand = async (rest, context) => {
  const chosen = await chooseGroups(rest, context);
  if (typeof chosen === 'string') return chosen;
  const { db, actor, now, config } = context;
  const today = localDay(now, config.zone);
  const monday = mondayOf(today);
  const [week, before] = [
    await groupsIn(db, actor, monday, today),
    await groupsIn(db, actor, addDays(monday, -7), addDays(today, -7)),
  ];
  const lines = chosen.slice(0, MOST_GROUPS).map(({ key, topic }) => {
    const now7 = week.find((one) => one.key === key);
    const then = before.find((one) => one.key === key);
    return now7 ? `${topic}：${sayFigures(now7, then)}` : `${topic}：这周还没有人学。`;
  });
  return ['【进度】本周，括号里是和上周这时候比', ...lines, ...sayMore(chosen, '进度')].join('\n');
};

const groupsIn = async (db: Db, actor: Actor, from: string, to: string): Promise<GroupParticipation[]> =>
  (await readParticipation(db, from, to, actor)).groups;

function sayFigures(
  { learned, people, answers, correct, checkins }: GroupParticipation,
  then: GroupParticipation | undefined,
): string {
  const change = learned - (then?.learned ?? 0);
  const against = change === 0 ? '持平' : change > 0 ? `多 ${change} 人` : `少 ${-change} 人`;
  const right = answers === 0 ? '' : `，答对 ${correct} / ${answers} 题`;
  return `学了 ${learned} / ${people} 人（${against}）${right}，打卡 ${checkins} 次`;
}

/** The groups that were named, else all of one's own; words where there are none. */
async function chooseGroups(
  rest: string,
  { db, actor, now, config }: DeskContext,
): Promise<Group[] | string> {
  const { groups, named } = await listNamedGroups(db, actor);
  if (groups.length === 0) return '你名下还没有启用的群，请找管理员启用。';
  if (rest.trim() === '') return groups;
  const slot = readGroups(rest, { now, zone: config.zone, contents: [], groups: named });
  const found =
    slot.kind === 'known'
      ? slot.value
      : slot.kind === 'choice'
        ? slot.options.flatMap(({ value }) => value)
        : [];
  const chosen = groups.filter(({ id }) => found.some((one) => one.id === id));
  return chosen.length > 0 ? chosen : groups;
}

const sayMore = (groups: readonly Group[], command: string): string[] =>
  groups.length > MOST_GROUPS
    ? [`还有 ${groups.length - MOST_GROUPS} 个群，写群名单独看：${command} 群名`]
    : [];
