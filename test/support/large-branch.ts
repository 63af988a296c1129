/** A branch of ten thousand, with what they did in a month: for pages that must stay small and quick. */
import { DAY, HOUR } from '../../src/clock.ts';
import { newId } from '../../src/db/ids.ts';
import type { Db } from '../../src/db/open.ts';
import type { Tables } from '../../src/db/tables.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { drawingLesson, openDrawn, ZONE } from './bank.ts';

const ROWS = 500;

export interface LargeBranch {
  readonly unitId: string;
  readonly groupId: string;
  readonly account: string;
  readonly roomId: string;
}

async function insertAll(
  db: Db,
  table: keyof Tables,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS)
    await db
      .insertInto(table)
      .values(rows.slice(at, at + ROWS))
      .execute();
}

/** Members on the roster since January, all of them in the group; nine in ten answered each of the quizzes. */
export async function fillBranch(
  db: Db,
  { unitId, groupId, account, roomId }: LargeBranch,
  { people = 10_000, quizzes = 3, now = Date.now() } = {},
): Promise<string[]> {
  const members = Array.from({ length: people }, (_, no) => ({
    id: newId(),
    name: `成员${String(no).padStart(5, '0')}`,
    unit_id: unitId,
    status: 'full',
    created_at: 1,
    left_at: null,
    number: `N${no}`,
    certified_at: no % 2 === 0 ? 1 : null,
  }));
  await insertAll(db, 'member', members);
  await insertAll(
    db,
    'member_place',
    members.map(({ id }) => ({
      id: newId(),
      member_id: id,
      unit_id: unitId,
      status: 'full',
      from_day: '0000-01-01',
      to_day: null,
    })),
  );
  await insertAll(
    db,
    'identity',
    members.map(({ id }) => ({
      id: newId(),
      account,
      contact_id: `c-${id}`,
      member_id: id,
      how: 'code',
      created_at: 1,
      closed_at: null,
      confirmed: 1,
    })),
  );
  await insertAll(
    db,
    'group_member',
    members.map(({ id, name }) => ({ group_id: groupId, contact_id: `c-${id}`, name, left_at: null })),
  );
  for (let quiz = 0; quiz < quizzes; quiz += 1) {
    const opensAt = now - 2 * HOUR - quiz * DAY;
    const window = await openDrawn(db, { source: drawingLesson(`d${quiz}`, '没有', 1), opensAt, groupId });
    const said = members
      .filter((_, no) => no % 10 !== 0)
      .map(({ id, name }, no) => ({
        memberId: id,
        row: {
          id: newId(),
          account,
          channel_id: newId(),
          room_id: roomId,
          contact_id: `c-${id}`,
          sender_name: name,
          kind: 'text',
          text: no % 3 === 0 ? '1错' : '1对',
          mention: 0,
          sent_at: opensAt + no,
          received_at: opensAt + no,
          state: 'handled',
          attempts: 0,
          try_at: null,
          intent: JSON.stringify({ kind: 'answer', answers: { 1: [no % 3 === 0 ? '错' : '对'] } }),
          handled_at: opensAt + no,
        },
      }));
    await insertAll(
      db,
      'message',
      said.map(({ row }) => row),
    );
    await insertAll(
      db,
      'answer',
      said.map(({ memberId, row }) => ({
        id: newId(),
        window_id: window.id,
        group_id: groupId,
        member_id: memberId,
        question: 1,
        value: row.text.slice(1),
        correct: row.text === '1对' ? 1 : 0,
        score: row.text === '1对' ? 1_000 : 0,
        counted: 1,
        makeup: 0,
        withdrawn_at: null,
        message_id: row.id,
        written_at: row.sent_at,
        recorded_at: row.sent_at,
      })),
    );
  }
  await rebuildRollups(db, ZONE);
  return members.map(({ id }) => id);
}

/** All of them wait at once: who says who they are, and who may be whom after a login. */
export async function crowd(
  db: Db,
  { unitId, groupId, account }: LargeBranch,
  members: readonly string[],
  now = Date.now(),
): Promise<void> {
  await insertAll(
    db,
    'certification',
    members.map((id, no) => ({
      id: newId(),
      no: no + 1,
      account,
      contact_id: `c-${id}`,
      asked_by: id,
      claimed_name: `成员${String(no).padStart(5, '0')}`,
      member_id: id,
      unit_id: unitId,
      evidence: 'name',
      state: 'waiting',
      reason: null,
      created_at: now - no,
      noticed_at: now,
      decided_at: null,
      decided_by: null,
    })),
  );
  await insertAll(
    db,
    'match_item',
    members.map((id, no) => ({
      id: newId(),
      no: no + 1,
      kind: 'person',
      account,
      group_id: groupId,
      member_id: id,
      room_id: null,
      contact_id: `c-${id}`,
      score: 35,
      reasons: JSON.stringify(['群昵称和名册上的名字一样', '别的都对不上']),
      state: 'waiting',
      created_at: now - no,
      decided_at: null,
      decided_by: null,
    })),
  );
}

/** A bank from which many quizzes of the group drew: three questions each. */
export async function fillBank(
  db: Db,
  { groupId }: LargeBranch,
  { questions = 5_000, quizzes = 600, now = Date.now() } = {},
): Promise<void> {
  const rows = Array.from({ length: questions }, (_, no) => ({
    id: newId(),
    no: no + 1,
    hash: `hash ${no}`,
    type: 'single',
    stem: `第 ${no} 问：花茶怎么存最好？`,
    options: JSON.stringify(['放在窗台上晒着', '装进带胶圈的罐', '放灶台边']),
    key: '["B"]',
    explanation: '怕潮，怕光，怕异味。',
    source: 'x',
    created_by: 'cli',
    created_at: 1,
    retired_at: null,
    version: 1,
    written_by: 'cli',
    approved_by: 'cli',
    approved_at: 1,
  }));
  await insertAll(db, 'bank_question', rows);
  await insertAll(
    db,
    'bank_version',
    rows.map(({ id, type, stem, options, key, explanation }) => ({
      question_id: id,
      version: 1,
      type,
      stem,
      options,
      key,
      explanation,
      tags: '["保鲜"]',
      written_by: 'cli',
      written_at: 1,
    })),
  );
  await insertAll(
    db,
    'bank_tag',
    rows.map(({ id }) => ({ question_id: id, tag: '保鲜' })),
  );
  const { id: of, ...first } = await db
    .selectFrom('quiz_window')
    .selectAll()
    .where('group_id', '=', groupId)
    .executeTakeFirstOrThrow();
  const { id: _model, ...model } = await db
    .selectFrom('delivery')
    .selectAll()
    .where('id', '=', first.delivery_id)
    .executeTakeFirstOrThrow();
  const deliveries = Array.from({ length: quizzes }, (_, no) => ({
    ...model,
    id: newId(),
    no: 100_000 + no,
    cause: `many ${no} ${of}`,
    hash: null,
    ordinal: null,
  }));
  await insertAll(db, 'delivery', deliveries);
  await insertAll(
    db,
    'quiz_window',
    deliveries.map(({ id }, at) => ({
      ...first,
      id: newId(),
      delivery_id: id,
      opens_at: now - at * HOUR,
      closed_at: now - at * HOUR + 1,
      drawn: JSON.stringify(
        [0, 1, 2].map((no) => {
          const row = rows[(at * 7 + no) % rows.length];
          return {
            no: no + 2,
            type: 'single',
            stem: row?.stem,
            options: JSON.parse(row?.options ?? '[]') as string[],
            key: ['B'],
            explanation: '',
            line: 0,
            bank: row?.id,
          };
        }),
      ),
    })),
  );
}
