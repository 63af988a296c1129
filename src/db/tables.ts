/**
 * The tables as types. Ids are UUIDv7 text made by the application; instants (`…_at`) are integer
 * milliseconds; local days are `YYYY-MM-DD` text in the deployment's zone; truth values are 0 or 1.
 */

export type Flag = 0 | 1;

export interface Tables {
  migration: { name: string; applied_at: number };
  /** The last short number given out, per kind of thing that people name. */
  counter: { name: string; value: number };
  /** One row per start of a server process; a `sending` row of another epoch is nobody's any more. */
  boot: { epoch: string; started_at: number; ended_at: number | null };
  audit: AuditTable;
  policy: PolicyTable;

  unit: { id: string; parent_id: string | null; name: string; kind: string; created_at: number };
  member: MemberTable;
  identity: IdentityTable;
  chat_group: ChatGroupTable;
  group_member: GroupMemberTable;
  login_token: { hash: string; role: string; created_at: number; expires_at: number; used_at: number | null };
  session: { hash: string; role: string; created_at: number; expires_at: number; revoked_at: number | null };

  message: MessageTable;

  lesson_revision: LessonRevisionTable;
  lesson_head: LessonHeadTable;
  quiz_window: QuizWindowTable;
  answer: AnswerTable;
  checkin: CheckinTable;
  ack_item: AckItemTable;

  schedule: ScheduleTable;
  schedule_group: { schedule_id: string; group_id: string };
  occurrence: OccurrenceTable;
  delivery: DeliveryTable;
  delivery_part: DeliveryPartTable;
  delivery_attempt: DeliveryAttemptTable;
  /** When a server last had the account online: what lies before a long gap is an outage. */
  account_pulse: { account: string; seen_at: number };
  account_lease: AccountLeaseTable;
  pace: { account: string; scope: string; next_allowed_at: number };

  rollup_member_day: RollupMemberDayTable;
  rollup_window: { window_id: string; members: number; answers: number; correct: number };
  rollup_question: { window_id: string; question: number; answers: number; correct: number };

  sandbox_room: { id: string; topic: string; created_at: number };
  sandbox_person: { id: string; name: string };
  sandbox_seat: { room_id: string; person_id: string; nickname: string };
  sandbox_message: SandboxMessageTable;
}

export interface AuditTable {
  id: string;
  at: number;
  /** `cli`, `sandbox`, or a member's id. */
  who: string;
  /** A verb and its object: `group.enable`. */
  what: string;
  /** The id of what was changed. */
  subject: string;
  /** JSON, or null. */
  before: string | null;
  after: string | null;
}

/** What somebody set; a change closes the row and writes a new one. */
export interface PolicyTable {
  id: string;
  scope: 'county' | 'unit' | 'group';
  /** The unit's or the group's id; `''` for the county. */
  scope_id: string;
  name: string;
  value: string;
  set_by: string;
  set_at: number;
  closed_at: number | null;
}

export type MemberStatus = 'full' | 'probationary' | 'prospective' | 'applicant' | 'masses' | 'guest';

export interface MemberTable {
  id: string;
  name: string;
  unit_id: string | null;
  /** `guest`: not on the roster, known by the name in the group. */
  status: MemberStatus;
  created_at: number;
  left_at: number | null;
}

export interface IdentityTable {
  id: string;
  account: string;
  contact_id: string;
  member_id: string;
  /** How the binding came about: `seed`, `name` (the group nickname names one member of the roster), `guest`. */
  how: string;
  created_at: number;
  closed_at: number | null;
}

export interface ChatGroupTable {
  id: string;
  /** Short and stable, for people: `g3`. */
  key: string;
  account: string;
  room_id: string;
  topic: string;
  unit_id: string | null;
  enabled: Flag;
  created_at: number;
}

export interface GroupMemberTable {
  group_id: string;
  contact_id: string;
  /** The nickname in this group. */
  name: string;
  left_at: number | null;
}

/** The inbox. */
export interface MessageTable {
  id: string;
  account: string;
  channel_id: string;
  room_id: string | null;
  contact_id: string;
  sender_name: string;
  kind: 'text' | 'picture' | 'recall' | 'other';
  /** Cleared (null) after a week when it was no answer, check-in or command. */
  text: string | null;
  mention: Flag;
  /** The channel's own time, never later than `received_at`. */
  sent_at: number;
  received_at: number;
  state: 'new' | 'handled' | 'failed';
  /** How often handling it has failed. */
  attempts: number;
  /** While it is `new`: not to be handled again before; null when it may be at any time. */
  try_at: number | null;
  /** JSON of what was understood; null until handled. */
  intent: string | null;
  handled_at: number | null;
}

export interface LessonRevisionTable {
  hash: string;
  lesson_id: string;
  title: string;
  course: string;
  file: string;
  source: string;
  approved_by: string;
  recorded_at: number;
}

/** The approved revision of a lesson: what may be sent of it now. */
export interface LessonHeadTable {
  lesson_id: string;
  hash: string;
  since: number;
  /** When it was taken out of the catalogue; null while it may be sent. */
  withdrawn_at: number | null;
}

