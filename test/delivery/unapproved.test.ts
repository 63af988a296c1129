/**
 * What isn't approved is not sent, by any path: by its hour, as the next of a course, now, once more, released
 * after an outage, from the terminal, from the chat; and the ledger says why.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MINUTE, SECOND } from '../../src/clock.ts';
import { moveDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import { approveAndPublish, submitAndPublish } from '../../src/delivery/publish.ts';
import { resolveDelivery } from '../../src/delivery/resolve.ts';
import {
  findItem,
  getText,
  returnItem,
  type ReviewItem,
  reviseItem,
  withdrawItem,
  writeItem,
} from '../../src/lessons/review.ts';
import { ASK_TO_READ } from '../../src/news/brief.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { recordRevision } from '../../src/lessons/revisions.ts';
import { fileOfWritten } from '../../src/lessons/written-file.ts';
import { type Actor, readActor, TERMINAL } from '../../src/people/scope.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { sendNow } from '../../src/schedule/send-now.ts';
import { DIALECTS } from '../support/databases.ts';
import { neverSaid, openSchool, type School } from '../support/school.ts';
import { until } from '../support/wait.ts';

const WORD = '老榕树下的秘密';
const SOURCE = (title: string) =>
  `---\nid: geheim\ntitle: ${title}\ncourse: 新课程\norder: 1\n---\n\n${WORD}。\n\n## 小测\n\n1. 对吗？\n\n   答案：对\n`;

/** How an item comes to stand where nothing of it may be sent. */
const STATES = ['draft', 'submitted', 'returned', 'changed', 'withdrawn'] as const;
type State = (typeof STATES)[number];

const REASONS: Readonly<Record<State, RegExp>> = {
  draft: /还没有送审/,
  submitted: /还没有审过/,
  returned: /被退回/,
  // Of the text that it has now: that was never handed in.
  changed: /改过，还没有重新审|还没有送审/,
  withdrawn: /已经撤回/,
};

