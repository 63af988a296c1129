/** A member's rights: to see all that is kept of them, and to be forgotten while what they did goes on counting. */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { sql } from '../db/sql.ts';
import type { Tables } from '../db/tables.ts';
import { revokeCodes } from './codes.ts';
import type { Contact } from './certify.ts';
import { endMember } from './places.ts';
import { PERSONAL } from './personal.ts';
import { endRoles } from './roles.ts';
import type { By } from './units.ts';

export type OwnRecord = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** All rows about a member, table by table: their roster entry, places, groups, messages that are kept, facts, audit. */
export async function readOwnRecord(db: Db, memberId: string): Promise<OwnRecord> {
  const record: Record<string, readonly Record<string, unknown>[]> = {
    member: await db.selectFrom('member').selectAll().where('id', '=', memberId).execute(),
  };
  for (const [table, { column, own }] of Object.entries(PERSONAL))
    if (own) record[table] = await readRows(db, table as 'answer', column as 'member_id', memberId);
  record.answer = await withoutSecrets(db, memberId, record.answer ?? []);
  record.audit = await db
    .selectFrom('audit')
    .selectAll()
    .where('subject', '=', memberId)
    .orderBy('at')
    .execute();
  const contacts = await contactsOf(db, memberId);
  record.group_member = await readOf(contacts, ({ account, contactId }) =>
    db
      .selectFrom('group_member')
      .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
      .select(['chat_group.topic', 'group_member.name', 'group_member.joined_at', 'group_member.left_at'])
      .where('chat_group.account', '=', account)
      .where('group_member.contact_id', '=', contactId)
      .execute(),
  );
  record.message = await readOf(contacts, ({ account, contactId }) =>
    db
      .selectFrom('message')
      .select(['sent_at', 'kind', 'text', 'intent'])
      .where('account', '=', account)
      .where('contact_id', '=', contactId)
      .where('text', 'is not', null)
      .orderBy('sent_at')
      .execute(),
  );
  return record;
}

/** Of quizzes that are still open not whether it is right: whoever could look that up before answering knows the key. */
async function withoutSecrets(
  db: Db,
  memberId: string,
  rows: readonly Record<string, unknown>[],
): Promise<Record<string, unknown>[]> {
  const open = await db
    .selectFrom('answer')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .select('answer.id')
    .where('answer.member_id', '=', memberId)
    .where('quiz_window.closed_at', 'is', null)
    .execute();
  const secret = new Set<unknown>(open.map(({ id }) => id));
  return rows.map((row) => (secret.has(row.id) ? { ...row, correct: null, score: null } : row));
}

const readRows = (db: Db, table: 'answer', column: 'member_id', memberId: string) =>
  db.selectFrom(table).selectAll().where(column, '=', memberId).execute() as Promise<
    Record<string, unknown>[]
  >;

async function readOf<T>(
  contacts: readonly Contact[],
  read: (contact: Contact) => Promise<T[]>,
): Promise<T[]> {
  const rows: T[] = [];
  for (const contact of contacts) rows.push(...(await read(contact)));
  return rows;
}

/** The record as one table: a row per value, for a spreadsheet. */
export const flattenRecord = (
  record: OwnRecord,
): { table: string; row: number; column: string; value: string }[] =>
  Object.entries(record).flatMap(([table, rows]) =>
    rows.flatMap((row, index) =>
      Object.entries(row).map(([column, value]) => ({
        table,
        row: index + 1,
        column,
        value: value === null || value === undefined ? '' : `${value as string | number}`,
      })),
    ),
  );

/** What `flattenRecord` gives, in the order of a file's columns. */
export const RECORD_COLUMNS = ['table', 'row', 'column', 'value'] as const;

/**
 * Whether a contact may have the record of whom it is taken for: a guest's is its own; a name of the roster that
 * nobody vouched for may be anybody's claim.
 */
export async function mayHaveRecord(db: Db, { account, contactId }: Contact): Promise<boolean> {
  const bound = await db
    .selectFrom('identity')
    .innerJoin('member', 'member.id', 'identity.member_id')
    .select(['identity.confirmed', 'member.status'])
    .where('identity.account', '=', account)
    .where('identity.contact_id', '=', contactId)
    .where('identity.closed_at', 'is', null)
    .executeTakeFirst();
  return bound !== undefined && (bound.confirmed === 1 || bound.status === 'guest');
}

