/** How good the questions are, and keys that turned out wrong. */
import { applyKeyChange, findKeyChanges } from '../digest/rekey.ts';
import { UserError } from '../errors.ts';
import { loadCatalogue } from '../lessons/catalogue.ts';
import { renderInline } from '../lessons/chat.ts';
import { listItemStats } from '../quiz/item-responses.ts';
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

export const list = (options: Output & { lesson?: string; flagged?: boolean }): Promise<void> =>
  withDb(async (db) => {
    const rows = (await listItemStats(db, options.lesson)).flatMap(({ lesson, stats }) =>
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
        : await applyKeyChange(db, change, config.zone, 'cli', Date.now());
      const { question, before, hash } = change;
      rows.push({ lesson: lesson.id, hash, question: question.no, before, key: question.key, remarked });
    }
    printRows(rows, ['lesson', 'question', 'before', 'key', 'remarked'], options);
  });
