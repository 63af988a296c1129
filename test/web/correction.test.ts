/** A digest that went out is put right from its page: looked at first, sent anew and marked, by whoever looks after the group. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { addToMemberDays } from '../../src/digest/rollups.ts';
import { silentLog } from '../../src/log.ts';
import { getGroupByKey, setGroupEnabled } from '../../src/people/groups.ts';
import { addMember } from '../../src/people/members.ts';
import { grantRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { issueMemberLink, spendLoginToken } from '../../src/people/sessions.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { webParts } from '../../src/site.ts';
import { makeRoutes } from '../../src/web/server.ts';
import { DIALECTS } from '../support/databases.ts';
import { openSchool, ROOT, type School } from '../support/school.ts';
import { until } from '../support/wait.ts';
import { healthy } from './site.ts';

const HOST = 'weike.example.cn';
const ZONE = 'Asia/Shanghai';
const BRANCH = '花茶协会党支部';
const OTHER = '村淘服务站党支部';

describe.each(DIALECTS)('更正 on %s', (dialect) => {
  let school: School;
  let routes: ReturnType<typeof makeRoutes>;

  beforeEach(async () => {
    // A Sunday; the week began on the 23rd.
    school = await openSchool(dialect, '2026-11-29T18:30:00+08:00');
    const { db, clock, app, sandbox, dataDir } = school;
    await db.updateTable('schedule').set({ next_at: null }).execute();
    const env = { LESSONS_DIR: `${ROOT}lessons`, DATA_DIR: dataDir, PUBLIC_URL: `https://${HOST}` };
    const config = readConfig({ ...env, SANDBOX_TOKEN: 'secret-of-the-sandbox' }, ROOT);
    const parts = { config, db, clock, log: silentLog, app, sandbox, channels: [sandbox] };
    routes = makeRoutes(webParts(parts, async () => healthy));
    await school.pupil('韦国强').says('打卡');
    await school.pupil('覃小燕').says('打卡 今天学了存茶');
  });
  afterEach(async () => {
    routes.close();
    await school.close();
  });

  const branchId = async (name: string) =>
    (await school.db.selectFrom('unit').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

  /** Comes in as a secretary of that branch. */
  async function comeIn(branch: string) {
    const { db, clock } = school;
    const member = await addMember(db, { name: `${branch}书记`, unit: branch }, { who: 'test' }, clock.now());
    const role = { memberId: member.id, role: 'secretary', unitId: await branchId(branch) } as const;
    await grantRole(db, role, TERMINAL, clock.now());
    const link = (await issueMemberLink(db, member.id, clock.now())) ?? '';
    const session = (await spendLoginToken(db, link, clock.now()))?.session ?? '';
    let said = '';
    const ask = async (path: string, form?: Record<string, string>) => {
      const answer = await routes.app.request(`https://${HOST}${path}`, {
        headers: {
          host: HOST,
          cookie: [`weike_session=${session}`, said].filter(Boolean).join('; '),
          ...(form ? { origin: `https://${HOST}`, 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
      });
      const set = answer.headers.getSetCookie().find((one) => one.startsWith('weike_said='));
      if (set !== undefined) said = set.split(';')[0] ?? '';
      return answer;
    };
    return {
      id: member.id,
      ask,
      page: async (path: string) => await (await ask(path)).text(),
      /** What the next page says of what was just done. */
      said: () => decodeURIComponent(said),
    };
  }

  const digests = () =>
    school.db
      .selectFrom('delivery')
      .select(['id', 'no', 'state', 'again', 'period'])
      .where('kind', '=', 'digest')
      .orderBy('no')
      .execute();

  /** The week's digest is in the group: its number. */
  async function sent(count = 1): Promise<number> {
    const rows = await until(
      async () => {
        const all = await digests();
        return all.length === count && all.every(({ state }) => state === 'sent') ? all : undefined;
      },
      { what: `${count} digests sent` },
    );
    return rows.at(-1)?.no ?? 0;
  }

  async function tellWeek(): Promise<number> {
    const group = await getGroupByKey(school.db, 'huacha');
    const when = { cron: '0 20 * * 0' };
    await addSchedule(
      school.db,
      { kind: 'digest', content: 'week', groups: [group], when, zone: ZONE },
      'cli',
      school.clock.now(),
    );
    await school.pass(2 * HOUR);
    return await sent();
  }

  /** Somebody's check-in of that week is put in afterwards. */
  async function putIn(name: string): Promise<void> {
    const { db } = school;
    const [group, member] = [
      await getGroupByKey(db, 'huacha'),
      await db.selectFrom('member').select('id').where('name', '=', name).executeTakeFirstOrThrow(),
    ];
    await addToMemberDays(db, [
      { groupId: group.id, memberId: member.id, day: '2026-11-27', answers: 0, correct: 0, checkins: 1 },
    ]);
  }

  const audited = () =>
    school.db
      .selectFrom('audit')
      .select(['who', 'via', 'subject'])
      .where('what', '=', 'digest.correct')
      .execute();

  it('shows what it would say beside what was said, and goes as a new message that is marked', async () => {
    const no = await tellWeek();
    await school.pass(DAY);
    await putIn('黄秀兰');
    const { id, ask, page, said } = await comeIn(BRANCH);
    expect(await page(`/deliveries/${no}`)).toContain(`href="/deliveries/${no}/correct"`);
    const look = await page(`/deliveries/${no}/correct`);
    const [before = '', now = ''] = look.split('现在会这样说');
    expect(before).toMatch(/【学习简报 第1期】花茶协会党支部 11月23日—29日\n• 学了 2 \/ \d+ 人/);
    expect(now).toMatch(/【学习简报 第2期 更正】花茶协会党支部 11月23日—29日\n• 学了 3 \/ \d+ 人/);
    expect(now).toContain('和群里看到的不一样了');
    expect(now).not.toContain('name="anyway"');
    // Its picture is there to be seen as well.
    const pictures = [...look.matchAll(/\/deliveries\/picture\/[0-9a-f]{32}\.png/gu)].map(([path]) => path);
    expect(new Set(pictures).size).toBe(2);
    for (const path of pictures)
      expect([path, (await ask(path)).headers.get('content-type')]).toEqual([path, 'image/png']);
    // Looking changes nothing.
    expect(await digests()).toHaveLength(1);

    const answer = await ask('/deliveries/correct', { no: String(no) });
    expect(answer.headers.get('location')).toMatch(/^\/deliveries\/\d+$/);
    expect(said()).toContain('更正排好了');
    await school.pass(MINUTE);
    const second = await sent(2);
    expect(answer.headers.get('location')).toBe(`/deliveries/${second}`);
    expect(await school.hears(/更正】/)).toMatch(/^【学习简报 第2期 更正】.+\n• 学了 3 \/ \d+ 人/);
    expect((await digests()).map(({ again, period }) => [again, period])).toEqual([
      [0, '2026-11-23/2026-11-29'],
      [1, '2026-11-23/2026-11-29'],
    ]);
    const correction = (await digests()).at(-1);
    expect(await audited()).toEqual([{ who: id, via: 'console', subject: correction?.id }]);
    expect(await page(`/deliveries/${no}`)).toContain(`href="/deliveries/${second}">${second} 号`);
    expect(await page(`/deliveries/${second}`)).toContain('要发这条更正');
  });

  it('sends nothing when the figures are the same, unless that is said', async () => {
    const no = await tellWeek();
    const { ask, page, said } = await comeIn(BRANCH);
    // The secretary is new on the roster of this week: one more of whom to speak.
    await putIn('黄秀兰');
    await ask('/deliveries/correct', { no: String(no) });
    await school.pass(MINUTE);
    const second = await sent(2);

    // The first one's page compares with what the group was told last.
    for (const from of [no, second]) {
      const look = await page(`/deliveries/${from}/correct`);
      expect(look).toContain('数字和群里看到的一样，一般不用再发');
      expect(look).toContain('name="anyway"');
      const refused = await ask('/deliveries/correct', {
        no: String(from),
        back: `/deliveries/${from}/correct`,
      });
      expect(refused.headers.get('location')).toBe(`/deliveries/${from}/correct`);
      expect(said()).toContain('没有再发');
    }
    expect(await digests()).toHaveLength(2);
    expect(await audited()).toHaveLength(1);

    await ask('/deliveries/correct', { no: String(second), anyway: '1' });
    await school.pass(MINUTE);
    await sent(3);
    expect(await audited()).toHaveLength(2);
  });

  it('goes once, however often it is pressed, and may be taken back before it is out', async () => {
    const no = await tellWeek();
    const { ask, said } = await comeIn(BRANCH);
    await putIn('黄秀兰');
    await setGroupEnabled(school.db, 'huacha', false, 'test', school.clock.now());
    await ask('/deliveries/correct', { no: String(no) });
    expect(said()).toContain('没有启用');
    await setGroupEnabled(school.db, 'huacha', true, 'test', school.clock.now());
    const answers = await Promise.all([1, 2, 3].map(() => ask('/deliveries/correct', { no: String(no) })));
    const led = answers.map((answer) => answer.headers.get('location'));
    expect(led.filter((to) => to !== '/deliveries')).toHaveLength(1);
    await school.pass(MINUTE);
    const second = await sent(2);
    expect(led).toContain(`/deliveries/${second}`);
    expect(await audited()).toHaveLength(1);
  });

  it('is asked about where the author’s own words went out: they can not be compared', async () => {
    const no = await tellWeek();
    const { id, page } = await comeIn(BRANCH);
    const { schedule_id: scheduleId, nominal_at: nominalAt } = await school.db
      .selectFrom('occurrence')
      .innerJoin('delivery', 'delivery.occurrence_id', 'occurrence.id')
      .select(['schedule_id', 'nominal_at'])
      .where('delivery.no', '=', no)
      .executeTakeFirstOrThrow();
    await school.db
      .insertInto('rehearsal')
      .values({
        id: 'r',
        no: 1,
        schedule_id: scheduleId,
        nominal_at: nominalAt,
        author: id,
        state: 'shown',
        words: '大家辛苦了',
        shown_at: 1,
        decided_at: 1,
      })
      .execute();
    expect(await page(`/deliveries/${no}/correct`)).toContain('比不出数字变没变');
  });

  it('is nobody’s from another branch, and of nothing but a digest that went out', async () => {
    const no = await tellWeek();
    await putIn('黄秀兰');
    const far = await comeIn(OTHER);
    for (const forged of [no, 99_999]) {
      const looked = await far.ask(`/deliveries/${forged}/correct`);
      const pressed = await far.ask('/deliveries/correct', { no: String(forged), anyway: '1' });
      expect([looked.status, pressed.status]).toEqual([404, 404]);
      for (const answer of [looked, pressed]) expect(await answer.text()).not.toContain('花茶');
    }
    // Its own, but no digest.
    const { ask } = await comeIn(BRANCH);
    const others = await school.db
      .selectFrom('delivery')
      .select('no')
      .where('group_id', 'is not', null)
      .where('kind', '!=', 'digest')
      .execute();
    expect(others.length).toBeGreaterThan(0);
    for (const other of others)
      expect((await ask('/deliveries/correct', { no: String(other.no) })).status).toBe(404);
    // Held, it is still the author's: there is nothing in the group to put right.
    await school.db.updateTable('delivery').set({ state: 'held' }).where('no', '=', no).execute();
    expect((await ask(`/deliveries/${no}/correct`)).status).toBe(404);
    expect((await ask('/deliveries/correct', { no: String(no), anyway: '1' })).status).toBe(404);
    expect(await digests()).toHaveLength(1);
    expect(await audited()).toEqual([]);
  });
});
