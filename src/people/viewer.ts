/** Who looks at the console: the session's owner, with what they may do at this moment. */
import type { Db } from '../db/open.ts';
import { type Actor, isAtLeast, readActor, TERMINAL } from './scope.ts';
import { findSession } from './sessions.ts';

/** `undefined` for a session that is over, and for an owner who has no role any more. */
export async function findViewer(db: Db, secret: string, now: number): Promise<Actor | undefined> {
  const session = await findSession(db, secret, now);
  if (!session) return undefined;
  if (session.memberId === null) return { ...TERMINAL, who: 'admin-link', via: 'console' };
  const actor = await readActor(db, session.memberId, now, 'console');
  return isAtLeast(actor, 'secretary') ? actor : undefined;
}

export interface Learner {
  readonly id: string;
  readonly name: string;
}

/**
 * The member whose session it is, whatever their role: what is theirs they may always see. `undefined` for a session
 * that is over, for the terminal's, and for whoever was forgotten. A guest who turned out to be a member is that one.
 */
export async function findLearner(db: Db, secret: string, now: number): Promise<Learner | undefined> {
  const session = await findSession(db, secret, now);
  if (!session || session.memberId === null) return undefined;
  const read = (id: string) =>
    db
      .selectFrom('member')
      .select(['id', 'name', 'merged_into', 'erased_at'])
      .where('id', '=', id)
      .executeTakeFirst();
  const own = await read(session.memberId);
  const member = own && own.merged_into !== null ? await read(own.merged_into) : own;
  return member && member.erased_at === null ? { id: member.id, name: member.name } : undefined;
}
