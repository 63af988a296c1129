/** What a member practises follows them when it turns out who they are. */
import type { Db } from '../db/open.ts';

/**
 * Cards with their reviews, and what is being asked in private. A card that both have stays with whoever it goes to,
 * as well remembered as they do; one question at a time goes on. Gives the cards that moved.
 */
export async function movePractice(trx: Db, from: string, to: string, now: number): Promise<string[]> {
  const own = trx
    .selectFrom('practice_card')
    .select('question_hash')
    .where('member_id', '=', to)
    .where('closed_at', 'is', null);
  const twice = await trx
    .selectFrom('practice_card')
    .select('id')
    .where('member_id', '=', from)
    .where('closed_at', 'is', null)
    .where('question_hash', 'in', own)
    .execute();
  for (const { id } of twice) {
    await trx.updateTable('practice_card').set({ closed_at: now }).where('id', '=', id).execute();
    await trx.updateTable('private_quiz').set({ closed_at: now }).where('card_id', '=', id).execute();
  }
  const moved = await trx
    .updateTable('practice_card')
    .set({ member_id: to })
    .where('member_id', '=', from)
    .returning('id')
    .execute();
  await trx.updateTable('practice_review').set({ member_id: to }).where('member_id', '=', from).execute();
  const asked = await trx
    .selectFrom('private_quiz')
    .select('id')
    .where('member_id', '=', to)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  await trx
    .updateTable('private_quiz')
    .set(asked ? { closed_at: now } : { member_id: to })
    .where('member_id', '=', from)
    .where('closed_at', 'is', null)
    .execute();
  return moved.map(({ id }) => id);
}
