/** What a digest's author decided about it before it went: rows that planning and composing look at. */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryTable, RehearsalTable } from '../db/tables.ts';
import { findAddress } from '../people/identities.ts';
import { type By, byOf } from '../people/units.ts';
import { planDeliveries } from './ledger.ts';

export type Rehearsal = RehearsalTable;

export const WITHDRAWN = '作者撤下了这一期，没有发';
export const HELD = '作者扣下了这一期，等作者说发';

export interface Firing {
  readonly scheduleId: string;
  readonly nominalAt: number;
}

export const findRehearsal = (db: Db, { scheduleId, nominalAt }: Firing): Promise<Rehearsal | undefined> =>
  db
    .selectFrom('rehearsal')
    .selectAll()
    .where('schedule_id', '=', scheduleId)
    .where('nominal_at', '=', nominalAt)
    .executeTakeFirst();

/** The rehearsal of what a delivery brings. */
export async function findRehearsalOf(
  db: Db,
  { occurrence_id: occurrenceId }: Pick<DeliveryTable, 'occurrence_id'>,
): Promise<Rehearsal | undefined> {
  if (occurrenceId === null) return undefined;
  return await db
    .selectFrom('rehearsal')
    .innerJoin('occurrence', (join) =>
      join
        .onRef('occurrence.schedule_id', '=', 'rehearsal.schedule_id')
        .onRef('occurrence.nominal_at', '=', 'rehearsal.nominal_at'),
    )
    .selectAll('rehearsal')
    .where('occurrence.id', '=', occurrenceId)
    .executeTakeFirst();
}

/** Writes down that an author was shown what goes at that hour; `undefined` when that was done before. */
export async function openRehearsal(
  trx: Db,
  { scheduleId, nominalAt }: Firing,
  author: string,
  state: 'shown' | 'held',
  now: number,
): Promise<Rehearsal | undefined> {
  return await trx
    .insertInto('rehearsal')
    .values({
      id: newId(),
      no: await takeNumbers(trx, 'rehearsal'),
      schedule_id: scheduleId,
      nominal_at: nominalAt,
      author,
      state,
      words: null,
      shown_at: now,
      decided_at: null,
    })
    .onConflict((conflict) => conflict.columns(['schedule_id', 'nominal_at']).doNothing())
    .returningAll()
    .executeTakeFirst();
}

/**
 * Holds what has to wait for its author and wasn't shown to them in time (the server was down), and tells them.
 * `undefined` when nobody can be told: then it goes.
 */
export async function holdUnseen(
  trx: Db,
  firing: Firing,
  author: string,
  now: number,
): Promise<Rehearsal | undefined> {
  const address = await findAddress(trx, author);
  const rehearsal = address && (await openRehearsal(trx, firing, author, 'held', now));
  if (!address || !rehearsal) return undefined;
  const { id, no } = rehearsal;
  const body = `${no} 号简报到点了，发之前没来得及给你看，先扣下了。回复 发 ${no} 就发，撤 ${no} 不发。`;
  await planDeliveries(
    trx,
    [
      {
        cause: `rehearsal:${id}`,
        kind: 'notice',
        ...address,
        plannedAt: now,
        parts: [{ kind: 'text', body }],
      },
    ],
    now,
  );
  return rehearsal;
}

/** What one group's digest would be, as its author asked to see it. */
export interface Sample {
  readonly groupId: string;
  /** `day`, `week` and so on. */
  readonly content: string;
  /** The hour at which it would go, ms. */
  readonly nominalAt: number;
  /** The author's own words, where they wrote any. */
  readonly words: string | null;
}

/** The content of a reply that shows a sample: it is drawn when it is sent, so that nothing waits for a picture. */
export const contentOfSample = ({ id }: Pick<Rehearsal, 'id'>, groupId: string): string => `${id} ${groupId}`;

/** Whether a reply has its words to come. */
export const isSample = ({ kind, content }: Pick<DeliveryTable, 'kind' | 'content'>): boolean =>
  kind === 'reply' && content !== '';

/** `undefined` for any other delivery. */
export async function findSample(
  db: Db,
  delivery: Pick<DeliveryTable, 'kind' | 'content'>,
): Promise<Sample | undefined> {
  if (!isSample(delivery)) return undefined;
  const [id = '', groupId = ''] = delivery.content.split(' ');
  const row = await db
    .selectFrom('rehearsal')
    .innerJoin('schedule', 'schedule.id', 'rehearsal.schedule_id')
    .select(['schedule.content', 'rehearsal.nominal_at', 'rehearsal.words'])
    .where('rehearsal.id', '=', id)
    .executeTakeFirst();
  return row && { groupId, content: row.content, nominalAt: row.nominal_at, words: row.words };
}

/** Carries an author's decision into the row. Audited. */
export async function decideRehearsal(
  db: Db,
  rehearsal: Rehearsal,
  change: Partial<Pick<Rehearsal, 'state' | 'words'>>,
  by: By | string,
  now: number,
): Promise<Rehearsal> {
  return await inTransaction(db, async (trx) => {
    const decided = { ...change, decided_at: now };
    await trx.updateTable('rehearsal').set(decided).where('id', '=', rehearsal.id).execute();
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: 'digest.rehearse',
      subject: rehearsal.id,
      before: { state: rehearsal.state, words: rehearsal.words },
      after: change,
    });
    return { ...rehearsal, ...decided };
  });
}

/** Those that an author may still decide about, the latest first. */
export const listOpenRehearsals = (db: Db, author: string, since: number): Promise<Rehearsal[]> =>
  db
    .selectFrom('rehearsal')
    .selectAll()
    .where('author', '=', author)
    .where('nominal_at', '>', since)
    .where('state', 'in', ['shown', 'held'])
    .orderBy('shown_at', 'desc')
    .orderBy('no', 'desc')
    .execute();
