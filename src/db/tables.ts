/**
 * The tables as types. Ids are UUIDv7 text made by the application; instants (`…_at`) are integer
 * milliseconds; local days are `YYYY-MM-DD` text in the deployment's zone; truth values are 0 or 1.
 */
import type { Generated, Selectable } from 'kysely';

export type Flag = 0 | 1;

export interface Tables {
  migration: { name: string; applied_at: number };
  /** The last short number given out, per kind of thing that people name. */
  counter: { name: string; value: number };
  /** One row per start of a server process; a `sending` row of another epoch is nobody's any more. */
  boot: { epoch: string; started_at: number; ended_at: number | null };
  audit: AuditTable;
  policy: PolicyTable;

  unit: UnitTable;
  unit_place: UnitPlaceTable;
  member_place: MemberPlaceTable;
  group_place: GroupPlaceTable;
  member: MemberTable;
  identity: IdentityTable;
  chat_group: ChatGroupTable;
  group_member: GroupMemberTable;
  role_grant: RoleGrantTable;
  certify_code: CertifyCodeTable;
  certification: CertificationTable;
  attribution: AttributionTable;
  account_login: AccountLoginTable;
  login_seat: LoginSeatTable;
  match_item: MatchItemTable;
  match_choice: MatchChoiceTable;
  friend_request: FriendRequestTable;
  group_invitation: GroupInvitationTable;
  /** Strangers who got their one line. */
  greeted: { account: string; contact_id: string; at: number };
  /** Whose name was erased for good; applied again when an old backup brings it back. */
  tombstone: { member_id: string; at: number; who: string; applied_at: number | null };
  login_token: LoginTokenTable;
  session: SessionTable;
  desk_code: DeskCodeTable;
  tried: TriedTable;

  message: MessageTable;
  pending_question: PendingQuestionTable;
  /** What waits for a person and was told to whoever it concerns. */
  told: { thing: string; at: number };

  review_item: ReviewItemTable;
  review_text: ReviewTextTable;
  review_vote: ReviewVoteTable;
  /** Who has been shown which text. */
  review_seen: { item_id: string; hash: string; who: string; at: number };
  /** To which groups a notice goes. */
  review_group: { item_id: string; group_id: string };

  lesson_revision: LessonRevisionTable;
  lesson_head: LessonHeadTable;
  quiz_window: QuizWindowTable;
  answer: AnswerTable;
  checkin: CheckinTable;
  ack_item: AckItemTable;

  bank_question: BankQuestionTable;
  bank_tag: { question_id: string; tag: string };
  bank_version: BankVersionTable;
  bank_look: BankLookTable;
  upload: UploadTable;
  withdrawal: WithdrawalTable;
  checkin_photo: CheckinPhotoTable;
  absence: AbsenceTable;
  point: PointTable;
  /** Days whose points must be worked out anew. */
  point_due: { group_id: string; member_id: string; day: string };
  key_change: KeyChangeTable;
  answer_remark: AnswerRemarkTable;
  consent: ConsentTable;
  practice_card: PracticeCardTable;
  practice_review: PracticeReviewTable;
  private_quiz: PrivateQuizTable;

  schedule: ScheduleTable;
  schedule_group: { schedule_id: string; group_id: string };
  occurrence: OccurrenceTable;
  delivery: DeliveryTable;
  delivery_part: DeliveryPartTable;
  delivery_attempt: DeliveryAttemptTable;
  /** When a server last had the account online: what lies before a long gap is an outage. */
  account_pulse: { account: string; seen_at: number };
  account_lease: AccountLeaseTable;
  folded: FoldedTable;
  pace: { account: string; scope: string; next_allowed_at: number };
  spoken: SpokenTable;
  account_pace: AccountPaceTable;

  rollup_member_day: RollupMemberDayTable;
  rollup_member_month: RollupMemberMonthTable;
  rollup_group_day: RollupGroupDayTable;
  rollup_unit_month: RollupUnitMonthTable;
  rehearsal: RehearsalTable;
  rollup_window: { window_id: string; members: number; answers: number; correct: number };
  rollup_question: { window_id: string; question: number; answers: number; correct: number };

