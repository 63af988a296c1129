/** Gives the members' own pages what they show, and takes what is pressed there. Everything is the session owner's. */
import { recordPracticeTap, recordTap } from './chat/tap.ts';
import { askCard } from './chat/private.ts';
import { tellDeciders } from './chat/notices.ts';
import { streakOf } from './checkin/checkins.ts';
import { addMonths, readMonth, readMonthName } from './checkin/month.ts';
import { type Clock, DAY, localDay, mondayOf, startOfDay } from './clock.ts';
import { appendAudit } from './db/audit.ts';
import { type Db, inTransaction } from './db/open.ts';
import { listLearned, readOwnFigures } from './digest/own.ts';
import { UserError } from './errors.ts';
import { keyOf, shownLetter } from './lessons/compose.ts';
import { findRevision } from './lessons/revisions.ts';
import type { Lesson, Question } from './lessons/lesson.ts';
import { giveConsent, hasConsent, withdrawConsent } from './people/consent.ts';
import { type Member, STATUS_NAMES } from './people/members.ts';
import { readPolicy } from './people/policies.ts';
import { readOwnRecord } from './people/rights.ts';
import { revokeSessionsOf } from './people/sessions.ts';
import { setShowsParty, shownName, showsParty } from './people/shown.ts';
import { findLearner } from './people/viewer.ts';
import { sayPercent } from './figures.ts';
import { memberBoard, type Span, unitBoard } from './quiz/boards.ts';
import {
  findOwnWindow,
  type Given,
  type GivenAnswer,
  groupsOfMember,
  listMistakes,
  listOwnWindows,
  readGiven,
} from './quiz/mine.ts';
import { sayPoints } from './quiz/points.ts';
import { countAsked, makeCardsFor, questionOf } from './quiz/practice.ts';
import { findPrivateQuiz, listMissedWindows } from './quiz/private.ts';
import { settlePoints } from './quiz/settle.ts';
import { lessonOf, ordersOf, type QuizWindow } from './quiz/windows.ts';
import type {
  CardView,
  LearningParts,
  MeView,
  MistakeView,
  PointsView,
  PracticeView,
  QuestionView,
  QuizLine,
  QuizView,
  SettingsView,
} from './web/learn-parts.ts';

const MOST_LEARNED = 100;
const MOST_MISTAKES = 50;
const MOST_PLACES = 20;
/** How far back a lesson's page looks for the quiz that the member's group had. */
const LOOK_BACK = 400;
const POINT_DAYS = 31;
const ERASURE = 'member.ask-erasure';

export interface LearningSources {
  readonly db: Db;
  readonly clock: Clock;
  readonly zone: string;
}

export function learningParts({ db, clock, zone }: LearningSources): LearningParts {
  const now = () => clock.now();
  const today = () => localDay(now(), zone);
  return {
    find: (secret) => findLearner(db, secret, now()),
    quiz: async (memberId, windowId) => {
      const window = await findOwnWindow(db, memberId, windowId);
      return window && (await readQuiz(db, window, memberId, now()));
    },
    quizOfLesson: (memberId, lessonId) => findQuizOfLesson(db, memberId, lessonId, now()),
    tap: (memberId, windowId, tap) => recordTap(db, { ...tap, memberId, windowId }, zone, now()),
    me: (memberId, month) => readMe(db, memberId, { zone, now: now(), ...(month ? { month } : {}) }),
    learned: (memberId) => listLearned(db, memberId, MOST_LEARNED),
    mistakes: (memberId) => readMistakes(db, memberId),
    practice: (memberId, reviewId) =>
      readPractice(db, memberId, { zone, now: now(), reviewId: reviewId ?? '' }),
    askCard: async (memberId) => {
      if (!(await hasConsent(db, memberId, 'practice'))) throw new UserError('先打开练习。');
      await inTransaction(db, async (trx) => {
        const asked = await findPrivateQuiz(trx, memberId, now());
        if (asked?.kind !== 'practice') await askCard(trx, memberId, zone, now());
      });
    },
    answerCard: (memberId, answer) => recordPracticeTap(db, { ...answer, memberId }, now()),
    points: (memberId, span, by) => readPoints(db, memberId, { zone, now: now(), span, by }),
    settings: (memberId) => readSettings(db, memberId, now()),
    setConsent: (memberId, kind, on) =>
      inTransaction(db, async (trx) => {
        const isNew = on
          ? await giveConsent(trx, memberId, kind, now())
          : await withdrawConsent(trx, memberId, kind, now());
        if (isNew && on && kind === 'practice') await makeCardsFor(trx, memberId, now());
      }),
    setParty: (memberId, on) =>
      inTransaction(db, async (trx) => {
        const member = await getMember(trx, memberId);
        const why = whyNoParty(member);
        if (why !== undefined) throw new UserError(why);
        if ((member.shows_party === 1) !== on)
          await setShowsParty(trx, memberId, on, { who: memberId, via: 'page' }, now());
      }),
    record: (memberId) => readOwnRecord(db, memberId),
    askErasure: (memberId) => askErasure(db, memberId, today(), now()),
    leaveEverywhere: async (memberId) => {
      await revokeSessionsOf(db, memberId, memberId, 'page', now());
    },
  };
}

