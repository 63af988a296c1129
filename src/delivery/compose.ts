/** Composes the words of a delivery at the moment it is sent: a lesson with its closing time, a key, a digest. */
import type { Channel } from '../channels/channel.ts';
import { DAY, sayWhen } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { pictureFile } from '../lessons/catalogue.ts';
import { mergeParts } from '../lessons/chat.ts';
import { composeKey, composeLesson, composeQuestion, exampleOf } from '../lessons/compose.ts';
import type { ChatPart, Lesson } from '../lessons/lesson.ts';
import { readPolicies } from '../people/policies.ts';
import { findRevision } from '../lessons/revisions.ts';
import { splitText } from '../lessons/split.ts';
import { listQuestionResults } from '../quiz/answers.ts';
import { openReview, readReview } from '../quiz/weekly.ts';
import { findWindow, lessonOf, openWindow, ordersOf, type QuizWindow, withDrawn } from '../quiz/windows.ts';
import { ASK_TO_READ } from '../news/brief.ts';
import { type DigestPlace, draftDigest, markOf, spanOf, spanOfSample } from './digests.ts';
import { takeFolded } from './folded.ts';
import { drawOwnWeek, isOwnWeek } from './own-week.ts';
import { findRehearsalOf, findSample, WITHDRAWN } from './rehearsals.ts';
import { composeBriefDelivery, composeBulletinDelivery, NOTHING_NEW } from './briefs.ts';
import type { Compose, Composed } from './prepare.ts';
import { type Delivery, type Draft, listParts } from './ledger.ts';
import { wordsOfNotice } from './publish.ts';

/** What a schedule that doesn't say has. */
const UNSAID = DAY;

export interface ComposerParts {
  readonly zone: string;
  /** Absolute: pictures of our own making go below it; without it there are none. */
  readonly dataDir?: string;
  /** Hears why a digest's picture could not be made. */
  readonly complain?: DigestPlace['complain'];
  /** Base of links that may be given in that channel's chats; absent where none may. */
  readonly linkBase: (channel: Channel) => string | undefined;
  /** What comes next in a group after `now`, ready to read, or `undefined`. */
  readonly nextLesson: (trx: Db, groupId: string, now: number) => Promise<string | undefined>;
  /** Tells whoever looks after a group something in private, once per cause and person. */
  readonly tellSecretary?: (
    trx: Db,
    groupId: string,
    told: { readonly cause: string; readonly text: string },
    now: number,
  ) => Promise<void>;
}

