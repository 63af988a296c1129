/**
 * Our own messages, come back: what turns `awaiting-echo` and `unknown` into knowledge. An echo may come
 * before the send returns, after it, late, twice, or never.
 */
import type { Echo } from '../channels/channel.ts';
import { MINUTE } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryState } from '../db/tables.ts';
import { bodyHash } from './body.ts';
import { hasBrought } from './brought.ts';
import { concludeDelivery, conclusionOf, findDelivery, listParts, moveDelivery } from './ledger.ts';

const OPEN = ['sending', 'awaiting-echo', 'unknown'] as const;
/** A delivery that is `sending` belongs to its courier, who looks at the parts by itself. */
const SETTLED_BY_ECHO: readonly DeliveryState[] = ['awaiting-echo', 'unknown'];
/** Somebody gave these up; an echo proves that they were said all the same. */
const GIVEN_UP: readonly DeliveryState[] = ['failed', 'skipped'];
/** A channel's clock may be behind ours, and may count in seconds. */
const SLACK = MINUTE;

/** Records an echo: by id, else by body against the open parts of that chat. Says whether it was one of ours. */
export async function recordEcho(db: Db, echo: Echo, now: number): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const part = await findPart(trx, echo);
    if (!part) return false;
    if (part.state === 'sent') return true;
    const set = await trx
      .updateTable('delivery_part')
      .set({ state: 'sent', message_id: echo.id, sent_at: echo.at })
      .where('delivery_id', '=', part.delivery_id)
      .where('seq', '=', part.seq)
      .where('state', 'in', [...OPEN])
      .returning('seq')
      .executeTakeFirst();
    if (set) {
      await concludeDelivery(trx, part.delivery_id, SETTLED_BY_ECHO, now);
      await proveSent(trx, part.delivery_id, now);
    }
    return true;
  });
}

/** A delivery that was given up and all of whose parts were said is `sent`, unless another one has taken its place. */
async function proveSent(trx: Db, deliveryId: string, now: number): Promise<void> {
  const delivery = await findDelivery(trx, deliveryId);
  if (!delivery || !GIVEN_UP.includes(delivery.state)) return;
  if (conclusionOf(await listParts(trx, deliveryId)) !== 'sent') return;
  const { group_id: groupId, hash, again } = delivery;
  if (again === 0 && (await hasBrought(trx, groupId, hash, deliveryId))) return;
  const reason = '看到它在群里了';
  await moveDelivery(trx, deliveryId, { from: GIVEN_UP, to: 'sent', reason, sentAt: now }, now);
}

/**
 * By id, else the part of the same words that was begun nearest to when it was said: an old one in doubt must not
 * take the echo of the next, whose own words would then stand there for nobody, and be said again. The call that said
 * it may be writing its answer, with the id, down at this moment: then that is waited for.
 */
async function findPart(trx: Db, echo: Echo) {
  const open = await listOpenParts(trx, echo);
  const known = await findById(trx, echo);
  if (known || open.length < 2) return known ?? open[0];
  for (const part of open)
    await trx
      .updateTable('delivery_part')
      .set((eb) => ({ state: eb.ref('state') }))
      .where('delivery_id', '=', part.delivery_id)
      .where('seq', '=', part.seq)
      .execute();
  return (await findById(trx, echo)) ?? (await listOpenParts(trx, echo))[0];
}

const findById = (trx: Db, echo: Echo) =>
  trx
    .selectFrom('delivery_part')
    .select(['delivery_id', 'seq', 'state'])
    .where('account', '=', echo.account)
    .where('message_id', '=', echo.id)
    .executeTakeFirst();

/** Begun nearest to the echo's time first; of equals the oldest. */
async function listOpenParts(trx: Db, echo: Echo) {
  const open = trx
    .selectFrom('delivery_part')
    .innerJoin('delivery', 'delivery.id', 'delivery_part.delivery_id')
    .leftJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .select([
      'delivery_part.delivery_id',
      'delivery_part.seq',
      'delivery_part.state',
      'delivery_part.sending_at',
    ])
    .where('delivery_part.account', '=', echo.account)
    .where('delivery_part.hash', '=', bodyHash(echo.kind, echo.text))
    .where('delivery_part.state', 'in', [...OPEN])
    .where('delivery_part.message_id', 'is', null)
    // After a reconnect old messages come again: what was said before this was begun isn't this.
    .where('delivery_part.sending_at', '<=', echo.at + SLACK)
    .orderBy('delivery_part.sending_at')
    .orderBy('delivery_part.seq');
  const there =
    echo.target.kind === 'group'
      ? open.where('chat_group.room_id', '=', echo.target.roomId)
      : open.where('delivery.contact_id', '=', echo.target.contactId);
  const distance = ({ sending_at: at }: { sending_at: number | null }) => Math.abs((at ?? 0) - echo.at);
  return (await there.execute()).toSorted((a, b) => distance(a) - distance(b));
}