const getMember = (db: Db, id: string): Promise<Member> =>
  db.selectFrom('member').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const topicOf = async (db: Db, groupId: string): Promise<string> =>
  (await db.selectFrom('chat_group').select('topic').where('id', '=', groupId).executeTakeFirst())?.topic ??
  '';

/** How a window stands for a member: until when, and what may still be done. */
async function standingOf(
  db: Db,
  window: QuizWindow,
  questions: readonly Question[],
  given: Given,
  now: number,
): Promise<{ state: QuizView['state']; until: number }> {
  const isLeft = questions.some(({ no }) => !given.counted.has(no));
  // Until the key is on its way to the group it is nobody's to see.
  if (window.closed_at === null && (now < window.closes_at || !isLeft))
    return { state: 'open', until: window.closes_at };
  const days = await readPolicy(db, 'makeup-days', { groupId: window.group_id });
  const until = window.closes_at + days * DAY;
  return { state: now < until && isLeft ? 'makeup' : 'done', until };
}

async function readQuiz(
  db: Db,
  window: QuizWindow,
  memberId: string,
  now: number,
): Promise<QuizView | undefined> {
  const lesson = await lessonOf(db, window);
  if (!lesson || now < window.opens_at) return undefined;
  const given = await readGiven(db, window.id, memberId);
  const { state, until } = await standingOf(db, window, lesson.questions, given, now);
  return {
    id: window.id,
    lesson,
    group: await topicOf(db, window.group_id),
    state,
    until,
    keeps: state === 'open' && window.attempts === 0 ? 'tap' : 'press',
    questions: lesson.questions.map((question) => viewQuestion(question, window, given, state)),
  };
}

function viewQuestion(
  question: Question,
  window: QuizWindow,
  given: Given,
  state: QuizView['state'],
): QuestionView {
  const orders = ordersOf(window);
  const { no, type, stem } = question;
  const answer = given.counted.get(no);
  const shown = [...(orders[no] ?? 'ABCDEFGH'.slice(0, question.options.length))];
  const isLimited = state === 'open' && window.attempts > 0;
  return {
    no,
    type,
    stem,
    options: shown.map((letter) => question.options['ABCDEFGH'.indexOf(letter)] ?? ''),
    ...(answer ? { given: givenOf(question, answer, window), at: answer.writtenAt } : {}),
    ...(isLimited ? { left: Math.max(0, window.attempts - (given.tries.get(no) ?? 0)) } : {}),
    isFixed: state !== 'open' && answer !== undefined && !answer.makeup,
    ...(state === 'done'
      ? {
          result: {
            correct: answer?.correct ?? false,
            key: keyOf(question, orders),
            explanation: question.explanation,
          },
        }
      : {}),
  };
}

