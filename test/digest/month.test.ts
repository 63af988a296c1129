/**
 * A month lived day by day through the inbox: answers, corrections, messages taken back, check-ins over midnight,
 * transfers, a unit that moves, people who leave. Every digest of it says what a simple program works out from the list
 * of what was said.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { handleNew } from '../../src/chat/handle.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import type { InboundMessage } from '../../src/channels/channel.ts';
import { DAY, HOUR, localDay, MINUTE, SECOND, startOfDay } from '../../src/clock.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { type Digest, readGroupDigest, readUnitDigest } from '../../src/digest/digest.ts';
import { readPersonal } from '../../src/digest/personal.ts';
import { readUnitCounts } from '../../src/digest/unit-counts.ts';
import { readReport } from '../../src/digest/report.ts';
import { rebuildRollups, verifyRollups } from '../../src/digest/rebuild.ts';
import { type Span, spanAround, spanBefore } from '../../src/digest/spans.ts';
import { composeDigest } from '../../src/digest/words.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import {
  addMember,
  bindIdentity,
  changeMember,
  getMemberByName,
  leaveRoster,
} from '../../src/people/members.ts';
import { addUnit, assignGroup, moveUnit, type Unit } from '../../src/people/units.ts';
import { openWindow } from '../../src/quiz/windows.ts';
import { seededRandom } from '../faults/random.ts';
import { ACCOUNT, type Classroom, openClassroom, says, ZONE } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';
import {
  type Chronicle,
  daysFrom,
  groupFigures,
  learnersOf,
  unitFigures,
  whatPeopleDid,
} from '../support/plain-figures.ts';

const BY = { who: 'test' };
const EVER = '0000-01-01';
const FIRST = '2026-10-28';
const LAST = '2026-11-30';
const KEY: Readonly<Record<number, string>> = { 1: 'B', 2: 'AB', 3: '对' };
const WRONG: Readonly<Record<number, string>> = { 1: 'A', 2: 'A', 3: '错' };
const NAMES = ['黄秀兰', '韦国强', '覃小燕', '陆有福', '蒙丽珍', '农志勇', '施玉梅'];

/** By the unit above. */
const KINDS: Readonly<Record<string, string>> = { '': '党委', 县委: '党工委' };

interface Room {
  readonly id: string;
  readonly roomId: string;
  readonly unit: string;
  readonly people: string[];
}

