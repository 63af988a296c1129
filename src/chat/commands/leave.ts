import { addDays, localDay } from '../../clock.ts';
import { newId } from '../../db/ids.ts';
import { readPolicy } from '../../people/policies.ts';
import { readChineseNumber } from '../../quiz/spelling.ts';
import type { Command } from './command.ts';

const LENGTH = /^(今天|明天|后天)?\s*起?\s*(?:(\d{1,2}|[一两二三四五六七八九十]+)\s*[天日])?$/;
const STARTS: Readonly<Record<string, number>> = { 今天: 0, 明天: 1, 后天: 2 };

/** `请假 3天`, `请假 明天起2天`, `销假`: days that break no run of check-ins. */
export const leave: Command = async (rest, context) => {
  const { db, zone, memberId, group, messageId, writtenAt, now, word } = context;
  const today = localDay(writtenAt, zone);
  if (word === '销假') return await endLeave(context, today);
  const match = LENGTH.exec(rest.trim());
  if (!match || rest.trim() === '') return '要请几天？比如：请假 3天，或 请假 明天起2天。';
  const [, start = '今天', length = '一'] = match;
  const days = /^\d/.test(length) ? Number(length) : (readChineseNumber(length) ?? 0);
  const most = await readPolicy(db, 'leave-days', group ? { groupId: group.id } : {});
  if (days < 1) return '要请几天？比如：请假 3天。';
  if (days > most)
    return most === 0
      ? '这里不能自己请假，请跟支部说一声。'
      : `一次最多请 ${most} 天，更长的请跟支部说一声。`;
  const from = addDays(today, STARTS[start] ?? 0);
  const to = addDays(from, days - 1);
  await db
    .insertInto('absence')
    .values({
      id: newId(),
      member_id: memberId,
      from_day: from,
      to_day: to,
      message_id: messageId,
      created_at: now,
      closed_at: null,
    })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .execute();
  return `已请假 ${days} 天（${sayDay(from)}${days > 1 ? ` 到 ${sayDay(to)}` : ''}），这几天不打卡也不断连续。提前回来就说 销假。`;
};

async function endLeave({ db, memberId, now }: Parameters<Command>[1], today: string): Promise<string> {
  const ended = await db
    .updateTable('absence')
    .set({ closed_at: now })
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .where('to_day', '>=', today)
    .returning(['id', 'from_day', 'message_id'])
    .execute();
  if (ended.length === 0) return '现在没有请着的假。';
  // The days that are over stay excused.
  for (const row of ended)
    if (row.from_day < today)
      await db
        .updateTable('absence')
        .set({ closed_at: null, to_day: addDays(today, -1) })
        .where('id', '=', row.id)
        .execute();
  return '已销假，今天起照常打卡。';
}

const sayDay = (day: string): string => {
  const [, month, date] = day.split('-').map(Number);
  return `${month}月${date}日`;
};