/** Contacts that are or were this member's and never anybody else's. */
async function contactsOf(db: Db, memberId: string): Promise<Contact[]> {
  const rows = await db
    .selectFrom('identity as own')
    .select(['own.account', 'own.contact_id'])
    .distinct()
    .where('own.member_id', '=', memberId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('identity as other')
            .innerJoin('member', 'member.id', 'other.member_id')
            .select('other.id')
            .whereRef('other.account', '=', 'own.account')
            .whereRef('other.contact_id', '=', 'own.contact_id')
            .where('other.member_id', '!=', memberId)
            .where((inner) =>
              inner.or([
                inner('member.merged_into', 'is', null),
                inner('member.merged_into', '!=', memberId),
              ]),
            ),
        ),
      ),
    )
    .execute();
  return rows.map((row) => ({ account: row.account, contactId: row.contact_id }));
}

/** What stands where a name was. */
export const ERASED = '已注销';

/**
 * Forgets who a member was: name, number, nicknames, words and contact ids go, everywhere; what they did stays and
 * counts under an id that means nobody. Leaves a tombstone. Idempotent; says whether there was anything to forget.
 */
export async function eraseMember(
  db: Db,
  memberId: string,
  { day, by, now }: { readonly day: string; readonly by: By; readonly now: number },
): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    await trx
      .insertInto('tombstone')
      .values({ member_id: memberId, at: now, who: by.who, applied_at: now })
      .onConflict((conflict) => conflict.column('member_id').doUpdateSet({ applied_at: now }))
      .execute();
    const member = await trx.selectFrom('member').selectAll().where('id', '=', memberId).executeTakeFirst();
    if (!member || member.erased_at !== null) return false;
    const guests = await trx.selectFrom('member').select('id').where('merged_into', '=', memberId).execute();
    const ids = [memberId, ...guests.map(({ id }) => id)];
    const names = new Set([member.name]);
    for (const id of ids)
      for (const contact of await contactsOf(trx, id)) await forgetContact(trx, contact, id, names, now);
    for (const id of ids) await forgetWords(trx, id);
    await forgetNames(trx, memberId, names);

    if (member.status !== 'guest' && member.left_at === null) await endMember(trx, memberId, day);
    for (const id of ids) await endLearning(trx, id, now);
    await endRoles(trx, memberId, by.who, now);
    await revokeCodes(trx, memberId, now);
    // A roster that somebody looked at and hasn't taken in yet would bring the name back.
    await trx.deleteFrom('upload').where('kind', '=', 'roster').execute();
    for (const table of ['session', 'calendar_feed'] as const)
      await trx
        .updateTable(table)
        .set({ revoked_at: now })
        .where('member_id', '=', memberId)
        .where('revoked_at', 'is', null)
        .execute();
    await trx
      .updateTable('member')
      .set({
        name: ERASED,
        number: null,
        certified_at: null,
        shows_party: 0,
        erased_at: now,
        left_at: member.left_at ?? now,
        left_reason: member.left_reason ?? 'left',
      })
      .where('id', 'in', ids)
      .execute();
    await appendAudit(trx, { at: now, ...by, what: 'member.erase', subject: memberId });
    return true;
  });
}

/** Nothing more is asked of them in private; photos lose their files; what they tapped on a page loses its words. */
async function endLearning(trx: Db, memberId: string, now: number): Promise<void> {
  for (const table of ['checkin_photo', 'consent'] as const)
    await trx
      .updateTable(table)
      .set({ withdrawn_at: now })
      .where('member_id', '=', memberId)
      .where('withdrawn_at', 'is', null)
      .execute();
  for (const table of ['practice_card', 'private_quiz'] as const)
    await trx
      .updateTable(table)
      .set({ closed_at: now })
      .where('member_id', '=', memberId)
      .where('closed_at', 'is', null)
      .execute();
  await trx
    .updateTable('message')
    .set({ intent: '{"kind":"erased"}' })
    .where('account', '=', 'web')
    .where('contact_id', '=', memberId)
    .execute();
}

