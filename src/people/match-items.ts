/** What a login left in doubt and a person decides: written down once, ended when it turns out by itself. */
import { newId, takeNumbers } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { MatchItemTable } from '../db/tables.ts';
import type { Login } from './login-seats.ts';
import type { Match } from './match.ts';

export type NewItem =
  | { readonly kind: 'group'; readonly match: Match }
  | { readonly kind: 'person'; readonly match: Match; readonly memberId: string; readonly groupId: string };

/** Asks a person. What waits already, or what somebody said no to since the login, isn't asked again. */
export async function addItem(trx: Db, login: Login, item: NewItem, now: number): Promise<void> {
  const { account } = login;
  const { match } = item;
  const about = {
    account,
    kind: item.kind,
    group_id: item.kind === 'group' ? match.before : item.groupId,
    member_id: item.kind === 'person' ? item.memberId : null,
    room_id: item.kind === 'group' ? match.after : null,
    contact_id: item.kind === 'person' ? match.after : null,
  } satisfies Partial<MatchItemTable>;
  const same = trx
    .selectFrom('match_item')
    .select('id')
    .where('account', '=', account)
    .where('kind', '=', item.kind)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'waiting'),
        eb.and([eb('state', '=', 'rejected'), eb('created_at', '>=', login.at)]),
      ]),
    );
  const known =
    item.kind === 'group'
      ? await same.where('group_id', '=', match.before).where('room_id', '=', match.after).executeTakeFirst()
      : await same
          .where('member_id', '=', item.memberId)
          .where('contact_id', '=', match.after)
          .executeTakeFirst();
  if (known) return;
  await trx
    .insertInto('match_item')
    .values({
      id: newId(),
      no: await takeNumbers(trx, 'match'),
      ...about,
      score: match.score,
      reasons: JSON.stringify(match.reasons),
      state: 'waiting',
      created_at: now,
      decided_at: null,
      decided_by: null,
    })
    .execute();
}

/** Nobody has to say any more who this contact, or where this member, is. */
export async function replacePersonItems(
  trx: Db,
  about: { readonly account: string; readonly contactId: string; readonly memberId: string },
  now: number,
): Promise<void> {
  await trx
    .updateTable('match_item')
    .set({ state: 'replaced', decided_at: now })
    .where('account', '=', about.account)
    .where('kind', '=', 'person')
    .where('state', '=', 'waiting')
    .where((eb) => eb.or([eb('contact_id', '=', about.contactId), eb('member_id', '=', about.memberId)]))
    .execute();
}
