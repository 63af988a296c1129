/**
 * A question of the bank written anew. Where its key turned out wrong, every quiz that has asked it is marked anew,
 * each answer with what it was before; rollups, points, practice and item statistics follow. What will change is said
 * before it does.
 */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { UserError } from '../errors.ts';
import type { Question } from '../lessons/lesson.ts';
import { type BankBy, type BankItem, getItem, reviseItem } from '../quiz/bank.ts';
import { type AskedFromBank, isSameStem, keyFor, listAsked } from '../quiz/bank-asked.ts';
import { checkItem, hashItem, type Item } from '../quiz/item.ts';
import { drawnOf, holdMarking, isReview } from '../quiz/windows.ts';
import { noteKeyChange, noteRemarked, rekeyWindow, remarksOf, renewCards } from './rekey.ts';

export interface BankEdit {
  readonly no: number;
  /** The version that was looked at. */
  readonly version: number;
  readonly to: Item;
  /** Whether quizzes that asked it in other words, with the same options, are marked anew as well. */
  readonly reworded: boolean;
}

export interface BankEditPlan {
  readonly item: BankItem;
  /** Whether anything is written otherwise at all. */
  readonly isChanged: boolean;
  /** The quizzes that are marked anew, with the question as they ask it from then on. */
  readonly windows: readonly (AskedFromBank & { readonly to: Question })[];
  readonly open: number;
  /** Quizzes that hold another key, but asked in other words or with other options: they stay as they are. */
  readonly left: number;
  /** Those of them that `reworded` would take along. */
  readonly reworded: number;
  readonly answers: number;
  readonly members: number;
  /** Counting answers that become right, and that cease to be. */
  readonly right: number;
  readonly wrong: number;
}

const sameList = (a: readonly string[], b: readonly string[]) => a.join('\n') === b.join('\n');

const isSame = (a: Item, b: Item): boolean =>
  a.type === b.type &&
  a.stem === b.stem &&
  a.explanation === b.explanation &&
  sameList(a.options, b.options) &&
  sameList(a.key, b.key) &&
  sameList(a.tags.toSorted(), b.tags.toSorted());

/** What an edit will change; nothing is changed. Throws `UserError` when it can't be asked so. */
export async function planBankEdit(db: Db, { no, to, reworded }: BankEdit): Promise<BankEditPlan> {
  const item = await getItem(db, no);
  const faults = checkItem(to).map(({ why }) => why);
  if (faults.length > 0) throw new UserError(`${[...new Set(faults)].join('；')}。没有改动。`);
  const windows: (AskedFromBank & { to: Question })[] = [];
  let [left, others] = [0, 0];
  for (const asked of await listAsked(db, item.id)) {
    const key = keyFor(asked.question, to);
    if (key === undefined) left += 1;
    else if (sameList(key, asked.question.key)) continue;
    else if (isSameStem(asked.question, to) || reworded)
      windows.push({ ...asked, to: { ...asked.question, key, explanation: to.explanation, bank: item.id } });
    else {
      left += 1;
      others += 1;
    }
  }
  const members = new Set<string>();
  let [answers, right, wrong] = [0, 0, 0];
  for (const { window, to: question } of windows)
    for (const { answer, correct } of await remarksOf(db, window, question)) {
      answers += 1;
      members.add(answer.member_id);
      if (answer.counted === 0) continue;
      if (correct > answer.correct) right += 1;
      else if (correct < answer.correct) wrong += 1;
    }
  return {
    item,
    isChanged: !isSame(item, to),
    windows,
    open: windows.filter(({ window }) => window.closed_at === null).length,
    left,
    reworded: others,
    answers,
    members: members.size,
    right,
    wrong,
  };
}

/** Writes it and marks anew, in one transaction. Gives the question as it is then, and how many answers are marked otherwise. */
export async function applyBankEdit(
  db: Db,
  edit: BankEdit,
  by: BankBy,
  { zone, now }: { readonly zone: string; readonly now: number },
): Promise<{ readonly item: BankItem; readonly remarked: number }> {
  return await inTransaction(db, async (trx) => {
    const before = await getItem(trx, edit.no);
    // The row is written first: whoever edits it at the same time waits here, and is then told.
    const item = await reviseItem(trx, { item: before, to: edit.to, from: edit.version }, by, now);
    const planned = await planBankEdit(trx, edit);
    await holdMarking(
      trx,
      planned.windows.map(({ window }) => window.id),
    );
    // What was answered or put right until they were held is known only now.
    const { windows } = await planBankEdit(trx, edit);
    if (windows.length === 0) return { item, remarked: 0 };
    const change = await noteKeyChange(
      trx,
      { hash: hashItem(before), question: 0, bankId: item.id, key: item.key, before: before.key },
      by.who,
      now,
    );
    let remarked = 0;
    for (const { window, question, to } of windows)
      remarked += await rekeyWindow(
        trx,
        window,
        {
          question: to,
          drawn: isReview(window)
            ? { only: [to] }
            : drawnOf(window).map((one) => (one.no === question.no ? to : one)),
        },
        change,
        zone,
      );
    for (const old of new Map(windows.map(({ question }) => [hashItem(question), question])).values())
      await renewCards(
        trx,
        windows.map(({ window }) => window),
        old,
        now,
      );
    await noteRemarked(trx, change, remarked);
    await appendAudit(trx, {
      at: now,
      who: by.who,
      via: by.via,
      what: 'key.change',
      subject: item.id,
      before: before.key,
      after: { key: item.key, remarked, quizzes: windows.length },
    });
    return { item, remarked };
  });
}
