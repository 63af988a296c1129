/** What one answer costs when there are ten thousand, a million, ten million before it. */
import { statSync } from 'node:fs';
import { join } from 'node:path';

import { handleNew, type HandlerParts } from '../src/chat/handle.ts';
import { insertMessages } from '../src/chat/inbox.ts';
import { type Db, openDatabase } from '../src/db/open.ts';
import { silentLog } from '../src/log.ts';
import { type Bench, type Figure, figure, median } from './figure.ts';
import { ACCOUNT, contactOf, LESSON, nameOf, QUESTIONS, roomOf, writeCounty, ZONE } from './school.ts';

/** The same people in the same groups, so that only what they have said before differs. */
const COUNTY = { groups: 1_000, membersPerGroup: 100 };
/** Answers to one question each, in so many quizzes of each group. */
const HISTORIES: readonly { readonly rows: number; readonly pastQuizzes: number }[] = [
  { rows: 10_000, pastQuizzes: 1 },
  { rows: 1_000_000, pastQuizzes: 4 },
  { rows: 10_000_000, pastQuizzes: 34 },
];
/** Messages of one block; a block is what is timed. */
const BLOCK = 200;
const BLOCKS = 15;

interface Size {
  readonly rows: number;
  readonly db: Db;
  readonly parts: HandlerParts;
  readonly perAnswer: number[];
}

export const answers: Bench = {
  name: 'answers',
  title: 'cost per answer: understood, recorded with its rollups, committed',
  async run({ full, folder, say }) {
    const sizes: Size[] = [];
    const notes: string[] = [];
    for (const { rows, pastQuizzes } of full ? HISTORIES : HISTORIES.slice(0, 2)) {
      const file = join(folder, `answers-${rows}.db`);
      say(`writing ${rows.toLocaleString('en')} answers`);
      const now = Date.now();
      const began = performance.now();
      const pastMessages = Math.floor(rows / QUESTIONS);
      await writeCounty(file, { ...COUNTY, pastQuizzes, pastMessages, now });
      const took = (performance.now() - began) / 1_000;
      notes.push(`file of ${Math.round(statSync(file).size / 1e6)} MB, written in ${took.toFixed(0)} s`);
      const db = await openDatabase({ kind: 'sqlite', file }, now);
      sizes.push({ rows, db, parts: partsFor(db), perAnswer: [] });
    }
    say('answering');
    // In turns, so that what else the machine does falls on all sizes alike. The first block warms up.
    for (let block = 0; block <= BLOCKS; block += 1)
      for (const size of sizes) {
        const cost = await answerBlock(size, block);
        if (block > 0) size.perAnswer.push(cost);
      }
    for (const { db } of sizes) await db.destroy();

    const costs = sizes.map(({ perAnswer }) => median(perAnswer));
    return sizes.map(({ rows }, at): Figure => {
      const measured = {
        what: `an answer to ${QUESTIONS} questions, after ${rows.toLocaleString('en')}`,
        value: costs[at] ?? Number.NaN,
        unit: 'ms',
      };
      const note = notes[at] ?? '';
      if (at === 0) return figure(measured, { note });
      const bare = { what: 'with ten thousand', value: costs[0] ?? Number.NaN, unit: 'ms' };
      return figure(measured, { bare, aim: { of: 'ratio', atMost: 1.3 }, note });
    });
  },
};

const partsFor = (db: Db): HandlerParts => ({
  db,
  log: silentLog,
  zone: ZONE,
  config: { zone: ZONE, channels: [] },
  now: () => Date.now(),
  lessons: () => (LESSON ? [LESSON] : []),
  botNames: () => ['小课'],
  linkBase: () => undefined,
});

/** Puts a block of answers of people all over the county into the inbox, and times their handling: ms per answer. */
async function answerBlock({ db, parts }: Size, block: number): Promise<number> {
  const members = COUNTY.groups * COUNTY.membersPerGroup;
  const now = Date.now();
  const messages = Array.from({ length: BLOCK }, (_, at) => {
    // A step that meets every member before it meets one again.
    const member = ((block * BLOCK + at) * 7_919) % members;
    return {
      account: ACCOUNT,
      id: `new-${block}-${at}`,
      roomId: roomOf(Math.floor(member / COUNTY.membersPerGroup)),
      contactId: contactOf(member),
      senderName: nameOf(member),
      kind: 'text' as const,
      text: at % 2 === 0 ? '1B 2AB 3对' : '1A 2B 3错',
      mention: false,
      sentAt: now,
    };
  });
  await insertMessages(db, messages, now);
  const before = performance.now();
  const handled = await handleNew(parts);
  if (handled !== BLOCK) throw new Error(`${handled} of ${BLOCK} messages were handled`);
  return (performance.now() - before) / BLOCK;
}
