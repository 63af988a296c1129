/** What was done to the roster a moment ago, taken back: as if it had not been, and written down. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Db } from '../../src/db/open.ts';
import { listPeopleCounts } from '../../src/digest/people-counts.ts';
import { issueCodes, liveCodeOf, spendCode, takeBackCode } from '../../src/people/codes.ts';
import { bindIdentity } from '../../src/people/identities.ts';
import {
  addMember,
  changeMember,
  getMemberByName,
  leaveRoster,
  listMembers,
} from '../../src/people/members.ts';
import { planImport } from '../../src/people/roster-import.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { lastRosterChange, undoRosterChange } from '../../src/people/undo-roster.ts';
import { addUnit } from '../../src/people/units.ts';
import { grantRole } from '../../src/people/roles.ts';
import { readSheets } from '../../src/sheets/read.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ANN = { who: 'ann', via: 'console' };
const BOB = { who: 'bob', via: 'console' };
const TODAY = '2026-11-24';

describe.each(DIALECTS)('what is taken back on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let unit: string;
  let other: string;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    unit = (await addUnit(db, { name: '花茶党支部' }, ANN, 1)).id;
    other = (await addUnit(db, { name: '村淘党支部' }, ANN, 1)).id;
  });
  afterEach(async () => await close());

  const getMember = async (id: string) =>
    await db.selectFrom('member').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const undo = async (id: string, by: { who: string; via: string } = ANN, now = 50) => {
    const member = await getMember(id);
    const last = await lastRosterChange(db, id);
    return await undoRosterChange(db, member, last?.id ?? '', { name: '黄秀兰', number: 'A1' }, by, now);
  };
  const add = async (day = TODAY) =>
    (await addMember(db, { name: '黄秀兰', unit: '花茶党支部', number: 'A1', day }, ANN, 10)).id;
  const audited = async (id: string) =>
    (
      await db.selectFrom('audit').select(['what', 'via']).where('subject', '=', id).orderBy('id').execute()
    ).map(({ what, via }) => `${what} ${via}`);
  const peopleOf = async (unitId: string) =>
    (await listPeopleCounts(db, { from: '2026-11-01', to: '2026-11-30' }, [unitId])).map(({ name }) => name);

  it('somebody added was never there: not in figures, not in the way of the right one', async () => {
    const id = await add();
    expect(await peopleOf(unit)).toEqual(['黄秀兰']);
    expect(await undo(id)).toEqual({ kind: 'removed' });
    expect(await peopleOf(unit)).toEqual([]);
    expect(await listMembers(db)).toEqual([]);
    expect(await listMembers(db, { left: true })).toEqual([]);
    await expect(getMemberByName(db, '黄秀兰')).rejects.toThrow(/nobody on the roster/);
    expect(await audited(id)).toEqual(['member.add console', 'member.unadd console']);
    const sheets = await readSheets(Buffer.from('姓名,编号,党支部\r\n黄秀兰,A1,花茶党支部\r\n'), {
      name: '名册',
    });
    const planned = await planImport(db, sheets, { day: TODAY }, TERMINAL);
    expect([planned.added.length, planned.faults]).toEqual([1, []]);
    // The number is free again.
    expect(await add()).not.toBe(id);
    await expect(undo(id)).rejects.toThrow(/changed again since|taken back/);
  });

  it('nobody is taken off again whom an account is known as', async () => {
    const id = await add();
    await bindIdentity(db, { account: 'sandbox', contactId: 'c', memberId: id, how: 'name' }, 20);
    await expect(undo(id)).rejects.toMatchObject({ said: expect.stringContaining('已经有账号认作此人') });
    expect((await getMember(id)).left_at).toBeNull();
  });

  it('a change goes back from the day on which it was made', async () => {
    const id = await add('2026-01-05');
    const change = { name: '黄秀南', number: 'A2', unitId: other, status: 'masses' } as const;
    await changeMember(db, await getMember(id), change, TODAY, ANN, 20);
    expect(await peopleOf(other)).toEqual(['黄秀南']);
    expect(await undo(id)).toEqual({ kind: 'changed' });
    expect(await getMember(id)).toMatchObject({
      name: '黄秀兰',
      number: 'A1',
      unit_id: unit,
      status: 'full',
    });
    expect(await peopleOf(other)).toEqual([]);
    const spans = await db
      .selectFrom('member_place')
      .select(['unit_id', 'from_day', 'to_day'])
      .where('member_id', '=', id)
      .orderBy('id')
      .execute();
    expect(spans).toEqual([
      { unit_id: unit, from_day: '2026-01-05', to_day: TODAY },
      { unit_id: other, from_day: TODAY, to_day: TODAY },
      { unit_id: unit, from_day: TODAY, to_day: null },
    ]);
    expect(await audited(id)).toEqual([
      'member.add console',
      'member.change console',
      'member.change console',
    ]);
  });

  it('only the last change, and only one’s own', async () => {
    const id = await add();
    const { id: first = '' } = (await lastRosterChange(db, id)) ?? {};
    await changeMember(db, await getMember(id), { status: 'masses' }, TODAY, BOB, 20);
    const personal = { name: '黄秀兰', number: 'A1' };
    await expect(undoRosterChange(db, await getMember(id), first, personal, ANN, 30)).rejects.toThrow(
      /changed again/,
    );
    await expect(undo(id, ANN)).rejects.toThrow(/changed again/);
    await undo(id, BOB);
    expect((await getMember(id)).status).toBe('full');
  });

  it('whoever left by mistake is back on that day; roles are for a person to give', async () => {
    const id = await add('2026-01-05');
    await grantRole(db, { memberId: id, role: 'secretary', unitId: unit }, TERMINAL, 15);
    await leaveRoster(db, id, 'left', TODAY, ANN, 20);
    expect(await undo(id)).toEqual({ kind: 'returned', roles: 1 });
    expect(await getMember(id)).toMatchObject({ left_at: null, unit_id: unit, status: 'full' });
    expect(await audited(id)).toEqual([
      'member.add console',
      'role.grant cli',
      'member.leave console',
      'member.return console',
    ]);
  });

  it('a code works no more, and the one on paper works again', async () => {
    const id = await add();
    const issue = async (now: number) => {
      const [printed] = await issueCodes(db, { memberId: id }, { ...TERMINAL, ...ANN }, now);
      return { code: printed?.code ?? '', codeId: (await liveCodeOf(db, id))?.id ?? '' };
    };
    const paper = await issue(20);
    const slip = await issue(30);
    expect(await spendCode(db, [id], paper.code, 31)).toBeUndefined();
    const actor = { ...TERMINAL, ...ANN };
    expect(await takeBackCode(db, { memberId: id, codeId: slip.codeId }, actor, 40)).toBe(true);
    expect(await spendCode(db, [id], slip.code, 41)).toBeUndefined();
    await expect(takeBackCode(db, { memberId: id, codeId: slip.codeId }, actor, 42)).rejects.toThrow(
      /used or replaced/,
    );
    expect(await spendCode(db, [id], paper.code, 43)).toBe(id);
    const only = await issue(50);
    expect(await takeBackCode(db, { memberId: id, codeId: only.codeId }, actor, 60)).toBe(false);
    expect(await spendCode(db, [id], only.code, 61)).toBeUndefined();
    expect((await audited(id)).filter((one) => one.startsWith('code.withdraw'))).toEqual([
      'code.withdraw console',
      'code.withdraw console',
    ]);
  });
});
