/** For which units somebody decides about news, and what holds there. */
import type { Db } from '../db/open.ts';
import { readPolicy } from '../people/policies.ts';
import type { Actor } from '../people/scope.ts';
import { lineageOf } from '../people/units.ts';
import { COUNTY, type Decider } from './desk.ts';

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

/** How many have to agree to what somebody wrote or changed. */
export async function reviewersFor(db: Db, actor: Actor): Promise<number> {
  const unitId = firstUnit(actor);
  return await readPolicy(db, 'reviewers', unitId === COUNTY ? {} : { unitId });
}
