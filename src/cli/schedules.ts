import { DAY, isoInZone, parseDuration, parseInstant, SECOND } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/open.ts';
import type { DayRule, Misfire, ScheduleKind } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { type Catalogue, loadCatalogue } from '../lessons/catalogue.ts';
import { recordCatalogue } from '../lessons/revisions.ts';
import { listWritten, readCatalogue, withWritten } from '../lessons/written.ts';
import { getDeskItem } from '../news/desk.ts';
import { getGroupByKey, type Group } from '../people/groups.ts';
import { TERMINAL } from '../people/scope.ts';
import { previewSends } from '../schedule/preview.ts';
import { calendarWarnings, scheduleFitting } from '../schedule/add.ts';
import { listedSchedule, listSchedules, removeSchedule, type Schedule } from '../schedule/schedules.ts';
import { sendNow } from '../schedule/send-now.ts';
import type { When } from '../schedule/timetable.ts';
import { sayWarning } from '../schedule/words.ts';
import { type Output, printOne, printRows, warn, withDb } from './parts.ts';

const COLUMNS = ['no', 'content', 'groups', 'when', 'days', 'misfire', 'next_at'];

/** With what a person should know about the holidays that it will ask for. */
async function listed(db: Db, schedule: Schedule) {
  const warnings = calendarWarnings(schedule, Date.now()).map(sayWarning);
  return { ...(await listedSchedule(db, schedule)), warnings };
}

export const list = (output: Output): Promise<void> =>
  withDb(async (db) => {
    const rows = [];
    for (const schedule of await listSchedules(db)) rows.push(await listed(db, schedule));
    printRows(rows, COLUMNS, output);
    if (!output.json)
      for (const { no, warnings } of rows) warn(warnings.map((warning) => `schedule ${no}: ${warning}`));
  });

export interface AddOptions extends Output {
  readonly lesson?: string;
  readonly course?: string;
  readonly digest?: string;
  readonly brief?: string | true;
  readonly notice?: string;
  readonly group: readonly string[];
  readonly all?: boolean;
  readonly at?: string;
  readonly cron?: string;
  readonly monthly?: string;
  readonly close?: string;
  readonly misfire?: string;
  readonly grace?: string;
  readonly workdaysOnly?: boolean;
  readonly skipHolidays?: boolean;
  readonly moveToNextWorkday?: boolean;
  readonly again?: boolean;
}

export const add = (given: Record<string, unknown>): Promise<void> =>
  withDb(async (db, config) => {
    const options = given as unknown as AddOptions;
    const catalogue = await readCatalogue(db, config.lessonsDir);
    const { kind, content } = await readContent(db, options, catalogue);
    const closeAfter = readSpan('--close', options.close);
    const grace = readSpan('--grace', options.grace);
    const { schedule, warnings } = await scheduleFitting(
      db,
      config,
      catalogue.lessons,
      {
        kind,
        content,
        groups: await readGroups(db, options),
        when: readWhen(options, config),
        zone: config.zone,
        days: readDays(options),
        misfire: readMisfire(options.misfire),
        again: options.again === true,
        ...(closeAfter === undefined ? {} : { closeAfter }),
        ...(grace === undefined ? {} : { grace }),
      },
      TERMINAL,
      Date.now(),
    );
    const row = { ...(await listedSchedule(db, schedule)), warnings: warnings.map(sayWarning) };
    printOne(
      row,
      `schedule ${row.no}: ${row.content} to ${row.groups.join(', ')}, next at ${row.next_at ?? '-'}`,
      options,
    );
    if (!options.json) warn(row.warnings);
  });

async function readContent(
  db: Db,
  { lesson, course, digest, brief, notice }: AddOptions,
  catalogue: Catalogue,
): Promise<{ kind: ScheduleKind; content: string }> {
  const named = [lesson, course, digest, brief, notice].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw new UserError(
      'name exactly one of --lesson ID, --course NAME, --digest SPAN, --brief [SPAN] and --notice NO',
    );
  if (lesson !== undefined) return { kind: 'lesson', content: getLesson(catalogue, lesson).id };
  if (digest !== undefined) return { kind: 'digest', content: readSpanName('--digest', digest, DIGESTS) };
  if (brief !== undefined)
    return { kind: 'brief', content: readSpanName('--brief', brief === true ? 'day' : brief, BRIEFS) };
  if (notice !== undefined) return { kind: 'bulletin', content: await readBulletin(db, notice) };
  const courses = [...new Set(catalogue.lessons.map((one) => one.course))].filter(Boolean);
  if (!courses.includes(course ?? ''))
    throw new UserError(`there is no course "${course ?? ''}": known are ${courses.join(', ')}`);
  return { kind: 'course', content: course ?? '' };
}

const DIGESTS = ['day', 'week', 'month', 'quarter'] as const;
const BRIEFS = ['day', 'week'] as const;

function readSpanName(option: string, text: string, known: readonly string[]): string {
  if (known.includes(text)) return text;
  throw new UserError(`${option}: expected ${known.join(', ')}, got "${text}"`);
}

