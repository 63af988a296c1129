/** The bank of questions: what may be drawn by its tags. Nothing in it is changed, only retired and added. */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { BankQuestionTable } from '../db/tables.ts';
import type { Draw, Question } from '../lessons/lesson.ts';
import { hashItem, type Item, toQuestion } from './item.ts';
import { seededRandom, shuffled } from './random.ts';

export interface BankItem extends Item {
  readonly id: string;
  readonly no: number;
  readonly source: string;
}

export interface NewItem extends Item {
  /** The file and the place in it. */
  readonly source: string;
}

/** Adds what isn't there yet, all in one transaction. Gives for each whether it was added. */
export async function addItems(
  db: Db,
  items: readonly NewItem[],
  who: string,
  now: number,
): Promise<boolean[]> {
  return await inTransaction(db, async (trx) => {
    const hashes = items.map(hashItem);
    const known = await knownHashes(trx, hashes);
    const isNew = hashes.map((hash) => !known.has(hash) && Boolean(known.add(hash)));
    const fresh = items.filter((_, index) => isNew[index]);
    if (fresh.length === 0) return isNew;
    const first = await takeNumbers(trx, 'question', fresh.length);
    for (const [index, item] of fresh.entries()) {
      const id = newId();
      await trx
        .insertInto('bank_question')
        .values({
          id,
          no: first + index,
          hash: hashItem(item),
          type: item.type,
          stem: item.stem,
          options: JSON.stringify(item.options),
          key: JSON.stringify(item.key),
          explanation: item.explanation,
          source: item.source,
          created_by: who,
          created_at: now,
          retired_at: null,
        })
        .execute();
      const tags = [...new Set(item.tags.map((tag) => tag.trim()).filter(Boolean))];
      if (tags.length > 0)
        await trx
          .insertInto('bank_tag')
          .values(tags.map((tag) => ({ question_id: id, tag })))
          .execute();
    }
    await appendAudit(trx, {
      at: now,
      who,
      what: 'bank.import',
      subject: `${first}-${first + fresh.length - 1}`,
      after: { count: fresh.length },
    });
    return isNew;
  });
}

/** Those of the hashes that stand in the bank. */
export async function knownHashes(db: Db, hashes: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (let at = 0; at < hashes.length; at += 500) {
    const rows = await db
      .selectFrom('bank_question')
      .select('hash')
      .where('hash', 'in', hashes.slice(at, at + 500))
      .where('retired_at', 'is', null)
      .execute();
    for (const { hash } of rows) known.add(hash);
  }
  return known;
}

/** What may be drawn, by number; of one tag only when `tag` is given. */
export async function listItems(db: Db, tag?: string): Promise<BankItem[]> {
  const rows = await db
    .selectFrom('bank_question')
    .selectAll()
    .where('retired_at', 'is', null)
    .$if(tag !== undefined, (query) =>
      query.where('id', 'in', (eb) =>
        eb
          .selectFrom('bank_tag')
          .select('question_id')
          .where('tag', '=', tag ?? ''),
      ),
    )
    .orderBy('no')
    .execute();
  const tags = await db.selectFrom('bank_tag').selectAll().orderBy('tag').execute();
  const byQuestion = Map.groupBy(tags, (row) => row.question_id);
  return rows.map((row) =>
    fromRow(
      row,
      (byQuestion.get(row.id) ?? []).map((one) => one.tag),
    ),
  );
}

const fromRow = (row: BankQuestionTable, tags: readonly string[]): BankItem => ({
  id: row.id,
  no: row.no,
  type: row.type,
  stem: row.stem,
  options: JSON.parse(row.options) as string[],
  key: JSON.parse(row.key) as string[],
  explanation: row.explanation,
  source: row.source,
  tags,
});

/** Takes a question out of the bank; windows that have drawn it keep it. Gives whether it was there. */
export async function retireItem(db: Db, no: number, who: string, now: number): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const retired = await trx
      .updateTable('bank_question')
      .set({ retired_at: now })
      .where('no', '=', no)
      .where('retired_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (retired) await appendAudit(trx, { at: now, who, what: 'bank.retire', subject: retired.id });
    return retired !== undefined;
  });
}

/**
 * The questions that a quiz draws: the same for the same seed and bank, none twice, numbered from `first` on. Where
 * the bank has fewer than asked for, all that there are.
 */
export async function drawQuestions(
  db: Db,
  draws: readonly Draw[],
  seed: string,
  first: number,
): Promise<Question[]> {
  const drawn: BankItem[] = [];
  for (const { tag, count } of draws) {
    const taken = new Set(drawn.map(({ id }) => id));
    const left = (await listItems(db, tag)).filter(({ id }) => !taken.has(id));
    drawn.push(...shuffled(left, seededRandom(`${seed} ${tag}`)).slice(0, count));
  }
  return drawn.map((item, index) => toQuestion(item, first + index));
}
