/** Secret addresses of calendars, and what of the audit somebody may know. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { readScopedAudit } from '../../src/people/audit-scope.ts';
import {
  feedSince,
  issueFeed,
  lastStopped,
  readerOfFeed,
  resumeFeed,
  revokeFeed,
} from '../../src/people/feeds.ts';
import { setGroupEnabled } from '../../src/people/groups.ts';
import { revokeRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { buildCounty, type County } from '../support/county.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

describe.each(DIALECTS)('on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let county: County;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    county = await buildCounty(db);
  });
  afterEach(async () => await close());

  it('an address is its owner for as long as it lasts', async () => {
    const ann = await county.own.secretary.actor();
    expect(await feedSince(db, ann.who)).toBeUndefined();
    const first = await issueFeed(db, ann, 2_000);
    expect(await readerOfFeed(db, first, 3_000)).toMatchObject({ memberId: ann.memberId, units: ann.units });
    const second = await issueFeed(db, ann, 4_000);
    expect(await readerOfFeed(db, first, 5_000)).toBeUndefined();
    expect(await feedSince(db, ann.who)).toBe(4_000);
    const rows = await db.selectFrom('calendar_feed').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(second);
    expect(await revokeFeed(db, ann, 6_000)).toBe(true);
    expect(await revokeFeed(db, ann, 6_000)).toBe(false);
    expect(await readerOfFeed(db, second, 7_000)).toBeUndefined();
    expect(await readerOfFeed(db, 'guess', 7_000)).toBeUndefined();
  });

  it('an address that was stopped or replaced a moment ago goes on, for its owner only, and not again', async () => {
    const ann = await county.own.secretary.actor();
    const bob = await county.other.secretary.actor();
    const first = await issueFeed(db, ann, 2_000);
    await revokeFeed(db, ann, 3_000);
    const stopped = (await lastStopped(db, ann.who)) ?? '';
    await expect(resumeFeed(db, stopped, bob, 3_001)).rejects.toThrow(/can not go on/);
    await resumeFeed(db, stopped, ann, 3_002);
    expect(await readerOfFeed(db, first, 3_003)).toMatchObject({ memberId: ann.memberId });
    expect(await feedSince(db, ann.who)).toBe(2_000);
    await expect(resumeFeed(db, stopped, ann, 3_004)).rejects.toThrow(/can not go on/);

    const second = await issueFeed(db, ann, 4_000);
    const replaced = (await lastStopped(db, ann.who)) ?? '';
    await resumeFeed(db, replaced, ann, 4_001);
    expect(await readerOfFeed(db, second, 4_002)).toBeUndefined();
    expect(await readerOfFeed(db, first, 4_003)).toBeDefined();
    await revokeFeed(db, ann, 5_000);
    const last = (await lastStopped(db, ann.who)) ?? '';
    await expect(resumeFeed(db, last, ann, 5_000 + HOUR)).rejects.toThrow(/can not go on/);
    expect(await readerOfFeed(db, first, 5_000 + HOUR)).toBeUndefined();
    const changes = await db
      .selectFrom('audit')
      .select(['what', 'via'])
      .where('what', '=', 'calendar.resume')
      .execute();
    expect(changes).toEqual([
      { what: 'calendar.resume', via: 'chat' },
      { what: 'calendar.resume', via: 'chat' },
    ]);
  });

  it('an address shows nothing once its owner has no role any more', async () => {
    const ann = await county.own.secretary.actor();
    const secret = await issueFeed(db, ann, 2_000);
    await revokeRole(
      db,
      { memberId: county.own.secretary.id, role: 'secretary', unitId: county.own.branch.id },
      TERMINAL,
      3_000,
    );
    expect(await readerOfFeed(db, secret, 4_000)).toBeUndefined();
  });

  it('the audit tells a secretary of their own people and things only', async () => {
    const { own, other } = county;
    const ann = await own.secretary.actor();
    await setGroupEnabled(db, own.group.key, false, own.secretary.id, 2_000);
    await setGroupEnabled(db, other.group.key, false, other.secretary.id, 2_000);
    await setGroupEnabled(db, own.group.key, true, county.chief.id, 3_000);
    const seen = await readScopedAudit(db, ann, { what: 'group.enable' });
    expect(seen.map(({ who, subject }) => [who, subject])).toContainEqual([county.chief.id, own.group.id]);
    const groups = await readScopedAudit(db, ann, { what: 'group' });
    expect(groups.some(({ subject }) => subject === other.group.id)).toBe(false);
    const all = await readScopedAudit(db, await county.chief.actor(), { what: 'group', limit: 500 });
    expect(all.some(({ subject }) => subject === other.group.id)).toBe(true);
    const [newest, next] = all;
    expect(
      (await readScopedAudit(db, await county.chief.actor(), { what: 'group', before: newest?.id ?? '' }))[0]
        ?.id,
    ).toBe(next?.id);
  });
});
