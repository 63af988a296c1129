/** A group's day as text. Nobody is named for what they didn't do. */
import { addDays, localDay, localTime, startOfDay } from '../clock.ts';
import { listCheckinDays } from '../checkin/checkins.ts';
import { streakAt } from '../checkin/streak.ts';
import type { Db } from '../db/open.ts';
import { SHOWN, type Shown, shownName } from '../people/shown.ts';
import { sayParts, sayPercent, shareRight } from '../figures.ts';
import { UNTIL_CLOSED } from './unclosed.ts';
import { digestHead } from './words.ts';

export interface GroupDay {
  /** Titles of the lessons that reached the group that day. */
  readonly lessons: readonly {
    readonly ordinal: number | null;
    readonly title: string;
    readonly at: number;
  }[];
  /** People in the group, the bot left out. */
  readonly people: number;
  /** Who answered or checked in. */
  readonly learned: number;
  readonly answered: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkedIn: number;
  readonly longest?: { readonly name: string; readonly days: number; readonly alsoOthers: number };
}

/** The figures of a group's local day, from the rollups. */
export async function readGroupDay(db: Db, groupId: string, day: string, zone: string): Promise<GroupDay> {
  const lessons = await db
    .selectFrom('delivery')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .select(['delivery.ordinal', 'lesson_revision.title', 'delivery.sent_at', 'delivery.content'])
    .where('delivery.group_id', '=', groupId)
    .where('delivery.kind', '=', 'lesson')
    .where('delivery.state', '=', 'sent')
    .where('delivery.sent_at', '>=', startOfDay(day, zone))
    .where('delivery.sent_at', '<', startOfDay(addDays(day, 1), zone))
    .orderBy('delivery.sent_at')
    .execute();
  const people = await db
    .selectFrom('group_member')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('group_id', '=', groupId)
    .where('left_at', 'is', null)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('rollup_member_day')
    .innerJoin('member', 'member.id', 'rollup_member_day.member_id')
    .select(['member_id', ...SHOWN, 'answers', 'correct', 'checkins'])
    .where('group_id', '=', groupId)
    .where('day', '=', day)
    .orderBy('name')
    .execute();
  const active = rows.filter((row) => row.answers > 0 || row.checkins > 0);
  const longest = await longestOf(
    db,
    rows.filter((row) => row.checkins > 0),
    day,
  );
  return {
    lessons: lessons.map((row) => ({
      ordinal: row.ordinal,
      title: row.title ?? row.content,
      at: row.sent_at ?? 0,
    })),
    people: Number(people.count),
    learned: active.length,
    answered: rows.filter((row) => row.answers > 0).length,
    answers: rows.reduce((sum, row) => sum + row.answers, 0),
    correct: rows.reduce((sum, row) => sum + row.correct, 0),
    checkedIn: rows.filter((row) => row.checkins > 0).length,
    ...(longest ? { longest } : {}),
  };
}

async function longestOf(db: Db, checkedIn: readonly (Shown & { member_id: string })[], day: string) {
  let best: { name: string; days: number; alsoOthers: number } | undefined;
  for (const { member_id: memberId, ...member } of checkedIn) {
    const name = shownName(member);
    const days = streakAt(await listCheckinDays(db, memberId, day), day);
    if (!best || days > best.days) best = { name, days, alsoOthers: 0 };
    else if (days === best.days) best = { ...best, alsoOthers: best.alsoOthers + 1 };
  }
  return best;
}

export interface GroupDayWords {
  readonly zone: string;
  /** 第 N 期 of the group. */
  readonly ordinal?: number;
  /** It corrects one that went out before. */
  readonly isCorrection?: boolean;
  /** A quiz of the day still goes on: nobody is told yet what was right. */
  readonly unclosed?: boolean;
  /** What comes next, ready to read. */
  readonly next?: string;
  /** Lessons whose hour was missed and that aren't sent any more, oldest first. */
  readonly missed?: readonly MissedLesson[];
}

export interface MissedLesson {
  readonly title: string;
  /** The hour that was missed, ms. */
  readonly at: number;
  /** Where it can be read; absent where no link goes out. */
  readonly link?: string;
}

/** So many hours of one lesson are named; more are counted. */
const HOURS_NAMED = 3;

/** The message. */
export function composeGroupDay(
  day: string,
  figures: GroupDay,
  { zone, next, missed = [], unclosed = false, ...mark }: GroupDayWords,
): string {
  const [, month, date] = day.split('-').map(Number);
  const lines = [`${digestHead(mark)}${month}月${date}日`];
  for (const lesson of figures.lessons) {
    const ordinal = lesson.ordinal === null ? '' : `第${lesson.ordinal}课 `;
    lines.push(`• ${localTime(lesson.at, zone)} ${ordinal}${lesson.title}`);
  }
  if (figures.lessons.length === 0) lines.push('• 今天没有发新课');
  lines.push(...composeMissed(missed, day, zone));
  lines.push('———');
  if (figures.learned === 0) lines.push('今天还没有人作答或打卡，课还在，有空看一眼。');
  else {
    const base = figures.people > 0 ? ` / ${figures.people}` : '';
    lines.push(
      `学了 ${figures.learned}${base} 人，作答 ${figures.answered} 人，打卡 ${figures.checkedIn} 人`,
    );
    if (unclosed) lines.push(`答题 ${figures.answers} 道，对了多少${UNTIL_CLOSED}`);
    else if (figures.answers > 0)
      lines.push(`答对 ${sayParts(shareRight(figures))} 题（${sayPercent(shareRight(figures))}）`);
  }
  if (figures.longest && figures.longest.days > 1) {
    const others = figures.longest.alsoOthers > 0 ? ` 等 ${figures.longest.alsoOthers + 1} 人` : '';
    lines.push(`打卡最久：${figures.longest.name}${others}，连续 ${figures.longest.days} 天`);
  }
  if (next) lines.push(`下一课：${next}`);
  return lines.join('\n');
}

/** A line for each lesson: `错过的课：《茉莉花茶怎么存》（20:00、11月23日 20:00）`. */
export function composeMissed(missed: readonly MissedLesson[], day: string, zone: string): string[] {
  const titles = [...new Set(missed.map(({ title }) => title))];
  return titles.map((title) => {
    const same = missed.filter((one) => one.title === title);
    const hours = same.slice(0, HOURS_NAMED).map(({ at }) => sayHour(at, day, zone));
    const more = same.length > HOURS_NAMED ? ` 等 ${same.length} 次` : '';
    const link = same.at(-1)?.link;
    return `错过的课：《${title}》（${hours.join('、')}${more}）${link === undefined ? '' : ` ${link}`}`;
  });
}

function sayHour(at: number, day: string, zone: string): string {
  const [, month, date] = localDay(at, zone).split('-').map(Number);
  return localDay(at, zone) === day ? localTime(at, zone) : `${month}月${date}日 ${localTime(at, zone)}`;
}
