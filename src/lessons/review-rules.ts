/** What an approval is: a vote for one text, by somebody who had no hand in it. Pure. */
import { createHash } from 'node:crypto';

import { normaliseSource } from './parse.ts';

/** Pins a lesson by its source, as the catalogue does. */
export const hashOfLesson = (source: string): string => sha256(normaliseSource(source));

/** Pins a notice with the groups that it goes to: approved for one it isn't for another. */
export const hashOfNotice = (body: string, groupIds: readonly string[]): string =>
  sha256(JSON.stringify(['notice', body, [...new Set(groupIds)].toSorted()]));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export interface Vote {
  readonly hash: string;
  readonly round: number;
  readonly voter: string;
  readonly verdict: 'approve' | 'return';
}

export interface Standing {
  /** Whose approvals count. */
  readonly approvers: readonly string[];
  /** How many more are needed. */
  readonly missing: number;
}

export interface Submitted {
  readonly hash: string;
  /** How often it was handed in. */
  readonly round: number;
  /** Its author, and whoever wrote this text. */
  readonly writers: readonly string[];
}

/**
 * How a text stands: approvals of another text don't count, nor those of before it was handed in again, nor those
 * of its writers, nor a second one of the same person.
 */
export function standingOf(
  { hash, round, writers }: Submitted,
  votes: readonly Vote[],
  needed: number,
): Standing {
  const approvers = new Set(
    votes
      .filter((vote) => vote.hash === hash && vote.round === round)
      .filter((vote) => vote.verdict === 'approve' && !writers.includes(vote.voter))
      .map(({ voter }) => voter),
  );
  return { approvers: [...approvers], missing: Math.max(0, needed - approvers.size) };
}
