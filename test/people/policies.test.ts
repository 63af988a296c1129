import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { getPolicyName, listPolicies, readPolicy, setPolicy } from '../../src/people/policies.ts';
import { POLICIES } from '../../src/people/policy-names.ts';
import { ensureUnit } from '../../src/people/units.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

describe.each(DIALECTS)('policies on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
  });
  afterEach(async () => {
    await close();
  });

  it('are inherited: group, unit, unit above, county, default', async () => {
    const above = await ensureUnit(db, '两新工委', 1);
    const branch = await ensureUnit(db, '花茶支部', 1);
    await db.updateTable('unit').set({ parent_id: above }).where('id', '=', branch).execute();
    const group = await recordSeenGroup(db, { account: 'sandbox', roomId: 'r@x', topic: '群' }, 1);
    await db.updateTable('chat_group').set({ unit_id: branch }).where('id', '=', group.id).execute();
    const place = { groupId: group.id };
    const guard = async () => (await readPolicy(db, 'storm-guard', place)) / HOUR;

    expect(await guard()).toBe(3);
    await setPolicy(db, 'storm-guard', '4h', {}, 'test', 2);
    expect(await guard()).toBe(4);
    await setPolicy(db, 'storm-guard', '5h', { unitId: above }, 'test', 3);
    expect(await guard()).toBe(5);
    await setPolicy(db, 'storm-guard', '6h', { unitId: branch }, 'test', 4);
    expect(await guard()).toBe(6);
    await setPolicy(db, 'storm-guard', '7h', place, 'test', 5);
    expect(await guard()).toBe(7);
    expect(await readPolicy(db, 'storm-guard', { unitId: above })).toBe(5 * HOUR);
    await setPolicy(db, 'storm-guard', undefined, place, 'test', 6);
    expect(await guard()).toBe(6);
    expect((await listPolicies(db, place)).find(({ name }) => name === 'storm-guard')).toMatchObject({
      value: '6h',
      from: 'unit',
      fromId: branch,
    });
    const trail = await db.selectFrom('audit').select('what').orderBy('id').execute();
    expect(trail.filter(({ what }) => what.startsWith('setting.'))).toHaveLength(5);
  });

  it('refuse a value that they can not have, and a name that is none', async () => {
    await expect(setPolicy(db, 'storm-guard', 'soon', {}, 'test', 1)).rejects.toThrow(/duration/);
    expect(() => getPolicyName('colour')).toThrow(/known are/);
    expect(await db.selectFrom('policy').selectAll().execute()).toEqual([]);
  });
});

it.each(Object.entries(POLICIES))('%s has a default that can be read', (_name, policy) => {
  expect(() => policy.kind.read(policy.fallback)).not.toThrow();
});