describe.each(DIALECTS)('a month on %s', (dialect) => {
  let classroom: Classroom;
  const units = new Map<string, Unit>();
  const rooms: Room[] = [];
  const ids = new Map<string, string>();
  const chronicle: Chronicle = { answers: [], checkins: [], stands: [], above: [] };
  const random = seededRandom(2026).next;
  const chance = (share: number) => random() < share;

  const unitOf = (name: string): Unit => {
    const unit = units.get(name);
    if (!unit) throw new Error(`no unit ${name}`);
    return unit;
  };

  async function found(name: string, parent?: string): Promise<void> {
    const above = parent === undefined ? {} : { parentId: unitOf(parent).id };
    units.set(
      name,
      await addUnit(classroom.db, { name, ...above, kind: KINDS[parent ?? ''] ?? '党支部' }, BY, 1),
    );
    if (parent !== undefined) chronicle.above.push({ what: name, in: parent, from: EVER });
  }

  async function enrol(name: string, path: string, day = EVER): Promise<void> {
    const member = await addMember(classroom.db, { name, unit: path, day }, BY, 1);
    await bindIdentity(
      classroom.db,
      { account: ACCOUNT, contactId: name, memberId: member.id, how: 'secretary' },
      1,
    );
    ids.set(name, member.id);
    chronicle.stands.push({ what: name, in: path.split('/').at(-1) ?? '', from: day });
  }

  beforeAll(async () => {
    classroom = await openClassroom(dialect, `${FIRST}T06:00:00+08:00`);
    const { db, clock } = classroom;
    await found('县委');
    for (const side of ['东', '西']) {
      await found(`${side}部`, '县委');
      for (const no of ['一', '二']) {
        const name = `${side}${no}支部`;
        await found(name, `${side}部`);
        const people = NAMES.slice(0, side === '东' ? 7 : 4).map((one) => `${one}${side}${no}`);
        for (const person of people) await enrol(person, `县委/${side}部/${name}`);
        // One sits in the group of another branch as well, and somebody sits there who is on no roster.
        const guests = [...(no === '二' ? [`黄秀兰${side}一`] : []), `过客${side}${no}`];
        const roomId = `${name}@chatroom`;
        const members = [...people, ...guests].map((one) => ({ contactId: one, name: one }));
        const group = await recordSeenGroup(db, { account: ACCOUNT, roomId, topic: `${name}群`, members }, 1);
        await setGroupEnabled(db, group.key, true, 'test', 1);
        await assignGroup(db, group, unitOf(name).id, FIRST, BY, 1);
        rooms.push({ id: group.id, roomId, unit: name, people: [...people, ...guests] });
      }
    }
    clock.advance(0);
  });
  afterAll(async () => {
    await classroom.close();
  });

  /** The quiz of a group for a day, open from nine in the evening until one at night. */
  async function openQuiz(room: Room, day: string): Promise<string> {
    const { db, parts } = classroom;
    const [lesson] = parts.lessons();
    if (!lesson) throw new Error('no lesson');
    const opensAt = startOfDay(day, ZONE) + 21 * HOUR;
    const [deliveryId = ''] = await planDeliveries(
      db,
      [
        {
          cause: `${room.unit} ${day}`,
          kind: 'lesson',
          account: ACCOUNT,
          groupId: room.id,
          content: lesson.id,
          hash: lesson.hash,
          plannedAt: opensAt,
          again: true,
        },
      ],
      opensAt,
    );
    await db
      .updateTable('delivery')
      .set({ state: 'sent', sent_at: opensAt })
      .where('id', '=', deliveryId)
      .execute();
    const window = { deliveryId, groupId: room.id, lessonId: lesson.id, hash: lesson.hash };
    await openWindow(db, { ...window, opensAt, closesAt: opensAt + 4 * HOUR });
    return `${room.unit} ${day}`;
  }

  let order = 0;

  function sayAnswers(room: Room, quiz: string, who: string, at: number): InboundMessage[] {
    const questions = [1, 2, 3].filter(() => chance(0.7));
    if (questions.length === 0) return [];
    const isWithdrawn = chance(0.1);
    const words = questions.map((question) => {
      const right = chance(0.6);
      order += 1;
      chronicle.answers.push({
        who,
        group: room.unit,
        quiz,
        question,
        right,
        day: localDay(at, ZONE),
        order: at * 10 + (order % 10),
        isRecalled: isWithdrawn,
      });
      return `${question}${right ? KEY[question] : WRONG[question]}`;
    });
    const message = says(words.join(' '), at, { contactId: who, senderName: who, roomId: room.roomId });
    if (!isWithdrawn) return [message];
    const recall = { kind: 'recall' as const, contactId: who, senderName: who, roomId: room.roomId };
    return [message, says(message.id, at + 30 * SECOND, recall)];
  }

  function speak(room: Room, quiz: string, day: string): InboundMessage[] {
    const opensAt = startOfDay(day, ZONE) + 21 * HOUR;
    // Nobody says two things in the same minute.
    let minute = 0;
    const said: InboundMessage[] = [];
    for (const who of room.people) {
      const times = chance(0.45) ? (chance(0.3) ? 2 : 1) : 0;
      for (let time = 0; time < times; time += 1) {
        minute += 1 + Math.floor(random() * 12);
        said.push(...sayAnswers(room, quiz, who, opensAt + minute * MINUTE));
      }
      if (!chance(0.3)) continue;
      minute += 2;
      const at = opensAt + minute * MINUTE;
      chronicle.checkins.push({ who, group: room.unit, day: localDay(at, ZONE) });
      said.push(says('打卡', at, { contactId: who, senderName: who, roomId: room.roomId }));
    }
    return said;
  }

  function leaveUnit(who: string, day: string, to?: string): void {
    const held = chronicle.stands.find((one) => one.what === who && one.until === undefined);
    if (held) held.until = day;
    if (to !== undefined) chronicle.stands.push({ what: who, in: to, from: day });
  }

  /** What changes on the roster on the morning of a day. */
  async function administer(day: string): Promise<void> {
    const { db, clock } = classroom;
    const now = clock.now();
    const transfer = async (who: string, to: string) => {
      await changeMember(db, await getMemberByName(db, who), { unitId: unitOf(to).id }, day, BY, now);
      leaveUnit(who, day, to);
    };
    if (day === '2026-11-05') await transfer('韦国强东一', '西二支部');
    if (day === '2026-11-12') {
      // A unit goes to another department with everybody in it, and somebody out of it the same day.
      await moveUnit(db, unitOf('东二支部'), unitOf('西部').id, day, BY, now);
      const held = chronicle.above.find((one) => one.what === '东二支部');
      if (held) held.until = day;
      chronicle.above.push({ what: '东二支部', in: '西部', from: day });
      await transfer('覃小燕东二', '东一支部');
    }
    if (day === '2026-11-18') {
      await leaveRoster(db, ids.get('陆有福西一') ?? '', 'left', day, BY, now);
      leaveUnit('陆有福西一', day);
      await transfer('韦国强东一', '东一支部');
    }
    if (day === '2026-11-20')
      // No other unit, another status: a span of its own on the roster.
      await changeMember(
        db,
        await getMemberByName(db, '黄秀兰西二'),
        { status: 'probationary' },
        day,
        BY,
        now,
      );
    if (day === '2026-11-24') await enrol('新来的', '县委/西部/西一支部', day);
  }

  const of = (span: Span) => ({ db: classroom.db, span, zone: ZONE, now: classroom.clock.now() });

  const figuresOf = (unit: string, span: Pick<Span, 'from' | 'to'>) =>
    unitFigures(chronicle, unit, span.from, span.to);

  function checkWords(digest: Digest): void {
    const { counts } = digest;
    const words = composeDigest(digest);
    expect(words).toContain(`• 学了 ${counts.learned} / ${counts.base} 人`);
    if (counts.answers > 0)
      expect(words).toContain(
        `作答 ${counts.answered} / ${counts.base} 人，答对 ${counts.correct} / ${counts.answers} 题`,
      );
  }

  function checkHonoured(
    digest: Digest,
    did: ReturnType<typeof whatPeopleDid>,
    among: readonly string[],
  ): void {
    const rank = (one: { days: number; correct: number }) => one.days * 10_000 + one.correct;
    const named = digest.honoured.map(({ name, words }) => {
      const [who = '', more] = name.split(' 等 ');
      const own = did.get(who);
      if (digest.span.kind !== 'day')
        expect(words).toBe(
          own && own.correct > 0 ? `学 ${own.days} 天，答对 ${own.correct} 题` : `学 ${own?.days ?? 0} 天`,
        );
      return { who, value: own ? rank(own) : 0, more };
    });
    const least = Math.min(...named.map(({ value }) => value));
    const others = among.filter((who) => did.has(who) && !named.some((one) => one.who === who));
    for (const who of others) {
      const value = rank(did.get(who) ?? { days: 0, correct: 0 });
      // Who did as much isn't left out, except where all did the same and a number stands for them.
      if (named.some(({ more }) => more !== undefined)) expect(value).toBeLessThanOrEqual(least);
      else expect(value).toBeLessThan(least);
    }
  }

  async function checkGroup(room: Room, span: Span): Promise<void> {
    const digest = await readGroupDigest(of(span), { id: room.id, topic: `${room.unit}群` });
    const people = room.people.length;
    expect(digest.counts).toEqual(groupFigures(chronicle, room.unit, people, span.from, span.to));
    checkWords(digest);
    checkHonoured(digest, whatPeopleDid(chronicle, span.from, span.to, room.unit), room.people);
  }

  async function checkUnit(name: string, span: Span, below: readonly string[]): Promise<void> {
    const digest = await readUnitDigest(of(span), unitOf(name).id);
    expect(digest.counts).toEqual(figuresOf(name, span));
    const before = spanBefore(span);
    if (digest.before === undefined) expect(figuresOf(name, before).days).toBe(0);
    else expect(digest.before).toEqual(figuresOf(name, before));
    expect(new Map(digest.units.map((one) => [one.name, one.counts]))).toEqual(
      new Map(below.map((one) => [one, figuresOf(one, span)])),
    );
    checkWords(digest);
  }

  it('is told as it was, every day, week, month and quarter', async () => {
    const { db, clock, parts } = classroom;
    for (const day of daysFrom(FIRST, LAST)) {
      await administer(day);
      const messages: InboundMessage[] = [];
      for (const room of rooms) messages.push(...speak(room, await openQuiz(room, day), day));
      // They come as they were written, late ones in the next batch.
      clock.advance(startOfDay(day, ZONE) + DAY + 2 * HOUR - clock.now());
      for (let at = 0; at < messages.length; at += 25) {
        await insertMessages(db, messages.slice(at, at + 25), clock.now());
        await handleNew(parts);
      }
      for (const room of rooms) await checkGroup(room, spanAround('day', day));
      if (new Date(`${day}T00:00:00Z`).getUTCDay() !== 0) continue;
      const week = spanAround('week', day);
      for (const room of rooms) await checkGroup(room, week);
      for (const name of ['东一支部', '东二支部', '西一支部', '西二支部']) await checkUnit(name, week, []);
    }
    expect(chronicle.answers.length).toBeGreaterThan(500);
    expect(chronicle.answers.filter(({ isRecalled }) => isRecalled).length).toBeGreaterThan(20);

    const now = [...chronicle.above].filter(({ until }) => until === undefined);
    const below = (name: string) => now.filter((held) => held.in === name).map(({ what }) => what);
    for (const kind of ['week', 'month', 'quarter'] as const)
      for (const name of units.keys()) await checkUnit(name, spanAround(kind, LAST), below(name));
  }, 180_000);

  it('has the trend, the coverage and the lessons of a month', async () => {
    const span = spanAround('month', LAST);
    const county = await readUnitDigest(of(span), unitOf('县委').id);
    const groups = rooms.map(({ unit }) => unit);
    expect(county.trend.map(({ value }) => value)).toEqual(
      daysFrom(span.from, span.to).map((day) => learnersOf(chronicle, groups, day)),
    );
    const branches = [...units.keys()].filter((name) => name.endsWith('支部'));
    const own = branches.map((name) => unitFigures(chronicle, name, span.from, span.to, { own: true }));
    expect(county.coverage).toEqual({
      part: own.filter(({ learned }) => learned > 0).length,
      base: own.filter(({ base }) => base > 0).length,
    });
    const branch = await readUnitDigest(of(span), unitOf('东一支部').id);
    expect([county.lessons, branch.lessons]).toEqual([[], ['茉莉花茶怎么存']]);
    const { own: kept } = await readUnitCounts(classroom.db, span);
    for (const name of branches)
      expect(kept.get(unitOf(name).id)).toEqual(
        unitFigures(chronicle, name, span.from, span.to, { own: true }),
      );
  });

  it('honours in a branch whoever did most, and tells each member their own week', async () => {
    const week = spanAround('week', '2026-11-29');
    const did = whatPeopleDid(chronicle, week.from, week.to);
    for (const name of ['西一支部', '西二支部']) {
      const digest = await readUnitDigest(of(week), unitOf(name).id);
      const among = chronicle.stands.filter((held) => held.in === name && held.until === undefined);
      checkHonoured(
        digest,
        did,
        among.map(({ what }) => what),
      );
    }
    for (const [who, id] of ids) {
      const personal = await readPersonal(classroom.db, id, week);
      const { days, answers, correct } = did.get(who) ?? { days: 0, answers: 0, correct: 0 };
      expect(personal).toMatchObject({ name: who, days, answers, correct });
    }
  });

  it('is the same in the workbook', async () => {
    const span = spanAround('month', LAST);
    const sheets = await readReport(of(span), unitOf('县委').id);
    const [, tree, people] = sheets;
    expect(sheets.map(({ name }) => name)).toEqual([
      '封面',
      '党组织',
      '人员',
      '微课',
      '动态和通知',
      '投递',
      '说明',
    ]);
    for (const name of units.keys()) {
      const row = tree?.rows.find(([cell]) => `${cell}`.trim() === name) ?? [];
      const figures = figuresOf(name, span);
      expect(row[1]).toBe(figures.base);
      expect(row[2]).toBe(figures.learned);
      expect([row[4], row[6], row[7], row[9], row[11]]).toEqual([
        figures.answered,
        figures.answers,
        figures.correct,
        figures.days,
        figures.checkins,
      ]);
    }
    // What people did while they stood on the roster: all of their lines together.
    const did = whatPeopleDid(chronicle, span.from, span.to);
    for (const who of ids.keys()) {
      if (who === '陆有福西一' || who === '新来的') continue;
      const lines = people?.rows.filter(([name]) => name === who) ?? [];
      expect(lines.reduce((sum, row) => sum + Number(row[5]), 0)).toBe(did.get(who)?.answers ?? 0);
      expect(lines.reduce((sum, row) => sum + Number(row[8]), 0)).toBe(did.get(who)?.checkins ?? 0);
    }
  });

  it('has rollups that are what the facts say, kept and counted anew', async () => {
    expect(await verifyRollups(classroom.db, ZONE)).toEqual([]);
    await rebuildRollups(classroom.db, ZONE);
    expect(await verifyRollups(classroom.db, ZONE)).toEqual([]);
    const span = spanAround('month', LAST);
    const county = await readUnitDigest(of(span), unitOf('县委').id);
    expect(county.counts).toEqual(figuresOf('县委', span));
  });

  it('counts months that are over where people stood when their place is put right afterwards', async () => {
    const { db, clock } = classroom;
    const day = '2026-10-30';
    const leave = (who: string) => {
      const stood = chronicle.stands.find((one) => one.what === who && one.until === undefined);
      if (stood) stood.until = day;
    };
    const member = await getMemberByName(db, '农志勇东一');
    await changeMember(db, member, { unitId: unitOf('西一支部').id }, day, BY, clock.now());
    leave('农志勇东一');
    chronicle.stands.push({ what: '农志勇东一', in: '西一支部', from: day });
    await leaveRoster(db, ids.get('施玉梅东一') ?? '', 'left', day, BY, clock.now());
    leave('施玉梅东一');
    const span = spanAround('month', LAST);
    for (const name of units.keys()) {
      const { counts } = await readUnitCounts(db, span, unitOf(name).id);
      expect([name, counts.get(unitOf(name).id)]).toEqual([name, figuresOf(name, span)]);
    }
    expect(await verifyRollups(db, ZONE)).toEqual([]);
    // Each kind of fault is found: sums that are wrong, and a month that says that it went elsewhere.
    const sums = db.updateTable('rollup_unit_month').where('unit_id', '=', unitOf('西一支部').id);
    await sums.set((eb) => ({ learned: eb('learned', '+', 1) })).execute();
    const months = db.updateTable('rollup_member_month').where('member_id', '=', ids.get('蒙丽珍东一') ?? '');
    await months
      .set({ unit_id: unitOf('东二支部').id })
      .where('month', '=', '2026-11')
      .execute();
    const found = await verifyRollups(db, ZONE);
    expect(new Set(found.map(({ table }) => table))).toEqual(new Set(['rollup_unit_month']));
    expect(new Set(found.filter(({ key }) => key.startsWith('2026-11')).map(({ key }) => key))).toEqual(
      new Set(['西一支部', '东一支部', '东二支部'].map((name) => `2026-11 ${unitOf(name).id}`)),
    );
    await rebuildRollups(db, ZONE);
    expect(await verifyRollups(db, ZONE)).toEqual([]);
  });
});
