/** What the pages are given of a running school. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readConfig } from '../src/config.ts';
import { UserError } from '../src/errors.ts';
import { silentLog } from '../src/log.ts';
import { setGroupEnabled } from '../src/people/groups.ts';
import { webParts } from '../src/site.ts';
import type { WebParts } from '../src/web/parts.ts';
import { TERMINAL } from '../src/people/scope.ts';
import { healthy } from './web/site.ts';
import { openSchool, ROOT, type School } from './support/school.ts';

describe('the site of a school', () => {
  let school: School;
  let parts: WebParts;
  beforeEach(async () => {
    school = await openSchool('sqlite');
    const config = readConfig({ LESSONS_DIR: `${ROOT}lessons` }, ROOT);
    const { db, clock, app, sandbox } = school;
    parts = webParts(
      { config, db, clock, log: silentLog, app, sandbox, channels: [sandbox] },
      async () => healthy,
    );
  });
  afterEach(async () => await school.close());

  const ROOM = 'huacha@sandbox';
  const refusal = async (roomId: string) =>
    await parts.sendNextLesson(roomId).then(
      () => '',
      (error: unknown) => {
        expect(error).toBeInstanceOf(UserError);
        return (error as Error).message;
      },
    );

  it('sends a group one lesson after the other, until it has had them all', async () => {
    const told = new Set<string>();
    const { lessons } = school.app.catalogue();
    for (let at = 0; at < lessons.length; at += 1) told.add(await parts.sendNextLesson(ROOM));
    expect(told.size).toBe(lessons.length);
    expect([...told][0]).toMatch(/^《.+》这就发到群里，小测 10 分钟后公布答案。$/);
    expect(await parts.sendNextLesson(ROOM)).toBe('这个群把所有的课都学完了。');
    const sent = await school.db
      .selectFrom('delivery')
      .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
      .select('content')
      .where('chat_group.room_id', '=', ROOM)
      .where('delivery.kind', '=', 'lesson')
      .execute();
    expect(new Set(sent.map(({ content }) => content)).size).toBe(lessons.length);
  }, 60_000);

  it('says in Chinese why it does not', async () => {
    expect(await refusal('nowhere@sandbox')).toBe('没有这个群');
    await setGroupEnabled(school.db, 'huacha', false, 'test', 1);
    expect(await refusal(ROOM)).toBe(
      '这个群没有启用。在服务器上运行 npm run -s weike -- group enable huacha',
    );
  });

  it('sends no lesson twice for two presses at the same moment', async () => {
    const presses = await Promise.allSettled([1, 2, 3].map(() => parts.sendNextLesson(ROOM)));
    for (const press of presses)
      if (press.status === 'rejected')
        expect((press.reason as Error).message).toMatch(/^这一课刚刚发过，没有再发一遍/);
    const rows = await school.db
      .selectFrom('delivery')
      .select(['content', 'group_id'])
      .where('kind', '=', 'lesson')
      .execute();
    const pairs = rows.map(({ content, group_id: group }) => `${group} ${content}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(presses.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('tells what comes, and who took part', async () => {
    await school.pass(21_000);
    await school.hears(/第1课/);
    await school.pupil('黄秀兰').says('1B 2B 3错');
    const upcoming = await parts.upcoming(TERMINAL);
    expect(upcoming.length).toBeGreaterThan(0);
    expect(upcoming.map(({ at }) => at)).toEqual(upcoming.map(({ at }) => at).toSorted((a, b) => a - b));
    const { week, groups, members } = await parts.participation(TERMINAL);
    expect(week).toBe('11月23日—11月29日');
    expect(groups.find(({ topic }) => topic === '花茶协会党支部群')).toMatchObject({
      people: 12,
      learned: 1,
      answers: 3,
    });
    expect(members).toMatchObject([{ name: '黄秀兰', status: '正式党员', answers: 3, days: 1 }]);
  });
});