export interface QuizWindowTable {
  id: string;
  delivery_id: string;
  group_id: string;
  lesson_id: string;
  hash: string;
  opens_at: number;
  closes_at: number;
  /** When the key was owed; null while open. */
  closed_at: number | null;
}

export interface AnswerTable {
  id: string;
  window_id: string;
  group_id: string;
  member_id: string;
  question: number;
  /** `AC`, `对`, or the word. */
  value: string;
  correct: Flag;
  /** 1 for the last answer written before closing; the others are kept. */
  counted: Flag;
  /** The inbox row. */
  message_id: string;
  written_at: number;
  recorded_at: number;
}

export interface CheckinTable {
  id: string;
  member_id: string;
  group_id: string;
  day: string;
  note: string;
  /** 1 for the first of the member's day in that group; the others are kept. */
  counted: Flag;
  message_id: string;
  written_at: number;
  recorded_at: number;
}

/** What the next gathered acknowledgement of a group has to mention. */
export interface AckItemTable {
  id: string;
  group_id: string;
  member_id: string;
  kind: 'answer' | 'checkin' | 'ask';
  /** For `ask` what to mend, for `checkin` the streak as a number. */
  detail: string;
  message_id: string;
  created_at: number;
  /** The delivery that mentions it; null while it waits. */
  delivery_id: string | null;
}

export type ScheduleKind = 'lesson' | 'course' | 'digest';

export interface ScheduleTable {
  id: string;
  no: number;
  kind: ScheduleKind;
  /** The lesson's id, the course's name, or `day`. */
  content: string;
  all_groups: Flag;
  /** Once, at this instant; null for a cron schedule. */
  at: number | null;
  cron: string | null;
  zone: string;
  /** How long its quiz stays open after delivery, ms. */
  close_after: number;
  /** The next nominal time; null when there is none left. */
  next_at: number | null;
  created_by: string;
  created_at: number;
  removed_at: number | null;
}

export interface OccurrenceTable {
  id: string;
  schedule_id: string;
  nominal_at: number;
  created_at: number;
}

export type DeliveryKind = 'lesson' | 'digest' | 'key' | 'ack' | 'reply';

export type DeliveryState =
  | 'planned'
  | 'held'
  | 'queued'
  | 'sending'
  | 'awaiting-echo'
  | 'sent'
  | 'failed'
  | 'expired'
  | 'skipped'
  | 'unknown';

export interface DeliveryTable {
  id: string;
  no: number;
  /** What it exists for, unique: an occurrence and group, a window's key, a message's reply. */
  cause: string;
  occurrence_id: string | null;
  kind: DeliveryKind;
  account: string;
  /** One of the two is set. */
  group_id: string | null;
  contact_id: string | null;
  /** The lesson's id, `day`, or `''`. */
  content: string;
  /** The approved revision that it pins; null where there is none. */
  hash: string | null;
  /** 第 N 课 of this group; null for what isn't a lesson. */
  ordinal: number | null;
  close_after: number;
  state: DeliveryState;
  reason: string | null;
  /** The nominal time. */
  planned_at: number;
  /** Not to be tried before. */
  due_at: number;
  sent_at: number | null;
  attempt: number;
  epoch: string | null;
  updated_at: number;
  /** 1: a person wants this revision in this group once more. */
  again: Flag;
  /** While `held`: when it expires unless a person releases it. */
  held_until: number | null;
}

/** Which server drives an account: one at a time, however many share the database. */
export interface AccountLeaseTable {
  account: string;
  /** The machine and data folder of that server. */
  instance: string;
  epoch: string;
  /** Until then nobody else may take it, ms. */
  until: number;
}

/** One try at sending: written in the commit that claims the delivery, closed with what came of it. */
export interface DeliveryAttemptTable {
  delivery_id: string;
  /** From 1. */
  attempt: number;
  /** The boot epoch of the process that tried. */
  epoch: string;
  /** SHA-256 over the hashes of the parts that were left to say. */
  body_hash: string;
  began_at: number;
  ended_at: number | null;
  /** The delivery's state when it ended. */
  outcome: DeliveryState | null;
  reason: string | null;
}

export type PartState = 'planned' | 'sending' | 'awaiting-echo' | 'sent' | 'unknown';

export interface DeliveryPartTable {
  delivery_id: string;
  /** From 0. */
  seq: number;
  account: string;
  kind: 'text' | 'picture';
  /** The text, or the picture's file relative to the lessons' folder. */
  body: string;
  /** A picture's description; `''` for text. */
  alt: string;
  /** SHA-256 of the normalised body, by which an echo is recognised. */
  hash: string;
  state: PartState;
  /** The channel's id of the message, once known. */
  message_id: string | null;
  /** When the last attempt began. */
  sending_at: number | null;
  sent_at: number | null;
}

export interface RollupMemberDayTable {
  group_id: string;
  day: string;
  member_id: string;
  answers: number;
  correct: number;
  checkins: number;
}

export interface SandboxMessageTable {
  id: string;
  /** Null in a private chat, which is then between the bot and `person_id`. */
  room_id: string | null;
  /** Who said it; in a private chat, whose chat it is. */
  person_id: string | null;
  from_bot: Flag;
  kind: 'text' | 'picture';
  text: string;
  mention: Flag;
  at: number;
}
