/**
 * Compares three witnesses: the sink's log (what really was said and offered), the database (what we believe)
 * and what was acknowledged. Each contradiction is a sentence.
 */
import { readFileSync } from 'node:fs';

import type { ChatTarget, InboundMessage } from '../../src/channels/channel.ts';
import { localDay } from '../../src/clock.ts';
import { type Db, inTransaction } from '../../src/db/open.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { numberIn, QUESTIONS } from './course.ts';
import { type Meaning, type SinkEvent, targetKey } from './protocol.ts';

export interface Said {
  readonly at: number;
  readonly target: ChatTarget;
  readonly kind: 'text' | 'picture';
  readonly text: string;
}

export interface Evidence {
  readonly said: readonly Said[];
  readonly offered: readonly { readonly message: InboundMessage; readonly means: Meaning }[];
  readonly acknowledged: ReadonlySet<string>;
  readonly zone: string;
}

/** Reads the log of a chat. */
export function readChatLog(file: string): SinkEvent[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SinkEvent);
}

export const evidenceOf = (events: readonly SinkEvent[], zone: string): Evidence => ({
  said: events.flatMap((event) => (event.event === 'said' ? [event] : [])),
  offered: events.flatMap((event) => (event.event === 'offered' ? [event] : [])),
  acknowledged: new Set(events.flatMap((event) => (event.event === 'acknowledged' ? [event.id] : []))),
  zone,
});

/** Every contradiction, in words; empty when all is well. The server may be down or idle. */
export async function findContradictions(db: Db, evidence: Evidence): Promise<string[]> {
  return [
    ...(await checkInbox(db, evidence)),
    ...(await checkFacts(db, evidence)),
    ...(await checkReplies(db, evidence)),
    ...(await checkSlots(db)),
    ...(await checkDeliveries(db, evidence)),
    ...checkOnce(evidence),
    ...(await checkRollups(db, evidence.zone)),
  ];
}

/** What was acknowledged is there, once, handled, as it was said. */
async function checkInbox(db: Db, { offered, acknowledged }: Evidence): Promise<string[]> {
  const wrong: string[] = [];
  const rows = await db.selectFrom('message').selectAll().execute();
  const byId = Map.groupBy(rows, (row) => row.channel_id);
  const known = new Map(offered.map((one) => [one.message.id, one]));
  for (const id of acknowledged)
    if (!known.has(id)) wrong.push(`message ${id} was acknowledged and never offered`);
  for (const { message } of offered) {
    const found = byId.get(message.id) ?? [];
    const [row] = found;
    if (found.length > 1) wrong.push(`message ${message.id} is in the inbox ${found.length} times`);
    if (!row && acknowledged.has(message.id))
      wrong.push(`message ${message.id} was acknowledged and is lost`);
    if (!row) continue;
    if (row.state !== 'handled') wrong.push(`message ${message.id} is ${row.state} (${row.intent ?? ''})`);
    if (row.text !== message.text || row.contact_id !== message.contactId)
      wrong.push(`message ${message.id} is not as it was said`);
  }
  for (const row of rows)
    if (!known.has(row.channel_id))
      wrong.push(`message ${row.channel_id} is in the inbox and was never said`);
  return wrong;
}

