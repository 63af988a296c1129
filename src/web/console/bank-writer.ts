/** Who writes in the bank of questions from the console. */
import type { Db } from '../../db/open.ts';
import { UserError } from '../../errors.ts';
import { readPolicy } from '../../people/policies.ts';
import type { Actor } from '../../people/scope.ts';
import type { BankBy } from '../../quiz/bank.ts';

/** The whole county draws from one bank: whoever answers for less of it may only look. */
export const mayWrite = (actor: Actor): boolean => actor.units === 'all';

/** Throws `UserError` for whoever may not. What they write is drawn once another has looked at it, as with lessons. */
export async function writerOf(db: Db, actor: Actor): Promise<BankBy> {
  if (!mayWrite(actor)) throw new UserError('题库全县共用，由县里管理员改。没有改动。');
  const reviewers = await readPolicy(db, 'reviewers');
  return { who: actor.who, via: actor.via ?? 'console', isTrusted: reviewers === 0 };
}
