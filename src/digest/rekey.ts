/**
 * A key that turned out wrong: all answers to the question are marked anew, each with what it was before; rollups and
 * points follow. Open windows mark by the new key from then on.
 */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { Selectable } from '../db/sql.ts';
import type { AnswerTable, Flag } from '../db/tables.ts';
import { renderInline } from '../lessons/chat.ts';
import type { Lesson, Question } from '../lessons/lesson.ts';
import { findRevision } from '../lessons/revisions.ts';
import { readPolicy } from '../people/policies.ts';
import { type By, byOf } from '../people/units.ts';
import { hashItem } from '../quiz/item.ts';
import { FULL, scoreAnswer } from '../quiz/mark.ts';
import { makeCards, makeCardsOfLesson } from '../quiz/practice.ts';
import { findWindow, holdMarking, isReview, lessonOf, type QuizWindow } from '../quiz/windows.ts';
import { applyChanges } from './changes.ts';

export interface KeyChange {
  /** Of the revision that was asked. */
  readonly hash: string;
  readonly question: Question;
  readonly before: readonly string[];
}

/** Questions that were asked as they stand in the lesson now, but with another key. */
export async function findKeyChanges(db: Db, lesson: Lesson): Promise<KeyChange[]> {
  const all = await db.selectFrom('quiz_window').selectAll().where('lesson_id', '=', lesson.id).execute();
  const windows = all.filter((window) => !isReview(window));
  const changes: KeyChange[] = [];
  for (const [hash, asked] of Map.groupBy(windows, (window) => window.hash)) {
    const [first] = asked;
    const own = await findRevision(db, hash);
    const before = first && (await lessonOf(db, first));
    for (const question of own?.questions ?? []) {
      const now = lesson.questions.find((one) => isSameQuestion(one, question));
      const held = before?.questions.find(({ no }) => no === question.no)?.key ?? question.key;
      if (now && now.key.join('\n') !== held.join('\n'))
        changes.push({ hash, question: { ...now, no: question.no }, before: held });
    }
  }
  return changes;
}

/** The same words and options in the same order, whatever is right. */
const isSameQuestion = (a: Question, b: Question): boolean =>
  a.type === b.type &&
  hashItem({ ...a, key: [] }) === hashItem({ ...b, key: [] }) &&
  a.options.map(renderInline).join('\n') === b.options.map(renderInline).join('\n');

/** Applies a change in one transaction. Gives how many answers are marked otherwise now. */
export async function applyKeyChange(
  db: Db,
  { hash, question, before }: KeyChange,
  zone: string,
  by: By | string,
  now: number,
): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const id = await noteKeyChange(
      trx,
      { hash, question: question.no, bankId: null, key: question.key, before },
      byOf(by).who,
      now,
    );
    const ofRevision = trx.selectFrom('quiz_window').where('hash', '=', hash);
    await holdMarking(
      trx,
      (await ofRevision.select('id').execute()).map((window) => window.id),
    );
    const windows = await ofRevision.selectAll().execute();
    let remarked = 0;
    for (const window of windows) {
      const drawn = rekeyDrawn(window, question);
      if (drawn) remarked += await rekeyWindow(trx, window, drawn, id, zone);
    }
    await renewCards(trx, windows, { ...question, key: before }, now);
    await noteRemarked(trx, id, remarked);
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: 'key.change',
      subject: `${hash}:${question.no}`,
      before,
      after: { key: question.key, remarked },
    });
    return remarked;
  });
}

export interface NewKeyChange {
  readonly hash: string;
  readonly question: number;
  readonly bankId: string | null;
  readonly key: readonly string[];
  readonly before: readonly string[];
}

/** Writes down that a key was wrong. Gives the id that each answer's trail names. */
export async function noteKeyChange(
  trx: Db,
  { hash, question, bankId, key, before }: NewKeyChange,
  who: string,
  now: number,
): Promise<string> {
  const id = newId();
  await trx
    .insertInto('key_change')
    .values({
      id,
      hash,
      question,
      bank_id: bankId,
      key: JSON.stringify(key),
      before: JSON.stringify(before),
      remarked: 0,
      who,
      at: now,
    })
    .execute();
  return id;
}

export async function noteRemarked(trx: Db, changeId: string, remarked: number): Promise<void> {
  await trx.updateTable('key_change').set({ remarked }).where('id', '=', changeId).execute();
}

