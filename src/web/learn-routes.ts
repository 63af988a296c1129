/** Members answer by tapping: `/q/WINDOW`, and the quiz on a lesson's page. */
import { createHash, randomUUID } from 'node:crypto';

import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

import { HOUR, localTime } from '../clock.ts';
import { UserError } from '../errors.ts';
import { askToComeIn, findLearner, requireLearner, wantsJson } from './learner.ts';
import type { LearningParts, QuizView } from './learn-parts.ts';
import { notice } from './layout.ts';
import { type Chosen, forgetChosen, readChosen, rememberChosen } from './next-place.ts';
import { noQuizPage, quizPage, type QuizScene } from './pages/quiz.ts';
import type { WebParts } from './parts.ts';
import { openRate } from './rate.ts';
import { wordsOf } from './words.ts';

/** The largest form: eight questions with their words. */
const LARGEST_FORM = 16 * 1024;
/** What a page says of how long ago something was tapped is read up to here. */
const LONGEST_AGO = 48 * HOUR;
/** A finger taps no faster; a program would. */
const ANSWERS_A_MINUTE = 120;
const TOO_FAST = '点得太快了。选的还在，等一分钟再交。';

/** Tells members apart in what a browser keeps; names nobody. */
export const markOf = (memberId: string): string =>
  createHash('sha256').update(`learner:${memberId}`).digest('base64url').slice(0, 12);

export const tooLarge = (c: Context) => c.html(notice('太长了', '填的字太多，短一点再交。'), 413);

export function learnRoutes(app: Hono, parts: WebParts): void {
  const { learning } = parts;
  if (!learning) return;
  const limit = bodyLimit({ maxSize: LARGEST_FORM, onError: tooLarge });
  const rate = openRate(() => parts.clock.now());

  app.get('/q/:id', requireLearner(parts, learning), async (c) => {
    const id = c.req.param('id');
    const learner = c.get('learner');
    const view = await learning.quiz(learner.id, id);
    if (!view) return c.html(noQuizPage(), 404);
    const chosen = readChosen(c, id);
    const told =
      Object.keys(chosen).length > 0 && view.state !== 'done'
        ? { told: '刚才选的还在，看一眼，按下面的按钮交上去。' }
        : {};
    return c.html(quizPage(view, { ...sceneOf(parts, learner.id, 'quiz'), chosen, ...told }));
  });

  app.post('/q/:id', limit, async (c) => {
    const id = c.req.param('id');
    const form = readForm(await c.req.parseBody({ all: true }));
    // Looked at here and not before: what was chosen must not be lost with the session.
    const learner = await findLearner(learning, c);
    if (!learner) {
      if (!wantsJson(c)) rememberChosen(c, parts, id, form.chosen);
      return askToComeIn(c, parts, `/q/${id}`, Object.keys(form.chosen).length);
    }
    c.header('Cache-Control', 'no-store');
    if (!rate.allows(learner.id, ANSWERS_A_MINUTE)) {
      c.header('Retry-After', '60');
      if (wantsJson(c)) return c.json({ error: TOO_FAST }, 429);
      rememberChosen(c, parts, id, form.chosen);
      return c.html(notice('先歇一歇', TOO_FAST), 429);
    }
    const before = await learning.quiz(learner.id, id);
    if (!before) return wantsJson(c) ? c.json({ error: '没有这次小测' }, 404) : c.html(noQuizPage(), 404);
    const taken = await takeAnswers(parts, learning, { memberId: learner.id, view: before, form });
    const view = (await learning.quiz(learner.id, id)) ?? before;
    if (wantsJson(c)) return c.json(sayTaken(view, taken, parts));
    forgetChosen(c, parts);
    if (Object.keys(taken.errors).length === 0 && taken.error === undefined)
      return c.redirect(form.from === 'lesson' ? `/l/${view.lesson.id}#quiz` : `/q/${id}`, 303);
    const told = taken.error ?? '有的题没有记下，看看红字，改好再交。其他的都记下了。';
    const scene = {
      ...sceneOf(parts, learner.id, form.from),
      chosen: form.chosen,
      errors: taken.errors,
      told,
    };
    return c.html(quizPage(view, scene), 400);
  });

  /** Where the lesson's page sends whoever wants to answer there. */
  app.get('/l/:id/answer', async (c) => {
    const place = `/l/${c.req.param('id')}`;
    const learner = await findLearner(learning, c);
    return learner ? c.redirect(`${place}#quiz`, 303) : askToComeIn(c, parts, place);
  });
}

