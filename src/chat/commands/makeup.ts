import { absencesOf, listCheckinDays, recordCheckin, streakOf } from '../../checkin/checkins.ts';
import { addDays, localDay } from '../../clock.ts';
import { addToMemberDays } from '../../digest/rollups.ts';
import { readPolicy } from '../../people/policies.ts';
import { homeGroupOf } from '../../people/groups.ts';
import { notePointsDue } from '../../quiz/points-due.ts';
import { listMissedWindows, openPrivateQuiz } from '../../quiz/private.ts';
import { lessonOf } from '../../quiz/windows.ts';
import { sayQuiz } from '../private.ts';
import type { Command, CommandContext } from './command.ts';

/** How far back a missed day is looked for. */
const LOOK_BACK = 7;

/** 补学 asks in private what was missed; 补卡 marks the last day that was missed. */
export const makeup: Command = async (rest, context) =>
  /^补(?:学|课)$/.test(context.word) ? await makeUpLesson(context) : await makeUpDay(rest, context);

async function makeUpLesson({ db, memberId, group, now, linkBase }: CommandContext): Promise<string> {
  if (group) return '补学请私聊我，发 补学 就行。';
  const [window] = await listMissedWindows(db, memberId, now);
  if (!window) return '没有要补的小测，都跟上了。';
  const lesson = await lessonOf(db, window);
  if (!lesson) return '这一课的内容不在了，补不了。';
  await openPrivateQuiz(db, { memberId, kind: 'makeup', windowId: window.id }, now);
  const link = linkBase === undefined ? [] : [`先看课：${linkBase}/l/${lesson.id}`];
  return [
    `【补学】${lesson.title}`,
    ...link,
    sayQuiz(lesson.questions, window),
    '直接回复就行，补学的分记一半。',
  ].join('\n');
}

async function makeUpDay(rest: string, context: CommandContext): Promise<string> {
  const { db, zone, memberId, account, contactId, messageId, writtenAt, now } = context;
  const groupId = context.group?.id ?? (await homeGroupOf(db, account, contactId));
  if (groupId === undefined) return '还不知道你在哪个群，先在群里说句话。';
  const today = localDay(writtenAt, zone);
  const marked = new Set(await listCheckinDays(db, memberId, today));
  const away = await absencesOf(db, memberId, today);
  const isMissed = (day: string) =>
    !marked.has(day) && !away.some(({ from, to }) => from <= day && day <= to);
  const wanted = readDay(rest, today);
  if (wanted === 'unclear') return '要补哪一天？比如：补卡，或 补卡 昨天，或 补卡 11月22日。';
  const recent = Array.from({ length: LOOK_BACK }, (_, back) => addDays(today, -back - 1));
  const day = wanted ?? recent.find(isMissed);
  if (day === undefined) return `最近 ${LOOK_BACK} 天都打过卡了，不用补。`;
  if (day >= today) return '今天的直接发 打卡 就行。';
  if (day < addDays(today, -LOOK_BACK)) return `只能补最近 ${LOOK_BACK} 天的。`;
  if (!isMissed(day)) return '那天打过卡了，不用补。';
  const quota = await readPolicy(db, 'makeup-checkins', { groupId });
  const used = await madeUpIn(db, memberId, day.slice(0, 7));
  if (used >= quota) return quota === 0 ? '这里不能补打卡。' : `这个月的 ${quota} 次补打卡用完了。`;
  const mark = { memberId, groupId, day, note: '', messageId, writtenAt, makeup: true };
  const checkins = await recordCheckin(db, mark, now);
  await addToMemberDays(db, [{ groupId, memberId, day, answers: 0, correct: 0, checkins }]);
  // The days after it belong to a longer run now.
  const later = [...marked].filter((one) => one > day);
  await notePointsDue(
    db,
    [day, ...later].map((one) => ({ groupId, memberId, day: one })),
  );
  const [, month, date] = day.split('-').map(Number);
  return `已补上 ${month}月${date}日的打卡，连续 ${await streakOf(db, memberId, today)} 天。这个月还能补 ${quota - used - 1} 次。`;
}

/** The local day that is meant, `unclear`, or `undefined` when none is named. */
function readDay(text: string, today: string): string | undefined {
  const said = text.trim();
  if (said === '') return undefined;
  if (/^昨[天日]/.test(said)) return addDays(today, -1);
  if (/^前[天日]/.test(said)) return addDays(today, -2);
  const [, month, date] = /^(?:(\d{1,2})\s*[月.\-/]\s*)?(\d{1,2})\s*[日号]?$/.exec(said) ?? [];
  if (date === undefined) return 'unclear';
  const [year, thisMonth] = today.split('-').map(Number);
  const given = Number(month ?? thisMonth);
  const inYear = given > (thisMonth ?? 0) ? (year ?? 0) - 1 : year;
  const day = `${inYear}-${String(given).padStart(2, '0')}-${date.padStart(2, '0')}`;
  return addDays(day, 0) === day ? day : 'unclear';
}

async function madeUpIn(db: CommandContext['db'], memberId: string, month: string): Promise<number> {
  const rows = await db
    .selectFrom('checkin')
    .select('id')
    .where('member_id', '=', memberId)
    .where('makeup', '=', 1)
    .where('withdrawn_at', 'is', null)
    .where('day', '>=', `${month}-01`)
    .where('day', '<=', `${month}-31`)
    .execute();
  return rows.length;
}
