/** Quiz windows: from the moment a lesson's quiz goes out until it closes; one group, one delivery. */
import { newId } from '../db/ids.ts';
import { type Db, dialectOf } from '../db/open.ts';
import type { QuizMode, QuizWindowRow } from '../db/tables.ts';
import type { Orders } from '../lessons/compose.ts';
import type { Lesson, Question } from '../lessons/lesson.ts';
import { findRevision } from '../lessons/revisions.ts';
import { drawQuestions } from './bank.ts';
import { noteWindowPointsDue } from './points-due.ts';
import { shuffleOptions } from './shuffle.ts';

export type QuizWindow = QuizWindowRow;

export interface NewWindow {
  readonly deliveryId: string;
  readonly groupId: string;
  readonly lessonId: string;
  readonly hash: string;
  readonly opensAt: number;
  readonly closesAt: number;
}

/** How a group is asked, as it is set when its window opens. */
export interface Asking {
  readonly mode: QuizMode;
  /** How many answers of a member to a question may count; 0 for any number. */
  readonly attempts: number;
  /** Whether the options stand in an order of the group's own. */
  readonly shuffle: boolean;
}

const PLAIN: Asking = { mode: 'open', attempts: 0, shuffle: false };

/**
 * Opens the window of a delivery: draws what its lesson draws and settles the order of the options, once. One that
 * was there keeps its answers and its questions and gets the new times.
 */
export async function openWindow(db: Db, opened: NewWindow, asking: Asking = PLAIN): Promise<QuizWindow> {
  const lesson = await findRevision(db, opened.hash);
  const drawn =
    lesson && lesson.draws.length > 0
      ? await drawQuestions(db, lesson.draws, opened.deliveryId, lesson.questions.length + 1)
      : [];
  const questions = [...(lesson?.questions ?? []), ...drawn];
  const orders = asking.shuffle ? shuffleOptions(questions, opened.deliveryId) : {};
  return await insertWindow(db, opened, {
    drawn: drawn.length > 0 ? JSON.stringify(drawn) : null,
    orders: Object.keys(orders).length > 0 ? JSON.stringify(orders) : null,
    mode: asking.mode,
    attempts: asking.attempts,
  });
}

