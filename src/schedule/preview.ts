/** What will be sent when, to the second, without doing it. */
import { DAY, sayWhen } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { KIND_NAMES } from '../news/brief.ts';
import { dueOf, expandSends, type Send } from './expand.ts';
import { type PaceConfig, readAccounts, readOutlook, readOwed } from './outlook.ts';
import { simulate } from './simulate.ts';

export interface PreviewedSend extends Send {
  /** When its first message is expected to go out at the account's pace, ms. */
  readonly at: number;
}

/** Every send whose hour lies between now and `until`, in the order in which they go out. */
export async function previewSends(
  db: Db,
  config: PaceConfig,
  lessons: readonly Lesson[],
  now: number,
  until: number,
): Promise<PreviewedSend[]> {
  const outlook = await readOutlook(db, lessons);
  const sends = expandSends(outlook, until);
  const groups = [...new Map(sends.map(({ group }) => [group.id, group])).values()];
  const owed = await readOwed<Send | undefined>(db, undefined);
  const previewed: PreviewedSend[] = [];
  for (const [name, account] of await readAccounts(db, config, groups, now)) {
    const own = sends.filter(({ group }) => group.account === name).map(dueOf);
    for (const { what, startsAt } of simulate(account, [...(owed.get(name) ?? []), ...own], now))
      if (what) previewed.push({ ...what, at: startsAt });
  }
  const titles = await bulletinTitles(db, sends);
  return previewed
    .map((send) => ({ ...send, title: titles.get(send.schedule.id) ?? send.title }))
    .toSorted((a, b) => a.at - b.at || a.schedule.no - b.schedule.no);
}

/** Of schedules that bring a notice, by their ids: `通知《周六集合》`. */
async function bulletinTitles(db: Db, sends: readonly Send[]): Promise<Map<string, string>> {
  const plans = new Map(
    sends.flatMap(({ schedule }) => (schedule.kind === 'bulletin' ? [[schedule.id, schedule]] : [])),
  );
  const titles = new Map<string, string>();
  for (const { id, content } of plans.values()) {
    const title = await bulletinTitle(db, content);
    if (title !== undefined) titles.set(id, title);
  }
  return titles;
}

/** What the notice is called that a schedule's content names. */
export async function bulletinTitle(db: Db, itemId: string): Promise<string | undefined> {
  const item = await db
    .selectFrom('news_item')
    .select(['kind', 'title'])
    .where('id', '=', itemId)
    .executeTakeFirst();
  return item && `${KIND_NAMES[item.kind]}《${item.title}》`;
}

/** The next lesson that a group is to get after `now` and by `until`, at its nominal hour. */
export async function nextLessonOf(
  db: Db,
  lessons: readonly Lesson[],
  groupId: string,
  now: number,
  until: number,
): Promise<Send | undefined> {
  const sends = expandSends(await readOutlook(db, lessons, groupId), until);
  return sends.find(({ kind, nominalAt }) => (kind === 'lesson' || kind === 'course') && nominalAt > now);
}

/** How far a digest looks ahead, ms. */
const AHEAD = 7 * DAY;

/** The same as a digest tells it: `周三 20:00《包装》`. */
export async function sayNextLesson(
  db: Db,
  lessons: readonly Lesson[],
  groupId: string,
  now: number,
  zone: string,
): Promise<string | undefined> {
  const next = await nextLessonOf(db, lessons, groupId, now, now + AHEAD);
  return next && `${sayWhen(next.nominalAt, now, zone)}《${next.title}》`;
}