/** Answers and check-ins: exactly those that were meant, each once; of several answers the last written counts. */
async function checkFacts(db: Db, { offered, said, zone }: Evidence): Promise<string[]> {
  const wrong: string[] = [];
  const meanings = new Map(offered.map(({ message, means }) => [message.id, means]));
  const rows = new Map(
    (await db.selectFrom('message').selectAll().execute()).map((row) => [row.id, row] as const),
  );
  const groups = await db.selectFrom('chat_group').selectAll().execute();
  const windows = await db.selectFrom('quiz_window').selectAll().execute();
  const answers = await db.selectFrom('answer').selectAll().execute();
  const checkins = await db.selectFrom('checkin').selectAll().execute();
  const seats = await db.selectFrom('group_member').selectAll().execute();
  const answersOf = Map.groupBy(answers, (answer) => answer.message_id);
  const checkinsOf = Map.groupBy(checkins, (checkin) => checkin.message_id);

  for (const row of rows.values()) {
    const means = meanings.get(row.channel_id) ?? {};
    const groupIds =
      row.room_id === null
        ? seats.filter((seat) => seat.contact_id === row.contact_id).map((seat) => seat.group_id)
        : groups.filter((group) => group.room_id === row.room_id).map((group) => group.id);
    const open = windows.filter(
      (window) =>
        groupIds.includes(window.group_id) &&
        window.opens_at <= row.sent_at &&
        row.sent_at < window.closes_at,
    );
    const found = answersOf.get(row.id) ?? [];
    const expected = means.answers && open.length > 0 ? means.answers : {};
    const got = Object.fromEntries(found.map((answer) => [answer.question, answer.value]));
    if (found.length !== Object.keys(expected).length || !sameEntries(got, expected))
      wrong.push(
        `message ${row.channel_id} meant ${JSON.stringify(expected)} and is recorded as ${JSON.stringify(found.map(({ question, value }) => [question, value]))}`,
      );
    if (found.some((answer) => !open.some((window) => window.id === answer.window_id)))
      wrong.push(
        `an answer of message ${row.channel_id} counts for a quiz that was not open when it was written`,
      );
    // A lesson that people saw in their group with a day to answer must have taken their answers.
    if (means.answers && open.length === 0 && sawOpenLesson(said, row.room_id, row.sent_at, windows, groups))
      wrong.push(`message ${row.channel_id} answers a lesson that was seen and no quiz was open`);
    for (const answer of found) {
      const right = QUESTIONS[answer.question as 1 | 2] === answer.value ? 1 : 0;
      if (answer.correct !== right) wrong.push(`an answer of message ${row.channel_id} is marked wrongly`);
    }
    const marks = checkinsOf.get(row.id) ?? [];
    if (marks.length !== (means.checkin ? 1 : 0))
      wrong.push(`message ${row.channel_id} has ${marks.length} check-ins`);
    for (const mark of marks)
      if (mark.day !== localDay(row.sent_at, zone))
        wrong.push(`a check-in of ${row.channel_id} is on ${mark.day}`);
  }
  wrong.push(...checkCounted(answers, 'answer'));
  for (const [key, marks] of Map.groupBy(checkins, (one) => `${one.member_id} ${one.group_id} ${one.day}`))
    if (marks.filter((mark) => mark.counted === 1).length !== 1)
      wrong.push(`check-ins of ${key} don't count once`);
  return wrong;
}

function checkCounted(
  answers: readonly {
    window_id: string;
    member_id: string;
    question: number;
    counted: number;
    written_at: number;
  }[],
  what: string,
): string[] {
  const wrong: string[] = [];
  for (const [key, all] of Map.groupBy(
    answers,
    (one) => `${one.window_id} ${one.member_id} ${one.question}`,
  )) {
    const counted = all.filter((one) => one.counted === 1);
    const last = Math.max(...all.map((one) => one.written_at));
    if (counted.length !== 1) wrong.push(`of the ${what}s ${key} ${counted.length} count`);
    else if (counted[0]?.written_at !== last)
      wrong.push(`of the ${what}s ${key} not the last written counts`);
  }
  return wrong;
}

function sameEntries(
  got: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(expected).every(([key, value]) => got[key] === value);
}

const A_DAY = 24 * 60 * 60_000;

function sawOpenLesson(
  said: readonly Said[],
  roomId: string | null,
  at: number,
  windows: readonly { group_id: string; lesson_id: string; opens_at: number; closes_at: number }[],
  groups: readonly { id: string; room_id: string }[],
): boolean {
  if (roomId === null) return false;
  const groupId = groups.find((group) => group.room_id === roomId)?.id;
  return said.some((one) => {
    const no = one.target.kind === 'group' && one.target.roomId === roomId ? numberIn(one.text) : undefined;
    if (no === undefined || one.at > at) return false;
    const window = windows.find(
      (opened) => opened.group_id === groupId && opened.lesson_id === `fault-${no}`,
    );
    return window === undefined || window.closes_at - window.opens_at >= A_DAY;
  });
}