/** Opens a window that asks so; one that the delivery has keeps all but its times. */
export const insertWindow = (
  db: Db,
  { deliveryId, groupId, lessonId, hash, opensAt, closesAt }: NewWindow,
  asks: Pick<QuizWindow, 'drawn' | 'orders' | 'mode' | 'attempts'>,
): Promise<QuizWindow> =>
  db
    .insertInto('quiz_window')
    .values({
      id: newId(),
      delivery_id: deliveryId,
      group_id: groupId,
      lesson_id: lessonId,
      hash,
      opens_at: opensAt,
      closes_at: closesAt,
      closed_at: null,
      reminded_at: null,
      ...asks,
    })
    .onConflict((conflict) =>
      conflict.column('delivery_id').doUpdateSet({ opens_at: opensAt, closes_at: closesAt, closed_at: null }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();

/** The lesson as that window asks it: with what it has drawn, and with keys that were put right since. */
export async function lessonOf(
  db: Db,
  window: Pick<QuizWindow, 'hash' | 'drawn'>,
): Promise<Lesson | undefined> {
  const lesson = await findRevision(db, window.hash);
  return lesson && withDrawn(lesson, window);
}

/**
 * The lesson as a window asks it at this moment, for the marking: where somebody puts a key right at the same time, one
 * waits for the other, so that no answer is marked by the old key behind their back. On SQLite whoever writes is alone.
 */
export async function lessonToMark(trx: Db, window: QuizWindow, known: Lesson): Promise<Lesson> {
  if (dialectOf(trx) === 'sqlite') return known;
  const { drawn } = await trx
    .selectFrom('quiz_window')
    .select('drawn')
    .where('id', '=', window.id)
    .forShare()
    .executeTakeFirstOrThrow();
  if (drawn === window.drawn) return known;
  return (await lessonOf(trx, { hash: window.hash, drawn })) ?? known;
}

/** Lets no answer to these be marked until the transaction is over; all at once, so that nobody waits in a circle. */
export async function holdMarking(trx: Db, windowIds: readonly string[]): Promise<void> {
  if (dialectOf(trx) === 'sqlite' || windowIds.length === 0) return;
  await trx
    .selectFrom('quiz_window')
    .select('id')
    .where('id', 'in', [...windowIds])
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** What a quiz asks beside the questions of its lesson, or instead of them. */
export function drawnOf({ drawn }: Pick<QuizWindow, 'drawn'>): readonly Question[] {
  if (drawn === null) return [];
  const read = JSON.parse(drawn) as Question[] | { readonly only: Question[] };
  return Array.isArray(read) ? read : read.only;
}

/** Whether it asks one question once more, by itself. */
export const isReview = ({ drawn }: Pick<QuizWindow, 'drawn'>): boolean => drawn?.startsWith('{') === true;

/**
 * `drawn` stands beside the questions of the lesson, and instead of those whose number it has; in a review it is all
 * that is asked.
 */
export function withDrawn(lesson: Lesson, window: Pick<QuizWindow, 'drawn'>): Lesson {
  if (window.drawn === null) return lesson;
  const others = drawnOf(window);
  if (isReview(window)) return { ...lesson, questions: others, draws: [] };
  const numbers = new Set(others.map(({ no }) => no));
  const questions = [...lesson.questions.filter(({ no }) => !numbers.has(no)), ...others];
  return { ...lesson, questions: questions.toSorted((a, b) => a.no - b.no) };
}

export const ordersOf = ({ orders }: Pick<QuizWindow, 'orders'>): Orders =>
  orders === null ? {} : (JSON.parse(orders) as Orders);

/** Closes the window of a delivery that never reached its group. */
export async function closeWindow(db: Db, deliveryId: string, now: number): Promise<void> {
  const closed = await db
    .updateTable('quiz_window')
    .set({ closed_at: now, closes_at: now })
    .where('delivery_id', '=', deliveryId)
    .where('closed_at', 'is', null)
    .returning('id')
    .execute();
  for (const { id } of closed) await noteWindowPointsDue(db, id);
}

/**
 * The quiz that was open in any of the groups at that instant: the one opened last. A lesson of which certainly
 * nothing was said yet (its send failed and is tried again) takes no answers: they are meant for the one before.
 */
export async function windowAt(
  db: Db,
  groupIds: readonly string[],
  at: number,
): Promise<QuizWindow | undefined> {
  if (groupIds.length === 0) return undefined;
  return await db
    .selectFrom('quiz_window')
    .selectAll()
    .where('group_id', 'in', [...groupIds])
    .where('opens_at', '<=', at)
    .where('closes_at', '>', at)
    .where((eb) => {
      const parts = eb
        .selectFrom('delivery_part')
        .select('seq')
        .whereRef('delivery_part.delivery_id', '=', 'quiz_window.delivery_id');
      return eb.or([eb.exists(parts.where('state', '!=', 'planned')), eb.not(eb.exists(parts))]);
    })
    .orderBy('opens_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

export const findWindow = (db: Db, id: string): Promise<QuizWindow | undefined> =>
  db.selectFrom('quiz_window').selectAll().where('id', '=', id).executeTakeFirst();

/** Windows whose time is over and whose key is still owed. */
export const listDueWindows = (db: Db, now: number): Promise<QuizWindow[]> =>
  db
    .selectFrom('quiz_window')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('closes_at', '<=', now)
    .orderBy('closes_at')
    .execute();

/** Marks a window as closed; false when somebody else did. */
export async function markClosed(db: Db, windowId: string, now: number): Promise<boolean> {
  const closed = await db
    .updateTable('quiz_window')
    .set({ closed_at: now })
    .where('id', '=', windowId)
    .where('closed_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (!closed) return false;
  await noteWindowPointsDue(db, windowId);
  return true;
}
