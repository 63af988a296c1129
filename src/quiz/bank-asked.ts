/** In which quizzes a question of the bank was asked, and as what: what a quiz has drawn it keeps, whatever becomes of the bank. */
import type { Db } from '../db/open.ts';
import { contains } from '../db/sql.ts';
import { renderInline } from '../lessons/chat.ts';
import type { Question } from '../lessons/lesson.ts';
import { type BankVersion, listItemVersions } from './bank.ts';
import { hashItem, type Item, LETTERS } from './item.ts';
import { foldWord } from './normalise.ts';
import { drawnOf, type QuizWindow } from './windows.ts';

export interface AskedFromBank {
  readonly window: QuizWindow;
  /** As that quiz asks it, under the number that it has there. */
  readonly question: Question;
}

export interface AskedSpan {
  /** ms, by when the quiz opened; the end isn't in it. */
  readonly from?: number;
  readonly to?: number;
  readonly groupIds?: readonly string[];
}

/** Those of a quiz's questions that came from the bank: a lesson's own have a line in its file. */
export const bankQuestionsOf = (window: Pick<QuizWindow, 'drawn'>): readonly Question[] =>
  drawnOf(window).filter(({ line }) => line === 0);

/** The windows of a span; `groupIds` has to name a group where it is given. */
export const windowsIn = (db: Db, { from, to, groupIds }: AskedSpan) =>
  db
    .selectFrom('quiz_window')
    .selectAll()
    .$if(from !== undefined, (query) => query.where('opens_at', '>=', from ?? 0))
    .$if(to !== undefined, (query) => query.where('opens_at', '<', to ?? 0))
    .$if(groupIds !== undefined, (query) => query.where('group_id', 'in', [...(groupIds ?? [])]));

/** Windows with anything drawn, the first opened first. */
export const listDrawnWindows = (
  db: Db,
  span: AskedSpan,
  words?: readonly string[],
): Promise<QuizWindow[]> =>
  span.groupIds?.length === 0
    ? Promise.resolve([])
    : windowsIn(db, span)
        .where('drawn', 'is not', null)
        .$if(words !== undefined, (query) =>
          query.where((eb) => eb.or((words ?? []).map((one) => contains('quiz_window.drawn', one)))),
        )
        .orderBy('opens_at')
        .orderBy('id')
        .execute();

/** Every quiz that asked a question of the bank. */
export async function listAsked(db: Db, id: string, span: AskedSpan = {}): Promise<AskedFromBank[]> {
  const isIts = isItem(id, await listItemVersions(db, id));
  const words = [JSON.stringify(id), ...isIts.stems.map((stem) => JSON.stringify(stem).slice(1, -1))];
  const windows = await listDrawnWindows(db, span, words);
  return windows.flatMap((window) =>
    bankQuestionsOf(window)
      .filter((question) => isIts.test(question, window.opens_at))
      .map((question) => ({ window, question })),
  );
}

/**
 * Tells a question of the bank in what was drawn. Quizzes of before its id was kept there are told by its words and
 * its key, as it had them when the quiz opened: nobody can have asked them otherwise.
 */
export function isItem(id: string, versions: readonly BankVersion[]) {
  // By when it was first written so, the first version last.
  const hashes = new Map(versions.map((one) => [hashItem(one), one.writtenAt]));
  return {
    stems: [...new Set(versions.map(({ stem }) => stem))],
    test: ({ bank, ...question }: Question, opensAt: number): boolean =>
      bank === undefined ? (hashes.get(hashItem(question)) ?? Infinity) <= opensAt : bank === id,
  };
}

const fold = (option: string) => renderInline(option).normalize('NFKC').replace(/\s+/g, ' ').trim();

/** Whether both ask the same in the same words, whatever their options and keys. */
export const isSameStem = (a: Pick<Item, 'stem'>, b: Pick<Item, 'stem'>): boolean =>
  foldWord(renderInline(a.stem)) === foldWord(renderInline(b.stem));

/**
 * For each letter under which a quiz shows an option, the letter that the same option has in `item`; `undefined` when
 * they don't offer the same.
 */
export function lettersIn(
  asked: Pick<Item, 'type' | 'options'>,
  item: Pick<Item, 'type' | 'options'>,
): ReadonlyMap<string, string> | undefined {
  if (asked.type !== item.type || asked.options.length !== item.options.length) return undefined;
  const options = item.options.map(fold);
  const letters = new Map<string, string>();
  for (const [index, option] of asked.options.entries()) {
    const at = options.indexOf(fold(option));
    if (at === -1) return undefined;
    letters.set(LETTERS[index] ?? '', LETTERS[at] ?? '');
  }
  return letters;
}

/** The key of `item` by the letters of the quiz; `undefined` when it offers other options. */
export function keyFor(asked: Question, item: Item): readonly string[] | undefined {
  const letters = lettersIn(asked, item);
  if (!letters) return undefined;
  if (asked.options.length === 0) return item.key;
  const back = new Map([...letters].map(([shown, own]) => [own, shown]));
  const key = item.key.map((letter) => back.get(letter) ?? '');
  return item.type === 'order' ? key : key.toSorted();
}
