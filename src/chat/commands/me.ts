import { streakOf } from '../../checkin/checkins.ts';
import { localDay } from '../../clock.ts';
import { countUnpublished } from '../../quiz/answers.ts';
import { sayPoints } from '../../quiz/points.ts';
import { settlePoints } from '../../quiz/settle.ts';
import type { Command } from './command.ts';

/** What a member has done so far, told to themselves; in a group only what nobody minds being seen. */
export const me: Command = async (_rest, { db, zone, now, memberId }) => {
  const sums = await db
    .selectFrom('rollup_member_day')
    .select(({ fn }) => [
      fn.sum<number | null>('answers').as('answers'),
      fn.sum<number | null>('correct').as('correct'),
      fn.count<number>('day').distinct().as('days'),
    ])
    .where('member_id', '=', memberId)
    .where((eb) => eb.or([eb('answers', '>', 0), eb('checkins', '>', 0)]))
    .executeTakeFirstOrThrow();
  const { name } = await db
    .selectFrom('member')
    .select('name')
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  await settlePoints(db, zone, now);
  const today = localDay(now, zone);
  const points = await db
    .selectFrom('point')
    .select(({ fn }) => fn.sum<number | null>('tenths').as('tenths'))
    .where('member_id', '=', memberId)
    .where('voided_at', 'is', null)
    .executeTakeFirstOrThrow();
  const answers = Number(sums.answers ?? 0);
  const open = await countUnpublished(db, memberId);
  const streak = await streakOf(db, memberId, today);
  if (Number(sums.days) === 0) return `${name}，还没有你的学习记录。看完一课，回复答案或 打卡 就开始了。`;
  const lines = [`${name}：学了 ${Number(sums.days)} 天`];
  if (answers > 0) lines.push(sayAnswers(answers, Number(sums.correct ?? 0), open));
  if (Number(points.tenths ?? 0) > 0) lines.push(`积分 ${sayPoints(Number(points.tenths))} 分`);
  lines.push(streak > 0 ? `连续打卡 ${streak} 天` : '今天还没打卡');
  return lines.join('\n');
};

/** Of what is still open only that it was answered. */
function sayAnswers(answers: number, correct: number, open: { answers: number; correct: number }): string {
  const told = answers - open.answers;
  if (open.answers === 0) return `答题 ${answers} 道，答对 ${correct} 道`;
  if (told <= 0) return `答题 ${answers} 道，对错等公布答案`;
  return `答题 ${answers} 道，已公布的 ${told} 道里答对 ${correct - open.correct} 道`;
}
