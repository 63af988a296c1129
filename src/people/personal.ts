/**
 * Every table that says something of a member, by the column that names them: what they get to see of it as their
 * own record, and what of it goes when they are erased. A test reads the schema and holds this list complete.
 */
import type { Tables } from '../db/tables.ts';

export interface PersonalTable {
  /** The column with the member's id. */
  readonly column: string;
  /** In their own record, or why not. */
  readonly own: boolean;
  /** Columns with words of theirs or about them, which are emptied on erasure; the row stays, and what it counts. */
  readonly words?: Readonly<Record<string, string | null>>;
}

export const PERSONAL: Readonly<Partial<Record<keyof Tables, PersonalTable>>> = {
  member_place: { column: 'member_id', own: true },
  role_grant: { column: 'member_id', own: true },
  identity: { column: 'member_id', own: true },
  certification: { column: 'member_id', own: true, words: { claimed_name: '', reason: null } },
  // Only hashes, and none of it says anything but that it was issued.
  certify_code: { column: 'member_id', own: false },
  match_item: { column: 'member_id', own: false, words: { reasons: '[]' } },
  answer: { column: 'member_id', own: true },
  checkin: { column: 'member_id', own: true, words: { note: '' } },
  ack_item: { column: 'member_id', own: false },
  // Counted from the facts above.
  rollup_member_day: { column: 'member_id', own: false },
  rollup_member_month: { column: 'member_id', own: false },
  tombstone: { column: 'member_id', own: false },
  absence: { column: 'member_id', own: true },
  checkin_photo: { column: 'member_id', own: true },
  consent: { column: 'member_id', own: true },
  point: { column: 'member_id', own: true },
  point_due: { column: 'member_id', own: false },
  practice_card: { column: 'member_id', own: true },
  practice_review: { column: 'member_id', own: true, words: { value: null } },
  private_quiz: { column: 'member_id', own: false },
  reading: { column: 'member_id', own: true },
  // Only a hash.
  reading_token: { column: 'member_id', own: false },
  news_request: { column: 'member_id', own: true, words: { url: '', reason: null } },
  // Hashes, and which browser it was.
  login_token: { column: 'member_id', own: false },
  session: { column: 'member_id', own: false, words: { agent: '' } },
  // A hash, and since when.
  calendar_feed: { column: 'member_id', own: false },
  desk_code: { column: 'member_id', own: false, words: { agent: '' } },
  api_token: { column: 'member_id', own: true, words: { name: '' } },
};