  feed: FeedTable;
  feed_host: FeedHostTable;
  news_item: NewsItemTable;
  news_decision: NewsDecisionTable;
  /** Who approves which words of an item. */
  news_vote: { item_id: string; hash: string; voter: string; at: number };
  news_sighting: NewsSightingTable;
  news_sending: NewsSendingTable;
  news_request: NewsRequestTable;
  reading: ReadingTable;
  reading_token: ReadingTokenTable;

  api_token: ApiTokenTable;
  export_job: ExportJobTable;
  calendar_feed: CalendarFeedTable;
  lesson_draft: LessonDraftTable;
  lesson_draft_text: LessonDraftTextTable;

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
  /** From where: `cli`, `chat`, `console`, `channel`; `''` where nobody said. */
  via: Generated<string>;
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

/** The tree as it is now; how it was stands in `unit_place`. */
export interface UnitTable {
  id: string;
  parent_id: string | null;
  name: string;
  /** 党工委, 党委, 党总支, 党支部 or 党小组. */
  kind: string;
  created_at: number;
  closed_at: number | null;
}

/**
 * A span of local days: `from_day` belongs to it, `to_day` doesn't; null while it lasts. What was known first
 * holds from `0000-01-01`, because nothing else is known of the days before.
 */
interface Span {
  id: string;
  from_day: string;
  to_day: string | null;
}

export interface UnitPlaceTable extends Span {
  unit_id: string;
  parent_id: string | null;
}

/** Where on the roster a member stood, and as what. Nobody who has left has an open span. */
export interface MemberPlaceTable extends Span {
  member_id: string;
  unit_id: string | null;
  status: Exclude<MemberStatus, 'guest'>;
}

export interface GroupPlaceTable extends Span {
  group_id: string;
  unit_id: string | null;
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
  /** The county's own number (编号). */
  number: string | null;
  /** 流动. */
  mobile: Generated<Flag>;
  /** `transferred`, `left` or `merged`, when they have left. */
  left_reason: string | null;
  certified_at: number | null;
  /** Whether they agreed to be shown as 〔党员〕. */
  shows_party: Generated<Flag>;
  /** A guest who turned out to be this member. */
  merged_into: string | null;
  erased_at: number | null;
}

export type RoleName = 'secretary' | 'department' | 'county' | 'operator';

export interface RoleGrantTable {
  id: string;
  member_id: string;
  role: RoleName;
  /** Of this unit and all below; null for the whole county. */
  unit_id: string | null;
  granted_by: string;
  from_at: number;
  to_at: number | null;
  revoked_by: string | null;
}

/** A one-time code to hand out; at most one per member is live. */
export interface CertifyCodeTable {
  id: string;
  member_id: string;
  salt: string;
  hash: string;
  issued_by: string;
  issued_at: number;
  expires_at: number;
  used_at: number | null;
  revoked_at: number | null;
}

export type CertificationState = 'waiting' | 'certified' | 'rejected' | 'replaced';

/** Somebody who said who they are. */
export interface CertificationTable {
  id: string;
  no: number;
  account: string;
  contact_id: string;
  /** Who the contact was until then. */
  asked_by: string;
  claimed_name: string;
  /** Whom they mean, when the roster tells. */
  member_id: string | null;
  /** Whose secretary decides. */
  unit_id: string | null;
  /** What speaks for them: the secretary's code, the county's number, or only the name; `none` when nobody is called so. */
  evidence: 'code' | 'number' | 'name' | 'none';
  state: CertificationState;
  reason: string | null;
  created_at: number;
  /** When those who decide were told. */
  noticed_at: number | null;
  decided_at: number | null;
  decided_by: string | null;
}

/** A fact that went from one member to another, and why. */
export interface AttributionTable {
  id: string;
  kind:
    'answer' | 'checkin' | 'checkin_photo' | 'absence' | 'ack_item' | 'reading' | 'practice_card' | 'consent';
  fact_id: string;
  from_member: string;
  to_member: string;
  /** What brought it about: `certification:ID`, `match:ID`, … */
  cause: string;
  at: number;
}

/** A login of an account on a channel whose ids may change. */
export interface AccountLoginTable {
  id: string;
  account: string;
  at: number;
  /** When all its groups had been told. */
  listed_at: number | null;
  /** Whether the ids were found to have changed. */
  changed: Generated<Flag>;
  /** Whether contact ids were found to have gone to other people: 0 none, 1 some, 2 so that none means anything. */
  contacts_moved: Generated<0 | 1 | 2>;
}

/** Who sat in a group when its account logged in last, or longer ago, and who was shown there first since. */
export interface LoginSeatTable {
  group_id: string;
  side: 'before' | 'after' | 'old';
  contact_id: string;
  name: string;
  own_name: string | null;
  remark: string | null;
}

/** A doubtful match that waits for a person. */
export interface MatchItemTable {
  id: string;
  no: number;
  kind: 'group' | 'person';
  account: string;
  /** Our group: the one in question, or the one in which the person sits. */
  group_id: string | null;
  member_id: string | null;
  room_id: string | null;
  contact_id: string | null;
  /** 0 to 100. */
  score: number;
  /** JSON: a list of sentences in Chinese. */
  reasons: string;
  state: 'waiting' | 'accepted' | 'rejected' | 'replaced';
  created_at: number;
  decided_at: number | null;
  decided_by: string | null;
}

/** What somebody pressed about a match; it holds from `due_at` on unless they take it back. */
export interface MatchChoiceTable {
  id: string;
  item_id: string;
  accepted: Flag;
  /** A member's id, or `cli`. */
  who: string;
  via: string;
  at: number;
  due_at: number;
  undone_at: number | null;
  done_at: number | null;
}

export interface FriendRequestTable {
  id: string;
  account: string;
  channel_id: string;
  contact_id: string;
  state: 'waiting' | 'accepted' | 'ignored' | 'failed';
  /** Not to be accepted before: the pace. */
  due_at: number | null;
  created_at: number;
  decided_at: number | null;
}

export interface GroupInvitationTable {
  id: string;
  no: number;
  account: string;
  channel_id: string;
  inviter_id: string;
  topic: string;
  /** `joining`: the channel is being told. */
  state: 'waiting' | 'accepting' | 'joining' | 'accepted' | 'rejected' | 'failed';
  created_at: number;
  decided_at: number | null;
  decided_by: string | null;
}

export interface IdentityTable {
  id: string;
  account: string;
  contact_id: string;
  member_id: string;
  /**
   * How the binding came about: `seed`, `name` (the group nickname names one member of the roster), `guest`,
   * `code`, `secretary`, `operator`, `healed` (re-matched after a login).
   */
  how: string;
  created_at: number;
  closed_at: number | null;
  /** Whether a person vouched for it: only then does it give rights. */
  confirmed: Generated<Flag>;
  /** `certified`, `yielded`, `login`, `matched`, `revoked`, `erased`. */
  closed_why: string | null;
  /** The binding that it goes on from, under the contact id of before a login. */
  continues: string | null;
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
  /**
   * `ok`; `quarantined`: the channel's ids have changed and nobody knows which room this is now; `unmatched`: a
   * room seen since such a login that may be one of ours.
   */
  state: Generated<'ok' | 'quarantined' | 'unmatched'>;
  /** When the channel last showed it. */
  seen_at: number | null;
}

export interface GroupMemberTable {
  group_id: string;
  contact_id: string;
  /** The nickname in this group. */
  name: string;
  left_at: number | null;
  /** Null for those who were there when the group was first seen. */
  joined_at: number | null;
  /** The name that they gave themselves, where the channel tells. */
  own_name: string | null;
  /** What our account calls them, where the channel tells: nobody else can change it. */
  remark: string | null;
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
  /** Cleared (null) when it was no answer, check-in or command and `talk-kept` is over. */
  text: string | null;
  mention: Flag;
  /** The channel's own time, never later than `received_at`. */
  sent_at: number;
  received_at: number;
  /** `held`: from a room that may be one of ours, until that is known. */
  state: 'new' | 'held' | 'handled' | 'failed';
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
  /** Why, in Chinese, where there is more to say than that. */
  why: string | null;
}

/** A link that works once. Only hashes of secrets are kept, here and below. */
export interface LoginTokenTable {
  hash: string;
  /** `admin` for a link of the terminal that is nobody's; `member`. */
  role: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  member_id: string | null;
}

export interface SessionTable {
  hash: string;
  role: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  /** By which people name it; null for those of before there were numbers. */
  no: number | null;
  member_id: string | null;
  /** `link`, or `desk` for a code that was sent to the bot. */
  how: Generated<'link' | 'desk'>;
  /** Which browser, in a few words. */
  agent: Generated<string>;
}

/** A code that a browser shows and that somebody sends to the bot. */
export interface DeskCodeTable {
  id: string;
  code_hash: string;
  /** The secret that the browser keeps. */
  browser_hash: string;
  agent: string;
  created_at: number;
  expires_at: number;
  /** Who sent it. */
  member_id: string | null;
  claimed_at: number | null;
  /** When the browser became a session. */
  spent_at: number | null;
}

/** What is limited: kept for a day. */
export interface TriedTable {
  id: string;
  what: 'link' | 'desk-code' | 'wrong-code' | 'wrong-link';
  /** A member's id, or a hash of where it came from. */
  who: string;
  at: number;
}

/** A question in a private chat that waits for its answer; one at a time. */
export interface PendingQuestionTable {
  id: string;
  account: string;
  contact_id: string;
  /** Which command asked. */
  kind: string;
  /** JSON of what it knows so far. */
  state: string;
  asked_at: number;
  expires_at: number;
  closed_at: number | null;
  outcome: 'answered' | 'cancelled' | 'replaced' | 'expired' | null;
}

export type ReviewKind = 'lesson' | 'notice';
export type ReviewState = 'draft' | 'submitted' | 'approved' | 'returned' | 'withdrawn';

/** A lesson or a notice that somebody wrote. */
export interface ReviewItemTable {
  id: string;
  no: number;
  kind: ReviewKind;
  lesson_id: string | null;
  title: string;
  /** SHA-256 of the text that it has now; votes count for this text only. */
  hash: string;
  /** Whose it is: who may see and review it, and how many have to. */
  unit_id: string | null;
  /** A member's id, or `cli`. */
  author: string;
  state: ReviewState;
  /** How often it was handed in: votes count for their round only. */
  round: number;
  created_at: number;
  submitted_at: number | null;
  decided_at: number | null;
  /** Why it was returned. */
  reason: string | null;
}

/** Each text that an item has had. */
export interface ReviewTextTable {
  item_id: string;
  hash: string;
  title: string;
  body: string;
  written_by: string;
  written_at: number;
}

export interface ReviewVoteTable {
  id: string;
  item_id: string;
  hash: string;
  round: number;
  voter: string;
  verdict: 'approve' | 'return';
  reason: string | null;
  at: number;
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
  /** JSON of the questions that it asked beside those of its revision, or `{only: […]}`; null when there are none. */
  drawn: string | null;
  /** JSON: by question the letters of its options as the group saw them; null when they stood in their own order. */
  orders: string | null;
  /** How answers were taken there, as it was set when it opened. */
  mode: Generated<QuizMode>;
  /** How many answers of a member to a question may count, the last of them; 0 for any number. */
  attempts: Generated<number>;
  /** When the group was reminded of its closing. */
  reminded_at: number | null;
}

export type QuizWindowRow = Selectable<QuizWindowTable>;

/** Typed in the group for all to see; in a private chat or by link; by link alone. */
export type QuizMode = 'open' | 'private' | 'link';

export interface AnswerTable {
  id: string;
  window_id: string;
  group_id: string;
  member_id: string;
  question: number;
  /** `AC`, `对`, or the word. */
  value: string;
  correct: Flag;
  /** In thousandths of a right answer. */
  score: Generated<number>;
  /** 1 for the last answer written before closing; the others are kept. */
  counted: Flag;
  /** 1 when it was given after closing, to make up for what was missed. */
  makeup: Generated<Flag>;
  /** When its message was recalled; then it doesn't count. */
  withdrawn_at: number | null;
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
  /** 1 when it was given on a later day, out of the quota. */
  makeup: Generated<Flag>;
  /** When its message was recalled; then it doesn't count. */
  withdrawn_at: number | null;
  message_id: string;
  written_at: number;
  recorded_at: number;
}

/** A question of the bank as it is now; all that it has been stands in `bank_version`. */
export interface BankQuestionTable {
  id: string;
  no: number;
  /** SHA-256 of what it asks and what is right, folded: no question stands in the bank twice. */
  hash: string;
  type: 'single' | 'multi' | 'truefalse' | 'text' | 'number' | 'order';
  stem: string;
  /** JSON lists. */
  options: string;
  key: string;
  explanation: string;
  /** Where it came from: a file's name, and the place in it. */
  source: string;
  created_by: string;
  created_at: number;
  retired_at: number | null;
  /** Of `bank_version`. */
  version: Generated<number>;
  /** Who wrote this version. */
  written_by: Generated<string>;
  /** Whose look let this version be drawn, and when; nothing is drawn before. All looks stand in `bank_look`. */
  approved_by: string | null;
  approved_at: number | null;
}

export interface BankVersionTable {
  question_id: string;
  version: number;
  type: BankQuestionTable['type'];
  stem: string;
  /** JSON lists. */
  options: string;
  key: string;
  explanation: string;
  tags: string;
  written_by: string;
  written_at: number;
}

/** One person's look at one version of a question. */
export interface BankLookTable {
  question_id: string;
  version: number;
  who: string;
  at: number;
}

/** A file that somebody brought and looked at, until they take it in: for a day. */
export interface UploadTable {
  id: string;
  owner: string;
  kind: 'roster' | 'bank' | 'lesson';
  /** As it was called on their disk. */
  name: string;
  /** JSON: how it is to be read. */
  options: string;
  /** In base64. */
  bytes: string;
  created_at: number;
}

/** A message whose facts don't count any more, because its writer took it back. */
export interface WithdrawalTable {
  message_id: string;
  /** The inbox row of the recall. */
  recalled_by: string;
  answers: number;
  checkins: number;
  at: number;
}

/** A picture beside a check-in, made anew without what the camera wrote into it. */
export interface CheckinPhotoTable {
  id: string;
  member_id: string;
  checkin_id: string;
  message_id: string;
  /** Relative to the data folder's `photos`. */
  file: string;
  width: number;
  height: number;
  bytes: number;
  created_at: number;
  withdrawn_at: number | null;
}

/** Days on which a member asked to be excused; both ends belong to it. They break no streak. */
export interface AbsenceTable {
  id: string;
  member_id: string;
  from_day: string;
  to_day: string;
  message_id: string;
  created_at: number;
  closed_at: number | null;
}

/** Points that a fact earned. A correction voids the row and may write a new one. */
export interface PointTable {
  id: string;
  member_id: string;
  group_id: string;
  day: string;
  rule: 'lesson' | 'right' | 'checkin' | 'streak';
  /** The fact: a window's id, an answer's or a check-in's, with the length of a streak behind it. */
  fact: string;
  /** In tenths of a point: a make-up earns half. */
  tenths: number;
  at: number;
  voided_at: number | null;
}

/** The key of a question of a revision, or of the bank, that turned out wrong. The last one holds. */
export interface KeyChangeTable {
  id: string;
  /** The revision's; of a question of the bank its own, with the key that was wrong. */
  hash: string;
  /** 0 for one of the bank: it has another number in each quiz. */
  question: number;
  bank_id: string | null;
  /** JSON lists. */
  key: string;
  before: string;
  /** How many answers were marked otherwise. */
  remarked: number;
  who: string;
  at: number;
}

export interface AnswerRemarkTable {
  key_change_id: string;
  answer_id: string;
  correct_before: Flag;
  correct_after: Flag;
  score_before: number;
  score_after: number;
}

/** That a member said yes to messages in private, until they say no. */
export interface ConsentTable {
  id: string;
  member_id: string;
  kind: 'practice' | 'reminder' | 'weekly';
  given_at: number;
  withdrawn_at: number | null;
}

/** What a member got wrong, with how well they remember it (FSRS). */
export interface PracticeCardTable {
  id: string;
  member_id: string;
  question_hash: string;
  lesson_id: string;
  /** JSON of the question as it was asked. */
  question: string;
  /** JSON of the memory's state. */
  card: string;
  due_at: number;
  created_at: number;
  closed_at: number | null;
}

export interface PracticeReviewTable {
  id: string;
  card_id: string;
  member_id: string;
  asked_at: number;
  answered_at: number | null;
  value: string | null;
  correct: Flag | null;
  message_id: string | null;
}

/** What a member is being asked in private: a quiz to make up for, or a card. One at a time. */
export interface PrivateQuizTable {
  id: string;
  member_id: string;
  kind: 'makeup' | 'practice';
  window_id: string | null;
  card_id: string | null;
  opened_at: number;
  expires_at: number;
  closed_at: number | null;
}

/** What the next gathered acknowledgement of a group has to mention. */
export interface AckItemTable {
  id: string;
  group_id: string;
  member_id: string;
  kind: 'answer' | 'checkin' | 'ask' | 'elsewhere' | 'read';
  /** For `ask` what to mend, for `checkin` the streak as a number. */
  detail: string;
  message_id: string;
  created_at: number;
  /** The delivery that mentions it; null while it waits. */
  delivery_id: string | null;
}

export type ScheduleKind = 'lesson' | 'course' | 'digest' | 'brief' | 'bulletin';
/** What a calendar of working days does to a schedule's times. */
export type DayRule = 'all' | 'workdays-only' | 'skip-holidays' | 'move-to-next-workday';
/** What becomes of a firing whose hour was missed. */
export type Misfire = 'catch-up' | 'fold' | 'skip';

export interface ScheduleTable {
  id: string;
  no: number;
  kind: ScheduleKind;
  /** The lesson's id, the course's name, or `day`. */
  content: string;
  all_groups: Flag;
  /** Once, at this instant; one of this, `cron` and `monthly` is set. */
  at: number | null;
  cron: string | null;
  /** `first fri 20:00`, `last workday 20:00`, `15 20:00`. */
  monthly: string | null;
  days: DayRule;
  misfire: Misfire;
  /** How late a missed hour may still be caught up with, ms. */
  grace: number;
  /** Whether groups that have had the lesson in this revision get it too. */
  again: Flag;
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

export type DeliveryKind =
  'lesson' | 'digest' | 'key' | 'ack' | 'reply' | 'notice' | 'brief' | 'bulletin' | 'reminder' | 'weekly';

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
  /** Of a digest: the span that it covers, `2026-11-23/2026-11-29`; null for all else. */
  period: string | null;
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

/** A lesson whose hour was missed, to be told in the group's next digest. Its delivery is `skipped`. */
export interface FoldedTable {
  delivery_id: string;
  group_id: string;
  title: string;
  nominal_at: number;
  /** The digest that tells of it; null while none does. */
  told_in: string | null;
}

/** A message that an account began to say, kept for as long as a cap looks back. */
export interface SpokenTable {
  id: string;
  account: string;
  group_id: string | null;
  /** 1 for replies and acknowledgements: they count towards the account's caps, not towards a group's. */
  answer: Flag;
  at: number;
}

/** An account's standing: since when it is used, and its breaker. */
export interface AccountPaceTable {
  account: string;
  first_at: number;
  /** Errors in a row. */
  failures: number;
  /** How often the breaker has opened since the last success. */
  opens: number;
  /** Nothing is said before; null while closed. */
  open_until: number | null;
  /** When the one message of a half-open breaker was begun. */
  probe_at: number | null;
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

/** A member's month over all groups. */
export interface RollupMemberMonthTable {
  /** `2026-11`. */
  month: string;
  member_id: string;
  /** Local days on which they answered or checked in, each once. */
  days: number;
  answers: number;
  correct: number;
  checkins: number;
  /** Where they stood for all of the month: its sums have this row in them. Null when they came, went or stand nowhere. */
  unit_id: string | null;
}

/** The months of the members who stood in a unit for all of it. */
export interface RollupUnitMonthTable {
  /** `2026-11`. */
  month: string;
  unit_id: string;
  /** Members who answered or checked in. */
  learned: number;
  /** Members who gave an answer that counts. */
  answered: number;
  days: number;
  answers: number;
  correct: number;
  checkins: number;
}

/** A group's day. */
export interface RollupGroupDayTable {
  day: string;
  group_id: string;
  /** Members who answered or checked in there that day. */
  learned: number;
  answers: number;
  correct: number;
  checkins: number;
}

/** What a schedule is about to send, shown to its author before it goes. */
export interface RehearsalTable {
  id: string;
  no: number;
  schedule_id: string;
  nominal_at: number;
  author: string;
  /** `shown`: goes at its hour; `held`: waits for the author; `released`: goes now; `withdrawn`: doesn't go. */
  state: 'shown' | 'held' | 'released' | 'withdrawn';
  /** The author's own words in the place of the computed ones; null while they didn't write any. */
  words: string | null;
  shown_at: number;
  decided_at: number | null;
}

export interface RollupMemberDayTable {
  group_id: string;
  day: string;
  member_id: string;
  answers: number;
  correct: number;
  checkins: number;
}

export interface FeedTable {
  id: string;
  no: number;
  url: string;
  /** What stands beside its items as their source; `''` until its own title is known. */
  source: string;
  /** Given to its items; `''`: by their words. */
  category: string;
  added_by: string;
  added_at: number;
  removed_at: number | null;
  /** Validators of the last answer, for a conditional request. */
  etag: string | null;
  last_modified: string | null;
  /** Not to be asked before, ms. */
  next_at: number;
  /** In a row. */
  failures: number;
  fetched_at: number | null;
  outcome: 'new' | 'unchanged' | 'failed' | 'gone' | null;
  /** Why it failed, in Chinese. */
  reason: string | null;
}

/** How much a host has been asked. */
export interface FeedHostTable {
  host: string;
  /** Not to be asked before, ms. */
  next_at: number;
  /** The local day of the count. */
  day: string;
  asked: number;
}

/** 电商动态, 党建信息, 通知. */
export type NewsKind = 'news' | 'party' | 'notice';
export type NewsOrigin = 'feed' | 'link' | 'file' | 'hand';

export interface NewsItemTable {
  id: string;
  no: number;
  kind: NewsKind;
  title: string;
  /** Of news two sentences; of a notice its words. */
  summary: string;
  /** `''` where there is none. */
  url: string;
  /** The canonical form of the address, by which it is recognised; `''` where there is none. */
  link_key: string;
  source: string;
  published_at: number;
  category: string;
  relevance: number;
  origin: NewsOrigin;
  /** Unique in its origin: the feed and its id of it, the file, the address, or its own id. */
  origin_key: string;
  /** The word of the stop list that keeps it out, unless somebody keeps it all the same. */
  stopped: string | null;
  added_by: string;
  added_at: number;
  /** Who changed its words last; null while they are those of its source. */
  edited_by: string | null;
  /** From then on it goes nowhere, ms. */
  expires_at: number;
  /** 1: made up, for the sandbox only. */
  example: Flag;
}

/**
 * Whether an item may be sent: for the whole county, or for a unit and all below it. The nearest decision above a
 * group holds there. How it came about is in the audit.
 */
export interface NewsDecisionTable {
  item_id: string;
  /** `''`: the county. */
  unit_id: string;
  verdict: 'kept' | 'rejected';
  decided_by: string;
  decided_at: number;
}

/** That a feed has shown something under an id of its own. */
export interface NewsSightingTable {
  feed_id: string;
  guid: string;
  /** What it turned out to be; null when it was dropped before it became an item. */
  item_id: string | null;
  seen_at: number;
}

/** That an item goes to a group, once. */
export interface NewsSendingTable {
  group_id: string;
  item_id: string;
  delivery_id: string;
  at: number;
}

/** An address that somebody pasted in a private chat, to be read when there is time. */
export interface NewsRequestTable {
  id: string;
  url: string;
  account: string;
  contact_id: string;
  member_id: string;
  asked_at: number;
  done_at: number | null;
  item_id: string | null;
  /** Why nothing came of it, in Chinese. */
  reason: string | null;
}

/** That a member has read what a delivery brought: only by what they did for it. */
export interface ReadingTable {
  id: string;
  delivery_id: string;
  member_id: string;
  /** They replied 已阅, or pressed the button behind their own link. */
  how: 'reply' | 'link';
  message_id: string | null;
  at: number;
}

/** Whose link it is, and to what; only its hash is kept. */
export interface ReadingTokenTable {
  hash: string;
  delivery_id: string;
  member_id: string;
  created_at: number;
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

/** A secret address under which a calendar program reads somebody's plans; only its hash is kept. */
export interface ExportJobTable {
  id: string;
  no: number;
  kind: 'workbook' | 'answers' | 'checkins' | 'deliveries';
  /** The first of `units` where it is of several. */
  unit_id: string;
  /** JSON of several units together and what they are called (`Together`); null for one. */
  units: string | null;
  from_day: string;
  /** The last day, in it. */
  to_day: string;
  span: 'day' | 'week' | 'month' | 'quarter';
  /** A member's id, or who sits at the machine. */
  owner: string;
  state: 'waiting' | 'ready' | 'failed';
  /** Rows written, of how many; 0 of 0 before it is begun. */
  done: number;
  total: number;
  asked_at: number;
  ended_at: number | null;
}

export interface ApiTokenTable {
  id: string;
  no: number;
  /** Of the secret. */
  hash: string;
  name: string;
  /** Whose roles it has; null for whoever runs the place. */
  member_id: string | null;
  scope: 'read' | 'write';
  created_by: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  used_at: number | null;
}

export interface CalendarFeedTable {
  id: string;
  hash: string;
  /** A member's id, or who sits at the machine. */
  owner: string;
  /** Null for whoever runs the place. */
  member_id: string | null;
  created_at: number;
  revoked_at: number | null;
}

/** A lesson while it is being written, in the console. */
export interface LessonDraftTable {
  id: string;
  no: number;
  /** Whose it is: who may see and edit it; null for the county's. */
  unit_id: string | null;
  title: string;
  /** Of the text that it has now. */
  version: number;
  /** The item under which it was handed in. */
  review_no: number | null;
  created_by: string;
  created_at: number;
  updated_by: string;
  updated_at: number;
  dropped_at: number | null;
}

/** Every text that a draft has had, and those that could not become its own. */
export interface LessonDraftTextTable {
  draft_id: string;
  version: number;
  source: string;
  written_by: string;
  written_at: number;
  /** `merged` with what another wrote meanwhile; `aside`: kept, because both had changed the same lines. */
  how: 'typed' | 'merged' | 'aside' | 'restored';
  /** The version from which it was written. */
  base: number;
}