/** What a channel told of them, and what they said. */
async function forgetContact(
  trx: Db,
  { account, contactId }: Contact,
  memberId: string,
  names: Set<string>,
  now: number,
): Promise<void> {
  const nobody = `erased:${memberId}`;
  const groups = trx.selectFrom('chat_group').select('id').where('account', '=', account);
  const seats = await trx
    .deleteFrom('group_member')
    .where('contact_id', '=', contactId)
    .where('group_id', 'in', groups)
    .returning(['name', 'own_name', 'remark'])
    .execute();
  await trx
    .deleteFrom('login_seat')
    .where('contact_id', '=', contactId)
    .where('group_id', 'in', groups)
    .execute();
  for (const seat of seats)
    for (const name of [seat.name, seat.own_name, seat.remark]) if (name) names.add(name);
  await trx
    .updateTable('message')
    .set({
      text: null,
      sender_name: '',
      contact_id: nobody,
      intent: '{"kind":"erased"}',
      state: 'handled',
      handled_at: sql<number>`coalesce(handled_at, ${now})`,
    })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .execute();
  await trx
    .updateTable('identity')
    .set({ contact_id: nobody })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is not', null)
    .execute();
  await trx
    .updateTable('identity')
    .set({ contact_id: nobody, closed_at: now, closed_why: 'erased' })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is', null)
    .execute();
  await trx
    .updateTable('certification')
    .set({ contact_id: nobody, claimed_name: '' })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('state', '!=', 'waiting')
    .execute();
  await trx
    .updateTable('certification')
    .set({ contact_id: nobody, claimed_name: '', state: 'replaced', decided_at: now })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .execute();
  await trx
    .updateTable('match_item')
    .set({ contact_id: null, reasons: '[]' })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .execute();
  await trx
    .deleteFrom('greeted')
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .execute();
  await trx
    .deleteFrom('friend_request')
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .execute();
  // What was said to them in private, and what still would be.
  const told = await trx
    .updateTable('delivery')
    .set({ contact_id: nobody })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .returning('id')
    .execute();
  for (const { id } of told)
    await trx.updateTable('delivery_part').set({ body: '', alt: '' }).where('delivery_id', '=', id).execute();
  await trx
    .updateTable('delivery')
    .set({ state: 'skipped', reason: ERASED })
    .where('contact_id', '=', nobody)
    .where('state', 'in', ['planned', 'held', 'queued'])
    .execute();
}

/** What they wrote into facts. Letters of an answer are no words of anybody's. */
async function forgetWords(trx: Db, memberId: string): Promise<void> {
  for (const [table, { column, words }] of Object.entries(PERSONAL))
    if (words)
      await trx
        .updateTable(table as 'checkin')
        .set(words as { note: string })
        .where(column as 'member_id', '=', memberId)
        .execute();
  const typed = await trx
    .selectFrom('answer')
    .select(['id', 'value'])
    .where('member_id', '=', memberId)
    .execute();
  for (const { id, value } of typed)
    if (!/^(?:[A-H]+|对|错)$/u.test(value))
      await trx.updateTable('answer').set({ value: '' }).where('id', '=', id).execute();
  await trx
    .updateTable('certification')
    .set({ claimed_name: '', reason: null })
    .where('asked_by', '=', memberId)
    .execute();
}

/** Kinds of deliveries in which members are named. */
const NAMING = ['digest', 'ack', 'reply', 'notice'] as const;

/** Names in what was posted, and in the audit's before and after. */
async function forgetNames(trx: Db, memberId: string, names: ReadonlySet<string>): Promise<void> {
  // The longer first: 花茶-黄秀兰 before 黄秀兰.
  for (const name of [...names].toSorted((a, b) => b.length - a.length)) {
    if ([...name].length < 2) continue;
    await trx
      .updateTable('delivery_part')
      .set({ body: sql<string>`replace(body, ${name}, ${`〔${ERASED}〕`})` })
      .where(containing('body', name))
      .where(
        'delivery_id',
        'in',
        trx
          .selectFrom('delivery')
          .select('id')
          .where('kind', 'in', [...NAMING]),
      )
      .execute();
    for (const column of ['before', 'after'] as const)
      await trx
        .updateTable('audit')
        .set({ [column]: '"erased"' })
        .where(containing(column, name))
        .execute();
  }
  for (const column of ['before', 'after'] as const)
    await trx
      .updateTable('audit')
      .set({ [column]: '"erased"' })
      .where('subject', '=', memberId)
      .where(column, 'like', '%"name"%')
      .execute();
}

const containing = (column: keyof Tables['delivery_part'] | 'before' | 'after', name: string) =>
  sql<boolean>`${sql.ref(column)} like ${`%${name.replaceAll(/[\\%_]/gu, (one) => `\\${one}`)}%`} escape '\\'`;
