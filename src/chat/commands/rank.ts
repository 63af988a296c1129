import { localDay, mondayOf } from '../../clock.ts';
import { shownName } from '../../people/shown.ts';
import { sayPercent } from '../../figures.ts';
import { memberBoard, type Span, unitBoard } from '../../quiz/boards.ts';
import { groupsOfMember } from '../../quiz/mine.ts';
import { sayPoints } from '../../quiz/points.ts';
import { settlePoints } from '../../quiz/settle.ts';
import type { Command, CommandContext } from './command.ts';

const PLACES = 10;

/** `排行`: the week's points in the group; `排行 本月`, `排行 支部`. Equal results share a place. */
export const rank: Command = async (rest, context) => {
  const { db, zone, now } = context;
  const day = localDay(now, zone);
  const isMonth = /月/.test(rest);
  const span: Span = { from: isMonth ? `${day.slice(0, 7)}-01` : mondayOf(day), to: day };
  const title = isMonth ? '本月' : '本周';
  await settlePoints(db, zone, now);
  return /支部|党组织|单位/.test(rest)
    ? await rankUnits(context, span, title)
    : await rankMembers(context, span, title);
};

async function rankMembers(context: CommandContext, span: Span, title: string): Promise<string> {
  const { db, memberId } = context;
  const places = await memberBoard(db, await groupsFor(context), span);
  if (places.length === 0) return `${title}还没有人得分，第一个就是你。`;
  const line = (one: (typeof places)[number]) =>
    `${one.place}. ${shownName(one.shown)}　学 ${one.days} 天，得 ${sayPoints(one.tenths)} 分`;
  const top = places.slice(0, PLACES);
  const mine = places.find((one) => one.memberId === memberId);
  const below = mine && !top.includes(mine) ? ['……', line(mine)] : [];
  return [`【光荣榜】${title}`, ...top.map(line), ...below].join('\n');
}

async function rankUnits({ db }: CommandContext, span: Span, title: string): Promise<string> {
  const places = await unitBoard(db, 'per-head', span);
  if (places.length === 0) return '还没有支部有成员。';
  return [
    `【支部榜】${title}，按人均`,
    ...places
      .slice(0, PLACES)
      .map(
        (one) =>
          `${one.place}. ${one.name}　人均 ${sayPoints(one.perHead)} 分，${sayPercent(one.withPoints)} 的人有积分`,
      ),
  ].join('\n');
}

/** The group where it was asked, else those that the member is in. */
const groupsFor = async ({ db, group, memberId }: CommandContext): Promise<string[]> =>
  group ? [group.id] : await groupsOfMember(db, memberId);
