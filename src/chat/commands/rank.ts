import { localDay, mondayOf } from '../../clock.ts';
import { SHOWN, shownName } from '../../people/shown.ts';
import type { Command } from './command.ts';

const PLACES = 10;

/** Who learned on most days this week, then who got most right. Equal results share a place. */
export const rank: Command = async (_rest, { db, zone, now, group, memberId }) => {
  const day = localDay(now, zone);
  const inGroups = group
    ? [group.id]
    : (
        await db
          .selectFrom('rollup_member_day')
          .select('group_id')
          .distinct()
          .where('member_id', '=', memberId)
          .execute()
      ).map((row) => row.group_id);
  const rows =
    inGroups.length === 0
      ? []
      : await db
          .selectFrom('rollup_member_day')
          .innerJoin('member', 'member.id', 'rollup_member_day.member_id')
          .select(({ fn }) => [
            ...SHOWN,
            fn.count<number>('day').distinct().as('days'),
            fn.sum<number>('correct').as('correct'),
          ])
          .where('group_id', 'in', inGroups)
          .where('day', '>=', mondayOf(day))
          .where('day', '<=', day)
          .where((eb) => eb.or([eb('answers', '>', 0), eb('checkins', '>', 0)]))
          .groupBy(['rollup_member_day.member_id', ...SHOWN])
          .orderBy('days', 'desc')
          .orderBy('correct', 'desc')
          .orderBy('member.name')
          .limit(PLACES)
          .execute();
  if (rows.length === 0) return '这周还没有人学，第一个就是你。';
  const lines = ['【光荣榜】本周'];
  let place = 0;
  let last = '';
  for (const [index, row] of rows.entries()) {
    const result = `${row.days} ${row.correct}`;
    if (result !== last) place = index + 1;
    last = result;
    lines.push(`${place}. ${shownName(row)}　学 ${Number(row.days)} 天，答对 ${Number(row.correct)} 题`);
  }
  return lines.join('\n');
};
