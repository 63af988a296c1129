/** The answers of which item statistics are made: those that count, given in time, by the revision they belong to. */
import type { Db } from '../db/open.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { type BankItem, getItem, listAllItems, listItemVersions } from './bank.ts';
import {
  type AskedFromBank,
  type AskedSpan,
  bankQuestionsOf,
  isItem,
  lettersIn,
  listAsked,
  listDrawnWindows,
  windowsIn,
} from './bank-asked.ts';
import { type ItemStats, type Response, statsOf } from './item-stats.ts';
import { isReview, lessonOf, type QuizWindow } from './windows.ts';

export interface RevisionStats {
  readonly lesson: Lesson;
  readonly stats: readonly ItemStats[];
  /** The quizzes that asked it. */
  readonly windows: readonly QuizWindow[];
}

/** Databases limit the parameters of a statement. */
const BATCH = 400;

/** Of each revision that was asked, the questions of its own; what a window drew is another one in each. */
export async function listItemStats(
  db: Db,
  lessonId?: string,
  span: AskedSpan = {},
): Promise<RevisionStats[]> {
  if (span.groupIds?.length === 0) return [];
  const all = await windowsIn(db, span)
    .$if(lessonId !== undefined, (query) => query.where('lesson_id', '=', lessonId ?? ''))
    .orderBy('lesson_id')
    .orderBy('opens_at')
    .execute();
  const windows = all.filter((window) => !isReview(window));
  const responses = await readResponses(
    db,
    windows.map(({ id }) => id),
  );
  const found: RevisionStats[] = [];
  for (const [, asked] of Map.groupBy(windows, ({ hash }) => hash)) {
    const last = asked.at(-1);
    const lesson = last && (await lessonOf(db, last));
    if (!lesson) continue;
    const own = new Set(
      (last.drawn === null ? lesson.questions : lesson.questions.filter(({ line }) => line > 0)).map(
        ({ no }) => no,
      ),
    );
    const items = lesson.questions.filter(({ no }) => own.has(no));
    const given = asked.flatMap(({ id }) => responses.get(id) ?? []);
    // What was drawn beside them is part of the rest.
    const hasRest = lesson.questions.length > 1;
    found.push({ lesson, stats: items.map((item) => statsOf(item, given, hasRest)), windows: asked });
  }
  return found;
}

export interface BankStats {
  readonly item: BankItem;
  /** By the letters that the question has in the bank now. */
  readonly stats: ItemStats;
  /** The quizzes that asked it, whichever number it had there. */
  readonly asked: readonly AskedFromBank[];
}

/**
 * Of each question of the bank, retired ones as well, over all quizzes that drew it; of one only when `no` is given
 * (throws `NotFoundError`).
 * What was asked with other options than it has now is another question, and left out.
 */
export async function listBankStats(db: Db, span: AskedSpan = {}, no?: number): Promise<BankStats[]> {
  const byItem = new Map<string, { item: BankItem; asked: AskedFromBank[] }>();
  const put = (item: BankItem, asked: AskedFromBank) => {
    if (!lettersIn(asked.question, item)) return;
    const known = byItem.get(item.id) ?? { item, asked: [] };
    byItem.set(item.id, known);
    known.asked.push(asked);
  };
  if (no === undefined) {
    const find = finderOf(db, await listAllItems(db));
    for (const window of await listDrawnWindows(db, span))
      for (const question of bankQuestionsOf(window)) {
        const item = await find(question, window.opens_at);
        if (item) put(item, { window, question });
      }
  } else {
    const item = await getItem(db, no);
    for (const asked of await listAsked(db, item.id, span)) put(item, asked);
  }
  const windowIds = [...byItem.values()].flatMap(({ asked }) => asked.map(({ window }) => window.id));
  const responses = await readResponses(db, [...new Set(windowIds)]);
  return [...byItem.values()]
    .toSorted((a, b) => a.item.no - b.item.no)
    .map(({ item, asked }) => ({
      item,
      asked,
      stats: statsOf(
        { no: item.no, type: item.type, key: item.key },
        asked.flatMap((one) => (responses.get(one.window.id) ?? []).map((given) => asBank(given, one, item))),
        true,
      ),
    }));
}

/** Which question of the bank was drawn. All that they have been is read only where their ids weren't kept yet. */
function finderOf(db: Db, items: readonly BankItem[]) {
  const byId = new Map(items.map((item) => [item.id, item]));
  let tests: { item: BankItem; test: ReturnType<typeof isItem>['test'] }[] | undefined;
  return async (question: AskedFromBank['question'], opensAt: number): Promise<BankItem | undefined> => {
    if (question.bank !== undefined) return byId.get(question.bank);
    if (!tests) {
      tests = [];
      for (const item of items)
        tests.push({ item, test: isItem(item.id, await listItemVersions(db, item.id)).test });
    }
    return tests.find(({ test }) => test(question, opensAt))?.item;
  };
}

/** One member's answers with the question under its number in the bank, in its letters there; the rest beside it. */
function asBank(given: Response, { question }: AskedFromBank, item: BankItem): Response {
  const letters = lettersIn(question, item);
  const moved = new Map<number, { value: string; correct: boolean; score: number }>();
  for (const [no, answer] of given) {
    if (no !== question.no) moved.set(-no, answer);
    else moved.set(item.no, { ...answer, value: inLetters(answer.value, letters, item) });
  }
  return moved;
}

/** What was answered by the letters of a quiz, in those of the bank. */
export function inLetters(
  value: string,
  letters: ReadonlyMap<string, string> | undefined,
  { type }: Pick<BankItem, 'type'>,
): string {
  if (!letters || letters.size === 0) return value;
  const own = [...value].map((letter) => letters.get(letter) ?? letter);
  return (type === 'order' ? own : own.toSorted()).join('');
}

/** By window the members' answers that count, given in time. */
async function readResponses(db: Db, windowIds: readonly string[]): Promise<Map<string, Response[]>> {
  const found = new Map<string, Response[]>();
  for (let at = 0; at < windowIds.length; at += BATCH) {
    const answers = await db
      .selectFrom('answer')
      .select(['window_id', 'member_id', 'question', 'value', 'correct', 'score'])
      .where('window_id', 'in', windowIds.slice(at, at + BATCH))
      .where('counted', '=', 1)
      .where('makeup', '=', 0)
      .execute();
    for (const [windowId, given] of Map.groupBy(answers, (answer) => answer.window_id))
      found.set(
        windowId,
        [...Map.groupBy(given, (answer) => answer.member_id).values()].map(
          (own) =>
            new Map(
              own.map(({ question, value, correct, score }) => [
                question,
                { value, correct: correct === 1, score },
              ]),
            ),
        ),
      );
  }
  return found;
}