export function makeComposer({
  zone,
  dataDir,
  complain,
  linkBase,
  nextLesson,
  tellSecretary,
}: ComposerParts): Compose {
  const place: DigestPlace = {
    zone,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(complain === undefined ? {} : { complain }),
  };
  return async function compose(trx, delivery, channel, now) {
    switch (delivery.kind) {
      case 'lesson':
        return await composeLessonDelivery(trx, delivery, channel, now);
      case 'key':
        return await composeKeyDelivery(trx, delivery, channel);
      case 'weekly':
        return await composeWeekly(trx, delivery, channel, now);
      case 'digest':
        return await composeDigest(trx, delivery, channel, now);
      case 'notice':
        return isOwnWeek(delivery)
          ? await composeOwn(trx, delivery, now)
          : await composeNotice(trx, delivery, channel);
      case 'brief':
        return await composeNews(trx, delivery, channel, now);
      case 'bulletin':
        return await composeBulletinDelivery(trx, delivery, channel, zone, now);
      case 'reply':
        return isOwnWeek(delivery)
          ? await composeOwn(trx, delivery, now)
          : await composeSample(trx, delivery, channel, now);
      case 'ack':
      case 'reminder':
        return { skip: '没有内容可发' };
    }
  };

  async function composeLessonDelivery(
    trx: Db,
    delivery: Delivery,
    channel: Channel,
    now: number,
  ): Promise<Composed> {
    const lesson = delivery.hash === null ? undefined : await findRevision(trx, delivery.hash);
    if (!lesson || delivery.group_id === null) return { skip: '这一课的内容不在了' };
    const base = linkBase(channel);
    const window = await open(trx, { ...delivery, group_id: delivery.group_id }, lesson, now);
    const asked = window ? withDrawn(lesson, window) : lesson;
    const parts = composeLesson(asked, {
      ...ordinalOf(delivery),
      ...(window ? { closesAt: sayWhen(window.closes_at, now, zone), orders: ordersOf(window) } : {}),
      ...(window && window.mode !== 'open' ? { how: sayHow(window, base) } : {}),
      ...(base === undefined ? {} : { link: `${base}/l/${lesson.id}` }),
    });
    return { drafts: toDrafts(parts, lesson, channel) };
  }

  /** The window of a lesson that asks something, as the group has it set. */
  async function open(
    trx: Db,
    delivery: Delivery & { group_id: string },
    lesson: Lesson,
    now: number,
  ): Promise<QuizWindow | undefined> {
    if (lesson.questions.length + lesson.draws.length === 0) return undefined;
    const policy = await readPolicies(trx, { groupId: delivery.group_id });
    const closeAfter = delivery.close_after === UNSAID ? policy('quiz-close') : delivery.close_after;
    const opening = {
      deliveryId: delivery.id,
      groupId: delivery.group_id,
      lessonId: lesson.id,
      hash: lesson.hash,
      opensAt: now,
      closesAt: now + closeAfter,
    };
    return await openWindow(trx, opening, {
      mode: policy('quiz-mode'),
      attempts: policy('answer-attempts'),
      shuffle: policy('shuffle-options'),
    });
  }

  /** Whoever looks after the group hears of a day without news, once for all their groups. */
  async function composeNews(trx: Db, delivery: Delivery, channel: Channel, now: number): Promise<Composed> {
    const composed = await composeBriefDelivery(trx, delivery, channel, zone, now);
    if ('skip' in composed && composed.skip === NOTHING_NEW && delivery.group_id !== null)
      await tellSecretary?.(
        trx,
        delivery.group_id,
        {
          cause: `no-news:${delivery.occurrence_id ?? delivery.id}`,
          text: '这一期电商动态没有新内容，群里没有发。发 动态 看看有哪些可以留，或者发 动态 加网址 收一条。',
        },
        now,
      );
    return composed;
  }

  /** `content` of a key is the window's id. */
  async function composeKeyDelivery(trx: Db, delivery: Delivery, channel: Channel): Promise<Composed> {
    const window = await findWindow(trx, delivery.content);
    const lesson = window && (await lessonOf(trx, window));
    if (!lesson || lesson.questions.length === 0) return { skip: '这一课的内容不在了' };
    const shares = await listQuestionResults(trx, window.id);
    const options = { ...ordinalOf(delivery), orders: ordersOf(window) };
    return { drafts: toDrafts(composeKey(lesson, shares, options), lesson, channel) };
  }

  /** `content` of a weekly review is the window's id and the question's number there. */
  async function composeWeekly(
    trx: Db,
    delivery: Delivery,
    channel: Channel,
    now: number,
  ): Promise<Composed> {
    const [windowId = '', no] = delivery.content.split(' ');
    const source = await findWindow(trx, windowId);
    const review = source && (await readReview(trx, { window: source, question: Number(no) }));
    if (!review || delivery.group_id === null) return { skip: '这道题不在了' };
    const { lesson, question } = review;
    const opening = {
      deliveryId: delivery.id,
      groupId: delivery.group_id,
      lessonId: lesson.id,
      hash: source.hash,
      opensAt: now,
      closesAt: now + delivery.close_after,
    };
    const policy = await readPolicies(trx, { groupId: delivery.group_id });
    const window = await openReview(trx, opening, question, {
      mode: policy('quiz-mode'),
      attempts: policy('answer-attempts'),
    });
    const until = sayWhen(window.closes_at, now, zone);
    const how =
      window.mode === 'open' ? `回复如 ${exampleOf([question])}` : sayHow(window, linkBase(channel));
    const head = `【每周一题】上次《${lesson.title}》里错得最多的一题，${until} 截止，${how}`;
    const parts = mergeParts([{ kind: 'text', text: head }, ...composeQuestion(question)]);
    return { drafts: toDrafts(parts, lesson, channel) };
  }

  /** As it was approved. One to a single person has its words already. */
  async function composeNotice(trx: Db, delivery: Delivery, channel: Channel): Promise<Composed> {
    const words = await wordsOfNotice(trx, delivery);
    if ('reason' in words) return { skip: words.reason };
    return {
      drafts: splitText(`${words.text}\n${ASK_TO_READ}`, channel.limits.maxText).map((body) => ({
        kind: 'text',
        body,
      })),
    };
  }

  /** The day of the nominal hour, also when it goes out after midnight. */
  async function composeDigest(
    trx: Db,
    delivery: Delivery,
    channel: Channel,
    now: number,
  ): Promise<Composed> {
    if (delivery.group_id === null) return { skip: '没有内容可发' };
    const span = spanOf(delivery, zone);
    const next = await nextLesson(trx, delivery.group_id, now);
    const base = linkBase(channel);
    const folded = await takeFolded(trx, delivery.group_id, delivery.id);
    const missed = folded.map(({ lessonId, title, at }) => ({
      title,
      at,
      ...(base === undefined ? {} : { link: `${base}/l/${lessonId}` }),
    }));
    const rehearsal = await findRehearsalOf(trx, delivery);
    if (rehearsal?.state === 'withdrawn') return { skip: WITHDRAWN };
    const instead = rehearsal?.words ?? undefined;
    const words = {
      ...markOf(delivery),
      missed,
      ...(next === undefined ? {} : { next }),
      ...(instead === undefined ? {} : { instead }),
    };
    const drafts = await draftDigest(trx, delivery.group_id, span, words, place, now);
    return { drafts: cut(drafts, channel) };
  }

  /** The words that were fixed, if any, and the picture. */
  async function composeOwn(trx: Db, delivery: Delivery, now: number): Promise<Composed> {
    const words = (await listParts(trx, delivery.id))
      .filter(({ kind }) => kind === 'text')
      .map(({ body }): Draft => ({ kind: 'text', body }));
    const picture = await drawOwnWeek(trx, delivery, place, now);
    return { drafts: picture ? [...words, picture] : words };
  }

  /** A digest as one of its groups will see it, behind the line that says which group that is. */
  async function composeSample(
    trx: Db,
    delivery: Delivery,
    channel: Channel,
    now: number,
  ): Promise<Composed> {
    const sample = await findSample(trx, delivery);
    if (!sample) return { skip: '没有内容可发' };
    const { groupId, words } = sample;
    const [lead] = await listParts(trx, delivery.id);
    const drafts = await draftDigest(
      trx,
      groupId,
      spanOfSample(sample, zone),
      words === null ? {} : { instead: words },
      place,
      now,
    );
    return { drafts: [...(lead ? [{ kind: lead.kind, body: lead.body }] : []), ...cut(drafts, channel)] };
  }
}

