/**
 * Whether a room or a person is the one of before, as somebody pressed it: it holds a minute later. Until then nothing
 * was sent, moved or forgotten, so that a slip of the thumb can be taken back whole.
 */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { MINUTE } from '../clock.ts';
import { UserError } from '../errors.ts';
import type { MoveFacts } from './certify.ts';
import { acceptMatch, checkRoom, getItem, rejectMatch } from './matching.ts';
import { type Actor, notFound, readActor, TERMINAL } from './scope.ts';

/** How long it can be taken back, ms. */
export const TAKEN_BACK_FOR = MINUTE;

/** Throws `NotFoundError` outside the scope, `UserError` for what can't be accepted any more. */
export async function chooseMatch(
  db: Db,
  no: number,
  accepted: boolean,
  actor: Actor,
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const item = await getItem(trx, no, actor);
    if (accepted && item.kind === 'group') await checkRoom(trx, item);
    await trx
      .insertInto('match_choice')
      .values({
        id: newId(),
        item_id: item.id,
        accepted: accepted ? 1 : 0,
        who: actor.who,
        via: actor.via ?? '',
        at: now,
        due_at: now + TAKEN_BACK_FOR,
        undone_at: null,
        done_at: null,
      })
      .execute();
    await audit(trx, 'match.choose', item, { accepted }, actor, now);
  });
}

/**
 * One's own, while it doesn't hold yet: it waits for somebody again. Throws `UserError` afterwards, `NotFoundError` for
 * what they never pressed.
 */
export async function takeBackChoice(db: Db, no: number, actor: Actor, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const item = await trx.selectFrom('match_item').selectAll().where('no', '=', no).executeTakeFirst();
    const choice =
      item &&
      (await trx
        .selectFrom('match_choice')
        .selectAll()
        .where('item_id', '=', item.id)
        .where('who', '=', actor.who)
        .orderBy('id', 'desc')
        .executeTakeFirst());
    if (!item || !choice) throw notFound('match', no);
    if (!(await close(trx, choice.id, { undone_at: now })))
      throw new UserError('it holds already', { said: '已经算数了，收不回来' });
    await audit(trx, 'match.reopen', item, {}, actor, now);
  });
}

/** Says whether it was still open. */
async function close(
  trx: Db,
  id: string,
  how: { readonly undone_at: number } | { readonly done_at: number },
): Promise<boolean> {
  const closed = await trx
    .updateTable('match_choice')
    .set(how)
    .where('id', '=', id)
    .where('undone_at', 'is', null)
    .where('done_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return closed !== undefined;
}

/**
 * Carries out what nobody took back in time, as whoever pressed it may now. What can't be any more waits for somebody
 * again. Gives how many held.
 */
export async function settleChoices(db: Db, moveFacts: MoveFacts, now: number): Promise<number> {
  const due = await db
    .selectFrom('match_choice')
    .innerJoin('match_item', 'match_item.id', 'match_choice.item_id')
    .selectAll('match_choice')
    .select('match_item.no')
    .where('match_choice.undone_at', 'is', null)
    .where('match_choice.done_at', 'is', null)
    .where('match_choice.due_at', '<=', now)
    .orderBy('match_choice.id')
    .execute();
  let held = 0;
  for (const { id, no, accepted, who, via } of due)
    try {
      await inTransaction(db, async (trx) => {
        if (!(await close(trx, id, { done_at: now }))) return;
        const actor = await readChooser(trx, who, via, now);
        if (accepted === 1) await acceptMatch(trx, no, actor, moveFacts, now);
        else await rejectMatch(trx, no, actor, now);
        held += 1;
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      await close(db, id, { done_at: now });
    }
  return held;
}

async function readChooser(trx: Db, who: string, via: string, now: number): Promise<Actor> {
  const member = await trx.selectFrom('member').select('id').where('id', '=', who).executeTakeFirst();
  return member ? await readActor(trx, member.id, now, via) : { ...TERMINAL, who, via };
}

const audit = (
  trx: Db,
  what: string,
  item: Awaited<ReturnType<typeof getItem>>,
  after: object,
  { who, via = '' }: Actor,
  now: number,
) =>
  appendAudit(trx, {
    at: now,
    who,
    via,
    what,
    subject: item.member_id ?? item.group_id ?? item.id,
    after: { no: item.no, kind: item.kind, ...after },
  });