/** A message that asks for a reply is owed exactly one; a group's acknowledgements mention everybody. */
async function checkReplies(db: Db, { offered }: Evidence): Promise<string[]> {
  const wrong: string[] = [];
  const rows = await db.selectFrom('message').select(['id', 'channel_id']).execute();
  const causes = await db.selectFrom('delivery').select(['cause', 'kind']).execute();
  const replies = new Set(causes.filter(({ kind }) => kind === 'reply').map(({ cause }) => cause));
  const meanings = new Map(offered.map(({ message, means }) => [message.id, means]));
  for (const row of rows) {
    const owed = meanings.get(row.channel_id)?.reply === true;
    if (replies.delete(`reply:${row.id}`) !== owed)
      wrong.push(
        `message ${row.channel_id} ${owed ? 'is owed a reply and has none' : 'was replied to for nothing'}`,
      );
  }
  for (const cause of replies) wrong.push(`${cause} answers no message`);
  const forgotten = await db.selectFrom('ack_item').select('id').where('delivery_id', 'is', null).execute();
  if (forgotten.length > 0)
    wrong.push(`${forgotten.length} answers wait for an acknowledgement that never comes`);
  return wrong;
}

/** Every occurrence has one delivery for each group, every closed quiz that reached its group one key. */
async function checkSlots(db: Db): Promise<string[]> {
  const wrong: string[] = [];
  const schedules = await db.selectFrom('schedule').selectAll().execute();
  const occurrences = await db.selectFrom('occurrence').selectAll().execute();
  const groups = await db.selectFrom('chat_group').selectAll().where('enabled', '=', 1).execute();
  const deliveries = await db.selectFrom('delivery').selectAll().execute();
  for (const schedule of schedules) {
    const own = occurrences.filter((one) => one.schedule_id === schedule.id);
    if (own.length !== 1) wrong.push(`schedule ${schedule.no} has ${own.length} occurrences`);
    for (const occurrence of own)
      for (const group of groups) {
        const slots = deliveries.filter(
          (one) => one.occurrence_id === occurrence.id && one.group_id === group.id,
        );
        if (slots.length !== 1)
          wrong.push(`schedule ${schedule.no} has ${slots.length} deliveries for ${group.key}`);
      }
  }
  const windows = await db.selectFrom('quiz_window').selectAll().where('closed_at', 'is not', null).execute();
  for (const window of windows) {
    const lesson = deliveries.find((one) => one.id === window.delivery_id);
    const keys = deliveries.filter((one) => one.kind === 'key' && one.content === window.id);
    if (lesson?.state === 'sent' && keys.length !== 1)
      wrong.push(`the quiz of delivery ${lesson.no} has ${keys.length} keys`);
  }
  return wrong;
}

/** Where a delivery may rest. */
const AT_REST = ['sent', 'unknown', 'held', 'failed', 'expired', 'skipped'];

/**
 * What the ledger says of each part against what the chat saw. Parts that read alike in one chat are counted
 * together: as many were said as are sent, and at most the doubtful ones more.
 */