export const sceneOf = (
  { clock, config }: WebParts,
  memberId: string,
  from: QuizScene['from'],
): QuizScene => ({
  now: clock.now(),
  zone: config.zone,
  who: markOf(memberId),
  from,
});

export interface AnswerForm {
  readonly from: QuizScene['from'];
  readonly chosen: Chosen;
  /** Orders of which some places are still empty. */
  readonly partial: readonly number[];
  /** Made by the page's script; a plain form has none. */
  readonly tapId?: string;
  /** How long ago it was tapped, ms. */
  readonly ago: number;
}

type Body = Readonly<Record<string, unknown>>;

const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');

/** `q1=A`, `q2=A&q2=C`, `q4.1=B&q4.2=A`. What is empty was not answered. */
export function readForm(body: Body): AnswerForm {
  const chosen: Record<number, string[]> = {};
  const places = new Map<number, string[]>();
  for (const [name, value] of Object.entries(body)) {
    const [, no, place] = /^q(\d{1,2})(?:\.([1-8]))?$/.exec(name) ?? [];
    if (no === undefined) continue;
    const given = textsOf(value).map((one) => one.trim());
    if (place === undefined) {
      const filled = given.filter((one) => one !== '');
      if (filled.length > 0) chosen[Number(no)] = filled;
    } else {
      const order = places.get(Number(no)) ?? [];
      order[Number(place) - 1] = given[0] ?? '';
      places.set(Number(no), order);
    }
  }
  const partial: number[] = [];
  for (const [no, order] of places) {
    const letters = Array.from(order, (letter) => letter ?? '');
    if (letters.every((letter) => letter === '')) continue;
    chosen[no] = letters;
    if (letters.includes('')) partial.push(no);
  }
  const [tapId] = textsOf(body.tap);
  const ago = Number(textsOf(body.ago)[0] ?? 0);
  return {
    from: textsOf(body.from)[0] === 'lesson' ? 'lesson' : 'quiz',
    chosen,
    partial,
    ...(tapId !== undefined && /^[\w-]{8,60}$/.test(tapId) ? { tapId } : {}),
    ago: Number.isFinite(ago) ? Math.min(LONGEST_AGO, Math.max(0, ago)) : 0,
  };
}

interface Taken {
  readonly errors: Readonly<Record<number, string>>;
  /** What holds for all of them. */
  readonly error?: string;
  readonly makeup: boolean;
}

/** Question by question: one that can't be taken loses none of the others. */
async function takeAnswers(
  { clock, log }: WebParts,
  learning: LearningParts,
  { memberId, view, form }: { memberId: string; view: QuizView; form: AnswerForm },
): Promise<Taken> {
  const errors: Record<number, string> = {};
  const numbers = Object.keys(form.chosen).map(Number);
  if (numbers.length === 0) return { errors, error: '还没有选。点一个答案，再交。', makeup: false };
  if (view.state === 'done') return { errors, error: '这次小测已经截止，不能再答。', makeup: false };
  const tapId = form.tapId ?? randomUUID();
  const tappedAt = clock.now() - form.ago;
  let makeup = false;
  for (const no of numbers) {
    if (form.partial.includes(no)) {
      errors[no] = `第 ${no} 题的顺序还没排完。`;
      continue;
    }
    try {
      const tap = { tapId: `${tapId}.${no}`, values: { [no]: form.chosen[no] ?? [] }, tappedAt };
      makeup = (await learning.tap(memberId, view.id, tap)).makeup || makeup;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors[no] = wordsOf(error);
      log.debug({ window: view.id }, 'an answer on a page was refused');
    }
  }
  return { errors, makeup };
}

/** What the page's script shows: by question what counts now, and what is wrong. */
function sayTaken(view: QuizView, { errors, error, makeup }: Taken, { config }: WebParts) {
  return {
    kept: Object.fromEntries(
      view.questions.flatMap(({ no, given, at }) =>
        given === undefined || at === undefined
          ? []
          : [[no, { given: given.join(''), at: localTime(at, config.zone) }]],
      ),
    ),
    errors,
    ...(error === undefined ? {} : { error }),
    makeup,
    state: view.state,
  };
}