export interface Rekeyed {
  /** Under the number that it has in that window. */
  readonly question: Question;
  /** What the window keeps from now on. */
  readonly drawn: unknown;
}

/** The question as a window asks it: with its own number, alone in a review; `undefined` when it asked another one. */
function rekeyDrawn(window: QuizWindow, question: Question): Rekeyed | undefined {
  if (isReview(window)) {
    const { only } = JSON.parse(window.drawn ?? '{}') as { only: Question[] };
    const [asked] = only;
    if (!asked || !isSameQuestion(asked, question)) return undefined;
    const own = { ...question, no: asked.no };
    return { question: own, drawn: { only: [own] } };
  }
  const drawn = window.drawn === null ? [] : (JSON.parse(window.drawn) as Question[]);
  return { question, drawn: [...drawn.filter(({ no }) => no !== question.no), question] };
}

/** Nobody practises what was right, nor learns by heart what was wrong: cards with the old key end, others begin. */
export async function renewCards(
  trx: Db,
  windows: readonly QuizWindow[],
  old: Question,
  now: number,
): Promise<void> {
  if (windows.length === 0) return;
  const ended = await trx
    .updateTable('practice_card')
    .set({ closed_at: now })
    .where('question_hash', '=', hashItem(old))
    .where('lesson_id', 'in', [...new Set(windows.map((window) => window.lesson_id))])
    .where('closed_at', 'is', null)
    .returning(['id', 'member_id', 'lesson_id'])
    .execute();
  for (const { id } of ended)
    await trx
      .updateTable('private_quiz')
      .set({ closed_at: now })
      .where('card_id', '=', id)
      .where('closed_at', 'is', null)
      .execute();
  for (const { id, closed_at: closedAt } of windows) {
    const window = closedAt === null ? undefined : await findWindow(trx, id);
    if (window) await makeCards(trx, window, now);
  }
  // A card may have stood for another question of the same words, which is still wrong.
  for (const { member_id: memberId, lesson_id: lessonId } of ended)
    await makeCardsOfLesson(trx, memberId, lessonId, now);
}

export interface Remark {
  readonly answer: Selectable<AnswerTable>;
  readonly correct: Flag;
  readonly score: number;
}

/** The answers to a question that are marked otherwise by the key that it has now. */
export async function remarksOf(db: Db, window: QuizWindow, question: Question): Promise<Remark[]> {
  const credit = await readPolicy(db, 'multi-credit', { groupId: window.group_id });
  const answers = await db
    .selectFrom('answer')
    .selectAll()
    .where('window_id', '=', window.id)
    .where('question', '=', question.no)
    .execute();
  return answers.flatMap((answer) => {
    const value =
      question.type === 'single' || question.type === 'multi' || question.type === 'order'
        ? [...answer.value]
        : [answer.value];
    const score = scoreAnswer(question, value, credit);
    const correct = score === FULL ? 1 : 0;
    return correct === answer.correct && score === answer.score ? [] : [{ answer, correct, score }];
  });
}

/** Lets a window ask by the new key, and marks what was answered there. Gives how many answers are marked otherwise. */
export async function rekeyWindow(
  trx: Db,
  window: QuizWindow,
  { question, drawn }: Rekeyed,
  changeId: string,
  zone: string,
): Promise<number> {
  await trx
    .updateTable('quiz_window')
    .set({ drawn: JSON.stringify(drawn) })
    .where('id', '=', window.id)
    .execute();
  const remarks = await remarksOf(trx, window, question);
  for (const { answer, correct, score } of remarks) {
    await trx.updateTable('answer').set({ correct, score }).where('id', '=', answer.id).execute();
    await trx
      .insertInto('answer_remark')
      .values({
        key_change_id: changeId,
        answer_id: answer.id,
        correct_before: answer.correct,
        correct_after: correct,
        score_before: answer.score,
        score_after: score,
      })
      .execute();
    if (answer.counted === 0) continue;
    await applyChanges(
      trx,
      { windowId: window.id, groupId: window.group_id, memberId: answer.member_id, zone },
      {
        members: 0,
        lines: [
          {
            question: question.no,
            writtenAt: answer.written_at,
            answers: 0,
            correct: (correct - answer.correct) as -1 | 0 | 1,
          },
        ],
      },
    );
  }
  return remarks.length;
}
