/** Digests as conversations: their author sees them first and decides; a group gets each once; a correction is marked. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RefusedError } from '../src/channels/channel.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../src/clock.ts';
import { getGroupByKey } from '../src/people/groups.ts';
import { setPolicy } from '../src/people/policies.ts';
import { picturePath } from '../src/lessons/pictures.ts';
import { TERMINAL } from '../src/people/scope.ts';
import { correctSpan, planCorrection } from '../src/schedule/corrections.ts';
import { addSchedule } from '../src/schedule/schedules.ts';
import { SANDBOX_WORLD } from '../src/channels/sandbox/world.ts';
import { DIALECTS } from './support/databases.ts';
import { openSchool, type School } from './support/school.ts';
import { until } from './support/wait.ts';

const ZONE = 'Asia/Shanghai';

const personId = (name: string): string =>
  SANDBOX_WORLD.rooms.flatMap((room) => room.people).find((one) => one.name === name)?.id ?? '';

describe.each(DIALECTS)('digests on %s', (dialect) => {
  let school: School;
  beforeEach(async () => {
    // A Sunday; the week began on the 23rd.
    school = await openSchool(dialect, '2026-11-29T17:30:00+08:00');
    await school.db.updateTable('schedule').set({ next_at: null }).execute();
    // Drawing takes its time: only where it is about pictures.
    await setPolicy(school.db, 'digest-picture', 'off', {}, 'cli', school.clock.now());
  });
  afterEach(async () => {
    await school.close();
  });

  const authorId = async (name = '黄秀兰') =>
    (await school.db.selectFrom('member').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

  const schedule = async (content: string, cron: string, who?: string) =>
    await addSchedule(
      school.db,
      {
        kind: 'digest',
        content,
        groups: [await getGroupByKey(school.db, 'huacha')],
        when: { cron },
        zone: ZONE,
      },
      who ?? (await authorId()),
      school.clock.now(),
    );

  const digests = () =>
    school.db
      .selectFrom('delivery')
      .select(['no', 'state', 'reason', 'content', 'period', 'again', 'planned_at', 'sent_at'])
      .where('kind', '=', 'digest')
      .orderBy('no')
      .execute();

  const pictures = async () => {
    const messages = await school.sandbox.messages({ roomId: 'huacha@sandbox' }, { limit: 500 });
    return messages.filter(({ kind }) => kind === 'picture');
  };

  const settledDigests = async (count: number) =>
    await until(
      async () => {
        const rows = await digests();
        return rows.length === count &&
          rows.every(({ state }) => ['sent', 'skipped', 'held', 'expired'].includes(state))
          ? rows
          : undefined;
      },
      { what: `${count} digests that are done with` },
    );

  async function learn() {
    await school.pupil('韦国强').says('打卡');
    await school.pupil('覃小燕').says('打卡 今天学了存茶');
  }

  it('are shown to their author an hour before, and go at their hour when nobody says anything', async () => {
    await setPolicy(school.db, 'digest-picture', 'longer', {}, 'cli', school.clock.now());
    await learn();
    await schedule('week', '0 20 * * 0');
    const ann = school.pupil('黄秀兰');
    await school.pass(HOUR);
    expect(await digests()).toEqual([]);
    await school.pass(HOUR);
    await ann.hears(/今天 20:00 要发到「.+」的简报，先给你看/);
    const shown = await ann.hears(/^【学习简报】/);
    expect(shown).toMatch(/^【学习简报】.+ 11月23日—29日\n• 学了 2 \/ \d+ 人/);
    await ann.hears(/发 1 现在就发；撤 1 不发；改 1/);
    expect(await pictures()).toEqual([]);

    await school.pass(HOUR);
    const words = await school.hears(/【学习简报 第1期】/);
    expect(words).toMatch(/打卡 2 次[\s\S]*光荣榜\n• 覃小燕：学 1 天\n• 韦国强：学 1 天/);
    const [row] = await settledDigests(1);
    expect(row).toMatchObject({ state: 'sent', content: 'week', period: '2026-11-23/2026-11-29' });
    const [picture] = await until(async () => ((await pictures()).length > 0 ? await pictures() : undefined));
    expect(picture?.text).toMatch(/学习简报：学了 2 \/ \d+ 人/);
    const file = picturePath({ lessonsDir: '', dataDir: school.dataDir }, picture?.picture ?? '');
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');

    // It is too late now, and it is said so.
    await ann.whispers('撤 1');
    await ann.hears(/1 号简报已经发出去了，来不及撤了/);
    expect((await digests()).map(({ state }) => state)).toEqual(['sent']);
  });

  it('wait for an author who says 改, and go with their words', async () => {
    await learn();
    await schedule('week', '0 20 * * 0');
    const ann = school.pupil('黄秀兰');
    await school.pass(2 * HOUR);
    await ann.hears(/先给你看/);
    await ann.whispers('改 1');
    await ann.hears(/先扣下了，不会自己发/);
    await school.pass(2 * HOUR);
    const [held] = await settledDigests(1);
    expect(held).toMatchObject({ state: 'held' });
    // Nobody else decides about it, and a number that isn't there changes nothing.
    await school.pupil('韦国强').whispers('发 1');
    await ann.whispers('改 9 这周大家都辛苦了，下周接着学。');
    await ann.hears(/没有 9 号简报，没有改动。能改的是 1 号/);
    await ann.whispers('改 1 这周大家都辛苦了，下周接着学。');
    expect(await ann.hears(/改好了/)).toMatch(/这周大家都辛苦了，下周接着学。[\s\S]*回复 发 1 就发/);
    expect((await digests()).map(({ state }) => state)).toEqual(['held']);
    await ann.whispers('发');
    await ann.hears(/这就发/);
    await school.pass(MINUTE);
    expect(await school.hears(/【学习简报 第1期】/)).toBe('【学习简报 第1期】这周大家都辛苦了，下周接着学。');
    await settledDigests(1);
    const audited = await school.db
      .selectFrom('audit')
      .select(['what', 'who', 'via'])
      .where('what', 'in', ['digest.rehearse', 'delivery.resend'])
      .orderBy('id')
      .execute();
    expect(audited.map(({ what }) => what)).toEqual([
      'digest.rehearse',
      'digest.rehearse',
      'digest.rehearse',
      'delivery.resend',
    ]);
    expect(new Set(audited.map(({ who, via }) => `${who} ${via}`))).toEqual(
      new Set([`${await authorId()} chat`]),
    );
  });

  it('go at once on 发, not again at their hour, and not at all on 撤', async () => {
    await learn();
    await schedule('week', '0 20 * * 0');
    await schedule('day', '0 20 * * *');
    const ann = school.pupil('黄秀兰');
    await school.pass(2 * HOUR);
    await until(async () => (await school.db.selectFrom('rehearsal').select('no').execute()).length === 2);
    await ann.hears(/发 2 现在就发/);
    await ann.whispers('发');
    await ann.hears(/有 2 期简报在等你：.*请带上编号/);
    const kinds = await school.db
      .selectFrom('rehearsal')
      .innerJoin('schedule', 'schedule.id', 'rehearsal.schedule_id')
      .select(['rehearsal.no', 'schedule.content'])
      .execute();
    const noOf = (content: string) => kinds.find((one) => one.content === content)?.no ?? 0;
    await ann.whispers(`发 ${noOf('week')}`);
    await ann.hears(/这就发/);
    await ann.whispers(`撤 ${noOf('day')}`);
    await ann.hears(/撤下了，这一期不发/);
    await school.pass(MINUTE);
    await school.hears(/11月23日—29日/);
    await school.pass(2 * HOUR);
    const rows = await settledDigests(2);
    expect(rows.map(({ content, state, reason }) => [content, state, reason])).toEqual([
      ['week', 'sent', null],
      ['day', 'skipped', '作者撤下了这一期，没有发'],
    ]);
    // The next evening is another one.
    await school.pass(DAY);
    const later = await settledDigests(3);
    expect(later.at(-1)).toMatchObject({ content: 'day', state: 'sent', period: '2026-11-30/2026-11-30' });
  });

  it('go to a group once, whoever scheduled them, also when the figures changed', async () => {
    await schedule('week', '0 20 * * 0', 'cli');
    await schedule('week', '0 21 * * 0', 'cli');
    await schedule('week', '0 9 * * 1', 'cli');
    await learn();
    await school.pass(3 * HOUR);
    await school.hears(/【学习简报 第1期】/);
    await school.pupil('黄秀兰').says('打卡');
    await school.pass(2 * HOUR);
    await school.pass(12 * HOUR);
    const rows = await settledDigests(3);
    expect(rows.map(({ state, reason }) => [state, reason])).toEqual([
      ['sent', null],
      ['skipped', '这一期简报这个群已经发过'],
      ['skipped', '这一期简报这个群已经发过'],
    ]);
    expect((await school.said()).filter((text) => text.startsWith('【学习简报'))).toHaveLength(1);

    await school.pupil('韦国强').says('打卡');
    const group = await getGroupByKey(school.db, 'huacha');
    const span = { kind: 'week', from: '2026-11-23', to: '2026-11-29' } as const;
    const correct = (anyway: boolean) =>
      correctSpan(
        school.db,
        TERMINAL,
        { group, span },
        { place: { zone: ZONE, dataDir: school.dataDir }, lessons: [], anyway },
        school.clock.now(),
      );
    await correct(false);
    await school.pass(SECOND);
    expect(await school.hears(/更正】/)).toMatch(
      /^【学习简报 第2期 更正】花茶协会党支部 11月23日—29日\n• 学了 3 \/ \d+ 人/,
    );
    await settledDigests(4);
    await expect(correct(false)).rejects.toThrow(/figures are the same.*--anyway/);
    expect(await correct(true)).toMatchObject({ state: 'planned', ordinal: 3 });
    await expect(
      planCorrection(school.db, group, { ...span, from: '2026-11-16', to: '2026-11-22' }, { who: 'cli' }, 1),
    ).rejects.toThrow(/nothing to correct/);
  });

  it('of a day come with a picture where anybody has learned, unless the policy wants none', async () => {
    const { db, clock } = school;
    await setPolicy(db, 'digest-picture', undefined, {}, 'cli', clock.now());
    await schedule('day', '0 20 * * *', 'cli');
    await school.pass(3 * HOUR);
    expect(await school.hears(/【学习简报 第1期】/)).toContain('还没有人作答或打卡');
    await settledDigests(1);
    expect(await pictures()).toEqual([]);

    await school.pass(20 * HOUR);
    await learn();
    await school.pass(4 * HOUR);
    expect(await school.hears(/【学习简报 第2期】/)).toContain('学了 2 /');
    await settledDigests(2);
    const [picture] = await pictures();
    expect(picture?.text).toMatch(/11月30日 学习简报：学了 2 \/ \d+ 人/);
    const file = picturePath({ lessonsDir: '', dataDir: school.dataDir }, picture?.picture ?? '');
    expect((await readFile(file)).length).toBeLessThan(45_000);

    await setPolicy(db, 'digest-picture', 'longer', {}, 'cli', clock.now());
    await school.pass(20 * HOUR);
    await learn();
    await school.pass(4 * HOUR);
    expect(await school.hears(/【学习简报 第3期】/)).toContain('学了 2 /');
    await settledDigests(3);
    expect(await pictures()).toHaveLength(1);
  });

  it('go without their picture where it can not be made, or not be sent', async () => {
    const { db, clock, dataDir } = school;
    await setPolicy(db, 'digest-picture', undefined, {}, 'cli', clock.now());
    await schedule('day', '0 20 * * *', 'cli');
    await learn();
    // No folder can be made where a file stands.
    await writeFile(join(dataDir, 'pictures'), '');
    await school.pass(3 * HOUR);
    await school.hears(/【学习简报 第1期】/);
    expect((await settledDigests(1))[0]).toMatchObject({ state: 'sent' });
    expect(await pictures()).toEqual([]);

    await rm(join(dataDir, 'pictures'));
    const send = school.sandbox.send.bind(school.sandbox);
    const refusing = vi.spyOn(school.sandbox, 'send').mockImplementation(async (target, part) => {
      if (part.kind === 'picture') throw new RefusedError('图片违规');
      return await send(target, part);
    });
    await school.pass(20 * HOUR);
    await learn();
    await school.pass(4 * HOUR);
    await school.hears(/【学习简报 第2期】/);
    const last = (await settledDigests(2)).at(-1);
    expect(last).toMatchObject({ state: 'sent', reason: '文字到了，图没有发成：图片违规' });
    expect(refusing.mock.calls.filter(([, part]) => part.kind === 'picture')).toHaveLength(1);
    // It counts as told: whatever else brings that day's doesn't.
    await schedule('day', '0 22 * * *', 'cli');
    await school.pass(2 * HOUR);
    expect((await settledDigests(3)).at(-1)).toMatchObject({
      state: 'skipped',
      reason: '这一期简报这个群已经发过',
    });
    // So it is with somebody's own week on Sunday evening.
    const bob = school.pupil('韦国强');
    await bob.whispers('周报');
    await bob.hears(/【我的周报】/);
    await bob.says('打卡');
    await school.pass(6 * DAY);
    await bob.hears(/【我的周报】[\s\S]*不想要了就说 退订周报。$/);
    const own = await until(
      async () =>
        await db
          .selectFrom('delivery')
          .select(['state', 'reason'])
          .where('cause', 'like', 'weekly:%')
          .where('state', 'not in', ['planned', 'queued', 'sending'])
          .executeTakeFirst(),
      { what: 'the end of an own week' },
    );
    expect(own).toEqual({ state: 'sent', reason: '文字到了，图没有发成：图片违规' });
    refusing.mockRestore();
  });

  it('that go to several groups are shown group by group, each with its figures and its picture', async () => {
    const now = school.clock.now();
    await setPolicy(school.db, 'digest-picture', 'longer', {}, 'cli', now);
    await learn();
    const keys = ['huacha', 'cuntao', 'qingnian'];
    const groups = await Promise.all(keys.map((key) => getGroupByKey(school.db, key)));
    const topics = groups
      .toSorted((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
      .map(({ topic }) => topic);
    await addSchedule(
      school.db,
      { kind: 'digest', content: 'week', groups, when: { cron: '0 20 * * 0' }, zone: ZONE },
      await authorId(),
      now,
    );
    const ann = school.pupil('黄秀兰');
    await school.pass(2 * HOUR);
    const head = await ann.hears(/先给你看/);
    expect(head).toBe(
      [
        `今天 20:00 要发到「${topics[0]}」等 3 个群的简报，先给你看：`,
        `一共 3 个群：1「${topics[0]}」 2「${topics[1]}」 3「${topics[2]}」。下面是第 1 个的，回复 看 2 看第 2 个的。`,
      ].join('\n'),
    );
    const shown = await ann.hears(/^【学习简报】/);
    const privately = async () =>
      await school.sandbox.messages({ contactId: personId('黄秀兰') }, { limit: 500 });
    const seen = async (count: number) =>
      await until(
        async () => {
          const all = (await privately()).filter(({ kind }) => kind === 'picture');
          return all.length >= count ? all : undefined;
        },
        { what: `${count} pictures in private` },
      );
    // Nobody has learned in the other two: without a picture, and with figures of their own.
    await ann.whispers('看 2');
    await school.pass(SECOND);
    await ann.hears(new RegExp(`^第 2 个，「${topics[1]}」的（一共 3 个群）：$`));
    const others = await until(async () => {
      const texts = (await privately()).filter(({ text }) => text.startsWith('【学习简报】'));
      return texts.length === 2 ? texts : undefined;
    });
    expect(others.at(-1)?.text).not.toBe(shown);
    expect(others.at(-1)?.text).toMatch(/• 学了 0 \/ \d+ 人/);
    expect(await seen(1)).toHaveLength(1);
    // The first once more, with its picture.
    await ann.whispers('看１');
    await school.pass(SECOND);
    await ann.hears(/^第 1 个/);
    expect((await seen(2)).map(({ text }) => text)).toEqual([
      expect.stringContaining('学习简报：学了 2 /'),
      expect.stringContaining('学习简报：学了 2 /'),
    ]);
    await ann.whispers('看 4');
    await ann.hears(/只发到 3 个群，没有第 4 个/);
    // With the author's own words it is shown as it will go.
    await ann.whispers('改 1 这周大家都辛苦了。');
    await ann.hears(/改好了/);
    await ann.whispers('看 1 3');
    await school.pass(SECOND);
    await ann.hears(/^第 3 个/);
    expect(await ann.hears(/^【学习简报】这周/)).toBe('【学习简报】这周大家都辛苦了。');
    // Nobody else is shown anything, and nothing has gone to a group.
    const bob = school.pupil('韦国强');
    await bob.whispers('看 2');
    expect(
      (await school.sandbox.messages({ contactId: personId('韦国强') }, { limit: 50 })).filter(({ text }) =>
        text.includes('学习简报'),
      ),
    ).toEqual([]);
    expect(await digests()).toEqual([]);
    // A second one that waits as well: it has to be said which is meant.
    await schedule('day', '30 20 * * *');
    await school.pass(MINUTE);
    await ann.hears(/发 2 现在就发/);
    await ann.whispers('看 2');
    await ann.hears(/有 2 期简报在等你：.+请带上编号，如 看 \d 2。/);
    await ann.whispers('看 2 1');
    await school.pass(SECOND);
    await ann.hears(/^第 1 个，「.+」的（一共 1 个群）：$/);
    await ann.whispers('撤 1');
    await ann.whispers('撤 2');
    await ann.hears(/撤下了/);
    await ann.whispers('看 2');
    expect((await privately()).filter(({ text }) => /^第 2 个/.test(text))).toHaveLength(1);
  });

  it('wait for their author where the policy wants it, are only text where it wants that, and of the group', async () => {
    const group = await getGroupByKey(school.db, 'huacha');
    const now = school.clock.now();
    await setPolicy(school.db, 'digest-rehearsal', 'wait', { groupId: group.id }, 'cli', now);
    await setPolicy(school.db, 'digest-of', 'group', { groupId: group.id }, 'cli', now);
    await learn();
    await schedule('week', '0 20 * * 0');
    const ann = school.pupil('黄秀兰');
    await school.pass(2 * HOUR);
    await ann.hears(/该发到「.+」，等你回复 发 1 才发/);
    await school.pass(HOUR + MINUTE);
    expect((await settledDigests(1))[0]).toMatchObject({ state: 'held' });
    await ann.whispers('发 1');
    await school.pass(MINUTE);
    expect(await school.hears(/【学习简报/)).toContain(`【学习简报 第1期】${group.topic} 11月23日—29日`);
    await settledDigests(1);
    expect(await pictures()).toEqual([]);
  });

  it('that were not shown because the server was down wait all the same where the policy wants it', async () => {
    const now = school.clock.now();
    await setPolicy(school.db, 'digest-rehearsal', 'wait', {}, 'cli', now);
    await learn();
    await schedule('week', '0 20 * * 0');
    const ann = school.pupil('黄秀兰');
    // Two and a half hours without a tick.
    school.clock.advance(2.5 * HOUR + SECOND);
    await school.app.tick();
    await school.pass(SECOND);
    await ann.hears(/1 号简报到点了，发之前没来得及给你看/);
    expect((await settledDigests(1))[0]).toMatchObject({ state: 'held' });
    await ann.whispers('撤');
    await ann.hears(/撤下了/);
    expect((await settledDigests(1))[0]).toMatchObject({ state: 'skipped' });
  });

  it('of one’s own week come with a picture that names nobody, where one has learned', async () => {
    const { db, clock, sandbox } = school;
    await setPolicy(db, 'digest-picture', undefined, {}, 'cli', clock.now());
    await learn();
    const mine = async (name: string) =>
      (await sandbox.messages({ contactId: personId(name) }, { limit: 500 })).filter(
        ({ kind, personId: by }) => by === undefined && kind === 'picture',
      );
    const seen = async (count: number) =>
      await until(async () => {
        const found = await mine('韦国强');
        return found.length === count ? found : undefined;
      });
    const bob = school.pupil('韦国强');
    await bob.whispers('周报');
    await bob.hears(/【我的周报】/);
    await school.pass(SECOND);
    const [picture] = await seen(1);
    expect(picture?.text).toBe('我的周报 11月23日—29日：学了 1 天');
    const file = picturePath({ lessonsDir: '', dataDir: school.dataDir }, picture?.picture ?? '');
    expect((await readFile(file)).length).toBeLessThan(30_000);
    // On Sunday evening the words and the picture; of a week without learning the words alone, kindly.
    await school.pass(3 * HOUR);
    await bob.hears(/不想要了就说 退订周报。$/);
    await seen(2);
    await school.pass(7 * DAY);
    await bob.hears(/这周还没有学习记录/);
    await bob.whispers('周报');
    await school.pass(SECOND);
    expect(await mine('韦国强')).toHaveLength(2);
    expect(await mine('覃小燕')).toEqual([]);
  });

  it('come every Sunday evening to whoever asked for their own week, and to nobody else', async () => {
    await learn();
    const bob = school.pupil('韦国强');
    await bob.whispers('周报');
    const now = await bob.hears(/【我的周报】/);
    expect(now).toMatch(/^【我的周报】韦国强 11月23日—29日\n• 学了 1 天，比上周多 1 天[\s\S]*每周日晚上/);
    await school.pupil('覃小燕').says('周报');
    await school.pass(3 * HOUR);
    await bob.hears(/不想要了就说 退订周报。$/);
    const sent = () =>
      school.db.selectFrom('delivery').select(['contact_id']).where('cause', 'like', 'weekly:%').execute();
    expect(await sent()).toHaveLength(1);
    await school.pass(2 * HOUR);
    expect(await sent()).toHaveLength(1);
    await bob.whispers('退订周报');
    await bob.hears(/不再发周报/);
    await school.pass(7 * DAY);
    expect(await sent()).toHaveLength(1);
  });
});