async function checkDeliveries(db: Db, { said }: Evidence): Promise<string[]> {
  const wrong: string[] = [];
  const deliveries = await db.selectFrom('delivery').selectAll().execute();
  const rooms = new Map(
    (await db.selectFrom('chat_group').select(['id', 'room_id']).execute()).map((row) => [
      row.id,
      row.room_id,
    ]),
  );
  const parts = await db.selectFrom('delivery_part').selectAll().execute();
  const byDelivery = Map.groupBy(parts, (part) => part.delivery_id);
  const slots = new Map<string, { sent: number; doubtful: number; said: number; nos: number[] }>();
  const slotOf = (key: string) => {
    const slot = slots.get(key) ?? { sent: 0, doubtful: 0, said: 0, nos: [] };
    slots.set(key, slot);
    return slot;
  };
  for (const delivery of deliveries) {
    const name = `delivery ${delivery.no} (${delivery.kind}) is ${delivery.state}`;
    if (!AT_REST.includes(delivery.state)) wrong.push(`${name}, which is no end`);
    if (delivery.state !== 'sent' && !delivery.reason) wrong.push(`${name} without a reason`);
    const own = byDelivery.get(delivery.id) ?? [];
    if (delivery.state === 'sent' && own.length === 0) wrong.push(`${name} without words`);
    if (delivery.state === 'sent' && own.some((part) => part.state !== 'sent'))
      wrong.push(`${name} with parts that are ${own.map((part) => part.state).join(', ')}`);
    const target =
      delivery.contact_id === null
        ? `group ${rooms.get(delivery.group_id ?? '') ?? ''}`
        : `private ${delivery.contact_id}`;
    for (const part of own) {
      const text = part.kind === 'text' ? part.body : part.body.split('/').at(-1);
      const slot = slotOf(`${target} ${part.kind} ${text}`);
      slot.nos.push(delivery.no);
      if (part.state === 'sent') slot.sent += 1;
      else if (part.state === 'unknown') slot.doubtful += 1;
    }
  }
  for (const one of said) slotOf(`${targetKey(one.target)} ${one.kind} ${one.text}`).said += 1;
  for (const [key, slot] of slots) {
    const what = `"${key.slice(0, 60).replaceAll('\n', ' ')}" of deliveries ${slot.nos.join(', ')}`;
    if (slot.nos.length === 0) wrong.push(`${what} was said and stands in no ledger`);
    else if (slot.said < slot.sent)
      wrong.push(`${what} counts as sent ${slot.sent} times and was said ${slot.said}`);
    else if (slot.said > slot.sent + slot.doubtful)
      wrong.push(`${what} was said ${slot.said} times: ${slot.sent} sent, ${slot.doubtful} in doubt`);
  }
  return wrong;
}

/** By the chat alone, whatever any database says: no group saw the same lesson twice. */
function checkOnce({ said }: Evidence): string[] {
  const seen = Map.groupBy(
    said.filter((one) => numberIn(one.text) !== undefined),
    (one) => `${targetKey(one.target)}: lesson ${numberIn(one.text)}`,
  );
  return [...seen].flatMap(([key, times]) =>
    times.length > 1 ? [`${key} was said ${times.length} times`] : [],
  );
}

/** The rollups are what a rebuild from the facts gives. */
async function checkRollups(db: Db, zone: string): Promise<string[]> {
  const kept = await readRollups(db);
  let rebuilt: string[] = [];
  const undo = new Error('undo');
  await inTransaction(db, async (trx) => {
    await rebuildRollups(trx, zone);
    rebuilt = await readRollups(trx);
    throw undo;
  }).catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  const [before, after] = [new Set(kept), new Set(rebuilt)];
  return [
    ...kept.filter((row) => !after.has(row)).map((row) => `the rollup ${row} is not what the facts say`),
    ...rebuilt.filter((row) => !before.has(row)).map((row) => `the rollup ${row} is missing`),
  ];
}

async function readRollups(db: Db): Promise<string[]> {
  const all = await db.selectFrom('rollup_member_day').selectAll().execute();
  // A row of zeros says the same as no row.
  const days = all.filter(({ answers, checkins }) => answers > 0 || checkins > 0);
  const windows = await db.selectFrom('rollup_window').selectAll().execute();
  const questions = await db.selectFrom('rollup_question').selectAll().execute();
  return [
    ...days.map(
      (row) =>
        `day ${row.group_id} ${row.day} ${row.member_id} ${row.answers} ${row.correct} ${row.checkins}`,
    ),
    ...windows.map((row) => `window ${row.window_id} ${row.members} ${row.answers} ${row.correct}`),
    ...questions.map((row) => `question ${row.window_id} ${row.question} ${row.answers} ${row.correct}`),
  ];
}
