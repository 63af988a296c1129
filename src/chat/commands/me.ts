import { streakOf } from '../../checkin/checkins.ts';
import { localDay } from '../../clock.ts';
import { readOwnFigures } from '../../digest/own.ts';
import { sayPoints } from '../../quiz/points.ts';
import { settlePoints } from '../../quiz/settle.ts';
import type { Command } from './command.ts';

/** What a member has done so far, told to themselves; in a group only what nobody minds being seen. */
export const me: Command = async (_rest, { db, zone, now, memberId, group, linkBase }) => {
  const { name } = await db
    .selectFrom('member')
    .select('name')
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  await settlePoints(db, zone, now);
  const today = localDay(now, zone);
  const { days, answers, told, correct, tenths } = await readOwnFigures(db, memberId);
  const streak = await streakOf(db, memberId, today);
  if (days === 0) return `${name}，还没有你的学习记录。看完一课，回复答案或 打卡 就开始了。`;
  const lines = [`${name}：学了 ${days} 天`];
  if (answers > 0) lines.push(sayAnswers(answers, told, correct));
  if (tenths > 0) lines.push(`积分 ${sayPoints(tenths)} 分`);
  lines.push(streak > 0 ? `连续打卡 ${streak} 天` : '今天还没打卡');
  if (!group && linkBase !== undefined) lines.push(`日历、错题和更多：${linkBase}/me`);
  return lines.join('\n');
};

/** Of what is still open only that it was answered. */
function sayAnswers(answers: number, told: number, correct: number): string {
  if (told === answers) return `答题 ${answers} 道，答对 ${correct} 道`;
  if (told === 0) return `答题 ${answers} 道，对错等公布答案`;
  return `答题 ${answers} 道，已公布的 ${told} 道里答对 ${correct} 道`;
}
