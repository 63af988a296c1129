/** What surrounds the quizzes, as conversations: where answers go, make-up, leave, points, practice, reminders, recalls. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { recordTap } from '../../src/chat/tap.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { applyKeyChange } from '../../src/digest/rekey.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import type { PolicyName } from '../../src/people/policy-names.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { lessonOf } from '../../src/quiz/windows.ts';
import { DIALECTS } from '../support/databases.ts';
import { neverSaid, openSchool, type School } from '../support/school.ts';

const ZONE = 'Asia/Shanghai';

describe.each(DIALECTS)('learning on %s', (dialect) => {
  let school: School;
  beforeEach(async () => {
    school = await openSchool(dialect);
  });
  afterEach(async () => {
    await school.close();
  });

  const set = (name: PolicyName, value: string) =>
    setPolicy(school.db, name, value, {}, 'test', school.clock.now());
  const arrive = async () => {
    await school.pass(21 * SECOND);
    return await school.hears(/第1课/);
  };
  const counted = () =>
    school.db
      .selectFrom('answer')
      .select(['question', 'value', 'makeup'])
      .where('counted', '=', 1)
      .orderBy('question')
      .execute();

  it('takes answers in private only, and says so gently', async () => {
    await set('quiz-mode', 'private');
    expect(await arrive()).toMatch(/不在群里答，请私聊我/);
    const ann = school.pupil('黄秀兰');
    await ann.says('1B 2B 3错');
    await ann.says('打卡 1B');
    expect(await counted()).toEqual([]);
    await school.pass(31 * SECOND);
    const ack = await school.hears(/请私聊我，群里说的不算/);
    expect(ack).toMatch(/已打卡 黄秀兰/);
    expect(ack).not.toMatch(/已收到/);
    await ann.whispers('1B 2B 3错');
    expect(await ann.hears(/已记下/)).toBe('已记下第 1、2、3 题。');
    expect(await counted()).toHaveLength(3);
  });

  it('takes answers by link only', async () => {
    await set('quiz-mode', 'link');
    expect(await arrive()).toMatch(/不在群里答，点 http:\S+\/q\//);
    const ann = school.pupil('黄秀兰');
    await ann.whispers('1B');
    expect(await ann.hears(/点链接作答/)).toMatch(/\/q\//);
    expect(await counted()).toEqual([]);
  });

  it('keeps what is tapped on a page like what is typed, once', async () => {
    await set('quiz-mode', 'link');
    await arrive();
    const { id: windowId, closes_at: closesAt } = await school.db
      .selectFrom('quiz_window')
      .innerJoin('chat_group', 'chat_group.id', 'quiz_window.group_id')
      .selectAll('quiz_window')
      .where('chat_group.key', '=', 'huacha')
      .executeTakeFirstOrThrow();
    const memberIdOf = async (name: string) =>
      (await school.db.selectFrom('member').select('id').where('name', '=', name).executeTakeFirstOrThrow())
        .id;
    const memberId = await memberIdOf('黄秀兰');
    const tap = (tapId: string, values: Record<number, string[]>, tappedAt = school.clock.now()) =>
      recordTap(school.db, { windowId, memberId, tapId, values, tappedAt }, ZONE, school.clock.now());
    expect(await tap('1', { 1: ['A'] })).toEqual({ answered: [1], makeup: false });
    expect(await tap('2', { 1: ['b'], 3: ['错'] })).toEqual({ answered: [1, 3], makeup: false });
    await tap('2', { 1: ['b'], 3: ['错'] });
    expect(await counted()).toEqual([
      { question: 1, value: 'B', makeup: 0 },
      { question: 3, value: '错', makeup: 0 },
    ]);
    await expect(tap('3', { 1: ['E'] })).rejects.toThrow(/第 1 题的答案填得不对/);
    await expect(tap('4', { 9: ['A'] })).rejects.toThrow(/没有第 9 题/);
    await expect(tap('5', {})).rejects.toThrow(/还没有选/);
    const rows = async () => (await school.db.selectFrom('answer').select('id').execute()).length;
    const before = await rows();
    // A form sends all of its questions every time: what counts already is no further answer.
    expect(await tap('6', { 1: ['B'], 3: ['错'] })).toEqual({ answered: [1, 3], makeup: false });
    expect(await rows()).toBe(before);
    const tooLate = closesAt + SECOND;
    school.clock.set(tooLate);
    // Tapped in time on a phone that was offline, and the key is still secret.
    expect(await tap('7', { 2: ['B'] }, closesAt - MINUTE)).toEqual({ answered: [2], makeup: false });
    await school.pass(10 * MINUTE);
    // The key is out: a clock that was set back by hand changes nothing.
    const another = await memberIdOf('韦国强');
    const late = { windowId, memberId: another, values: { 1: ['B'] }, tappedAt: closesAt - MINUTE };
    expect(await recordTap(school.db, { ...late, tapId: '8' }, ZONE, school.clock.now())).toEqual({
      answered: [1],
      makeup: true,
    });
    expect(await tap('9', { 1: ['A'] })).toEqual({ answered: [1], makeup: true });
    expect((await counted()).filter(({ makeup }) => makeup === 0)).toEqual([
      { question: 1, value: 'B', makeup: 0 },
      { question: 2, value: 'B', makeup: 0 },
      { question: 3, value: '错', makeup: 0 },
    ]);
    // Of another group: as if it weren't there.
    const stranger = await memberIdOf('陆有福');
    const foreign = { ...late, memberId: stranger, tapId: '10' };
    await expect(recordTap(school.db, foreign, ZONE, school.clock.now())).rejects.toThrow(/没有这次小测/);
    await school.pass(8 * DAY);
    await expect(tap('11', { 1: ['A'] })).rejects.toThrow(/过了补学的时间/);
  });

  it('lets as many answers count as a group allows', async () => {
    await set('answer-attempts', '2');
    await arrive();
    const ann = school.pupil('黄秀兰');
    for (const answer of ['1A', '1B', '1C']) await ann.says(answer);
    expect(await counted()).toEqual([{ question: 1, value: 'B', makeup: 0 }]);
  });

  it('reads letters as the group saw them, and keeps those of the lesson', async () => {
    await set('shuffle-options', 'on');
    await arrive();
    const window = await school.db.selectFrom('quiz_window').selectAll().executeTakeFirstOrThrow();
    const order = (JSON.parse(window.orders ?? '{}') as Record<string, string>)['1'] ?? '';
    const seen = 'ABCD'[order.indexOf('B')] ?? '';
    await school.pupil('黄秀兰').says(`1${seen}`);
    expect(await counted()).toEqual([{ question: 1, value: 'B', makeup: 0 }]);
    await school.pass(31 * MINUTE);
    expect(await school.hears(/【答案】/)).toMatch(new RegExp(`1\\. ${seen} `));
  });

  it('takes back what is recalled, and lets what was before count again', async () => {
    await arrive();
    const ann = school.pupil('黄秀兰');
    await ann.says('1B');
    await ann.says('打卡 1A');
    const message = await school.db
      .selectFrom('message')
      .selectAll()
      .where('text', '=', '打卡 1A')
      .executeTakeFirstOrThrow();
    await school.db
      .insertInto('message')
      .values({
        ...message,
        id: 'recall',
        channel_id: 'recall',
        kind: 'recall',
        text: message.channel_id,
        state: 'new',
        intent: null,
        handled_at: null,
      })
      .execute();
    await school.app.settled();
    expect(await counted()).toEqual([{ question: 1, value: 'B', makeup: 0 }]);
    const days = await school.db.selectFrom('rollup_member_day').selectAll().execute();
    expect(days).toMatchObject([{ answers: 1, correct: 1, checkins: 0 }]);
    expect(await school.db.selectFrom('withdrawal').selectAll().execute()).toMatchObject([
      { answers: 1, checkins: 1 },
    ]);
    const rollups = () => school.db.selectFrom('rollup_question').selectAll().execute();
    const kept = await rollups();
    await rebuildRollups(school.db, ZONE);
    expect(await rollups()).toEqual(kept);
  });

  it('gives points for facts, and shows boards where equals share a place', async () => {
    await arrive();
    await school.pupil('黄秀兰').says('1B 2B 3错');
    await school.pupil('韦国强').says('1B 2B 3错');
    await school.pupil('覃小燕').says('1A');
    await school.pupil('覃小燕').says('打卡');
    await school.pupil('黄秀兰').says('排行榜');
    // What is right isn't told while others may still answer.
    expect(await school.hears(/光荣榜/)).toMatch(
      /1\. 韦国强　学 1 天，得 5 分\n1\. 黄秀兰　学 1 天，得 5 分/,
    );
    await school.pupil('黄秀兰').whispers('我的');
    expect(await school.pupil('黄秀兰').hears(/积分 5 分/)).toMatch(/答题 3 道，对错等公布答案/);
    await school.pass(31 * MINUTE);
    await school.hears(/【答案】/);
    await school.pupil('黄秀兰').says('排行榜');
    const board = await school.hears(/光荣榜[^]*得 11 分/);
    expect(board).toBe(
      '【光荣榜】本周\n1. 韦国强　学 1 天，得 11 分\n1. 黄秀兰　学 1 天，得 11 分\n3. 覃小燕　学 1 天，得 1 分',
    );
    const points = await school.db.selectFrom('point').selectAll().where('voided_at', 'is', null).execute();
    const facts = new Set((await school.db.selectFrom('answer').select('id').execute()).map(({ id }) => id));
    for (const point of points.filter(({ rule }) => rule === 'right')) expect(facts).toContain(point.fact);
    await school.pupil('黄秀兰').whispers('排行 支部');
    expect(await school.pupil('黄秀兰').hears(/支部榜/)).toMatch(/人均 [\d.]+ 分，\d+% 的人有积分/);
    await school.pupil('黄秀兰').whispers('我的');
    expect(await school.pupil('黄秀兰').hears(/积分 11 分/)).toMatch(/答题 3 道，答对 3 道/);
  });

  it('shows in private the board of the groups that one is in, also to who has no points', async () => {
    await arrive();
    await school.pupil('黄秀兰').whispers('排行');
    await school.pupil('黄秀兰').hears(/本周还没有人得分/);
    await school.pupil('韦国强').says('1B 2B 3错');
    await school.pass(31 * SECOND);
    await school.pupil('黄秀兰').whispers('排行');
    expect(await school.pupil('黄秀兰').hears(/光荣榜/)).toMatch(/1\. 韦国强/);
  });

  it('marks anew when a key was wrong, with a trail; rollups and points follow', async () => {
    await arrive();
    await school.pupil('黄秀兰').says('1A 2B 3错');
    await school.pass(SECOND);
    const window = await school.db.selectFrom('quiz_window').selectAll().executeTakeFirstOrThrow();
    const question = (await lessonOf(school.db, window))?.questions[0];
    if (!question) throw new Error('no question');
    const change = { hash: window.hash, question: { ...question, key: ['A'] }, before: question.key };
    expect(await applyKeyChange(school.db, change, ZONE, 'test', school.clock.now())).toBe(1);
    expect(await school.db.selectFrom('answer_remark').selectAll().execute()).toMatchObject([
      { correct_before: 0, correct_after: 1 },
    ]);
    await school.pass(SECOND);
    const total = await school.db
      .selectFrom('point')
      .select(({ fn }) => fn.sum<number>('tenths').as('tenths'))
      .where('voided_at', 'is', null)
      .executeTakeFirstOrThrow();
    // Five for the lesson; what is right counts once the quiz is closed.
    expect(Number(total.tenths)).toBe(50);
    expect(await school.db.selectFrom('rollup_window').select(['answers', 'correct']).execute()).toEqual([
      { answers: 3, correct: 3 },
    ]);
    await school.pupil('韦国强').says('1A');
    expect(
      await school.db
        .selectFrom('answer')
        .select('correct')
        .where('question', '=', 1)
        .where('counted', '=', 1)
        .execute(),
    ).toEqual([{ correct: 1 }, { correct: 1 }]);
    await school.pass(31 * MINUTE);
    const closed = await school.db
      .selectFrom('point')
      .select(({ fn }) => fn.sum<number>('tenths').as('tenths'))
      .where('voided_at', 'is', null)
      .executeTakeFirstOrThrow();
    expect(Number(closed.tenths)).toBe(130);
    expect(await school.hears(/【答案】/)).toMatch(/1\. A .*100% 答对/);
  });

  it('lets nobody practise by a key that was wrong, and marks the question of the week anew, too', async () => {
    await arrive();
    for (const name of ['黄秀兰', '韦国强', '覃小燕']) {
      await school.pupil(name).says(name === '覃小燕' ? '1B 2B 3错' : '1A 2B 3错');
      await school.pupil(name).whispers('练习 好');
    }
    await school.pass(31 * MINUTE);
    await school.hears(/【答案】/);
    const cards = () =>
      school.db
        .selectFrom('practice_card')
        .innerJoin('member', 'member.id', 'practice_card.member_id')
        .select(['member.name', 'question'])
        .where('practice_card.closed_at', 'is', null)
        .orderBy('member.name')
        .execute();
    expect(await cards()).toHaveLength(2);
    school.clock.set(Date.parse('2026-11-29T19:01:00+08:00'));
    await school.app.tick();
    await school.hears(/【每周一题】/);
    await school.pupil('黄秀兰').says('A');
    const window = await school.db
      .selectFrom('quiz_window')
      .selectAll()
      .where('drawn', 'is', null)
      .executeTakeFirstOrThrow();
    const question = (await lessonOf(school.db, window))?.questions[0];
    if (!question) throw new Error('no question');
    const change = { hash: window.hash, question: { ...question, key: ['A'] }, before: question.key };
    // Three of the lesson, and one of the week.
    expect(await applyKeyChange(school.db, change, ZONE, 'test', school.clock.now())).toBe(4);
    const [only, ...more] = await cards();
    expect(more).toEqual([]);
    expect(only?.name).toBe('覃小燕');
    expect(JSON.parse(only?.question ?? '{}')).toMatchObject({ key: ['A'] });
    const last = await school.db
      .selectFrom('answer')
      .selectAll()
      .orderBy('written_at', 'desc')
      .executeTakeFirstOrThrow();
    expect(last).toMatchObject({ value: 'A', correct: 1 });
    await school.pass(DAY + MINUTE);
    await school.hears(/【答案】[^]*1\. A .*100% 答对/);
  });

  it('asks the question of the week by link where answers are given by link', async () => {
    await arrive();
    for (const name of ['黄秀兰', '韦国强', '覃小燕']) await school.pupil(name).says('1A 2B 3错');
    await school.pass(31 * MINUTE);
    await set('quiz-mode', 'link');
    school.clock.set(Date.parse('2026-11-29T19:01:00+08:00'));
    await school.app.tick();
    expect(await school.hears(/【每周一题】/)).toMatch(/截止，不在群里答，点 http:\S+\/q\//);
    await school.pupil('黄秀兰').says('B');
    const given = await school.db
      .selectFrom('answer')
      .select('value')
      .where('written_at', '>', school.clock.now() - HOUR)
      .execute();
    expect(given).toEqual([]);
  });

  it('asks what was missed in private; it earns half and changes no closed result', async () => {
    await arrive();
    await school.pupil('黄秀兰').says('1A 2B 3错');
    const ann = school.pupil('韦国强');
    await ann.whispers('补学');
    expect(await ann.hears(/没有要补/)).toMatch(/跟上/);
    await school.pass(31 * MINUTE);
    await school.hears(/【答案】/);
    await ann.says('补学');
    await ann.whispers('补学');
    expect(await ann.hears(/【补学】/)).toMatch(/1\. [\s\S]*回复如 1A/);
    await ann.whispers('1B 2B');
    expect(await ann.hears(/还差第 3 题/)).toMatch(/记下了/);
    await ann.whispers('3错');
    expect(await ann.hears(/补学完成/)).toMatch(/答对 3 \/ 3 题\n✓ 1\. B /);
    await ann.whispers('补学');
    expect(await ann.hears(/没有要补/)).toMatch(/跟上/);
    await school.pass(SECOND);
    const earned = await school.db
      .selectFrom('point')
      .innerJoin('member', 'member.id', 'point.member_id')
      .select(({ fn }) => fn.sum<number>('tenths').as('tenths'))
      .where('member.name', '=', '韦国强')
      .executeTakeFirstOrThrow();
    expect(Number(earned.tenths)).toBe(55);
  });

  it('keeps a run over leave, and marks missed days out of the quota', async () => {
    await set('makeup-checkins', '1');
    const ann = school.pupil('黄秀兰');
    await ann.whispers('打卡');
    await ann.whispers('请假 2天');
    expect(await ann.hears(/已请假/)).toMatch(/已请假 2 天（11月24日 到 11月25日）/);
    await school.pass(2 * DAY);
    await ann.whispers('打卡');
    expect(await ann.hears(/已打卡，连续/)).toBe('已打卡，连续 2 天。');
    await school.pass(2 * DAY);
    await ann.whispers('补卡');
    expect(await ann.hears(/已补上/)).toMatch(/已补上 11月27日的打卡，连续 3 天。这个月还能补 0 次/);
    await ann.whispers('补卡');
    expect(await ann.hears(/打过卡了|用完了/)).toMatch(/用完了|打过卡了/);
    await ann.whispers('请假 30天');
    expect(await ann.hears(/最多请/)).toMatch(/一次最多请 7 天/);
  });

  it('practises with those who agreed, once a day, and tells what is right', async () => {
    await arrive();
    const ann = school.pupil('黄秀兰');
    await ann.says('1A 2B 3错');
    await ann.whispers('练习');
    expect(await ann.hears(/练习 好/)).toMatch(/一天最多 3 道/);
    await school.pass(31 * MINUTE);
    await school.hears(/【答案】/);
    await ann.whispers('练习 好');
    expect(await ann.hears(/一天最多 3 道。不想练/)).toMatch(/找到 1 道错过的题/);
    await ann.whispers('错题');
    expect(await ann.hears(/最近答错的/)).toMatch(/正确：B /);
    // 12:29 of the day after the next: the card is due, the hour isn't.
    await school.pass(16 * HOUR);
    await school.pass(DAY);
    const asked = await ann.hears(/【练习】/);
    expect(asked).toMatch(/回复如 A/);
    await ann.whispers('B');
    expect(await ann.hears(/答对了，记住了/)).toMatch(/今天就练到这里/);
    const cards = await school.db.selectFrom('practice_card').selectAll().execute();
    expect(cards).toHaveLength(1);
    expect(cards[0]?.due_at).toBeGreaterThan(school.clock.now() + DAY - 1);
    const said = await school.said();
    neverSaid(said, /练习|错题/);
    await ann.whispers('练习 停');
    await ann.hears(/不再发练习/);
  });

  it('reminds a group once, naming nobody unless that is on, and in private those who agreed', async () => {
    const ann = school.pupil('黄秀兰');
    await ann.whispers('提醒我');
    await ann.hears(/截止前一小时/);
    await school.db
      .updateTable('schedule')
      .set({ close_after: 4 * HOUR })
      .execute();
    await arrive();
    await school.pupil('韦国强').says('1B');
    await set('remind-group', 'names');
    // 23:01, asleep; so it closes at noon for this test.
    const at = school.clock.now();
    await school.db
      .updateTable('quiz_window')
      .set({ closes_at: at + 16 * HOUR, mode: 'link' })
      .execute();
    await school.pass(15 * HOUR + MINUTE);
    const reminder = await school.hears(/【提醒】/);
    // Where answers are given by link the reminder brings it again.
    expect(reminder).toMatch(/有空点一下：http:\S+\/q\/\S+$/);
    expect(reminder).toMatch(/等 11 人还没答/);
    expect(reminder).not.toMatch(/韦国强/);
    expect(await ann.hears(/还没收到你的答案/)).toMatch(
      /点着答也行：http:\S+\/q\/\S+\n不想要提醒就说 退订提醒/,
    );
    await school.pass(2 * MINUTE);
    expect((await school.said()).filter((text) => /【提醒】/.test(text))).toHaveLength(1);
    await ann.whispers('退订提醒');
    await ann.hears(/不再私下提醒/);
  });

  it('reminds no group in quiet hours of its own, and does so once they are over', async () => {
    await arrive();
    const { group_id: groupId } = await school.db
      .selectFrom('quiz_window')
      .select('group_id')
      .executeTakeFirstOrThrow();
    const quiet = (value: string | undefined) =>
      setPolicy(school.db, 'quiet-hours', value, { groupId }, 'test', school.clock.now());
    await quiet('00:00-23:59');
    await school.db
      .updateTable('quiz_window')
      .set({ closes_at: school.clock.now() + 16 * HOUR })
      .execute();
    await school.pass(15 * HOUR + 5 * MINUTE);
    neverSaid(await school.said(), /【提醒】/);
    await quiet(undefined);
    await school.pass(5 * MINUTE);
    await school.hears(/【提醒】/);
  });

  it('asks the question of the week once more that the group missed most', async () => {
    await arrive();
    for (const name of ['黄秀兰', '韦国强', '覃小燕']) await school.pupil(name).says('1A 2B 3错');
    await school.pass(31 * MINUTE);
    expect(await school.hears(/【答案】/)).toMatch(/错得最多的是第 1 题/);
    // Sunday, 19:01.
    school.clock.set(Date.parse('2026-11-29T19:01:00+08:00'));
    await school.app.tick();
    const review = await school.hears(/【每周一题】/);
    expect(review).toMatch(/《横州和茉莉花》里错得最多的一题，明天 19:0\d 截止，回复如 A\n1\. /);
    await school.pupil('黄秀兰').says('B');
    const answers = await school.db
      .selectFrom('answer')
      .selectAll()
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    expect(answers).toMatchObject({ question: 1, value: 'B', correct: 1, counted: 1 });
    await school.pass(2 * MINUTE);
    expect((await school.said()).filter((text) => /每周一题/.test(text))).toHaveLength(1);
  });
});