/** In the letters that the group sees. */
function givenOf(
  question: Question,
  { value }: Pick<GivenAnswer, 'value'>,
  window: Pick<QuizWindow, 'orders'>,
): string[] {
  if (question.options.length === 0) return [value];
  const letters = [...value].map((letter) => shownLetter(question, letter, ordersOf(window)));
  return question.type === 'order' ? letters : letters.toSorted();
}

async function findQuizOfLesson(
  db: Db,
  memberId: string,
  lessonId: string,
  now: number,
): Promise<string | undefined> {
  const windows = await listOwnWindows(db, memberId, { now, days: LOOK_BACK, lessonId });
  const standings = [];
  for (const window of windows) {
    const lesson = await lessonOf(db, window);
    if (!lesson) continue;
    const given = await readGiven(db, window.id, memberId);
    const { state } = await standingOf(db, window, lesson.questions, given, now);
    standings.push({
      id: window.id,
      state,
      isWhole: lesson.questions.every(({ no }) => given.counted.has(no)),
    });
  }
  const found =
    standings.find(({ state, isWhole }) => state === 'open' && !isWhole) ??
    standings.find(({ state }) => state === 'open') ??
    standings.find(({ state }) => state === 'makeup') ??
    standings[0];
  return found?.id;
}

const lineOf = async (
  db: Db,
  window: QuizWindow,
  memberId: string,
  now: number,
): Promise<QuizLine | undefined> => {
  const lesson = await lessonOf(db, window);
  if (!lesson) return undefined;
  const given = await readGiven(db, window.id, memberId);
  const { until } = await standingOf(db, window, lesson.questions, given, now);
  return {
    windowId: window.id,
    title: lesson.title,
    group: await topicOf(db, window.group_id),
    until,
    answered: lesson.questions.filter(({ no }) => given.counted.has(no)).length,
    questions: lesson.questions.length,
  };
};

async function linesOf(
  db: Db,
  windows: readonly QuizWindow[],
  memberId: string,
  now: number,
): Promise<QuizLine[]> {
  const lines: QuizLine[] = [];
  for (const window of windows) {
    const line = await lineOf(db, window, memberId, now);
    if (line) lines.push(line);
  }
  return lines;
}

interface When {
  readonly zone: string;
  readonly now: number;
}

async function readMe(
  db: Db,
  memberId: string,
  { zone, now, month }: When & { readonly month?: string },
): Promise<MeView> {
  await settlePoints(db, zone, now);
  const member = await getMember(db, memberId);
  const day = localDay(now, zone);
  const { tenths, ...figures } = await readOwnFigures(db, memberId);
  const groups = await groupsOfMember(db, memberId);
  const board = await memberBoard(db, groups, { from: mondayOf(day), to: day });
  const mine = board.find((one) => one.memberId === memberId);
  const recent = await listOwnWindows(db, memberId, { now, days: 60 });
  const wrong = await listMistakes(db, memberId, MOST_MISTAKES);
  const running = await readMonth(db, memberId, day.slice(0, 7), day);
  const wanted = readMonthName(month, day);
  const shown = wanted === running.month ? running : await readMonth(db, memberId, wanted, day);
  return {
    ...(await standOf(db, member)),
    ...figures,
    points: sayPoints(tenths),
    streak: await streakOf(db, memberId, day),
    checkedInToday: running.weeks
      .flat()
      .some((one) => one.isToday && one.mark !== undefined && one.mark !== 'leave'),
    ...(mine ? { rank: { place: mine.place, of: board.length } } : {}),
    mistakes: wrong.length,
    open: await linesOf(
      db,
      recent.filter((window) => window.closed_at === null && now < window.closes_at),
      memberId,
      now,
    ),
    missed: await linesOf(db, await listMissedWindows(db, memberId, now), memberId, now),
    calendar: {
      ...shown,
      previous: addMonths(shown.month, -1),
      ...(shown.month < day.slice(0, 7) ? { next: addMonths(shown.month, 1) } : {}),
    },
  };
}

/** Who they are, as it stands on their own pages. */
async function standOf(db: Db, member: Member) {
  const unit =
    member.unit_id === null
      ? undefined
      : await db.selectFrom('unit').select('name').where('id', '=', member.unit_id).executeTakeFirst();
  return {
    name: member.name,
    status: STATUS_NAMES[member.status],
    showsParty: showsParty(member),
    ...(unit ? { unit: unit.name } : {}),
  };
}