/** As a channel takes them. */
const cut = (drafts: readonly Draft[], { limits }: Channel): Draft[] =>
  drafts.flatMap((draft) =>
    draft.kind === 'picture'
      ? [draft]
      : splitText(draft.body, limits.maxText).map((body): Draft => ({ kind: 'text', body })),
  );

/** How answers are given where they aren't typed in the group. */
const sayHow = ({ id, mode }: QuizWindow, base: string | undefined): string => {
  const link = base === undefined ? '' : `点 ${base}/q/${id}`;
  if (mode === 'link') return `不在群里答，${link || '请点支部发的链接'}`;
  return `不在群里答，请私聊我${link === '' ? '' : `，或${link}`}`;
};

const ordinalOf = ({ ordinal }: Delivery) => (ordinal === null ? {} : { ordinal });

/** Parts as the channel takes them: long texts split, pictures by their file in the lessons' folder. */
function toDrafts(parts: readonly ChatPart[], lesson: Lesson, channel: Channel): Draft[] {
  return parts.flatMap((part): Draft[] =>
    part.kind === 'text'
      ? splitText(part.text, channel.limits.maxText).map((body) => ({ kind: 'text', body }))
      : [{ kind: 'picture', body: pictureFile(lesson, part.file), alt: part.alt }],
  );
}
