import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MINUTE, SECOND } from '../../src/clock.ts';
import { readAudit } from '../../src/db/audit.ts';
import { sql } from '../../src/db/sql.ts';
import type { Tables } from '../../src/db/tables.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { recordSeat } from '../../src/people/groups.ts';
import { findMemberOf } from '../../src/people/identities.ts';
import { addMember } from '../../src/people/members.ts';
import { readUnitCounts } from '../../src/digest/unit-counts.ts';
import { PERSONAL } from '../../src/people/personal.ts';
import { ERASED, eraseMember, flattenRecord, readOwnRecord } from '../../src/people/rights.ts';
import {
  isLoginTokenLive,
  issueMemberLink,
  LINK_LIFE,
  spendLoginToken,
  spendRecordLink,
} from '../../src/people/sessions.ts';
import { applyTombstones, tombstoneFile, writeTombstone } from '../../src/people/tombstones.ts';
import { DIALECTS } from '../support/databases.ts';
import { openOffice } from '../support/office.ts';
import { openSchool, type School } from '../support/school.ts';

const BY = { who: 'test' };
const DAY = '2026-11-24';

describe.each(DIALECTS)('rights on %s', (dialect) => {
  let school: School;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weike-rights-'));
    school = await openSchool(dialect, '2026-11-24T18:00:00+08:00');
  });
  afterEach(async () => {
    await school.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An evening in which 韦国强 answers, checks in, is named in an acknowledgement, a digest and a reply. */
  async function learn(): Promise<string> {
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    const bob = school.pupil('韦国强');
    await bob.says('1B 2A');
    await bob.says('打卡 韦国强今天学了存茶');
    await school.pupil('黄秀兰').says('1B');
    await school.pass(31 * SECOND);
    await school.hears(/已收到 .*韦国强/);
    await bob.whispers('我的');
    await bob.hears(/韦国强：学了 1 天/);
    await bob.whispers('认证 韦国强');
    await school.pass(31 * MINUTE);
    await school.hears(/【答案】/);
    await school.pass(90 * MINUTE);
    await school.hears(/第2课/);
    await school.pass(90 * MINUTE);
    await school.hears(/学习简报/);
    const { id } = await school.db
      .selectFrom('member')
      .select('id')
      .where('name', '=', '韦国强')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** Every text in the database, table by table. */
  async function everyText(): Promise<string> {
    const { db } = school;
    const tables =
      dialect === 'sqlite'
        ? (await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db)).rows
        : (
            await sql<{ name: string }>`select table_name as name from information_schema.tables
              where table_schema = 'public'`.execute(db)
          ).rows;
    const texts: string[] = [];
    for (const { name } of tables) {
      // The sandbox's own world is made up, and its chat is the other side's.
      if (name.startsWith('sandbox_')) continue;
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(db);
      texts.push(`${name}: ${JSON.stringify(rows)}`);
    }
    return texts.join('\n');
  }

  it('give a member all that is kept of them, and nobody else’s', async () => {
    const id = await learn();
    const record = await readOwnRecord(school.db, id);
    expect(record.member).toMatchObject([{ name: '韦国强', status: 'full' }]);
    expect(record.answer).toHaveLength(2);
    expect(record.checkin).toMatchObject([{ note: '韦国强今天学了存茶' }]);
    expect(record.group_member).toMatchObject([{ topic: '花茶协会党支部群' }]);
    expect(record.message?.length).toBeGreaterThan(2);
    expect(record.member_place).toHaveLength(1);
    expect(JSON.stringify(record)).not.toMatch(/黄秀兰/);
    const flat = flattenRecord(record);
    expect(flat).toContainEqual({ table: 'checkin', row: 1, column: 'note', value: '韦国强今天学了存茶' });
  });

  it('forget a name everywhere, while the counts stay', async () => {
    const id = await learn();
    const { db, clock } = school;
    const counts = async () => ({
      units: [...(await readUnitCounts(db, { from: DAY, to: DAY })).counts]
        .map(([unitId, { answers, correct, checkins, learned }]) => [
          unitId,
          answers,
          correct,
          checkins,
          learned,
        ])
        .toSorted(([a = ''], [b = '']) => String(a).localeCompare(String(b))),
      windows: await db.selectFrom('rollup_window').selectAll().orderBy('window_id').execute(),
    });
    await school.pupil('韦国强').whispers('提醒我');
    await school.pupil('韦国强').whispers('练习 好');
    const before = await counts();
    expect(await everyText()).toMatch(/韦国强/);
    expect(await eraseMember(db, id, { day: '2026-11-25', by: BY, now: clock.now() })).toBe(true);
    expect(await everyText()).not.toMatch(/韦国强|huacha-02/);
    expect(await counts()).toEqual(before);
    await rebuildRollups(db, 'Asia/Shanghai');
    expect(await counts()).toEqual(before);
    expect(await db.selectFrom('member').select('name').where('id', '=', id).execute()).toEqual([
      { name: ERASED },
    ]);
    expect(await eraseMember(db, id, { day: '2026-11-25', by: BY, now: clock.now() })).toBe(false);
    const agreed = await db
      .selectFrom('consent')
      .select('withdrawn_at')
      .where('member_id', '=', id)
      .execute();
    expect(agreed.map(({ withdrawn_at: at }) => at)).toEqual([clock.now(), clock.now()]);

    // Whoever goes on writing is nobody that we knew.
    await school.pupil('韦国强').says('打卡');
    const last = await db
      .selectFrom('checkin')
      .select('member_id')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    expect(last.member_id).not.toBe(id);
  });

  it('are kept again when an old backup brings a name back', async () => {
    const id = await learn();
    const { db, clock } = school;
    const file = tombstoneFile(folder);
    // The backup is what the database still is: the erasure happened after it.
    await writeTombstone(file, id, clock.now());
    const at = { day: '2026-11-25', now: clock.now() };
    expect(await applyTombstones(db, file, at)).toBe(1);
    expect(await everyText()).not.toMatch(/韦国强/);
    expect(await applyTombstones(db, file, at)).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toMatch(/韦国强/);

    // A file that was lost is written again from the database.
    rmSync(file);
    await applyTombstones(db, file, at);
    expect(readFileSync(file, 'utf8')).toContain(id);
  });

  it('hold for every table that has something of a member', async () => {
    const columns =
      dialect === 'sqlite'
        ? (
            await sql<{ table: string; column: string }>`select m.name as "table", p.name as "column"
              from sqlite_master m, pragma_table_info(m.name) p where m.type = 'table'`.execute(school.db)
          ).rows
        : (
            await sql<{ table: string; column: string }>`select table_name as "table", column_name as "column"
              from information_schema.columns where table_schema = 'public'`.execute(school.db)
          ).rows;
    const missing = columns
      .filter(({ column }) => column === 'member_id')
      .map(({ table }) => table)
      .filter((table) => !(table in PERSONAL));
    expect(missing).toEqual([]);
    for (const [table, { column, words = {} }] of Object.entries(PERSONAL))
      for (const name of [column, ...Object.keys(words)])
        expect(columns).toContainEqual({ table: table as keyof Tables, column: name });
  });

  it('leave a trail of who did what, from where', async () => {
    const { db } = school;
    const pupil = school.pupil('黄秀兰');
    await db.updateTable('member').set({ certified_at: 1 }).where('name', '=', '黄秀兰').execute();
    await pupil.whispers('亮明身份 开');
    await pupil.hears(/会写/);
    const [last] = await readAudit(db, { what: 'member.shows-party' });
    expect(last).toMatchObject({ via: 'chat', after: '{"shows":true}' });
    const who = last?.who ?? '';
    expect((await readAudit(db, { who: [who] })).length).toBeGreaterThan(0);
    const roles = await readAudit(db, { what: 'role' });
    expect(roles).toHaveLength(3);
    expect(roles.every(({ what, via }) => what === 'role.grant' && via === 'cli')).toBe(true);
    expect(await readAudit(db, { what: 'rol' })).toEqual([]);
    expect(await readAudit(db, { from: last?.at ?? 0, to: (last?.at ?? 0) + 1, limit: 1 })).toEqual([last]);
    expect(await readAudit(db, { to: 1 })).toEqual([]);
  });
});

