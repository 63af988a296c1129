/** Briefs and bulletins on their way: what goes, once, to whom; who has read it; one reminder. */
import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import { makeComposer } from '../../src/delivery/compose.ts';
import { findDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import {
  findReadingLink,
  findToRead,
  issueReadingToken,
  listReaders,
  readByLink,
  recordReading,
  remindUnread,
} from '../../src/delivery/readings.ts';
import { resolveDelivery } from '../../src/delivery/resolve.ts';
import { AT_THE_TERMINAL, getDeskItem, listDesk, rejectItem, writeItem } from '../../src/news/desk.ts';
import { recordNewsFiles } from '../../src/news/files.ts';
import { RefusedError } from '../../src/channels/channel.ts';
import { addMember } from '../../src/people/members.ts';
import { bindIdentity } from '../../src/people/identities.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { ensureUnit } from '../../src/people/units.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, openPostOffice, type PostOffice } from '../support/post-office.ts';

describe.each(DIALECTS)('news on its way on %s', (dialect) => {
  let office: PostOffice;
  let told: string[];
  beforeEach(async () => {
    office = await openPostOffice(dialect);
    told = [];
  });
  afterEach(async () => {
    await office.close();
  });

  const compose = () =>
    makeComposer({
      zone: 'Asia/Shanghai',
      linkBase: () => undefined,
      nextLesson: async () => undefined,
      tellSecretary: async (_trx, groupId, { cause }) => void told.push(`${groupId} ${cause}`),
    });
  const channel = () => office.channelThat(async () => ({ messageId: randomUUID() }));
  const write = (title: string, more: { kind?: 'news' | 'party'; summary?: string } = {}) =>
    writeItem(
      office.db,
      { kind: 'news', title, summary: '一句话。', source: '商务局', ...more },
      AT_THE_TERMINAL,
      office.clock.now(),
    );
  async function plan(kind: 'brief' | 'bulletin', content = 'day', groupId = office.groupId) {
    const [id = ''] = await planDeliveries(
      office.db,
      [{ cause: randomUUID(), kind, account: ACCOUNT, groupId, content, plannedAt: office.clock.now() }],
      office.clock.now(),
    );
    return id;
  }
  const send = (id: string, via = channel()) => office.send(via, id, compose());
  const said = () => office.said.join('\n======\n');

  it('brings what is kept, with source and date, and each item once to a group', async () => {
    await write('茉莉花收购价出来了');
    await write('村里修路');
    expect(await send(await plan('brief'))).toMatchObject({ state: 'sent' });
    expect(said()).toMatch(
      /^【电商动态】11月24日\n1\. 茉莉花收购价出来了\n一句话。（商务局 11月24日）\n2\. 村里修路/,
    );
    expect(await getDeskItem(office.db, 1, office.clock.now())).toMatchObject({
      state: 'sent',
      isSent: true,
    });

    await write('后来的一条消息');
    expect(await send(await plan('brief'))).toMatchObject({ state: 'sent' });
    expect(office.said[1]).toMatch(/1\. 后来的一条消息/);
    expect(office.said[1]).not.toMatch(/茉莉花|修路/);
    // The other group hasn't had any of it.
    expect(await send(await plan('brief', 'day', office.other.id))).toMatchObject({ state: 'sent' });
    expect(office.said[2]).toMatch(/茉莉花[\s\S]*后来的/);
  });

  it('on a day without news sends nothing, and says so to whoever looks after the group', async () => {
    await write('不要的一条');
    await rejectItem(office.db, 1, AT_THE_TERMINAL, office.clock.now());
    expect(await send(await plan('brief'))).toMatchObject({
      state: 'skipped',
      reason: '没有新的动态，没有发',
    });
    expect(office.said).toEqual([]);
    expect(told).toEqual([expect.stringContaining(`${office.groupId} no-news:`)]);
  });

  it('leaves what is new, rejected, or expired on the desk', async () => {
    const by = { who: 'ann', units: [], via: 'chat' };
    await writeItem(
      office.db,
      { kind: 'news', title: '还没定的一条', summary: '一句。', source: '支部' },
      by,
      office.clock.now(),
    );
    await write('会过期的一条');
    office.clock.advance(8 * DAY);
    await write('今天的一条消息');
    await send(await plan('brief'));
    expect(said()).toMatch(/1\. 今天的一条消息/);
    expect(said()).not.toMatch(/还没定|过期/);
  });

  it('follows the decision that is nearest to the group', async () => {
    const unitId = await ensureUnit(office.db, '花茶协会党支部', office.clock.now());
    await office.db
      .updateTable('chat_group')
      .set({ unit_id: unitId })
      .where('id', '=', office.groupId)
      .execute();
    await write('支部不要的一条');
    await write('都要的另外一件');
    await rejectItem(office.db, 1, { who: 'sec', units: [unitId] }, office.clock.now());
    await send(await plan('brief'));
    await send(await plan('brief', 'day', office.other.id));
    expect(office.said[0]).not.toMatch(/支部不要/);
    expect(office.said[1]).toMatch(/支部不要/);
  });

  it('that was refused leaves its items for the next; one in doubt doesn’t', async () => {
    await write('会被拒的一条');
    const refusing = office.channelThat(async () => {
      throw new RefusedError('内容不合规');
    });
    const first = await plan('brief');
    expect(await send(first, refusing)).toMatchObject({ state: 'failed' });
    expect(await listDesk(office.db, { state: 'kept' }, office.clock.now())).toHaveLength(1);
    const doubtful = office.channelThat(async () => {
      throw new Error('socket hang up');
    });
    expect(await send(await plan('brief'), doubtful)).toMatchObject({ state: 'unknown' });
    expect(await send(await plan('brief'))).toMatchObject({ state: 'skipped' });
    // Sending the failed one again after all finds its items taken.
    const { no } = (await findDelivery(office.db, first)) ?? { no: 0 };
    await resolveDelivery(office.db, no, 'resend', 'cli', office.clock.now());
    expect(await send(first)).toMatchObject({ state: 'skipped', reason: '没有新的动态，没有发' });
  });

  it('of two at once brings an item by one only', async () => {
    await write('只有一条新闻');
    const ids = [await plan('brief'), await plan('brief')];
    await Promise.all(ids.map((id) => send(id)));
    const states = await Promise.all(ids.map(async (id) => (await findDelivery(office.db, id))?.state));
    expect(new Set(states)).toEqual(new Set(['sent', 'skipped']));
    expect(office.said).toHaveLength(1);
  });

  it('is never made up on a real channel', async () => {
    const now = office.clock.now();
    const file = { kind: 'news' as const, summary: '一句话。', source: '示例', published: now, category: '' };
    await recordNewsFiles(
      office.db,
      [
        { ...file, file: 'news/a.md', title: '【示例】补贴怎么领' },
        { ...file, file: 'news/b.md', title: '【示例】主题党日', kind: 'party' as const },
      ],
      { withExamples: true },
      now,
    );
    expect(await send(await plan('brief'))).toMatchObject({ state: 'skipped' });
    const party = await getDeskItem(office.db, 2, now);
    expect(await send(await plan('bulletin', party.id))).toMatchObject({
      state: 'skipped',
      reason: '示例只能在沙盒里发',
    });
    // Even when its mark is gone from the row.
    await office.db.updateTable('news_item').set({ example: 0 }).execute();
    expect(await send(await plan('brief'))).toMatchObject({ state: 'failed', reason: '示例只能在沙盒里发' });
    expect(await send(await plan('bulletin', party.id))).toMatchObject({
      state: 'failed',
      reason: '示例只能在沙盒里发',
    });
    expect(office.said).toEqual([]);
    const sandbox = { ...channel(), account: 'sandbox' };
    await office.db
      .updateTable('chat_group')
      .set({ account: 'sandbox' })
      .where('id', '=', office.groupId)
      .execute();
    expect(await send(await plan('brief'), sandbox)).toMatchObject({ state: 'sent' });
    expect(said()).toMatch(/【示例】补贴怎么领/);
  });

  describe('a bulletin', () => {
    it('goes whole, once to a group', async () => {
      const { id } = await write('主题党日安排', { kind: 'party', summary: '周五下午三点。\n村部二楼。' });
      expect(await send(await plan('bulletin', id))).toMatchObject({ state: 'sent' });
      expect(said()).toBe(
        '【党建信息】主题党日安排\n周五下午三点。\n村部二楼。\n（商务局 11月24日）\n———\n看过请回复 已阅',
      );
      expect(await send(await plan('bulletin', id))).toMatchObject({
        state: 'skipped',
        reason: '这一条这个群已经发过',
      });
      expect(await send(await plan('bulletin', id, office.other.id))).toMatchObject({ state: 'sent' });
    });

    it('is in no brief', async () => {
      await write('主题党日安排', { kind: 'party' });
      expect(await send(await plan('brief'))).toMatchObject({ state: 'skipped' });
    });

    it('that was rejected meanwhile, or grew old, stays', async () => {
      const { id, no } = await write('主题党日安排', { kind: 'party' });
      await rejectItem(office.db, no, AT_THE_TERMINAL, office.clock.now());
      expect(await send(await plan('bulletin', id))).toMatchObject({
        state: 'skipped',
        reason: '这一条没有留下来，没有发',
      });
      office.clock.advance(10 * DAY);
      expect(await send(await plan('bulletin', id))).toMatchObject({
        state: 'skipped',
        reason: '这一条已经过期，没有发',
      });
      expect(await send(await plan('bulletin', randomUUID()))).toMatchObject({
        state: 'skipped',
        reason: '这一条不在了',
      });
    });
  });

  describe('reading', () => {
    const names = ['黄秀兰', '韦国强', '覃小燕'];
    let members: string[];
    beforeEach(async () => {
      const now = office.clock.now();
      members = [];
      for (const [at, name] of names.entries()) {
        const { id } = await addMember(office.db, { name, day: '2026-11-24' }, TERMINAL, now);
        await bindIdentity(
          office.db,
          { account: ACCOUNT, contactId: `c${at}`, memberId: id, how: 'seed' },
          now,
        );
        await office.db
          .insertInto('group_member')
          .values({
            group_id: office.groupId,
            contact_id: `c${at}`,
            name: `花茶支部-${name}`,
            left_at: null,
            joined_at: null,
            own_name: null,
            remark: null,
          })
          .execute();
        members.push(id);
      }
      await office.db
        .insertInto('group_member')
        .values({
          group_id: office.groupId,
          contact_id: 'c9',
          name: '没说过话',
          left_at: null,
          joined_at: null,
          own_name: null,
          remark: null,
        })
        .execute();
    });
    const sendBulletin = async (title = '主题党日安排') => {
      const id = await plan('bulletin', (await write(title, { kind: 'party' })).id);
      await send(id);
      return id;
    };
    const read = (deliveryId: string, at: number) =>
      recordReading(
        office.db,
        { delivery_id: deliveryId, member_id: members[at] ?? '', how: 'reply', message_id: null },
        office.clock.now(),
      );

    it('is about the last thing that had come, for a week', async () => {
      expect(await findToRead(office.db, office.groupId, office.clock.now())).toBeUndefined();
      const first = await sendBulletin();
      office.clock.advance(HOUR);
      const between = office.clock.now();
      office.clock.advance(HOUR);
      const second = await sendBulletin('换届选举的通知');
      expect((await findToRead(office.db, office.groupId, between))?.id).toBe(first);
      expect((await findToRead(office.db, office.groupId, office.clock.now()))?.id).toBe(second);
      expect(await findToRead(office.db, office.other.id, office.clock.now())).toBeUndefined();
      expect(await findToRead(office.db, office.groupId, office.clock.now() + 8 * DAY)).toBeUndefined();
    });

    it('is counted once, and by name of who hasn’t', async () => {
      const id = await sendBulletin();
      expect(await read(id, 0)).toBe(true);
      expect(await read(id, 0)).toBe(false);
      const delivery = (await findDelivery(office.db, id)) ?? expect.unreachable();
      expect(
        (await listReaders(office.db, delivery)).map(({ name, readAt }) => `${name} ${readAt !== null}`),
      ).toEqual(['黄秀兰 true', '没说过话 false', '覃小燕 false', '韦国强 false']);
    });

    it('behind a member’s own link counts by the button, never by opening', async () => {
      const id = await sendBulletin();
      const secret = await issueReadingToken(office.db, id, members[1] ?? '', office.clock.now());
      const link = await findReadingLink(office.db, secret);
      expect(link).toMatchObject({ memberId: members[1], isRead: false });
      expect(link?.text).toMatch(/主题党日安排/);
      expect(await office.db.selectFrom('reading').selectAll().execute()).toEqual([]);
      expect(await readByLink(office.db, secret, office.clock.now())).toBe(true);
      expect(await readByLink(office.db, secret, office.clock.now())).toBe(true);
      expect(await office.db.selectFrom('reading').select(['member_id', 'how']).execute()).toEqual([
        { member_id: members[1], how: 'link' },
      ]);
      expect(await findReadingLink(office.db, secret)).toMatchObject({ isRead: true });
      expect(await readByLink(office.db, 'made-up', office.clock.now())).toBe(false);
    });

    it('is reminded of once, without names, and not when all have read it or it is old', async () => {
      const remind = () => remindUnread(office.db, async () => DAY, office.clock.now());
      const id = await sendBulletin();
      const all = await sendBulletin('大家都看过的通知');
      for (const at of [0, 1, 2]) await read(all, at);
      await office.db
        .updateTable('group_member')
        .set({ left_at: 1 })
        .where('contact_id', '=', 'c9')
        .execute();
      await read(id, 2);
      expect(await remind()).toBe(0);
      office.clock.advance(DAY + MINUTE);
      expect(await remindUnread(office.db, async () => undefined, office.clock.now())).toBe(0);
      expect(await remind()).toBe(1);
      expect(await remind()).toBe(0);
      const reminder = await office.db
        .selectFrom('delivery')
        .select('id')
        .where('kind', '=', 'reminder')
        .executeTakeFirstOrThrow();
      await send(reminder.id);
      expect(office.said.at(-1)).toBe(
        '《主题党日安排》已有 1 / 3 人回复 已阅。还没看的请往上翻一翻，看过回一声。',
      );
      for (const name of names) expect(office.said.at(-1)).not.toContain(name);
      await sendBulletin('没人提醒的旧通知');
      office.clock.advance(4 * DAY);
      expect(await remind()).toBe(0);
    });
  });
});
