/** For which units somebody decides about news, and what holds there. */
import type { Db } from '../db/open.ts';
import { readPolicy } from '../people/policies.ts';
import type { Actor } from '../people/scope.ts';
import { lineageOf } from '../people/units.ts';
import { COUNTY, type Decider, type DeskItem, listWritten, writersOf } from './desk.ts';

/** For the whole county, or for the units whose role they hold. */
export const deciderOf = (actor: Actor): Decider => ({
  who: actor.who,
  ...(actor.via === undefined ? {} : { via: actor.via }),
  units:
    actor.units === 'all' ? [COUNTY] : actor.roles.flatMap(({ unitId }) => (unitId === null ? [] : [unitId])),
});

const firstUnit = (actor: Actor): string => deciderOf(actor).units[0] ?? COUNTY;

/** From where they see the desk; none from the county. */
export async function lineageFor(db: Db, actor: Actor): Promise<string[]> {
  const unit = firstUnit(actor);
  return unit === COUNTY ? [] : await lineageOf(db, unit);
}

/**
 * What people whose branches are in the asker's scope have written or changed, and waits for their word: not what they had a
 * hand in themselves, nor what they have agreed to already. The oldest first.
 */
export async function listToLook(db: Db, actor: Actor, now: number): Promise<DeskItem[]> {
  if ((await reviewersFor(db, actor)) === 0) return [];
  const waiting = (await listWritten(db, now)).filter(
    (item) => !writersOf(item).includes(actor.who) && !item.voters.includes(actor.who),
  );
  if (waiting.length === 0 || actor.units === 'all') return waiting;
  const own = await db
    .selectFrom('role_grant')
    .select('member_id')
    .where('member_id', 'in', [...new Set(waiting.flatMap(writersOf))])
    .where('unit_id', 'in', [...actor.units])
    .where('from_at', '<=', now)
    .where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', now)]))
    .execute();
  return waiting.filter((item) => writersOf(item).some((who) => own.some((one) => one.member_id === who)));
}

/** How many have to agree to what somebody wrote or changed. */
export async function reviewersFor(db: Db, actor: Actor): Promise<number> {
  const unitId = firstUnit(actor);
  return await readPolicy(db, 'reviewers', unitId === COUNTY ? {} : { unitId });
}
