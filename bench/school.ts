/** A county on disk: groups, members and quizzes in numbers, written with plain statements because they are many. */
import { DatabaseSync } from 'node:sqlite';

import { DAY, HOUR } from '../src/clock.ts';
import { openDatabase } from '../src/db/open.ts';
import { parseLesson } from '../src/lessons/parse.ts';

export const ACCOUNT = 'wechaty:county';
export const ZONE = 'Asia/Shanghai';

/** Right are 1B, 2AB and 3 对. */
export const SOURCE = `---
id: bench
title: 茉莉花茶怎么存才不跑香
---

花茶最怕三样：潮、光、异味。

## 小测

1. 开封后最好怎么放？

   - [ ] 用保鲜袋包好
   - [x] 换成带胶圈的罐

2. （多选）花茶最怕哪几样？

   - [x] 潮
   - [x] 光
   - [ ] 低温

3. 茶叶不能和腊肉放一个柜子。

   答案：对
`;

export const { lesson: LESSON } = parseLesson(SOURCE, 'bench.md');

/** Ids that sort in the order of making, as a real UUIDv7 does; `kind` (0 to 9) sets tables apart. */
export const idOf = (kind: number, no: number): string =>
  `0193${kind}000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`;

const SQL_ID = (kind: number, no: string) => `printf('0193${kind}000-0000-7000-8000-%012x', ${no})`;

export const roomOf = (group: number): string => `room${group}@chatroom`;
export const contactOf = (member: number): string => `person${member}`;
export const nameOf = (member: number): string => `茶友${member}`;

export interface County {
  readonly groups: number;
  readonly membersPerGroup: number;
  /** Closed quizzes per group with three answers of each member, besides the one that is open; 0 for none. */
  readonly pastQuizzes: number;
  /** So many of those answers, three each, the oldest first; all when left out. */
  readonly pastMessages?: number;
  /** ms; the open quiz of each group began a minute ago. */
  readonly now: number;
}

/** The rows of an answer that a message brings: one per question. */
export const QUESTIONS = 3;

/**
 * Writes the county into a new SQLite file. Member m sits in group `floor(m / membersPerGroup)`. Every group has
 * had `pastQuizzes` quizzes, a day apart, and has one that is open. The big tables get their indexes at the end.
 */
