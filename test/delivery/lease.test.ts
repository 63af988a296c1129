import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SECOND } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { LEASE, releaseAccounts, renewAccounts, takeAccounts } from '../../src/delivery/lease.ts';
import { silentLog } from '../../src/log.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ACCOUNTS = ['wechaty:county', 'wechaty:north'];
const ONE = { instance: 'one:/data', epoch: 'e1' };
const OTHER = { instance: 'other:/data', epoch: 'e2' };

describe.each(DIALECTS)('whose an account is, on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let clock: TestClock;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    clock = testClock('2026-11-24T12:00:00+08:00');
  });
  afterEach(async () => {
    await close();
  });

  /** Lets seconds pass until `work` has ended. */
  async function passing<T>(work: Promise<T>, each: () => Promise<unknown> = async () => undefined) {
    let isDone = false;
    const result = work.finally(() => (isDone = true));
    result.catch(() => undefined);
    while (!isDone) {
      clock.advance(SECOND);
      await each();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await result;
  }

  it('is refused while another server is alive', async () => {
    await takeAccounts(db, ACCOUNTS, ONE, clock, silentLog);
    const taking = takeAccounts(db, ['wechaty:north'], OTHER, clock, silentLog);
    await expect(passing(taking, async () => renewAccounts(db, ACCOUNTS, ONE, clock.now()))).rejects.toThrow(
      /wechaty:north is driven by another server \(one:\/data\)/,
    );
    expect(await renewAccounts(db, ACCOUNTS, ONE, clock.now())).toBe(true);
  });

  it('is taken over when the lease of a dead server has run out; the dead one finds out', async () => {
    await takeAccounts(db, ACCOUNTS, ONE, clock, silentLog);
    const from = clock.now();
    await passing(takeAccounts(db, ['wechaty:north'], OTHER, clock, silentLog));
    expect(clock.now() - from).toBeGreaterThanOrEqual(LEASE);
    expect(await renewAccounts(db, ACCOUNTS, ONE, clock.now())).toBe(false);
    expect(await renewAccounts(db, ['wechaty:north'], OTHER, clock.now())).toBe(true);
  });

  it('is taken at once by the next start on the same data folder, and after a clean end', async () => {
    await takeAccounts(db, ACCOUNTS, ONE, clock, silentLog);
    await takeAccounts(db, ACCOUNTS, { ...ONE, epoch: 'e3' }, clock, silentLog);
    expect(await renewAccounts(db, ACCOUNTS, ONE, clock.now())).toBe(false);
    await releaseAccounts(db, { ...ONE, epoch: 'e3' });
    await takeAccounts(db, ACCOUNTS, OTHER, clock, silentLog);
  });
});
