/** Questions that wait for an answer in a private chat: rows, so that a restart forgets none. One at a time. */
import { DAY, MINUTE } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { PendingQuestionTable } from '../db/tables.ts';

/** How long an answer is waited for. */
export const ANSWER_WITHIN = 10 * MINUTE;

export interface Contact {
  readonly account: string;
  readonly contactId: string;
  /** Who they are; an answer counts only from whom was asked. */
  readonly memberId: string;
}

/** What a dialog knows so far: JSON. */
export interface Question {
  readonly kind: string;
  readonly state: unknown;
}

export interface Pending extends Question {
  readonly id: string;
}

/** As it is kept: with whom it was asked of. A contact id may be somebody else's before the answer comes. */
interface Kept {
  readonly by: string;
  readonly state: unknown;
}

type Outcome = NonNullable<PendingQuestionTable['outcome']>;

/** Asks; what was waiting in that chat is replaced. */
export async function askQuestion(
  db: Db,
  contact: Contact,
  { kind, state }: Question,
  now: number,
): Promise<void> {
  await closeQuestion(db, contact, 'replaced', now);
  await db
    .insertInto('pending_question')
    .values({
      id: newId(),
      account: contact.account,
      contact_id: contact.contactId,
      kind,
      state: JSON.stringify({ by: contact.memberId, state } satisfies Kept),
      asked_at: now,
      expires_at: now + ANSWER_WITHIN,
      closed_at: null,
      outcome: null,
    })
    .execute();
}

/** What waits in that chat, if it isn't too old; what is, is closed. */
export async function findQuestion(db: Db, contact: Contact, now: number): Promise<Pending | undefined> {
  const open = await openIn(db, contact);
  if (!open) return undefined;
  const { by, state } = JSON.parse(open.state) as Kept;
  if (open.expires_at > now && by === contact.memberId) return { id: open.id, kind: open.kind, state };
  await closeQuestion(db, contact, by === contact.memberId ? 'expired' : 'replaced', now);
  return undefined;
}

const openIn = (db: Db, { account, contactId }: Pick<Contact, 'account' | 'contactId'>) =>
  db
    .selectFrom('pending_question')
    .selectAll()
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is', null)
    .executeTakeFirst();

/** Says whether anything was waiting. */
export async function closeQuestion(
  db: Db,
  { account, contactId }: Contact,
  outcome: Outcome,
  now: number,
): Promise<boolean> {
  const closed = await db
    .updateTable('pending_question')
    .set({ closed_at: now, outcome })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return closed !== undefined;
}

/** Whether a question of the last day ran out of time: then a late 确认 deserves to hear so. */
export async function ranOut(db: Db, { account, contactId }: Contact, now: number): Promise<boolean> {
  const last = await db
    .selectFrom('pending_question')
    .select('outcome')
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('asked_at', '>', now - DAY)
    .orderBy('asked_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return last?.outcome === 'expired';
}

export type Reply =
  { readonly kind: 'yes' } | { readonly kind: 'no' } | { readonly kind: 'number'; readonly no: number };

const YES = /^(?:确认|确定|确认(?:排课|发送|发布|授权|撤权|通过)?|是的?[,，]?\s*确认)[\s。.!！~]*$/u;
const NO = /^(?:取消|算了|不排了|不发了|不要了|放弃|不用了)[\s。.!！~]*$/u;
const NUMBER = /^(?:选|第|#)?\s*(\d{1,2})\s*(?:个|号|项)?[\s。.、)]*$/u;
/** Courtesy that may mean yes: not taken for it, but not passed over either. */
const SOFT = /^(?:好|好的|好嘞|可以|行|是|是的|对|嗯|嗯嗯|没问题|同意|ok|okay|yes|y)[\s。.!！~]*$/iu;

/** A plain answer to a question; `said` is normalised. */
export function readReply(said: string): Reply | undefined {
  if (YES.test(said)) return { kind: 'yes' };
  if (NO.test(said)) return { kind: 'no' };
  const number = NUMBER.exec(said)?.[1];
  return number === undefined ? undefined : { kind: 'number', no: Number(number) };
}

export const isSoftYes = (said: string): boolean => SOFT.test(said);
