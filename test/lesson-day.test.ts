/** A whole lesson day as a conversation: it arrives, is answered and checked in, closes, and a digest is posted. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR, MINUTE, SECOND } from '../src/clock.ts';
import { composeGroupDay, readGroupDay } from '../src/digest/daily.ts';
import { readGroupDigest } from '../src/digest/digest.ts';
import { drawDigest } from '../src/digest/picture.ts';
import { rebuildRollups } from '../src/digest/rebuild.ts';
import { spanAround } from '../src/digest/spans.ts';
import { readRollups } from './support/classroom.ts';
import { DIALECTS } from './support/databases.ts';
import { neverSaid, openSchool, type School } from './support/school.ts';

const ZONE = 'Asia/Shanghai';

describe.each(DIALECTS)('a lesson day on %s', (dialect) => {
  let school: School;
  beforeEach(async () => {
    school = await openSchool(dialect);
  });
  afterEach(async () => {
    await school.close();
  });

  const rollups = () => readRollups(school.db);

  it('teaches, marks, acknowledges once, closes and reports', async () => {
    await school.pass(21 * SECOND);
    const lesson = await school.hears(/【微课 第1课】/);
    expect(lesson).toMatch(/小测（今天 20:29 截止）回复如 1A 2A 3对/);
    expect(lesson).toMatch(/^1\. .+\nA .+/m);

    const [ann, bob, eva] = ['黄秀兰', '韦国强', '覃小燕'].map((name) => school.pupil(name));
    await ann?.says('1B 2B 3错');
    await bob?.says('B C 错');
    await bob?.says('第2题改B');
    await eva?.says('1E');
    await eva?.says('今天的风真大');
    await bob?.says('打卡 回去就换罐子');
    neverSaid(await school.said(), /已收到/);

    await school.pass(31 * SECOND);
    const ack = await school.hears(/已收到/);
    expect(ack).toMatch(/已收到 黄秀兰、韦国强 作答/);
    expect(ack).toMatch(/已打卡 韦国强/);
    expect(ack).toMatch(/覃小燕：没有这个选项/);

    // A digest that goes out while the quiz is open tells nobody what was right.
    const early = await dayOf(school);
    expect(early.text).toMatch(/答题 6 道，对了多少截止后公布/);
    expect(early.svg).toContain('对错截止后公布');
    neverSaid([early.text, early.svg], /答对|正确率/);

    // A late joiner, a stranger to the roster, has the name of the group.
    await school.pupil('农志远').says('1A2B3错');
    await school.pass(30 * MINUTE);
    const key = await school.hears(/【答案】/);
    expect(key).toMatch(/1\. B 2021 年（3 人答，67% 答对）/);
    expect(key).toMatch(/3\. 错/);
    neverSaid([key], /黄秀兰|韦国强|农志远/);

    // After closing an answer is talk.
    await ann?.says('1A 2A 3对');
    const late = await school.db.selectFrom('answer').select('id').execute();
    expect(late).toHaveLength(3 + 3 + 1 + 3);

    await school.pass(HOUR + 2 * MINUTE);
    const digest = await school.hears(/【学习简报 第1期】11月24日/);
    expect(digest).toMatch(/第1课/);
    expect(digest).toMatch(/学了 3 \/ 12 人，作答 3 人，打卡 1 人/);
    expect(digest).toMatch(/答对 8 \/ 9 题（89%）/);

    expect((await dayOf(school)).svg).toContain('89');

    const kept = await rollups();
    await rebuildRollups(school.db, ZONE);
    expect(await rollups()).toEqual(kept);
  });

  it('keeps every answer; the last one before closing counts', async () => {
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    const ann = school.pupil('黄秀兰');
    await ann.says('1A');
    await ann.says('1C');
    await ann.says('1B');
    const answers = await school.db
      .selectFrom('answer')
      .select(['value', 'counted', 'correct'])
      .orderBy('id')
      .execute();
    expect(answers).toEqual([
      { value: 'A', counted: 0, correct: 0 },
      { value: 'C', counted: 0, correct: 0 },
      { value: 'B', counted: 1, correct: 1 },
    ]);
    const { answers: count, correct } = await school.db
      .selectFrom('rollup_window')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect({ count, correct }).toEqual({ count: 1, correct: 1 });
  });

  it('answers in private at once, and counts what was said there', async () => {
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    const ann = school.pupil('黄秀兰');
    await ann.whispers('1B 2B');
    expect(await ann.hears(/已记下/)).toBe('已记下第 1、2 题。');
    await ann.whispers('E');
    expect(await ann.hears(/请带上题号/)).toMatch(/这次有 3 题|1A/);
    await ann.whispers('打卡');
    expect(await ann.hears(/已打卡/)).toBe('已打卡。');
    await ann.whispers('我的');
    expect(await ann.hears(/答题 2 道/)).toMatch(/黄秀兰：学了 1 天/);
    await ann.whispers('帮助');
    await ann.hears(/我是小课/);
    await ann.whispers('搜 花茶');
    await ann.hears(/找到 \d+ 课/);
    await ann.whispers('学习');
    await ann.hears(/【横州和茉莉花】/);
    const said = await school.said();
    neverSaid(said, /已记下|找到/);
  });

  it('reads nothing in a group that is disabled', async () => {
    await school.db.updateTable('chat_group').set({ enabled: 0 }).where('key', '=', 'huacha').execute();
    await school.pupil('黄秀兰').says('打卡');
    expect(await school.db.selectFrom('message').select('id').execute()).toEqual([]);
    await school.pass(21 * SECOND);
    await school.hears(/第1课/, 'cuntao');
    neverSaid(await school.said(), /第1课/);
  });

  it('sends the next lesson of a course each evening, and none twice', async () => {
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    await school.pass(45 * SECOND);
    for (let evening = 0; evening < 7; evening += 1) {
      await school.hears(new RegExp(`第${evening + 2}课`));
      await school.pass(24 * HOUR);
    }
    const sent = await school.db
      .selectFrom('delivery')
      .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
      .select(['delivery.content', 'delivery.ordinal'])
      .where('delivery.kind', '=', 'lesson')
      .where('chat_group.key', '=', 'huacha')
      .where('delivery.ordinal', 'is not', null)
      .orderBy('delivery.ordinal')
      .execute();
    expect(new Set(sent.map(({ content }) => content)).size).toBe(sent.length);
    expect(sent.map(({ ordinal }) => ordinal)).toEqual(sent.map((_, index) => index + 1));
    expect(sent.length).toBeGreaterThan(5);
  });
});

/** What a digest of the group's day would say now. */
async function dayOf({ db, clock }: School): Promise<{ text: string; svg: string }> {
  const span = spanAround('day', '2026-11-24');
  const group = await db.selectFrom('chat_group').select(['id', 'topic']).executeTakeFirstOrThrow();
  const digest = await readGroupDigest({ db, span, zone: ZONE, now: clock.now() }, group);
  const day = await readGroupDay(db, group.id, span.from, ZONE);
  return {
    text: composeGroupDay(span.from, day, { zone: ZONE, unclosed: digest.unclosed ?? false }),
    svg: await drawDigest(digest, { asOf: '11月24日' }),
  };
}