export async function writeCounty(file: string, county: County): Promise<void> {
  const { groups, membersPerGroup, pastQuizzes, pastMessages = Infinity, now } = county;
  await (await openDatabase({ kind: 'sqlite', file }, now)).destroy();
  const db = new DatabaseSync(file);
  // Only while it is made: nobody else has it, and what fails is made again.
  db.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -400000');
  const members = groups * membersPerGroup;
  const windows = groups * (pastQuizzes + 1);
  const messages = Math.min(members * pastQuizzes, pastMessages);
  const answered = Math.floor(messages / membersPerGroup);
  if (!LESSON) throw new Error('the lesson of the bench has a fault');
  const indexes = db
    .prepare(
      `select name, sql from sqlite_master where type = 'index' and tbl_name in ('answer', 'message') and sql is not null`,
    )
    .all() as { name: string; sql: string }[];
  db.exec('begin');
  for (const { name } of indexes) db.exec(`drop index ${name}`);
  const revision = (no: string) => `'${LESSON.hash.slice(0, 56)}' || printf('%08x', ${no})`;
  const numbers = (count: number, from = 0) =>
    `with recursive n (i) as (select ${from} union all select i + 1 from n where i + 1 < ${from + count})`;
  const fill = (count: number, sql: string) => {
    if (count > 0) db.exec(sql.replace('SEQUENCE', numbers(count)));
  };
  // A group gets a revision once: each quiz has one of its own, with the same words.
  fill(
    pastQuizzes + 1,
    `insert into lesson_revision (hash, lesson_id, title, course, file, source, approved_by, recorded_at)
      SEQUENCE select ${revision('i')}, '${LESSON.id}', '${LESSON.title}', '', '${LESSON.file}',
        '${SOURCE.replaceAll("'", "''")}', 'operator', 0 from n`,
  );
  fill(
    groups,
    `insert into chat_group (id, key, account, room_id, topic, enabled, created_at)
      SEQUENCE select ${SQL_ID(1, 'i')}, 'g' || (i + 1), '${ACCOUNT}', 'room' || i || '@chatroom', '花茶支部 ' || i || ' 群', 1, i from n`,
  );
  db.exec(`insert into counter (name, value) values ('group', ${groups}), ('delivery', ${windows})`);
  fill(
    members,
    `insert into member (id, name, status, created_at)
      SEQUENCE select ${SQL_ID(2, 'i')}, '茶友' || i, 'full', 0 from n`,
  );
  fill(
    members,
    `insert into identity (id, account, contact_id, member_id, how, created_at)
      SEQUENCE select ${SQL_ID(3, 'i')}, '${ACCOUNT}', 'person' || i, ${SQL_ID(2, 'i')}, 'name', 0 from n`,
  );
  fill(
    members,
    `insert into group_member (group_id, contact_id, name)
      SEQUENCE select ${SQL_ID(1, `i / ${membersPerGroup}`)}, 'person' || i, '茶友' || i from n`,
  );
  // Window w of round r: the past ones first, a day apart, then the open ones.
  const round = `(i / ${groups})`;
  const opensAt = `(${now - HOUR / 60} - (${pastQuizzes} - ${round}) * ${DAY})`;
  fill(
    windows,
    `insert into delivery (id, no, cause, kind, account, group_id, content, hash, ordinal, close_after, state,
        planned_at, due_at, sent_at, attempt, updated_at)
      SEQUENCE select ${SQL_ID(4, 'i')}, i + 1, 'bench:' || i, 'lesson', '${ACCOUNT}', ${SQL_ID(1, `i % ${groups}`)},
        '${LESSON.id}', ${revision(round)}, ${round} + 1, ${HOUR}, 'sent', ${opensAt}, ${opensAt}, ${opensAt}, 1, ${opensAt} from n`,
  );
  fill(
    windows,
    `insert into quiz_window (id, delivery_id, group_id, lesson_id, hash, opens_at, closes_at, closed_at)
      SEQUENCE select ${SQL_ID(5, 'i')}, ${SQL_ID(4, 'i')}, ${SQL_ID(1, `i % ${groups}`)}, '${LESSON.id}', ${revision(round)},
        ${opensAt}, ${opensAt} + 12 * ${HOUR}, case when ${round} < ${pastQuizzes} then ${opensAt} + 12 * ${HOUR} end from n`,
  );
  // Message i: member i % members, round i / members.
  const member = `(i % ${members})`;
  const written = `(${now} - (${pastQuizzes} - i / ${members}) * ${DAY} + ${member} % 3600000)`;
  fill(
    messages,
    `insert into message (id, account, channel_id, room_id, contact_id, sender_name, kind, text, mention, sent_at,
        received_at, state, intent, handled_at)
      SEQUENCE select ${SQL_ID(6, 'i')}, '${ACCOUNT}', 'past' || i, 'room' || (${member} / ${membersPerGroup}) || '@chatroom',
        'person' || ${member}, '茶友' || ${member}, 'text', '1B 2AB 3对', 0, ${written}, ${written}, 'handled',
        '{"kind":"answer","answers":{"1":["B"],"2":["A","B"],"3":["对"]}}', ${written} from n`,
  );
  const message = `(i / ${QUESTIONS})`;
  const answerer = `(${message} % ${members})`;
  const window = `((${message} / ${members}) * ${groups} + ${answerer} / ${membersPerGroup})`;
  const writtenAnswer = `(${now} - (${pastQuizzes} - ${message} / ${members}) * ${DAY} + ${answerer} % 3600000)`;
  fill(
    messages * QUESTIONS,
    `insert into answer (id, window_id, group_id, member_id, question, value, correct, counted, message_id, written_at, recorded_at)
      SEQUENCE select ${SQL_ID(7, 'i')}, ${SQL_ID(5, window)}, ${SQL_ID(1, `${answerer} / ${membersPerGroup}`)},
        ${SQL_ID(2, answerer)}, i % ${QUESTIONS} + 1, case i % ${QUESTIONS} when 0 then 'B' when 1 then 'AB' else '对' end, 1, 1,
        ${SQL_ID(6, message)}, ${writtenAnswer}, ${writtenAnswer} from n`,
  );
  fill(
    answered,
    `insert into rollup_window (window_id, members, answers, correct)
      SEQUENCE select ${SQL_ID(5, 'i')}, ${membersPerGroup}, ${membersPerGroup * QUESTIONS}, ${membersPerGroup * QUESTIONS} from n`,
  );
  fill(
    answered * QUESTIONS,
    `insert into rollup_question (window_id, question, answers, correct)
      SEQUENCE select ${SQL_ID(5, `i / ${QUESTIONS}`)}, i % ${QUESTIONS} + 1, ${membersPerGroup}, ${membersPerGroup} from n`,
  );
  fill(
    messages,
    `insert into rollup_member_day (group_id, day, member_id, answers, correct, checkins)
      SEQUENCE select ${SQL_ID(1, `${member} / ${membersPerGroup}`)}, date(${written} / 1000, 'unixepoch', '+8 hours'), ${SQL_ID(2, member)},
        ${QUESTIONS}, ${QUESTIONS}, 0 from n`,
  );
  for (const { sql } of indexes) db.exec(sql);
  db.exec('commit; pragma wal_checkpoint(truncate)');
  db.close();
}
