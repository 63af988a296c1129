/** What was planned in time and couldn't go out within its grace. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import type { Misfire } from '../../src/db/tables.ts';
import { findDelivery, moveDelivery } from '../../src/delivery/ledger.ts';
import { resolveDelivery } from '../../src/delivery/resolve.ts';
import { loadCatalogue } from '../../src/lessons/catalogue.ts';
import { recordCatalogue } from '../../src/lessons/revisions.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { endLate } from '../../src/schedule/late.ts';
import { FATES } from '../../src/schedule/misfire.ts';
import { planDue } from '../../src/schedule/planner.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const HOUR_PLANNED = Date.parse('2026-11-24T20:00:00+08:00');

describe.each(DIALECTS)('a late delivery on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
  });
  afterEach(async () => {
    await close();
  });

  async function plan(misfire: Misfire, grace: number): Promise<string> {
    const catalogue = await loadCatalogue(new URL('../../lessons', import.meta.url).pathname);
    await recordCatalogue(db, catalogue, 'test', 1);
    const { key } = await recordSeenGroup(db, { account: 'wechaty', roomId: 'r@x', topic: '群' }, 1);
    const group = await setGroupEnabled(db, key, true, 'test', 1);
    const content = catalogue.lessons[0]?.id ?? '';
    const when = { at: HOUR_PLANNED };
    await addSchedule(
      db,
      { kind: 'lesson', content, groups: [group], when, zone: 'Asia/Shanghai', misfire, grace },
      'test',
      HOUR_PLANNED - DAY,
    );
    await planDue(db, catalogue.lessons, HOUR_PLANNED);
    return (await db.selectFrom('delivery').select('id').executeTakeFirstOrThrow()).id;
  }

  it.each<[Misfire, string, string, number]>([
    ['catch-up', 'expired', FATES.late.reason, 0],
    ['skip', 'skipped', FATES.skip.reason, 0],
    ['fold', 'skipped', FATES.fold.reason, 1],
  ])(
    'of a schedule that says %s becomes %s after its grace, not before',
    async (misfire, state, reason, told) => {
      const id = await plan(misfire, HOUR);
      expect(await endLate(db, HOUR_PLANNED + HOUR)).toBe(0);
      expect(await endLate(db, HOUR_PLANNED + HOUR + 1)).toBe(1);
      expect(await findDelivery(db, id)).toMatchObject({ state, reason });
      expect(await db.selectFrom('folded').select('title').execute()).toEqual(
        told === 1 ? [{ title: '横州和茉莉花' }] : [],
      );
      expect(await endLate(db, HOUR_PLANNED + 2 * HOUR)).toBe(0);
    },
  );

  it('that a person decided to send goes out however late it is', async () => {
    const id = await plan('catch-up', HOUR);
    const later = HOUR_PLANNED + 2 * HOUR;
    await endLate(db, later);
    const { no } = await db.selectFrom('delivery').select('no').executeTakeFirstOrThrow();
    await resolveDelivery(db, no, 'resend', 'test', later);
    expect(await endLate(db, later + DAY)).toBe(0);
    expect(await findDelivery(db, id)).toMatchObject({ state: 'planned' });
  });

  it('of which a part was said is finished; one that is being said is left alone', async () => {
    const id = await plan('catch-up', HOUR);
    await moveDelivery(db, id, { from: ['planned'], to: 'queued' }, HOUR_PLANNED);
    await moveDelivery(db, id, { from: ['queued'], to: 'sending' }, HOUR_PLANNED);
    expect(await endLate(db, HOUR_PLANNED + DAY)).toBe(0);
    await db
      .insertInto('delivery_part')
      .values({
        delivery_id: id,
        seq: 0,
        account: 'wechaty',
        kind: 'text',
        body: '一',
        alt: '',
        hash: 'h',
        state: 'sent',
        message_id: 'm',
        sending_at: HOUR_PLANNED,
        sent_at: HOUR_PLANNED,
      })
      .execute();
    await moveDelivery(
      db,
      id,
      { from: ['sending'], to: 'planned', dueAt: HOUR_PLANNED + MINUTE },
      HOUR_PLANNED,
    );
    expect(await endLate(db, HOUR_PLANNED + DAY)).toBe(0);
  });
});
