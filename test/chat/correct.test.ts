/** A message that was understood wrongly, put right: the figures follow, and every step stays to be seen. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  correctMessage,
  getScopedMessage,
  listCorrections,
  recordedInPrivate,
} from '../../src/chat/correct.ts';
import { HOUR, MINUTE } from '../../src/clock.ts';
import { newId } from '../../src/db/ids.ts';
import { TERMINAL, readActor } from '../../src/people/scope.ts';
import { newCard, noteAsked } from '../../src/quiz/practice.ts';
import { openPrivateQuiz } from '../../src/quiz/private.ts';
import { DIALECTS } from '../support/databases.ts';
import { openSchool, type School } from '../support/school.ts';

const ZONE = 'Asia/Shanghai';

describe.each(DIALECTS)('a correction on %s', (dialect) => {
  let school: School;
  beforeEach(async () => {
    school = await openSchool(dialect);
    await school.pass(MINUTE);
    await school.hears(/小测/);
  });
  afterEach(async () => await school.close());

  const correct = (id: string, text: string) =>
    correctMessage(school.db, id, text, { actor: TERMINAL, zone: ZONE, now: school.clock.now() });
  const idOf = async (text: string) =>
    (await school.db.selectFrom('message').select('id').where('text', '=', text).executeTakeFirstOrThrow())
      .id;
  const counted = async () =>
    (
      await school.db
        .selectFrom('answer')
        .select(['question', 'value'])
        .where('counted', '=', 1)
        .orderBy('question')
        .execute()
    ).map(({ question, value }) => `${question}${value}`);
  const rollup = async () =>
    await school.db.selectFrom('rollup_window').select(['members', 'answers']).executeTakeFirst();
  const checkins = async () =>
    (await school.db.selectFrom('checkin').select('day').where('withdrawn_at', 'is', null).execute()).length;

  it('takes talk for the answer that it was, as of when it was said', async () => {
    await school.pupil('黄秀兰').says('第一个应该是B吧哈哈');
    const id = await idOf('第一个应该是B吧哈哈');
    expect(await counted()).toEqual([]);
    await school.pass(HOUR / 4);
    expect(await correct(id, '1B 2A')).toMatchObject({ kind: 'answer' });
    expect(await counted()).toEqual(['1B', '2A']);
    expect(await rollup()).toEqual({ members: 1, answers: 2 });
    const { sent_at: sentAt } = await getScopedMessage(school.db, TERMINAL, id);
    const answers = await school.db.selectFrom('answer').select('written_at').execute();
    expect(answers.every(({ written_at: at }) => at === sentAt)).toBe(true);
    await school.pass(2 * MINUTE);
    expect((await school.said()).filter((words) => words.includes('已收到'))).toEqual([]);
  });

  it('takes an answer back, and gives it again, with every step kept', async () => {
    await school.pupil('黄秀兰').says('1B 2C');
    const id = await idOf('1B 2C');
    expect(await counted()).toEqual(['1B', '2C']);
    await correct(id, '');
    expect(await counted()).toEqual([]);
    expect(await rollup()).toEqual({ members: 0, answers: 0 });
    await correct(id, '1A');
    await correct(id, '打卡');
    expect(await counted()).toEqual([]);
    expect(await checkins()).toBe(1);
    expect(
      (await listCorrections(school.db, id)).map(({ kind, text }) => (kind === 'text' ? text : '-')),
    ).toEqual(['-', '-', '1A', '-', '打卡']);
    expect((await getScopedMessage(school.db, TERMINAL, id)).text).toBe('1B 2C');
    const audit = await school.db
      .selectFrom('audit')
      .select('subject')
      .where('what', '=', 'message.correct')
      .execute();
    expect(audit).toEqual([{ subject: id }, { subject: id }, { subject: id }]);
  });

  it('refuses what is neither answer nor check-in, and changes nothing', async () => {
    await school.pupil('黄秀兰').says('1B 2C');
    const id = await idOf('1B 2C');
    for (const text of ['今天天气不错', '我的', '长'.repeat(400)])
      await expect(correct(id, text)).rejects.toThrow(/没有看懂|太长了/);
    expect(await counted()).toEqual(['1B', '2C']);
    expect(await listCorrections(school.db, id)).toEqual([]);
    const corrected = await school.db
      .selectFrom('message')
      .select('id')
      .where('channel_id', 'like', 'correction:%')
      .executeTakeFirst();
    expect(corrected).toBeUndefined();
  });

  it('is for those of the group only', async () => {
    await school.pupil('黄秀兰').says('1B 2C');
    const id = await idOf('1B 2C');
    const other = await school.db
      .selectFrom('role_grant')
      .innerJoin('unit', 'unit.id', 'role_grant.unit_id')
      .select('role_grant.member_id')
      .where('unit.name', 'like', '村淘%')
      .executeTakeFirstOrThrow();
    const actor = await readActor(school.db, other.member_id, school.clock.now());
    await expect(
      correctMessage(school.db, id, '1A', { actor, zone: ZONE, now: school.clock.now() }),
    ).rejects.toThrow('没有找到');
    await expect(
      correctMessage(school.db, 'nothing', '1A', { actor, zone: ZONE, now: school.clock.now() }),
    ).rejects.toThrow('没有找到');
  });

  it('puts right what was recorded in private, and shows nobody anything else that was said there', async () => {
    const ann = school.pupil('黄秀兰');
    await ann.whispers('1B 2C');
    await ann.whispers('打卡 今天存好了茶');
    for (const words of ['我家里有点事，这周可能学不了', '我的', '第一个应该是B吧哈哈', '练习 好'])
      await ann.whispers(words);
    const read = async (text: string, actor = TERMINAL) =>
      await getScopedMessage(school.db, actor, await idOf(text));
    expect((await read('1B 2C')).room_id).toBeNull();
    expect((await read('打卡 今天存好了茶')).text).toContain('存好了茶');
    // Not even to whoever runs the place.
    for (const words of ['我家里有点事，这周可能学不了', '我的', '第一个应该是B吧哈哈', '练习 好'])
      await expect(read(words), words).rejects.toThrow('没有找到');
    const shown = await recordedInPrivate(school.db, TERMINAL).select('text').orderBy('id').execute();
    expect(shown.map(({ text }) => text)).toEqual(['1B 2C', '打卡 今天存好了茶']);

    const { role, member_id: far } = await school.db
      .selectFrom('role_grant')
      .innerJoin('unit', 'unit.id', 'role_grant.unit_id')
      .select(['role', 'role_grant.member_id'])
      .where('unit.name', 'like', '村淘%')
      .executeTakeFirstOrThrow();
    expect(role).toBe('secretary');
    const actor = await readActor(school.db, far, school.clock.now());
    await expect(read('1B 2C', actor)).rejects.toThrow('没有找到');

    const figures = async () =>
      await school.db
        .selectFrom('rollup_window')
        .select(['members', 'answers'])
        .where('answers', '>', 0)
        .execute();
    await school.pass(MINUTE);
    await correct(await idOf('1B 2C'), '1B 2B');
    // Of the quiz that it was for, whichever has opened since.
    const windows = await school.db.selectFrom('answer').select('window_id').distinct().execute();
    expect(windows).toHaveLength(1);
    expect(await counted()).toEqual(['1B', '2B']);
    expect(await figures()).toEqual([{ members: 1, answers: 2 }]);
    await correct(await idOf('1B 2C'), '');
    expect(await counted()).toEqual([]);
    // Still there to be put right once more: what it was stays.
    expect((await read('1B 2C')).text).toBe('1B 2C');
    expect(
      (await listCorrections(school.db, await idOf('1B 2C'))).map(
        ({ text, kind }) => kind === 'text' && text,
      ),
    ).toEqual([false, '1B 2B', false]);
    await correct(await idOf('打卡 今天存好了茶'), '');
    expect(await checkins()).toBe(0);
  });

  it('puts right what was made up for in private, and it makes up still', async () => {
    const ann = school.pupil('韦国强');
    await school.pass(31 * MINUTE);
    await school.hears(/【答案】/);
    await ann.whispers('补学');
    await ann.hears(/【补学】/);
    await ann.whispers('1A 2B');
    await correct(await idOf('1A 2B'), '1B 2B');
    const answers = await school.db
      .selectFrom('answer')
      .select(['question', 'value', 'makeup'])
      .where('counted', '=', 1)
      .orderBy('question')
      .execute();
    expect(answers).toMatchObject([
      { question: 1, value: 'B', makeup: 1 },
      { question: 2, value: 'B', makeup: 1 },
    ]);
  });

  it('shows nobody what is practised', async () => {
    const ann = school.pupil('黄秀兰');
    await ann.whispers('练习 好');
    const now = school.clock.now();
    const { member_id: memberId } = await school.db
      .selectFrom('consent')
      .select('member_id')
      .executeTakeFirstOrThrow();
    const question = {
      no: 1,
      type: 'single',
      stem: '放哪里',
      options: ['甲', '乙'],
      key: ['B'],
      explanation: '',
    };
    const card = {
      id: newId(),
      member_id: memberId,
      question_hash: 'x',
      lesson_id: 'x',
      question: JSON.stringify(question),
      card: JSON.stringify(newCard(now)),
      due_at: now,
      created_at: now,
      closed_at: null,
    };
    await school.db.insertInto('practice_card').values(card).execute();
    await noteAsked(school.db, card, now);
    await openPrivateQuiz(school.db, { memberId, kind: 'practice', cardId: card.id }, now);
    await ann.whispers('B');
    expect(await school.db.selectFrom('practice_review').select('correct').execute()).toEqual([
      { correct: 1 },
    ]);
    expect(await recordedInPrivate(school.db, TERMINAL).select('text').execute()).toEqual([]);
    await expect(getScopedMessage(school.db, TERMINAL, await idOf('B'))).rejects.toThrow('没有找到');
  });
});