describe.each(DIALECTS)('what is not approved, on %s', (dialect) => {
  let school: School;
  let author: Actor;
  beforeEach(async () => {
    school = await openSchool(dialect);
    await school.db.updateTable('schedule').set({ removed_at: 1, next_at: null }).execute();
    const huang = await school.db
      .selectFrom('member')
      .select('id')
      .where('name', '=', '黄秀兰')
      .executeTakeFirstOrThrow();
    author = await readActor(school.db, huang.id, school.clock.now(), 'chat');
  });
  afterEach(async () => {
    await school.close();
  });

  const group = () =>
    school.db.selectFrom('chat_group').selectAll().where('key', '=', 'huacha').executeTakeFirstOrThrow();

  /** An item in that state; what it had when it was approved, where it ever was. */
  async function itemIn(state: State, kind: 'lesson' | 'notice'): Promise<ReviewItem> {
    const { db, clock } = school;
    const now = clock.now();
    const { id: groupId, unit_id: unitId } = await group();
    const body = kind === 'lesson' ? SOURCE('秘密') : WORD;
    const { no, id } = await writeItem(db, { kind, body, unitId, groupIds: [groupId] }, author, now);
    if (state !== 'draft') await submitAndPublish(db, no, author, now);
    if (state === 'returned') await returnItem(db, no, '不行', TERMINAL, now);
    if (state === 'changed') {
      // Approved for an hour that hasn't come: the outage of the queue.
      await approveAndPublish(db, no, TERMINAL, now);
      await reviseItem(db, no, { body: kind === 'lesson' ? SOURCE('改了') : `${WORD}！` }, author, now);
    }
    if (state === 'withdrawn') {
      await approveAndPublish(db, no, TERMINAL, now);
      await withdrawItem(db, no, author, now);
    }
    const item = await findItem(db, id);
    if (!item) throw new Error('no item');
    return item;
  }

  const rows = () =>
    school.db
      .selectFrom('delivery')
      .select(['no', 'state', 'reason', 'kind'])
      .where('kind', 'in', ['lesson', 'notice'])
      .where('group_id', 'is not', null)
      .orderBy('no')
      .execute();

  /** Nothing was heard of it, nothing will be, and each row says why. */
  async function expectSilence(state: State): Promise<void> {
    await school.pass(2 * MINUTE);
    await school.app.sweep();
    await school.pass(MINUTE);
    await until(async () => (await rows()).every(({ state: now }) => now === 'skipped'), {
      what: 'an end of each row',
    });
    neverSaid(await school.said(), new RegExp(WORD));
    for (const row of await rows()) {
      expect(row.state, JSON.stringify(row)).toBe('skipped');
      expect(row.reason, JSON.stringify(row)).toMatch(REASONS[state]);
    }
  }

  /** The lesson as somebody might still have it in hand. */
  async function lessonOf(item: ReviewItem) {
    const { body } = await getText(school.db, item.id, item.hash);
    const { lesson } = parseLesson(body, fileOfWritten('geheim'));
    if (!lesson) throw new Error('no lesson');
    return { lesson, body };
  }

  it.each(STATES)('sends a lesson that is %s by none of the paths', async (state) => {
    const { db, clock } = school;
    const item = await itemIn(state, 'lesson');
    const { lesson, body } = await lessonOf(item);
    const now = clock.now();
    const here = await group();
    // By its hour, and as the next of its course.
    const common = { groups: [here], zone: 'Asia/Shanghai' };
    await addSchedule(
      db,
      { ...common, kind: 'lesson', content: 'geheim', when: { at: now + MINUTE } },
      'x',
      now,
    );
    await addSchedule(
      db,
      { ...common, kind: 'course', content: '新课程', when: { at: now + MINUTE } },
      'x',
      now,
    );
    // Now, and once more; though somebody recorded its revision.
    await recordRevision(db, lesson, body, 'nobody', now);
    await sendNow(db, { lesson, groups: [here], zone: 'Asia/Shanghai' }, 'x', now);
    await sendNow(db, { lesson, groups: [here], zone: 'Asia/Shanghai', again: true }, 'x', now);
    // Held after an outage, and released.
    const [held = ''] = await planDeliveries(
      db,
      [
        {
          cause: 'held',
          kind: 'lesson',
          account: here.account,
          groupId: here.id,
          content: 'geheim',
          hash: item.hash,
          plannedAt: now,
          again: true,
        },
      ],
      now,
    );
    await moveDelivery(db, held, { from: ['planned'], to: 'held' }, now);
    const { no } = await db
      .selectFrom('delivery')
      .select('no')
      .where('id', '=', held)
      .executeTakeFirstOrThrow();
    await resolveDelivery(db, no, 'resend', 'x', now);
    await school.pass(2 * MINUTE);
    const planned = await rows();
    expect(planned.length).toBeGreaterThanOrEqual(4);
    const noCourse = planned.filter(({ reason }) => /课程「新课程」里没有微课/.test(reason ?? ''));
    expect(noCourse).toHaveLength(1);
    // The course's row names the course: it never knew of the lesson.
    await db.deleteFrom('delivery_part').execute();
    await db
      .updateTable('delivery')
      .set({ kind: 'ack' })
      .where('no', '=', noCourse[0]?.no ?? 0)
      .execute();
    await expectSilence(state);

    // Once more by hand, in the ledger and in the chat.
    for (const row of await rows()) {
      await resolveDelivery(db, row.no, 'resend', 'x', clock.now());
      await school.pass(SECOND);
    }
    await expectSilence(state);
    const huang = school.pupil('黄秀兰');
    await huang.whispers(`补发 ${no}`);
    await huang.hears(REASONS[state]);
    await huang.whispers('排课 《秘密》 周五 20:00 花茶群');
    await huang.hears(/没有找到「秘密」/);
    await huang.whispers('取消');
    await expectSilence(state);
    expect(
      await db
        .selectFrom('delivery_part')
        .innerJoin('delivery', 'delivery.id', 'delivery_id')
        .select('body')
        .where('delivery.kind', '=', 'lesson')
        .execute(),
    ).toEqual([]);
  });

  it.each(STATES)('sends a notice that is %s by none of the paths', async (state) => {
    const { db, clock } = school;
    const item = await itemIn(state, 'notice');
    const now = clock.now();
    const here = await group();
    const forge = (cause: string, hash: string) =>
      planDeliveries(
        db,
        [
          {
            cause,
            kind: 'notice',
            account: here.account,
            groupId: here.id,
            content: item.id,
            hash,
            plannedAt: now,
            // Words that somebody slipped in.
            parts: [{ kind: 'text', body: WORD }],
          },
        ],
        now,
      );
    await forge('forged', item.hash);
    const texts = await db.selectFrom('review_text').select('hash').where('item_id', '=', item.id).execute();
    for (const { hash } of texts) await forge(`forged:${hash}`, hash);
    await expectSilence(state);
    for (const row of await rows()) {
      await resolveDelivery(db, row.no, 'resend', 'x', clock.now());
      await school.pass(SECOND);
    }
    await expectSilence(state);
    const [row] = await rows();
    const huang = school.pupil('黄秀兰');
    await huang.whispers(`补发 ${row?.no}`);
    await huang.hears(REASONS[state]);
    await expectSilence(state);
  });

  it('sends a notice to no group that it was not approved for', async () => {
    const { db, clock } = school;
    const item = await itemIn('submitted', 'notice');
    await approveAndPublish(db, item.no, TERMINAL, clock.now());
    const other = await db
      .selectFrom('chat_group')
      .selectAll()
      .where('key', '=', 'cuntao')
      .executeTakeFirstOrThrow();
    await planDeliveries(
      db,
      [
        {
          cause: 'elsewhere',
          kind: 'notice',
          account: other.account,
          groupId: other.id,
          content: item.id,
          hash: item.hash,
          plannedAt: clock.now(),
        },
      ],
      clock.now(),
    );
    await school.pass(SECOND);
    expect(await school.hears(new RegExp(WORD))).toBe(`【通知】\n${WORD}\n${ASK_TO_READ}`);
    const last = await until(async () => (await rows()).find(({ state }) => state === 'skipped'));
    expect(last.reason).toMatch(/不是发到这个群/);
    neverSaid(await school.said('cuntao'), new RegExp(WORD));
  });

  it('sends what is approved, and what is approved anew after a change', async () => {
    const { db, clock } = school;
    const item = await itemIn('changed', 'notice');
    await expectSilence('changed');
    await submitAndPublish(db, item.no, author, clock.now());
    await approveAndPublish(db, item.no, TERMINAL, clock.now());
    await school.pass(SECOND);
    expect(await school.hears(new RegExp(WORD))).toBe(`【通知】\n${WORD}！\n${ASK_TO_READ}`);
    // Back to what was held back before: it is due now.
    await reviseItem(db, item.no, { body: WORD }, author, clock.now());
    await submitAndPublish(db, item.no, author, clock.now());
    await approveAndPublish(db, item.no, TERMINAL, clock.now());
    await school.pass(SECOND);
    await school.hears(new RegExp(`${WORD}\n`));
  });
});

describe('from the terminal', () => {
  it('knows no lesson that is not approved', async () => {
    const command = 'src/cli.ts send --lesson geheim --group huacha'.split(' ');
    const cwd = new URL('../../', import.meta.url).pathname;
    const folder = mkdtempSync(join(tmpdir(), 'weike-unapproved-'));
    const env = { ...process.env, DATA_DIR: folder };
    const failed = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, command, { cwd, env }, (error, _out, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
    rmSync(folder, { recursive: true, force: true });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/there is no lesson "geheim"/);
  });
});