describe.each(DIALECTS)('我的数据 on %s', (dialect) => {
  it('gives a member their own record behind a link that works once', async () => {
    const office = await openOffice(dialect);
    const { db, clock, county } = office;
    const { member } = county.own;
    const secretOf = (reply: string) => /\/record\?t=([\w-]+)/.exec(reply)?.[1] ?? '';
    const secret = secretOf(await office.tell(member.contactId, '我的数据'));
    expect(secret).not.toBe('');
    // It opens no session, and a link that opens one gives no record.
    expect(await spendLoginToken(db, secret, clock.now())).toBeUndefined();
    expect(await isLoginTokenLive(db, secret, clock.now())).toBe(false);
    const other = (await issueMemberLink(db, county.own.secretary.id, clock.now())) ?? '';
    expect(await spendRecordLink(db, other, clock.now())).toBeUndefined();
    expect(await isLoginTokenLive(db, secret, clock.now(), { isRecord: true })).toBe(true);
    expect(await spendRecordLink(db, secret, clock.now())).toBe(member.id);
    expect(await spendRecordLink(db, secret, clock.now())).toBeUndefined();
    const late = secretOf(await office.tell(member.contactId, '我的数据'));
    expect(await spendRecordLink(db, late, clock.now() + LINK_LIFE)).toBeUndefined();
    for (let count = 0; count < 4; count += 1) await office.tell(member.contactId, '我的数据');
    expect(await office.tell(member.contactId, '我的数据')).toMatch(/过十分钟/);
    const trail = await readAudit(db, { what: 'member.data' });
    expect(trail.map(({ who, subject }) => [who, subject])).toEqual([[member.id, member.id]]);
    await office.close();
  });

  it('gives nothing of a member to whoever only goes by their name', async () => {
    const office = await openOffice(dialect);
    const { db, county } = office;
    const named = await addMember(db, { name: '黄秀兰', unit: '甲支部' }, BY, 1);
    await recordSeat(db, county.own.group.id, 'thief', '黄秀兰');
    await office.tell('thief', '我的', '黄秀兰');
    expect((await findMemberOf(db, office.account, 'thief'))?.id).toBe(named.id);
    expect(await office.tell('thief', '我的数据', '黄秀兰')).toMatch(/要先认证/);
    await recordSeat(db, county.own.group.id, 'guest', '快乐每一天');
    expect(await office.tell('guest', '我的数据', '快乐每一天')).toMatch(/\/record\?t=/);
    await office.close();
  });
});
