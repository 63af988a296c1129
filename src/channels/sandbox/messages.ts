/** The log of the sandbox's chats: what was said, by whom, in the order of ids. */
import type { Db } from '../../db/open.ts';
import type { SandboxMessageTable } from '../../db/tables.ts';

/** A group's chat, or the private chat between the bot and one person. */
export type SandboxPlace = { readonly roomId: string } | { readonly contactId: string };

export interface SandboxMessage {
  /** Ids grow with time: their order is the order of the chat. */
  readonly id: string;
  readonly place: SandboxPlace;
  /** Who said it; absent when the bot did. */
  readonly personId?: string;
  readonly kind: 'text' | 'picture';
  /** What was said; for a picture its description. */
  readonly text: string;
  /** A picture's name: a file relative to the lessons' folder, or one of our own making. */
  readonly picture?: string;
  /** Whether the bot was mentioned. */
  readonly mention: boolean;
  /** ms. */
  readonly at: number;
}

export interface MessageSpan {
  /** Only messages with a smaller id: the newest of them. */
  readonly before?: string;
  /** Only messages with a greater id: the oldest of them. */
  readonly after?: string;
  readonly limit: number;
}

/** Writes a message down. Of a picture the file and its description share one column, a line each. */
export async function insertMessage(db: Db, message: SandboxMessage): Promise<void> {
  const { place } = message;
  const inRoom = 'roomId' in place;
  await db
    .insertInto('sandbox_message')
    .values({
      id: message.id,
      room_id: inRoom ? place.roomId : null,
      person_id: inRoom ? (message.personId ?? null) : place.contactId,
      from_bot: message.personId === undefined ? 1 : 0,
      kind: message.kind,
      text: message.kind === 'picture' ? `${message.picture ?? ''}\n${message.text}` : message.text,
      mention: message.mention ? 1 : 0,
      at: message.at,
    })
    .execute();
}

function fromRow(row: SandboxMessageTable): SandboxMessage {
  const [picture = '', ...alt] = row.kind === 'picture' ? row.text.split('\n') : [];
  return {
    id: row.id,
    place: row.room_id === null ? { contactId: row.person_id ?? '' } : { roomId: row.room_id },
    ...(row.from_bot === 0 && row.person_id !== null ? { personId: row.person_id } : {}),
    kind: row.kind,
    ...(row.kind === 'picture' ? { text: alt.join('\n'), picture } : { text: row.text }),
    mention: row.mention === 1,
    at: row.at,
  };
}

const select = (db: Db, places: readonly SandboxPlace[]) =>
  db
    .selectFrom('sandbox_message')
    .selectAll()
    .where((eb) =>
      eb.or(
        places.map((place) =>
          'roomId' in place
            ? eb('room_id', '=', place.roomId)
            : eb.and([eb('room_id', 'is', null), eb('person_id', '=', place.contactId)]),
        ),
      ),
    );

/** Messages of some chats together, oldest first: after an id, before an id, or the newest. */
export async function readMessages(
  db: Db,
  places: readonly SandboxPlace[],
  { before, after, limit }: MessageSpan,
): Promise<SandboxMessage[]> {
  let query = select(db, places).limit(limit);
  if (before !== undefined) query = query.where('id', '<', before);
  if (after !== undefined) query = query.where('id', '>', after);
  const rows = await query.orderBy('id', after === undefined ? 'desc' : 'asc').execute();
  return (after === undefined ? rows.toReversed() : rows).map(fromRow);
}

export async function findMessage(db: Db, id: string): Promise<SandboxMessage | undefined> {
  const row = await db.selectFrom('sandbox_message').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** The newest `limit` messages that people (not the bot) said anywhere, oldest first. */
export async function readSaid(
  db: Db,
  { personId, limit }: { readonly personId?: string; readonly limit: number },
): Promise<SandboxMessage[]> {
  let query = db.selectFrom('sandbox_message').selectAll().where('from_bot', '=', 0);
  if (personId !== undefined) query = query.where('person_id', '=', personId);
  const rows = await query.orderBy('id', 'desc').limit(limit).execute();
  return rows.toReversed().map(fromRow);
}

/** What the bot said in a chat at or after `since` (ms), oldest first. */
export async function readSpoken(db: Db, place: SandboxPlace, since: number): Promise<SandboxMessage[]> {
  const rows = await select(db, [place])
    .where('from_bot', '=', 1)
    .where('at', '>=', since)
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}
