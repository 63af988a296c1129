/**
 * Every command and every page, with each role, against another branch's things: what lies outside is answered
 * exactly as if it weren't there, and nothing of it changes.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DESK } from '../src/chat/commands/secretary.ts';
import { type SecretaryCommand, wordsOfCommand } from '../src/chat/secretary-words.ts';
import { HOUR } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { newId, takeNumbers } from '../src/db/ids.ts';
import { moveDelivery, planDeliveries } from '../src/delivery/ledger.ts';
import { loadCatalogue } from '../src/lessons/catalogue.ts';
import { submitItem, writeItem } from '../src/lessons/review.ts';
import { silentLog } from '../src/log.ts';
import { revokeRole } from '../src/people/roles.ts';
import { TERMINAL } from '../src/people/scope.ts';
import { issueMemberLink, spendLoginToken } from '../src/people/sessions.ts';
import { addSchedule } from '../src/schedule/schedules.ts';
import { webParts } from '../src/site.ts';
import { makeRoutes } from '../src/web/server.ts';
import { DIALECTS } from './support/databases.ts';
import { type Office, openOffice } from './support/office.ts';

const ROOT = new URL('../', import.meta.url).pathname;
const catalogue = await loadCatalogue(`${ROOT}lessons`);
const NOWHERE = 99_999;

describe.each(DIALECTS)('the walk on %s', (dialect) => {
  let office: Office;
  beforeEach(async () => {
    office = await openOffice(dialect, { lessons: catalogue.lessons });
  });
  afterEach(async () => {
    await office.close();
  });

  /** One of each thing that is named by a number, of the other branch. */
  async function furnish() {
    const { db, clock, county, account } = office;
    const now = clock.now();
    const { group, branch, deputy, member } = county.other;
    const schedule = await addSchedule(
      db,
      {
        kind: 'lesson',
        content: 'cunchu-huacha',
        groups: [group],
        when: { at: now + HOUR },
        zone: 'Asia/Shanghai',
      },
      deputy.id,
      now,
    );
    const plan = async (state: 'unknown' | 'failed') => {
      const [id = ''] = await planDeliveries(
        db,
        [{ cause: newId(), kind: 'digest', account, groupId: group.id, content: 'day', plannedAt: now }],
        now,
      );
      for (const to of ['queued', 'sending', state] as const)
        await moveDelivery(
          db,
          id,
          { from: [to === 'queued' ? 'planned' : to === 'sending' ? 'queued' : 'sending'], to },
          now,
        );
      return (await db.selectFrom('delivery').select('no').where('id', '=', id).executeTakeFirstOrThrow()).no;
    };
    const text = { kind: 'notice', body: '乙支部开会', unitId: branch.id, groupIds: [group.id] } as const;
    const item = await writeItem(db, text, await deputy.actor(), now);
    await submitItem(db, item.no, await deputy.actor(), now);
    const certification = await takeNumbers(db, 'certification');
    await db
      .insertInto('certification')
      .values({
        id: newId(),
        no: certification,
        account,
        contact_id: 'stranger',
        asked_by: member.id,
        claimed_name: '乙成员',
        member_id: member.id,
        unit_id: branch.id,
        evidence: 'name',
        state: 'waiting',
        reason: null,
        created_at: now,
        noticed_at: now,
        decided_at: null,
        decided_by: null,
      })
      .execute();
    return {
      schedule: schedule.no,
      delivery: await plan('unknown'),
      failed: await plan('failed'),
      review: item.no,
      certification,
    };
  }

  /** Everything of the other branch that a command could change. */
  async function snapshot() {
    const { db } = office;
    return JSON.stringify([
      await db.selectFrom('schedule').selectAll().orderBy('no').execute(),
      await db
        .selectFrom('delivery')
        .select(['no', 'state', 'reason'])
        .where('group_id', 'is not', null)
        .orderBy('no')
        .execute(),
      await db.selectFrom('review_item').selectAll().orderBy('no').execute(),
      await db.selectFrom('review_vote').selectAll().orderBy('id').execute(),
      await db.selectFrom('role_grant').selectAll().orderBy('id').execute(),
      await db.selectFrom('certification').select(['no', 'state']).orderBy('no').execute(),
      await db.selectFrom('session').selectAll().execute(),
    ]);
  }

  /** What is said about the other branch's thing, and about one that isn't there. */
  function pairs(name: SecretaryCommand, ids: Awaited<ReturnType<typeof furnish>>): [string, string][] {
    const word = wordsOfCommand(name)[0] ?? '';
    const numbers = (...known: number[]): [string, string][] =>
      known.map((no) => [`${word} ${no} 好`, `${word} ${NOWHERE} 好`]);
    const bare = (...known: number[]): [string, string][] =>
      known.map((no) => [`${word} ${no}`, `${word} ${NOWHERE}`]);
    switch (DESK[name].names) {
      case 'nothing':
        return [[word, word]];
      case 'schedule':
        return bare(ids.schedule);
      case 'delivery':
        return bare(ids.delivery, ids.failed);
      case 'review':
        return name === 'revise' || name === 'return' ? numbers(ids.review) : bare(ids.review);
      case 'group':
        return name === 'plan'
          ? [[`${word} 三会一课 周五 20:00 乙支部群`, `${word} 三会一课 周五 20:00 丙支部群`]]
          : name === 'announce'
            ? [[`${word} 乙支部群 开会`, `${word} 丙支部群 开会`]]
            : [[`${word} 乙支部群`, `${word} 丙支部群`]];
      case 'member':
        return [
          [`${word} 乙成员 书记 甲支部`, `${word} 丙成员 书记 甲支部`],
          [`${word} 甲成员 书记 乙支部`, `${word} 甲成员 书记 丙支部`],
        ];
      case 'code':
        return [[`${word} 123456`, `${word} 654321`]];
    }
  }

  /** Without what was named: the same words about both. */
  const masked = (reply: string) => reply.replaceAll(/\d+/g, 'N').replaceAll(/[乙丙](?=成员|支部)/g, '某');

  it('answers about another branch as about nothing, in every command and role', async () => {
    const ids = await furnish();
    const before = await snapshot();
    const { own } = office.county;
    const walkers = { member: own.member, secretary: own.secretary, department: own.head };
    for (const [role, person] of Object.entries(walkers))
      for (const name of Object.keys(DESK) as SecretaryCommand[])
        for (const [theirs, nobodys] of pairs(name, ids)) {
          const where = `${role}: ${theirs}`;
          const heard = await office.tell(person.contactId, theirs);
          await office.tell(person.contactId, '取消');
          const same = await office.tell(person.contactId, nobodys);
          expect(masked(heard), where).toBe(masked(same));
          expect(heard, where).not.toBe('');
          // Nor is it told what there is.
          expect(
            heard.replaceAll(/「?乙(支部群|支部|成员)/g, (all) =>
              theirs.includes(all.replace('「', '')) ? '' : all,
            ),
            where,
          ).not.toMatch(/乙|开会[^」]*乙|学习简报/);
          if (role === 'member') expect(heard, where).toMatch(/^没有这个说法/);
          else if (/\d/.test(theirs) && !['plan', 'desk'].includes(name))
            expect(heard, where).toMatch(/没有找到这/);
          await office.tell(person.contactId, '取消');
        }
    for (const word of ['同意', '拒绝'])
      for (const person of Object.values(walkers)) {
        const heard = await office.tell(person.contactId, `${word} ${ids.certification}`);
        expect(masked(heard)).toBe(masked(await office.tell(person.contactId, `${word} ${NOWHERE}`)));
      }
    expect(await snapshot()).toBe(before);
  });

  it('lets those who are responsible do all of it', async () => {
    const ids = await furnish();
    const { other, chief } = office.county;
    for (const person of [other.secretary, other.head, chief]) {
      expect(await office.tell(person.contactId, '课表')).toMatch(new RegExp(`${ids.schedule} 号`));
      expect(await office.tell(person.contactId, '投递')).toMatch(new RegExp(`^${ids.delivery} 号`, 'm'));
      expect(await office.tell(person.contactId, '待审')).toMatch(new RegExp(`^${ids.review} 号`, 'm'));
      expect(await office.tell(person.contactId, '谁没学 乙支部群')).toMatch(/乙支部群：还没有发过课/);
    }
    expect(await office.tell(other.secretary.contactId, `已收到 ${ids.delivery}`)).toMatch(/算到群了/);
    expect(await office.tell(other.head.contactId, `不发 ${ids.failed}`)).toMatch(/不发了/);
    expect(await office.tell(chief.contactId, `取消 ${ids.schedule}`)).toMatch(/已取消/);
    await office.tell(chief.contactId, `待审 ${ids.review}`);
    expect(await office.tell(chief.contactId, `通过 ${ids.review}`)).toMatch(/通过了/);
  });

  it('shows each role its own figures on the page, and none to whoever has none', async () => {
    const { db, clock, county } = office;
    const config = readConfig(
      { HOST: '0.0.0.0', PUBLIC_URL: 'https://weike.example.cn', LESSONS_DIR: `${ROOT}lessons` },
      ROOT,
    );
    await furnish();
    const app = {
      catalogue: () => catalogue,
      tick: async () => undefined,
      restart: async () => undefined,
    };
    const parts = webParts({ config, db, clock, log: silentLog, app, channels: [] }, async () => ({
      status: 'ok',
      parts: { database: 'ok', queue: 'ok', unknownDeliveries: 7, heldDeliveries: 0, channels: [] },
    }));
    const { app: routes, close } = makeRoutes(parts);
    const open = async (memberId: string) => {
      const link = (await issueMemberLink(db, memberId, clock.now())) ?? '';
      const session = (await spendLoginToken(db, link, clock.now()))?.session ?? '';
      return async (path: string) => {
        const answer = await routes.request(`https://weike.example.cn${path}`, {
          headers: { host: 'weike.example.cn', cookie: `weike_session=${session}` },
        });
        return { status: answer.status, text: await answer.text() };
      };
    };
    const sees = async (memberId: string) => {
      const { status, text } = await (await open(memberId))('/');
      return [status, /甲支部群/.test(text), /乙支部群/.test(text), /运行情况/.test(text)];
    };
    const { own, other, chief } = county;
    expect(await sees(own.member.id)).toEqual([401, false, false, false]);
    expect(await sees(own.secretary.id)).toEqual([200, true, false, false]);
    expect(await sees(own.head.id)).toEqual([200, true, false, false]);
    expect(await sees(other.secretary.id)).toEqual([200, false, true, false]);
    expect(await sees(chief.id)).toEqual([200, true, true, true]);

    // The role is asked for each time.
    const page = await open(own.secretary.id);
    expect((await page('/')).status).toBe(200);
    await revokeRole(
      db,
      { memberId: own.secretary.id, role: 'secretary', unitId: own.branch.id },
      TERMINAL,
      clock.now(),
    );
    expect((await page('/')).status).toBe(401);
    close();
  });
});
