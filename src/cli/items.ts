/** How good the questions are, and keys that turned out wrong. */
import { addDays, localDay, startOfDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { listGroupsOfUnit } from '../digest/digest.ts';
import { applyKeyChange, findKeyChanges } from '../digest/rekey.ts';
import { UserError } from '../errors.ts';
import { loadCatalogue } from '../lessons/catalogue.ts';
import { renderInline } from '../lessons/chat.ts';
import { getUnitByName } from '../people/units.ts';
import type { AskedSpan } from '../quiz/bank-asked.ts';
import { type BankStats, listBankStats, listItemStats } from '../quiz/item-responses.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printRows, withDb } from './parts.ts';

const COLUMNS = [
  'lesson',
  'question',
  'stem',
  'type',
  'key',
  'answers',
  'facility',
  'discrimination',
  'chosen',
  'flags',
];

export interface ItemOptions extends Output {
  readonly lesson?: string;
  readonly flagged?: boolean;
  readonly bank?: boolean;
  readonly unit?: string;
  readonly from?: string;
  readonly to?: string;
}

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && addDays(text, 0) === text;

/** Quizzes of the groups of a unit, opened on these local days. */
async function readSpan(db: Db, { unit, from, to }: ItemOptions, zone: string): Promise<AskedSpan> {
  for (const [name, day] of Object.entries({ from, to }))
    if (day !== undefined && !isDay(day)) throw new UserError(`--${name}: expected YYYY-MM-DD, got "${day}"`);
  const days = { from: from ?? '0001-01-01', to: to ?? localDay(Date.now(), zone) };
  return {
    ...(from === undefined ? {} : { from: startOfDay(from, zone) }),
    ...(to === undefined ? {} : { to: startOfDay(addDays(to, 1), zone) }),
    ...(unit === undefined
      ? {}
      : { groupIds: await listGroupsOfUnit(db, days, (await getUnitByName(db, unit)).id) }),
  };
}

export const list = (options: ItemOptions): Promise<void> =>
  withDb(async (db, config) => {
    const span = await readSpan(db, options, config.zone);
    if (options.bank) return listBank(await listBankStats(db, span), options);
    const rows = (await listItemStats(db, options.lesson, span)).flatMap(({ lesson, stats }) =>
      stats.map((item) => {
        const question = lesson.questions.find(({ no }) => no === item.question);
        return {
          lesson: lesson.id,
          hash: lesson.hash,
          question: item.question,
          stem: renderInline(question?.stem ?? ''),
          type: question?.type ?? '',
          key: question?.key ?? [],
          answers: item.answers,
          facility: rounded(item.facility),
          discrimination: rounded(item.discrimination),
          chosen: options.json
            ? item.chosen
            : Object.entries(item.chosen).map(([value, count]) => `${value}:${count}`),
          flags: item.flags,
        };
      }),
    );
    printRows(options.flagged ? rows.filter(({ flags }) => flags.length > 0) : rows, COLUMNS, options);
  });

function listBank(found: readonly BankStats[], options: ItemOptions): void {
  const rows = found.map(({ item, asked, stats }) => ({
    no: item.no,
    stem: renderInline(item.stem),
    type: item.type,
    key: item.key,
    quizzes: asked.length,
    answers: stats.answers,
    facility: rounded(stats.facility),
    discrimination: rounded(stats.discrimination),
    chosen: options.json
      ? stats.chosen
      : Object.entries(stats.chosen).map(([value, count]) => `${value}:${count}`),
    flags: stats.flags,
  }));
  printRows(
    options.flagged ? rows.filter(({ flags }) => flags.length > 0) : rows,
    ['no', 'stem', 'type', 'key', 'quizzes', 'answers', 'facility', 'discrimination', 'chosen', 'flags'],
    options,
  );
}

const rounded = (value: number | undefined) => (value === undefined ? null : Number(value.toFixed(3)));

/** Marks anew what was asked with another key than the lesson has now. */
export const rekey = (lessonId: string, options: Output & { dryRun?: boolean }): Promise<void> =>
  withDb(async (db, config) => {
    const lesson = (await loadCatalogue(config.lessonsDir)).byId.get(lessonId);
    if (!lesson) throw new UserError(`there is no lesson "${lessonId}": see "weike lesson list"`);
    const rows = [];
    for (const change of await findKeyChanges(db, lesson)) {
      const remarked = options.dryRun
        ? null
        : await applyKeyChange(db, change, config.zone, TERMINAL, Date.now());
      const { question, before, hash } = change;
      rows.push({ lesson: lesson.id, hash, question: question.no, before, key: question.key, remarked });
    }
    printRows(rows, ['lesson', 'question', 'before', 'key', 'remarked'], options);
  });
