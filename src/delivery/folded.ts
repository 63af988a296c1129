/** Lessons whose hour was missed and that the group's next digest tells of: each once, whatever becomes of the digest. */
import type { Db } from '../db/open.ts';
import type { FoldedTable } from '../db/tables.ts';
import { NOT_BROUGHT } from './states.ts';

export interface Folded {
  readonly lessonId: string;
  readonly title: string;
  /** The hour that was missed, ms. */
  readonly at: number;
}

/** Notes what a later digest is to tell. The deliveries are there already. */
export async function noteFolded(trx: Db, rows: readonly Omit<FoldedTable, 'told_in'>[]): Promise<void> {
  if (rows.length === 0) return;
  await trx
    .insertInto('folded')
    .values(rows.map((row) => ({ ...row, told_in: null })))
    .execute();
}

/**
 * What a digest has to tell of, marked as told by it in the transaction that fixes its words. What an earlier
 * digest should have told that came to nothing belongs to this one.
 */
export async function takeFolded(trx: Db, groupId: string, digestId: string): Promise<Folded[]> {
  const rows = await trx
    .selectFrom('folded')
    .innerJoin('delivery as lesson', 'lesson.id', 'folded.delivery_id')
    .leftJoin('delivery as digest', 'digest.id', 'folded.told_in')
    .select(['folded.delivery_id', 'lesson.content', 'folded.title', 'folded.nominal_at'])
    .where('folded.group_id', '=', groupId)
    // A person may have sent the lesson after all.
    .where('lesson.state', 'in', [...NOT_BROUGHT])
    .where((eb) =>
      eb.or([
        eb('folded.told_in', 'is', null),
        eb('folded.told_in', '=', digestId),
        eb.and([
          eb('digest.state', 'in', [...NOT_BROUGHT]),
          eb.not(
            eb.exists(
              eb
                .selectFrom('delivery_part')
                .select('seq')
                .whereRef('delivery_part.delivery_id', '=', 'digest.id')
                .where('delivery_part.state', '!=', 'planned'),
            ),
          ),
        ]),
      ]),
    )
    .orderBy('folded.nominal_at')
    .orderBy('folded.delivery_id')
    .execute();
  for (const { delivery_id: id } of rows)
    await trx.updateTable('folded').set({ told_in: digestId }).where('delivery_id', '=', id).execute();
  return rows.map((row) => ({ lessonId: row.content, title: row.title, at: row.nominal_at }));
}
