/** What one did by a slip of the thumb is taken back by a tap, on a phone; a plan that doesn't fit is put right by one. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DAY, localDay, localTime } from '../../src/clock.ts';
import { newId, takeNumbers } from '../../src/db/ids.ts';
import { addMember } from '../../src/people/members.ts';
import { recordInvitation } from '../../src/people/reach.ts';
import { addSchedule, listSchedules } from '../../src/schedule/schedules.ts';
import type { Site } from '../../src/web/server.ts';
import { findChromium, openChromium, watch } from '../support/chromium.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
const ZONE = 'Asia/Shanghai';
const ACCOUNT = 'wechaty:county';

describe.runIf(canRun)('a tap too many on a phone', () => {
  let browser: Browser;
  let desk: TestDesk;
  let web: Site;
  let faults: string[] = [];
  beforeAll(async () => {
    browser = await openChromium();
    desk = await openDesk({ env: { CHANNELS: ACCOUNT, QUIET_HOURS: '22:00-07:00' }, account: ACCOUNT });
    web = await desk.listen();
  });
  afterAll(async () => {
    await browser.close();
    await web.close();
    await desk.close();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    const seen = faults;
    faults = [];
    if (seen.length > 0) throw new Error(`the page failed: ${seen.join('; ')}`);
  });

  async function enter(memberId: string, path: string, options = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 360, height: 720 },
      hasTouch: true,
      isMobile: true,
      locale: 'zh-CN',
      timezoneId: ZONE,
      ...options,
    });
    await context.addCookies([{ ...(await desk.cookieFor(memberId)), url: web.url }]);
    const page = await context.newPage();
    watch(page, faults);
    await page.goto(web.url + path);
    return page;
  }
  const fold = (page: Page, name: string) => page.locator('summary', { hasText: name }).tap();
  /** Presses a button and waits until the next page says what came of it. */
  async function press(page: Page, name: string, said: string) {
    await page.getByRole('button', { name, exact: true }).tap();
    await page.locator('.toast', { hasText: said }).waitFor();
  }

  it('adds somebody to the roster, and no', async () => {
    const { own } = desk.county;
    const onRoster = async () =>
      (
        await desk.db
          .selectFrom('member')
          .select(['left_at', 'number'])
          .where('name', '=', '陆阿妹')
          .execute()
      ).map(({ left_at: left, number }) => ({ isThere: left === null, number }));
    const page = await enter(own.secretary.id, '/members');
    expect(await onRoster()).toEqual([]);
    await fold(page, '加一个人');
    const form = page.locator('form[action="/members/add"]');
    await form.locator('[name=name]').fill('陆阿妹');
    await form.locator('[name=number]').fill('A77');
    await press(page, '加进名册', '陆阿妹 加进名册了');
    expect(await onRoster()).toEqual([{ isThere: true, number: 'A77' }]);
    await press(page, '不加了', '陆阿妹 没有加进名册');
    // Their number is free for whoever it was meant for.
    expect(await onRoster()).toEqual([{ isThere: false, number: null }]);
    expect(await page.locator('main .rows').innerText()).not.toContain('陆阿妹');
  });

  it('hands out a code, and takes it back; the one from before works again', async () => {
    const { own } = desk.county;
    const by = { who: 'test' };
    const { id } = await addMember(desk.db, { name: '要码的人', unit: '甲部门/甲支部' }, by, Date.now());
    const page = await enter(own.secretary.id, `/members/${id}`);
    /** What codes of theirs work, as they are kept: the code itself is kept nowhere. */
    const live = async () =>
      (
        await desk.db
          .selectFrom('certify_code')
          .select('hash')
          .where('member_id', '=', id)
          .where('revoked_at', 'is', null)
          .where('used_at', 'is', null)
          .execute()
      ).map(({ hash }) => hash);
    const issue = async () => {
      await fold(page, '要一个认证码');
      await press(page, '要一个', '请 要码的人 加小课为好友');
      return await live();
    };
    expect(await live()).toEqual([]);
    const first = await issue();
    expect(first).toHaveLength(1);
    const second = await issue();
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    await press(page, '收回这个码', '刚才的码收回了，用不了了。以前发出去的那个又能用了');
    expect(await live()).toEqual(first);
  });

  it.each([
    ['进群', '两分钟内就进去', 'accepting', '先不进'],
    ['不进', '没有进', 'rejected', '再想想'],
  ])('answers an invitation with %s, and lets it wait', async (answer, said, state, back) => {
    const invited = { account: ACCOUNT, id: `i-${answer}`, inviterId: 'x1', topic: `茶山${answer}群` };
    const no = (await recordInvitation(desk.db, invited, Date.now())) ?? 0;
    const stateOf = async () =>
      await desk.db
        .selectFrom('group_invitation')
        .select(['state', 'decided_by'])
        .where('no', '=', no)
        .executeTakeFirst();
    const page = await enter(desk.county.chief.id, '/');
    expect(await stateOf()).toEqual({ state: 'waiting', decided_by: null });
    const row = page.locator('li', { hasText: invited.topic });
    await row.getByRole('button', { name: answer, exact: true }).tap();
    await page.locator('.toast', { hasText: said }).waitFor();
    expect(await stateOf()).toEqual({ state, decided_by: desk.county.chief.id });
    await press(page, back, `收回了，「${invited.topic}」还在等您定`);
    expect(await stateOf()).toEqual({ state: 'waiting', decided_by: null });
    await row.waitFor();
  });

  it('says that it is the same person, and within the minute that it was not meant', async () => {
    const { db, county } = desk;
    const { group, member, secretary } = county.own;
    const no = await takeNumbers(db, 'match');
    await db
      .insertInto('match_item')
      .values({
        id: newId(),
        no,
        kind: 'person',
        account: ACCOUNT,
        group_id: group.id,
        member_id: member.id,
        room_id: null,
        contact_id: '甲成员',
        score: 80,
        reasons: '["群里叫一样的名字"]',
        state: 'waiting',
        created_at: Date.now(),
        decided_at: null,
        decided_by: null,
      })
      .execute();
    const states = async () => ({
      item: (await db.selectFrom('match_item').select('state').where('no', '=', no).executeTakeFirstOrThrow())
        .state,
      choices: (
        await db.selectFrom('match_choice').select(['accepted', 'undone_at', 'done_at']).execute()
      ).map(({ accepted, undone_at: undone, done_at: done }) => ({
        accepted,
        isOpen: undone === null && done === null,
      })),
    });
    const page = await enter(secretary.id, '/matches');
    expect(await states()).toEqual({ item: 'waiting', choices: [] });
    await page.getByRole('button', { name: '→ 甲成员 是' }).tap();
    await page.locator('.toast', { hasText: '认出来了' }).waitFor();
    expect(await states()).toEqual({ item: 'waiting', choices: [{ accepted: 1, isOpen: true }] });
    await press(page, '点错了', '收回了，还在等着认');
    expect(await states()).toEqual({ item: 'waiting', choices: [{ accepted: 1, isOpen: false }] });
    await page.getByRole('button', { name: '→ 甲成员 是' }).waitFor();
  });

  it('ends the address of the calendar, and goes on with it', async () => {
    const { secretary } = desk.county.own;
    const page = await enter(secretary.id, '/week/feed');
    await press(page, '要一个地址', '日历地址');
    const [address = ''] =
      /\/calendar\/[\w-]+\.ics/.exec(await page.locator('.toast').first().innerText()) ?? [];
    const state = async () => ({
      feeds: (
        await desk.db
          .selectFrom('calendar_feed')
          .select('revoked_at')
          .where('owner', '=', secretary.id)
          .orderBy('id')
          .execute()
      ).map(({ revoked_at: at }) => (at === null ? 'open' : 'ended')),
      answer: (await fetch(web.url + address)).status,
    });
    expect(await state()).toEqual({ feeds: ['open'], answer: 200 });
    await fold(page, '停掉');
    await press(page, '停掉这个地址', '停掉了，那个地址再也打不开');
    expect(await state()).toEqual({ feeds: ['ended'], answer: 404 });
    await press(page, '还是留着', '原来的地址又能用了');
    expect(await state()).toEqual({ feeds: ['ended', 'open'], answer: 200 });
  });

  describe('a plan that repeats', () => {
    const standing = async (no: number) =>
      (await listSchedules(desk.db)).filter((one) => one.no >= no).map(({ cron }) => cron);
    const isQuiet = (time: string) => time >= '22:00' || time < '07:00';
    async function plan() {
      const { no } = await addSchedule(
        desk.db,
        {
          kind: 'course',
          content: '网上卖货',
          groups: [desk.county.own.group],
          when: { cron: '0 20 * * 1,3' },
          zone: ZONE,
        },
        'test',
        Date.now(),
      );
      expect(await standing(no)).toEqual(['0 20 * * 1,3']);
      return no;
    }
    /** What the nearest time became: the hour and the days of the plan that stands now. */
    async function expectMoved(no: number) {
      const [cron = '', ...others] = await standing(no);
      expect(others).toEqual([]);
      const [minute = '', hour = ''] = (cron ?? '').split(' ');
      const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
      expect([time, isQuiet(time)]).toEqual([time, false]);
      expect(cron).not.toBe('0 20 * * 1,3');
      const [after] = (await listSchedules(desk.db)).filter((one) => one.no > no);
      expect(localTime(after?.next_at ?? 0, ZONE)).toBe(time);
    }

    it('says at once that an hour of the night does not fit, takes the nearest, and is as before by a tap', async () => {
      const no = await plan();
      const page = await enter(desk.county.own.secretary.id, `/week/s/${no}`);
      const time = page.locator('#change [name=time]');
      await time.fill('23:10');
      await time.blur();
      const fit = page.locator('#fit', { hasText: '不打扰的时段' });
      await fit.waitFor();
      // Looked at only: nothing has changed yet.
      expect(await standing(no)).toEqual(['0 20 * * 1,3']);
      await time.fill('19:30');
      await time.blur();
      await page.locator('#fit', { hasText: '19:30 发出，还有' }).waitFor();
      await time.fill('23:10');
      await time.blur();
      await fit.waitFor();
      await fit.getByRole('button', { name: /^改到 .* 排上$/ }).tap();
      await page.locator('.toast', { hasText: '改好了' }).waitFor();
      await expectMoved(no);
      await press(page, '改回去', '改回去了');
      expect(await standing(no)).toEqual(['0 20 * * 1,3']);
    });

    it.each(['changed', 'made'])('is judged as it was filled in last while it is %s', async (how) => {
      const group = desk.county.own.group.key;
      const day = localDay(Date.now() + 3 * DAY, ZONE);
      const path =
        how === 'changed'
          ? `/week/s/${await plan()}`
          : `/week/add?day=${day}&time=20:00&what=lesson:l1&group=${group}`;
      const page = await enter(desk.county.own.secretary.id, path);
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
      await page.route('**/week/**fit?**', async (route) => {
        isAsked();
        await held;
        // Whoever asked may have asked anew meanwhile.
        await route.continue().catch(() => undefined);
      });
      const last = page.waitForResponse((answer) => answer.url().includes('time=23%3A40'));
      const time = page.locator('[name=time]:visible');
      await time.fill('23:10');
      await asked;
      for (const later of ['19:30', '23:40']) await time.fill(later);
      letGo();
      await last;
      await page.locator('#fit', { hasText: '不打扰的时段' }).waitFor();
    });

    it('does the same without script', async () => {
      const no = await plan();
      const options = { javaScriptEnabled: false };
      const page = await enter(desk.county.own.secretary.id, `/week/s/${no}`, options);
      await page.locator('#change [name=time]').fill('23:10');
      await page.getByRole('button', { name: '保存改动' }).tap();
      const refusal = page.locator('#fit [role=alert]', { hasText: '不打扰的时段' });
      await refusal.waitFor();
      expect(await page.locator('#change [name=time]').inputValue()).toBe('23:10');
      expect(await standing(no)).toEqual(['0 20 * * 1,3']);
      await refusal.getByRole('button', { name: /^改到 .* 排上$/ }).tap();
      await page.locator('.toast', { hasText: '改好了' }).waitFor();
      await expectMoved(no);
    });
  });
});
