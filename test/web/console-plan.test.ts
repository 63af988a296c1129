/** Plans changed in the console: their days, hours and groups, all or nothing, and back by a press. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addDays, DAY, localDay } from '../../src/clock.ts';
import { addSchedule, groupKeysOf, listSchedules, type NewSchedule } from '../../src/schedule/schedules.ts';
import { sayRule } from '../../src/web/console/rule-words.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';

const ZONE = 'Asia/Shanghai';
const soon = () => addDays(localDay(Date.now(), ZONE), 7);

describe('a plan in the console', () => {
  let desk: TestDesk;
  let ann: Awaited<ReturnType<TestDesk['as']>>;
  let chief: Awaited<ReturnType<TestDesk['as']>>;
  beforeEach(async () => {
    desk = await openDesk({ account: 'wechaty:county', env: { CHANNELS: 'wechaty:county' } });
    ann = await desk.as(desk.county.own.secretary.id);
    chief = await desk.as(desk.county.chief.id);
  });
  afterEach(async () => await desk.close());

  const add = async (more: Partial<NewSchedule> = {}) =>
    await addSchedule(
      desk.db,
      {
        kind: 'course',
        content: '网上卖货',
        groups: [desk.county.own.group],
        when: { cron: '0 20 * * 1,3,5' },
        zone: ZONE,
        ...more,
      },
      'test',
      Date.now(),
    );
  const standing = async () =>
    await Promise.all(
      (await listSchedules(desk.db)).map(async (one) => {
        const { no, at, cron, monthly, days, close_after: close } = one;
        return { no, at, cron, monthly, days, close, groups: await groupKeysOf(desk.db, one) };
      }),
    );
  const own = () => desk.county.own.group.key;
  const far = () => desk.county.other.group.key;
  /** What the form of a course holds, unless told otherwise. */
  const form = (no: number, more: Record<string, string | readonly string[]> = {}) => ({
    no: String(no),
    weekday: ['1', '3', '5'],
    time: '20:00',
    group: own(),
    days: 'all',
    close: '1d',
    ...more,
  });

  const fitOf = (wanted: ReturnType<typeof form>) => {
    const query = new URLSearchParams();
    for (const [name, values] of Object.entries(wanted))
      for (const value of [values].flat()) query.append(name, value);
    return `/week/change/fit?${query.toString()}`;
  };

  it('opens on the next day that has the hour still ahead, and on the day that was asked for', async () => {
    const today = localDay(Date.now(), ZONE);
    const dayOf = async (query: string) =>
      /name="day" value="([\d-]+)"/.exec(await ann.page(`/week/add?what=lesson%3Al1${query}`))?.[1];
    expect(await dayOf('&time=00:00')).toBe(addDays(today, 1));
    expect(await dayOf(`&time=00:00&day=${today}`)).toBe(today);
    expect(await ann.page('/week/add?what=lesson%3Al1&time=00:00')).not.toContain('已经过了');
  });

  it('changes its weekdays, hour, groups and the rest, and is as before by one press', async () => {
    const { no } = await add();
    const page = await ann.page(`/week/s/${no}`);
    expect(page).toMatch(/value="3"\s+checked[\s\S]*保存改动/);
    const answer = await chief.post(
      '/week/change',
      form(no, {
        weekday: ['7', '2'],
        time: '19:30',
        group: [own(), far()],
        days: 'workdays-only',
        close: '2d',
      }),
    );
    expect(answer.headers.get('location')).toBe('/week/s/2');
    const changed = {
      no: 2,
      at: null,
      cron: '30 19 * * 0,2',
      monthly: null,
      days: 'workdays-only',
      close: 2 * DAY,
      groups: [own(), far()],
    };
    expect(await standing()).toEqual([changed]);
    expect(await chief.page('/week/s/2')).toMatch(/改好了：每周二、日 19:30。下一次 [\s\S]*改回去/);
    await chief.post('/week/back', { no: '2', was: String(no) });
    expect(await standing()).toEqual([
      { ...changed, no: 3, cron: '0 20 * * 1,3,5', days: 'all', close: DAY, groups: [own()] },
    ]);
    expect(await chief.page('/week/s/3')).toContain('改回去了：每周一、三、五 20:00。');
  });

  it.each([
    [
      { kind: 'digest', content: 'month', when: { monthly: '15 09:00' } },
      { monthday: 'last workday', time: '18:05' },
      'last workday 18:05',
    ],
    [
      { kind: 'brief', content: 'week', when: { monthly: 'first fri 20:00' } },
      { monthday: 'first fri', time: '12:30' },
      'first fri 12:30',
    ],
    [
      { kind: 'digest', content: 'week', when: { cron: '0 9 * * *' } },
      { weekday: ['1', '2', '3', '4', '5'], time: '9:5' },
      undefined,
    ],
    [
      { kind: 'digest', content: 'week', when: { cron: '0 9 * * *' } },
      { weekday: ['6', '7'], time: '10:05' },
      '5 10 * * 0,6',
    ],
    [
      { kind: 'digest', content: 'week', when: { cron: '0 9 1 * *' } },
      { weekday: ['6'], time: '10:05' },
      '5 10 1 * *',
    ],
  ] as const)('of %j becomes, by %j, %s', async (given, more, expected) => {
    const { no } = await add(given);
    const before = await standing();
    const answer = await ann.post('/week/change', form(no, more));
    expect(answer.status).toBe(expected === undefined ? 409 : 303);
    const [after] = await standing();
    if (expected === undefined) expect([after]).toEqual(before);
    else expect(after?.cron ?? after?.monthly).toBe(expected);
  });

  it.each([
    ['no weekday', { weekday: [] }, '每周哪几天发？至少选一天'],
    ['no hour', { time: '' }, '几点没有写完整'],
    ['no group', { group: [] }, '发到哪些群？至少选一个'],
    ["another branch's group", { group: ['g2'] }, '有的群现在不归您管'],
    ['all groups', { all: '1' }, '所有的群要请县里的管理员来选'],
    ['a span that is none', { close: '很久' }, '小测开多久没有看懂'],
    ['a night hour', { time: '23:10' }, '不打扰的时段'],
  ])('refuses %s, keeps what was filled in, and changes nothing', async (_name, more, words) => {
    const { no } = await add();
    const before = await standing();
    const answer = await ann.post('/week/change', form(no, { days: 'skip-holidays', ...more }));
    expect(answer.status).toBe(409);
    const page = await answer.text();
    expect(page).toContain(words);
    expect(page).toMatch(/value="skip-holidays" selected/);
    expect(await standing()).toEqual(before);
  });

  it.each([
    ['no weekday', { weekday: [] }, '每周哪几天发？至少选一天'],
    ['a night hour', { time: '23:10' }, '不打扰的时段'],
    ["another branch's group", { group: ['g2'] }, '有的群现在不归您管'],
  ])('says at once that %s is refused, and writes nothing', async (_name, more, words) => {
    const { no } = await add();
    const before = await standing();
    expect(await ann.page(`/week/s/${no}`)).toContain('hx-get="/week/change/fit"');
    const fit = await ann.page(fitOf(form(no, more)));
    expect(fit).toContain(words);
    expect(fit).not.toContain('没有改动');
    expect(await standing()).toEqual(before);
  });

  it('says at once when a change would come next, and is not in its own way', async () => {
    await chief.post('/settings', { place: 'county', name: 'group-per-day', value: '1' });
    await chief.post('/settings', { place: 'county', name: 'warm-up-days', value: '0' });
    const { no } = await add({ kind: 'brief', content: 'day', when: { cron: '0 12 * * 2' } });
    const other = await add({ kind: 'brief', content: 'week', when: { cron: '0 12 * * 4' } });
    const before = await standing();
    const own = await ann.page(fitOf(form(no, { weekday: ['2'], time: '15:30' })));
    expect(own).toMatch(/15:30 发出，还有[\s\S]*以后照着发/);
    const taken = await ann.page(fitOf(form(other.no, { weekday: ['2'], time: '15:30' })));
    expect(taken).toMatch(/class="alert"[\s\S]*name="take" value="[^"]+\/[13]"/);
    expect(await standing()).toEqual(before);
    expect((await ann.post('/week/change', form(other.no, { weekday: ['2'], time: '15:30' }))).status).toBe(
      409,
    );
  });

  it('offers the nearest that fits, and takes it', async () => {
    const { no } = await add();
    const page = await (await ann.post('/week/change', form(no, { time: '22:10', weekday: ['2'] }))).text();
    const [, take = '', say = ''] = /name="take" value="([^"]+)">\s*改到 (\S+ \S+) 排上/.exec(page) ?? [];
    expect(take).toMatch(/^\d{4}-\d\d-\d\dT21:\d\d\/2$/);
    expect(say).toMatch(/^每周二 21:\d\d$/);
    await ann.post('/week/change', form(no, { time: '22:10', weekday: ['2'], take }));
    const [changed] = await standing();
    expect(sayRule({ at: null, cron: changed?.cron ?? null, monthly: null }, 0, ZONE)).toBe(say);
  });

  it('takes the nearest day and weekdays where the day is full, in the slot sheet as in a move', async () => {
    const tuesdays = { cron: '0 20 * * 2' };
    await chief.post('/settings', { place: 'county', name: 'group-per-day', value: '1' });
    await chief.post('/settings', { place: 'county', name: 'warm-up-days', value: '0' });
    await add({ kind: 'digest', content: 'week', when: { cron: '0 12 * * 2' } });
    const asked = {
      what: 'brief:week',
      day: soon(),
      time: '20:00',
      weekday: ['2'],
      group: own(),
      days: 'all',
    };
    const refused = await ann.post('/week/add', asked);
    expect(refused.status).toBe(409);
    const [, take = ''] = /name="take" value="([^"]+)"/.exec(await refused.text()) ?? [];
    expect(take).toMatch(/\/[13]$/);
    expect((await ann.post('/week/add', { ...asked, take })).status).toBe(303);
    const [, planned] = await standing();
    expect(planned?.cron).toBe(`0 20 * * ${take.at(-1) ?? ''}`);
    expect(planned?.cron).not.toBe(tuesdays.cron);
  });

  it('that repeats is taken away and put back', async () => {
    const { no } = await add();
    const [before] = await standing();
    await ann.post('/week/remove', { no: String(no) });
    expect(await standing()).toEqual([]);
    expect(await ann.page('/week')).toContain('放回去');
    await ann.post('/week/restore', { no: String(no) });
    expect(await standing()).toEqual([{ ...before, no: 2 }]);
  });

  it('of once keeps its day where its groups change', async () => {
    const at = Date.parse(`${soon()}T20:00:00+08:00`);
    const { no } = await add({ kind: 'lesson', content: 'l1', when: { at } });
    await chief.post('/week/change', {
      no: String(no),
      group: [own(), far()],
      days: 'all',
      close: '12h',
    });
    expect(await standing()).toMatchObject([{ at, close: DAY / 2, groups: [own(), far()] }]);
  });

  it("is changed by those alone whose groups are all of its groups'", async () => {
    const { no } = await add({ groups: [desk.county.own.group, desk.county.other.group] });
    const before = await standing();
    const answer = await ann.post('/week/change', form(no));
    expect(answer.status).toBe(409);
    expect(await standing()).toEqual(before);
    expect(await ann.page(`/week/s/${no}`)).not.toContain('保存改动');
    const far = await add({ groups: [desk.county.other.group] });
    expect((await ann.post('/week/change', form(far.no))).status).toBe(404);
    const all = await add({ groups: 'all' });
    expect(await chief.page(`/week/s/${all.no}`)).toMatch(/name="all" value="1" checked/);
    await chief.post('/week/change', form(all.no, { all: '1', time: '20:30' }));
    expect((await standing()).at(-1)).toMatchObject({ groups: ['all'], cron: '30 20 * * 1,3,5' });
    await ann.post('/week/remove', { no: String(far.no) });
    expect((await ann.post('/week/back', { no: String(far.no), was: String(no) })).status).toBe(404);
  });
});

it.each([
  [{ cron: '0 20 * * *' }, '每天 20:00'],
  [{ cron: '5 9 * * 1-5' }, '每周一、二、三、四、五 09:05'],
  [{ cron: '0 20 * * 0,7' }, '每周日 20:00'],
  [{ cron: '*/5 * * * *' }, '按 */5 * * * *'],
  [{ monthly: '15 20:00' }, '每月 15 号 20:00'],
  [{ monthly: 'last day 20:00' }, '每月最后一天 20:00'],
  [{ monthly: 'first fri 09:30' }, '每月第一个周五 09:30'],
  [{ monthly: 'last workday 18:00' }, '每月最后一个工作日 18:00'],
])('says %j as %s', (rule, words) => {
  expect(sayRule({ at: null, cron: null, monthly: null, ...rule }, 0, ZONE)).toBe(words);
});