/** The id of an item of party-building information or a notice. */
async function readBulletin(db: Db, text: string): Promise<string> {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`--notice: expected an item's number, got "${text}"`);
  const item = await getDeskItem(db, Number(text), Date.now());
  if (item.kind === 'news') throw new UserError(`--notice: item ${text} is news: it goes out with a --brief`);
  if (item.state !== 'kept' && item.state !== 'sent')
    throw new UserError(`--notice: item ${text} is ${item.state}: "weike news keep ${text}" first`);
  return item.id;
}

function getLesson({ byId, faults }: Catalogue, id: string) {
  const lesson = byId.get(id);
  if (lesson) return lesson;
  const hint = faults.length > 0 ? '; some files have faults: see "weike lesson check"' : '';
  throw new UserError(`there is no lesson "${id}": see "weike lesson list"${hint}`);
}

async function readGroups(
  db: Db,
  { group, all }: Pick<AddOptions, 'group' | 'all'>,
): Promise<Group[] | 'all'> {
  if (all && group.length > 0) throw new UserError('name groups with --group, or --all, not both');
  if (all) return 'all';
  const groups: Group[] = [];
  for (const key of new Set(group)) groups.push(await getGroupByKey(db, key));
  return groups;
}

function readWhen({ at, cron, monthly }: AddOptions, { zone }: Config): When {
  if ([at, cron, monthly].filter((one) => one !== undefined).length !== 1)
    throw new UserError('name exactly one of --at TIME, --cron EXPRESSION and --monthly RULE');
  if (cron !== undefined) return { cron };
  if (monthly !== undefined) return { monthly };
  const instant = parseInstant(at ?? '', zone);
  if (instant === undefined)
    throw new UserError(`--at: expected a time like 2026-12-01T20:00, got "${at ?? ''}"`);
  return { at: instant };
}

function readDays({ workdaysOnly, skipHolidays, moveToNextWorkday }: AddOptions): DayRule {
  const named = [workdaysOnly, skipHolidays, moveToNextWorkday].filter(Boolean);
  if (named.length > 1)
    throw new UserError('name at most one of --workdays-only, --skip-holidays and --move-to-next-workday');
  if (workdaysOnly) return 'workdays-only';
  if (skipHolidays) return 'skip-holidays';
  return moveToNextWorkday ? 'move-to-next-workday' : 'all';
}

const MISFIRES: readonly Misfire[] = ['catch-up', 'fold', 'skip'];

function readMisfire(text: string | undefined): Misfire {
  const misfire = MISFIRES.find((known) => known === (text ?? 'catch-up'));
  if (!misfire) throw new UserError(`--misfire: expected ${MISFIRES.join(', ')}, got "${text ?? ''}"`);
  return misfire;
}

function readSpan(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration === undefined)
    throw new UserError(`${option}: expected a duration like 2h or 1d, got "${text}"`);
  return duration;
}

export const preview = (options: Output & { days?: string }): Promise<void> =>
  withDb(async (db, config) => {
    const days = Number(options.days);
    if (!Number.isInteger(days) || days < 1 || days > 366)
      throw new UserError(`--days: expected 1 to 366, got "${options.days ?? ''}"`);
    const now = Date.now();
    const { lessons } = await readCatalogue(db, config.lessonsDir);
    const sends = await previewSends(db, config, lessons, now, now + days * DAY);
    const rows = sends.map((send) => ({
      at: isoInZone(Math.round(send.at / SECOND) * SECOND, config.zone),
      group: send.group.key,
      content: `${send.kind === 'course' ? 'lesson' : send.kind}:${send.content}`,
      nominal_at: isoInZone(send.nominalAt, config.zone),
      schedule: send.schedule.no,
      title: send.title,
    }));
    printRows(rows, ['at', 'group', 'title', 'schedule'], options);
    const fired = new Set(sends.map(({ schedule }) => schedule));
    const warnings = [...fired].flatMap((schedule) => calendarWarnings(schedule, now).map(sayWarning));
    if (!options.json) warn([...new Set(warnings)]);
  });

export const remove = (no: string, output: Output): Promise<void> =>
  withDb(async (db) => {
    if (!/^\d+$/.test(no)) throw new UserError(`expected a schedule's number, got "${no}"`);
    const row = await listed(db, await removeSchedule(db, Number(no), TERMINAL, Date.now()));
    printOne(row, `schedule ${no} is removed`, output);
  });

export const send = (given: Record<string, unknown>): Promise<void> =>
  withDb(async (db, config) => {
    const options = given as unknown as AddOptions;
    if (options.group.length === 0) throw new UserError('name a group with --group KEY');
    const folder = await loadCatalogue(config.lessonsDir);
    const lesson = getLesson(withWritten(folder, await listWritten(db)), options.lesson ?? '');
    const groups = await readGroups(db, options);
    if (groups === 'all') throw new UserError('name a group with --group KEY');
    const now = Date.now();
    const closeAfter = readSpan('--close', options.close);
    await recordCatalogue(db, folder, 'operator', now);
    const sent = await sendNow(
      db,
      {
        lesson,
        groups,
        zone: config.zone,
        again: options.again === true,
        ...(closeAfter === undefined ? {} : { closeAfter }),
      },
      TERMINAL,
      now,
    );
    printOne(
      sent,
      `${lesson.title}: planned for ${groups.map(({ key }) => key).join(', ')}; the server sends it`,
      options,
    );
  });
