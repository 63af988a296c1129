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