async function readMistakes(db: Db, memberId: string): Promise<MistakeView[]> {
  const mistakes: MistakeView[] = [];
  for (const { window, question: wanted, value, writtenAt } of await listMistakes(
    db,
    memberId,
    MOST_MISTAKES,
  )) {
    const lesson = await lessonOf(db, window);
    const question = lesson?.questions.find(({ no }) => no === wanted);
    if (!lesson || !question) continue;
    mistakes.push({
      windowId: window.id,
      title: lesson.title,
      lesson,
      stem: question.stem,
      given: sayGiven(question, givenOf(question, { value }, window), window),
      key: keyOf(question, ordersOf(window)),
      explanation: question.explanation,
      at: writtenAt,
    });
  }
  return mistakes;
}

/** What was given, in the words of the question. */
function sayGiven(
  question: Question,
  given: readonly string[],
  window: Pick<QuizWindow, 'orders'> = { orders: null },
): string {
  if (question.type !== 'single' && question.type !== 'multi') return given.join('');
  const orders = ordersOf(window);
  const key = given.map(
    (letter) => (orders[question.no] ?? 'ABCDEFGH')['ABCDEFGH'.indexOf(letter)] ?? letter,
  );
  return keyOf({ ...question, key }, orders);
}

async function readPractice(
  db: Db,
  memberId: string,
  { zone, now, reviewId }: When & { readonly reviewId: string },
): Promise<PracticeView> {
  const cards = await db
    .selectFrom('practice_card')
    .select(['id', 'due_at'])
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .execute();
  const asked = await findPrivateQuiz(db, memberId, now);
  const cardId = asked?.card_id ?? undefined;
  const card = cardId === undefined ? undefined : await readCard(db, memberId, cardId);
  const review = await db
    .selectFrom('practice_review')
    .select(['card_id', 'value', 'correct'])
    .where('id', '=', reviewId)
    .where('member_id', '=', memberId)
    .where('answered_at', 'is not', null)
    .executeTakeFirst();
  const answered = review && (await readCard(db, memberId, review.card_id));
  return {
    agreed: await hasConsent(db, memberId, 'practice'),
    perDay: await readPolicy(db, 'practice-per-day'),
    askedToday: await countAsked(db, memberId, startOfDay(localDay(now, zone), zone)),
    due: cards.filter((one) => one.due_at <= now).length,
    cards: cards.length,
    ...(card ? { card } : {}),
    ...(review && answered
      ? {
          told: {
            card: answered,
            correct: review.correct === 1,
            given: sayGiven(answered.question, lettersOf(answered.question, review.value ?? '')),
            key: keyOf(answered.question),
          },
        }
      : {}),
  };
}

const lettersOf = ({ options }: Question, value: string) => (options.length === 0 ? [value] : [...value]);

async function readCard(db: Db, memberId: string, cardId: string): Promise<CardView | undefined> {
  const card = await db
    .selectFrom('practice_card')
    .selectAll()
    .where('id', '=', cardId)
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  if (!card) return undefined;
  // Its pictures stand beside the lesson that it comes from.
  const file = await fileOf(db, card.lesson_id);
  return { id: card.id, lesson: { id: card.lesson_id, file }, question: questionOf(card) };
}

async function fileOf(db: Db, lessonId: string): Promise<Lesson['file']> {
  const head = await db
    .selectFrom('lesson_head')
    .select('hash')
    .where('lesson_id', '=', lessonId)
    .executeTakeFirst();
  return (head && (await findRevision(db, head.hash)))?.file ?? '';
}

const RULES = { lesson: '学完一课', right: '答对', checkin: '打卡', streak: '连续打卡' } as const;

