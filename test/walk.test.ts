/**
 * Every command and every page, with each role, against another branch's things: what lies outside is answered
 * exactly as if it weren't there, and nothing of it changes.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DESK } from '../src/chat/commands/secretary.ts';
import { type SecretaryCommand, wordsOfCommand } from '../src/chat/secretary-words.ts';
import { type CommandName, WORDS_OF_COMMANDS } from '../src/chat/words.ts';
import { HOUR } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { newId, takeNumbers } from '../src/db/ids.ts';
import { moveDelivery, planDeliveries } from '../src/delivery/ledger.ts';
import { loadCatalogue } from '../src/lessons/catalogue.ts';
import { askExport } from '../src/digest/export-jobs.ts';
import { spanAround } from '../src/digest/spans.ts';
import { startDraft } from '../src/lessons/drafts.ts';
import { recordCatalogue } from '../src/lessons/revisions.ts';
import { issueToken } from '../src/people/tokens.ts';
import { addItems } from '../src/quiz/bank.ts';
import { openWindow } from '../src/quiz/windows.ts';
import { submitItem, writeItem } from '../src/lessons/review.ts';
import { silentLog } from '../src/log.ts';
import { isAtLeast, readActor } from '../src/people/scope.ts';
import { revokeRole } from '../src/people/roles.ts';
import { TERMINAL } from '../src/people/scope.ts';
import { issueMemberLink, spendLoginToken } from '../src/people/sessions.ts';
import { openSandbox } from '../src/channels/sandbox/sandbox.ts';
import { recordInvitation } from '../src/people/reach.ts';
import { addSchedule, removeSchedule } from '../src/schedule/schedules.ts';
import { webParts } from '../src/site.ts';
import { makeRoutes } from '../src/web/server.ts';
import { DIALECTS } from './support/databases.ts';
import { type Office, openOffice } from './support/office.ts';
import { type Asking, type Furniture, PAGES } from './support/walk-pages.ts';

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
    const removed = await addSchedule(
      db,
      {
        kind: 'digest',
        content: 'day',
        groups: [group],
        when: { at: now + 2 * HOUR },
        zone: 'Asia/Shanghai',
      },
      deputy.id,
      now,
    );
    await removeSchedule(db, removed.no, deputy.id, now);
    const match = await takeNumbers(db, 'match');
    await db
      .insertInto('match_item')
      .values({
        id: newId(),
        no: match,
        kind: 'person',
        account,
        group_id: group.id,
        member_id: member.id,
        room_id: null,
        contact_id: 'stranger',
        score: 35,
        reasons: '[]',
        state: 'waiting',
        created_at: now,
        decided_at: null,
        decided_by: null,
      })
      .execute();
    const [sent = ''] = await planDeliveries(
      db,
      [
        {
          cause: newId(),
          kind: 'lesson',
          account,
          groupId: group.id,
          content: 'cunchu-huacha',
          plannedAt: now,
        },
      ],
      now,
    );
    await recordCatalogue(db, catalogue, 'test', now);
    const hash = catalogue.byId.get('cunchu-huacha')?.hash ?? '';
    const window = await openWindow(db, {
      deliveryId: sent,
      groupId: group.id,
      lessonId: 'cunchu-huacha',
      hash,
      opensAt: now,
      closesAt: now + HOUR,
    });
    const question = { stem: '放哪里', options: ['甲', '丙'], key: ['A'], explanation: '', tags: ['花茶'] };
    await addItems(db, [{ ...question, type: 'single', source: 'x' }], 'test', now);
    const span = spanAround('month', '2026-11-24');
    const wanted = { kind: 'workbook', whose: branch.id, span } as const;
    const workbook = await askExport(db, wanted, await deputy.actor(), now);
    const asked = { account, id: 'invited', inviterId: '乙成员', topic: '乙支部新群' };
    const source = '---\ntitle: 乙支部的草稿\n---\n\n乙支部在写\n';
    const draft = await startDraft(db, { source, unitId: branch.id }, await deputy.actor(), now);
    const message = newId();
    await db
      .insertInto('message')
      .values({
        id: message,
        account,
        channel_id: message,
        room_id: group.room_id,
        contact_id: '乙成员',
        sender_name: '乙成员',
        kind: 'text',
        text: '乙支部的话',
        mention: 0,
        sent_at: now,
        received_at: now,
        state: 'handled',
        attempts: 0,
        try_at: null,
        intent: '{"kind":"none"}',
        handled_at: now,
      })
      .execute();
    return {
      draft: draft.no,
      message,
      unit: branch.id,
      workbook: workbook.no,
      removed: removed.no,
      match,
      invitation: (await recordInvitation(db, asked, now)) ?? 0,
      member: member.id,
      group: group.key,
      window: window.id,
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
      // What the walkers write is their own.
      await db
        .selectFrom('review_item')
        .selectAll()
        .where('unit_id', '=', office.county.other.branch.id)
        .orderBy('no')
        .execute(),
      await db.selectFrom('review_vote').selectAll().orderBy('id').execute(),
      await db
        .selectFrom('news_decision')
        .selectAll()
        .where('unit_id', '=', office.county.other.branch.id)
        .execute(),
      await db.selectFrom('role_grant').selectAll().orderBy('id').execute(),
      await db.selectFrom('certification').select(['no', 'state']).orderBy('no').execute(),
      await db.selectFrom('match_item').select(['no', 'state']).orderBy('no').execute(),
      await db.selectFrom('group_invitation').select(['no', 'state']).orderBy('no').execute(),
      await db.selectFrom('identity').select(['id', 'closed_at']).orderBy('id').execute(),
      await db
        .selectFrom('audit')
        .select('what')
        .where('what', 'not like', '%.open')
        .where('what', 'not like', 'calendar.%')
        .where('what', 'not like', 'draft.%')
        .where('what', 'not like', 'roster.%')
        .where('what', 'not like', 'review.%')
        .where('what', 'not like', 'news.%')
        // Of themselves.
        .where('what', 'not in', ['member.ask-erasure', 'token.issue', 'session.revoke'])
        .execute(),
    ]);
  }

  /** What is said about the other branch's thing, and about one that isn't there. */
  type Pairs = (word: string, ids: Awaited<ReturnType<typeof furnish>>) => [string, string][];
  const alone: Pairs = (word) => [[word, word]];
  const numbered =
    (kind: 'schedule' | 'delivery' | 'review' | 'certification', more = ''): Pairs =>
    (word, ids) =>
      (kind === 'delivery' ? [ids.delivery, ids.failed] : [ids[kind]]).map((no) => [
        `${word} ${no}${more}`,
        `${word} ${NOWHERE}${more}`,
      ]);
  const said =
    (...words: string[]): Pairs =>
    (word) =>
      words.map((one) => [`${word} ${one}`, `${word} ${one.replaceAll('乙', '丙')}`]);

  /** Every command of the desk: one without an entry is an error of types, and of the test below. */
  const AT_DESK: Readonly<Record<SecretaryCommand, Pairs>> = {
    plan: said('三会一课 周五 20:00 乙支部群'),
    timetable: alone,
    cancel: numbered('schedule'),
    behind: said('乙支部群'),
    progress: said('乙支部群', '乙支部'),
    announce: said('乙支部群 开会'),
    write: (word) => [[`${word} 标题\n\n正文`, `${word} 标题\n\n正文`]],
    revise: numbered('review', ' 好'),
    withdraw: numbered('review'),
    deliveries: alone,
    resend: numbered('delivery'),
    arrived: numbered('delivery'),
    drop: numbered('delivery'),
    reviews: (word, ids) => [[word, word], ...numbered('review')(word, ids)],
    approve: numbered('review'),
    return: numbered('review', ' 好'),
    grant: said('乙成员 书记 甲支部', '甲成员 书记 乙支部'),
    revoke: said('乙成员 书记 甲支部', '乙书记 书记 乙支部'),
    desk: (word) => [[`${word} 123456`, `${word} 654321`]],
    'log-out': alone,
  };
  /** Every other command. */
  const IN_CHAT: Readonly<Record<CommandName, Pairs>> = {
    help: alone,
    me: alone,
    rank: (word) => [[word, word]],
    lesson: alone,
    makeup: alone,
    // Whoever is certified is told no more than that.
    bind: said('乙成员 AB1234'),
    certifications: alone,
    'approve-certification': numbered('certification'),
    'reject-certification': numbered('certification', ' 不是'),
    'show-party': alone,
    news: (word) => [
      [word, word],
      [`${word} ${NOWHERE}`, `${word} ${NOWHERE + 1}`],
    ],
    'keep-news': (word) => [[`${word} ${NOWHERE}`, `${word} ${NOWHERE + 1}`]],
    'reject-news': (word) => [[`${word} ${NOWHERE}`, `${word} ${NOWHERE + 1}`]],
    unread: alone,
    read: () => [['已阅', '已阅']],
    login: alone,
    question: said('乙支部怎么样'),
    search: said('乙支部'),
    'quit-reminder': alone,
    remind: alone,
    leave: alone,
    practice: alone,
    mistakes: alone,
    data: alone,
    weekly: alone,
    'quit-weekly': alone,
    // Of digests that were shown to their author first.
    rehearse: (_word, ids) => [[`发 ${ids.delivery}`, `发 ${NOWHERE}`]],
  };

  it('knows every command that there is', () => {
    expect(Object.keys(AT_DESK).toSorted()).toEqual(Object.keys(DESK).toSorted());
    expect(Object.keys(IN_CHAT).toSorted()).toEqual(
      [...WORDS_OF_COMMANDS.keys(), 'read', 'rehearse'].toSorted(),
    );
  });

  /** Without what was named: the same words about both. */
  const masked = (reply: string) =>
    reply
      .replaceAll(/t=[\w-]+/g, 't=')
      .replaceAll(/\d+/g, 'N')
      .replaceAll(/[乙丙](?=成员|支部|书记)/g, '某');
  /** What was said apart from the words that were asked with: of the other branch nothing. */
  const beside = (reply: string, asked: string) =>
    reply.replaceAll(/乙(支部群|支部|成员|书记)/g, (all) => (asked.includes(all) ? '' : all));

  it('answers about another branch as about nothing, in every command and role', async () => {
    const ids = await furnish();
    const before = await snapshot();
    const { own } = office.county;
    const walkers = { member: own.member, secretary: own.secretary, department: own.head };
    const all = [
      ...Object.entries(AT_DESK).map(
        ([name, pairs]) => [name, wordsOfCommand(name as SecretaryCommand)[0] ?? '', pairs, true] as const,
      ),
      ...Object.entries(IN_CHAT).map(
        ([name, pairs]) =>
          [name, WORDS_OF_COMMANDS.get(name as CommandName)?.[0] ?? '', pairs, false] as const,
      ),
    ];
    for (const [role, person] of Object.entries(walkers))
      for (const [name, word, pairs, isDesk] of all)
        for (const [theirs, nobodys] of pairs(word, ids)) {
          const where = `${role}: ${theirs}`;
          const heard = await office.tell(person.contactId, theirs);
          await office.tell(person.contactId, '取消');
          const same = await office.tell(person.contactId, nobodys);
          await office.tell(person.contactId, '取消');
          // What is said twice is done once.
          if (!['leave', 'remind', 'quit-reminder', 'weekly', 'quit-weekly'].includes(name))
            expect(masked(heard), where).toBe(masked(same));
          if (name !== 'read' && name !== 'rehearse') expect(heard, where).not.toBe('');
          expect(beside(heard, theirs), where).not.toMatch(/乙|学习简报/);
          if (!isDesk) continue;
          if (role === 'member') {
            if (DESK[name as SecretaryCommand].least !== 'member')
              expect(heard, where).toMatch(/^没有这个说法/);
          } else if (/\d/.test(theirs) && !['plan', 'desk'].includes(name))
            expect(heard, where).toMatch(/没有找到这/);
        }
    expect(await snapshot()).toBe(before);
  }, 30_000);

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

  /** The server's pages as somebody with this session sees them. */
  async function openPages() {
    const { db, clock } = office;
    const config = readConfig(
      { HOST: '0.0.0.0', PUBLIC_URL: 'https://weike.example.cn', LESSONS_DIR: `${ROOT}lessons` },
      ROOT,
    );
    const app = {
      catalogue: () => catalogue,
      tick: async () => undefined,
      restart: async () => undefined,
    };
    const sandbox = openSandbox({ db, clock, lessonsDir: config.lessonsDir });
    const parts = webParts({ config, db, clock, log: silentLog, app, channels: [], sandbox }, async () => ({
      status: 'ok',
      parts: { database: 'ok', queue: 'ok', unknownDeliveries: 7, heldDeliveries: 0, channels: [] },
    }));
    const { app: routes, close } = makeRoutes(parts);
    return {
      close,
      routes: [
        ...new Set(
          routes.routes
            .filter(({ method }) => method !== 'ALL')
            .map(({ method, path }) => `${method} ${path}`),
        ),
      ],
      async enter(memberId: string) {
        const link = (await issueMemberLink(db, memberId, clock.now(), { unlimited: true })) ?? '';
        const session = (await spendLoginToken(db, link, clock.now()))?.session ?? '';
        const isRoled = isAtLeast(await readActor(db, memberId, clock.now()), 'secretary');
        const made = { name: 'walk', memberId, scope: 'write', life: HOUR } as const;
        const key = isRoled ? (await issueToken(db, made, 'test', clock.now())).secret : '';
        return async ({ path, form, json, method }: Asking) => {
          const answer = await routes.request(`https://weike.example.cn${path}`, {
            method: method ?? (form || json ? 'POST' : 'GET'),
            headers: {
              host: 'weike.example.cn',
              cookie: `weike_session=${session}`,
              ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
              origin: 'https://weike.example.cn',
              ...(json ? { 'content-type': 'application/json' } : {}),
              ...(form
                ? {
                    'content-type': 'application/x-www-form-urlencoded',
                  }
                : {}),
            },
            ...(form ? { body: new URLSearchParams(form).toString() } : {}),
            ...(json ? { body: JSON.stringify(json) } : {}),
          });
          const told = answer.headers.getSetCookie().map((cookie) => decodeURIComponent(cookie));
          return { status: answer.status, text: [...told, await answer.text()].join('\n') };
        };
      },
    };
  }

  it('knows every page that there is', async () => {
    const { routes, close } = await openPages();
    expect(Object.keys(PAGES).toSorted()).toEqual(routes.toSorted());
    close();
  });

  it('shows of another branch as little as of nothing, on every page and to every role', async () => {
    const ids = await furnish();
    const before = await snapshot();
    const { enter, close } = await openPages();
    const { own } = office.county;
    const nothing: Furniture = {
      ...ids,
      schedule: NOWHERE,
      removed: NOWHERE,
      delivery: NOWHERE,
      review: NOWHERE,
      certification: NOWHERE,
      draft: NOWHERE,
      workbook: NOWHERE,
      message: '01a00000-0000-7000-8000-000000000001',
      unit: '01a00000-0000-7000-8000-000000000002',
      match: NOWHERE,
      invitation: NOWHERE,
      window: '01a00000-0000-7000-8000-000000000001',
      member: '01a00000-0000-7000-8000-000000000000',
      group: 'g99999',
    };
    const plain = (text: string, { member, group, message, unit, window }: Furniture) =>
      [member, group, message, unit, window]
        .reduce((said, id) => said.replaceAll(id, 'ID'), text)
        .replaceAll(/\d+/g, 'N');
    const walkers = { member: own.member, secretary: own.secretary, department: own.head };
    for (const [role, person] of Object.entries(walkers)) {
      const ask = await enter(person.id);
      for (const [route, page] of Object.entries(PAGES)) {
        if (page.kind === 'open') continue;
        const theirs =
          page.kind === 'named' ? page.ask(ids) : (page.ask ?? [{ path: route.split(' ')[1] ?? '' }]);
        for (const [index, one] of theirs.entries()) {
          const where = `${role}: ${route}`;
          const seen = await ask(one);
          const isLearners = page.kind === 'mine' || route.endsWith(' /q/:id');
          if (role === 'member' && !isLearners) expect(seen.status, where).toBe(401);
          if (isLearners) expect(seen.status, where).not.toBe(401);
          const compares = page.kind === 'mine' && page.branches === true;
          expect(seen.text, where).not.toMatch(
            compares ? /乙(成员|支部群)|stranger/ : /乙(支部|成员|部门)|stranger/,
          );
          if (page.kind !== 'named') continue;
          const other = page.ask(nothing)[index];
          const same = other && (await ask(other));
          expect(seen.status, where).toBe(same?.status);
          expect(plain(seen.text, ids), where).toBe(plain(same?.text ?? '', nothing));
          if (role !== 'member' && (/\/:(no|id)/u.test(route) || one.form?.no !== undefined))
            expect(seen.status, where).toBe(404);
        }
      }
    }
    expect(await snapshot()).toBe(before);
    close();
  }, 60_000);

  it('shows each role its own figures on the page, and none to whoever has none', async () => {
    const { db, clock, county } = office;
    await furnish();
    const { enter, close } = await openPages();
    const sees = async (memberId: string) => {
      const { status, text } = await (await enter(memberId))({ path: '/' });
      return [status, /甲支部群/.test(text), /乙支部群/.test(text), /运行情况/.test(text)];
    };
    const { own, other, chief } = county;
    expect(await sees(own.member.id)).toEqual([401, false, false, false]);
    expect(await sees(own.secretary.id)).toEqual([200, true, false, false]);
    expect(await sees(own.head.id)).toEqual([200, true, false, false]);
    expect(await sees(other.secretary.id)).toEqual([200, false, true, false]);
    expect(await sees(chief.id)).toEqual([200, true, true, true]);

    // The role is asked for each time.
    const page = await enter(own.secretary.id);
    expect((await page({ path: '/' })).status).toBe(200);
    await revokeRole(
      db,
      { memberId: own.secretary.id, role: 'secretary', unitId: own.branch.id },
      TERMINAL,
      clock.now(),
    );
    expect((await page({ path: '/' })).status).toBe(401);
    close();
  });
});