async function readPoints(
  db: Db,
  memberId: string,
  { zone, now, span, by }: When & Pick<PointsView, 'span' | 'by'>,
): Promise<PointsView> {
  await settlePoints(db, zone, now);
  const day = localDay(now, zone);
  const days: Span = { from: span === 'month' ? `${day.slice(0, 7)}-01` : mondayOf(day), to: day };
  const member = await getMember(db, memberId);
  const rows = await db
    .selectFrom('point')
    .select(({ fn }) => [
      'day',
      'rule',
      fn.sum<number>('tenths').as('tenths'),
      fn.countAll<number>().as('times'),
    ])
    .where('member_id', '=', memberId)
    .where('voided_at', 'is', null)
    .groupBy(['day', 'rule'])
    .orderBy('day', 'desc')
    .orderBy('rule')
    .execute();
  const board = await memberBoard(db, await groupsOfMember(db, memberId), days);
  const top = board.filter((one, index) => index < MOST_PLACES || one.memberId === memberId);
  return {
    span,
    by,
    days: [...Map.groupBy(rows, (row) => row.day)].slice(0, POINT_DAYS).map(([at, own]) => ({
      day: at,
      awards: own.map((row) => ({
        what: row.rule === 'right' ? `答对 ${Number(row.times)} 题` : RULES[row.rule],
        points: sayPoints(Number(row.tenths)),
      })),
      points: sayPoints(own.reduce((sum, row) => sum + Number(row.tenths), 0)),
    })),
    board: top.map((one) => ({
      place: one.place,
      name: shownName(one.shown),
      points: sayPoints(one.tenths),
      days: one.days,
      isMe: one.memberId === memberId,
    })),
    units: (await unitBoard(db, by, days))
      .filter((one, index) => index < MOST_PLACES || one.unitId === member.unit_id)
      .map((one) => ({
        place: one.place,
        name: one.name,
        perHead: sayPoints(one.perHead),
        withPoints: sayPercent(one.withPoints),
        heads: one.heads,
        isMine: one.unitId === member.unit_id,
      })),
  };
}

/** Why 〔党员〕 can't stand behind a name; `undefined` when it can. */
function whyNoParty({ status, certified_at: certified }: Member): string | undefined {
  if (status !== 'full' && status !== 'probationary') return '正式党员和预备党员认证后才能亮明身份。';
  return certified === null ? '要先认证：私聊小课发 认证 姓名 认证码。' : undefined;
}

async function readSettings(db: Db, memberId: string, now: number): Promise<SettingsView> {
  const member = await getMember(db, memberId);
  const why = whyNoParty(member);
  const { sessions } = await db
    .selectFrom('session')
    .select(({ fn }) => fn.countAll<number>().as('sessions'))
    .where('member_id', '=', memberId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  const asked = await lastErasure(db, memberId, now);
  return {
    ...(await standOf(db, member)),
    practice: await hasConsent(db, memberId, 'practice'),
    perDay: await readPolicy(db, 'practice-per-day'),
    reminder: await hasConsent(db, memberId, 'reminder'),
    ...(why === undefined ? {} : { whyNoParty: why }),
    sessions: Number(sessions),
    ...(asked === undefined ? {} : { erasureAskedAt: asked }),
  };
}

/** A request is told once; after so long it may be made again. */
const ASKED_FOR = 30 * DAY;

async function lastErasure(db: Db, memberId: string, now: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('audit')
    .select('at')
    .where('subject', '=', memberId)
    .where('what', '=', ERASURE)
    .where('at', '>', now - ASKED_FOR)
    .orderBy('at', 'desc')
    .executeTakeFirst();
  return row?.at;
}

/** Writes the wish down and tells those who rule the county: a person makes sure that it was the member's own. */
async function askErasure(db: Db, memberId: string, day: string, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    if ((await lastErasure(trx, memberId, now)) !== undefined) return;
    const { name } = await getMember(trx, memberId);
    await appendAudit(trx, { at: now, who: memberId, via: 'page', what: ERASURE, subject: memberId });
    const text = `${name} 要求注销自己的记录。请先找本人核对，再在服务器上运行：npm run -s weike -- member erase ${memberId}`;
    await tellDeciders(trx, null, { cause: `erasure:${memberId}:${day}`, text }, now);
  });
}
