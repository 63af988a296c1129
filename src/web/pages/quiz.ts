/** Answering by tapping: a plain form that works without script; with it each tap is kept at once. */
import { html, raw } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import { renderPage } from '../../lessons/page.ts';
import { type Html, notice, page, typeSwitch } from '../layout.ts';
import type { QuestionView, QuizView } from '../learn-parts.ts';
import type { Chosen } from '../next-place.ts';
import { pictureAddress } from './picture.ts';

export interface QuizScene {
  readonly now: number;
  readonly zone: string;
  /** Tells members apart in what a browser keeps; names nobody. */
  readonly who: string;
  /** Which page the form leads back to. */
  readonly from: 'quiz' | 'lesson';
  /** What was chosen and isn't recorded. */
  readonly chosen?: Chosen;
  /** By question what was wrong with it. */
  readonly errors?: Readonly<Record<number, string>>;
  /** Said above the questions. */
  readonly told?: string;
}

export const LETTERS = 'ABCDEFGH';
const KINDS: Readonly<Record<QuestionView['type'], string>> = {
  single: '',
  multi: '（可多选）',
  truefalse: '（判断）',
  text: '（填空）',
  number: '（填数）',
  order: '（排序）',
};

type Rendered = (source: string) => ReturnType<typeof raw>;

/** Markdown of a lesson as it stands on a page, with its pictures. */
export const rendererOf =
  (lesson: Pick<Lesson, 'id' | 'file'>): Rendered =>
  (source) =>
    raw(renderPage(source, { picture: (href) => pictureAddress(lesson, href) }));

export function quizPage(view: QuizView, scene: QuizScene): Html {
  const { lesson, group } = view;
  return page({
    title: `${lesson.title} · 小测`,
    style: ['lesson.css', 'answer.css'],
    script: 'answer.js',
    body: html`<main class="lesson quiz">
      <div class="head">
        <p class="eyebrow">${group || '小测'}</p>
        ${typeSwitch()}
      </div>
      <h1>${lesson.title}</h1>
      <p class="meta">${view.questions.length} 道题 · <a href="/l/${lesson.id}">看课文</a></p>
      ${quizBody(view, scene)}
      <p class="after"><a href="/me">我的学习</a></p>
    </main>`,
  });
}

/** The form, or what came of it. */
export const quizBody = (view: QuizView, scene: QuizScene): Html =>
  view.state === 'done' ? results(view) : form(view, scene);

function form(view: QuizView, scene: QuizScene): Html {
  const { id, state, keeps, questions } = view;
  const rendered = rendererOf(view.lesson);
  const until = sayWhen(view.until, scene.now, scene.zone);
  const hasChosen = Object.keys(scene.chosen ?? {}).length > 0;
  return html`${scene.told ? html`<p class="how" role="status">${scene.told}</p>` : ''}
    ${
      state === 'makeup'
        ? html`<p class="how">已经截止，现在答算补学，${until} 前都可以。全部答完就能看答案。</p>`
        : ''
    }
    <form
      class="answers"
      method="post"
      action="/q/${id}"
      data-quiz="${id}"
      data-who="${scene.who}"
      data-keeps="${keeps}"
      data-chosen="${hasChosen ? 'yes' : 'no'}"
    >
      <input type="hidden" name="from" value="${scene.from}" />
      ${questions.map((question) => fieldset(question, rendered, scene))}
      <div class="send">
        <p class="line" role="status">${sayLine(view, until)}</p>
        <button class="button wide">${state === 'makeup' ? '交卷' : '交答案'}</button>
      </div>
    </form>`;
}

function sayLine({ state, questions }: QuizView, until: string): string {
  const left = questions.filter(({ given }) => given === undefined).map(({ no }) => no);
  if (state === 'makeup') return `还差第 ${left.join('、')} 题`;
  const done = left.length === 0 ? '都答了' : `还差第 ${left.join('、')} 题`;
  return `${done} · ${until} 截止，之前都可以改`;
}

function fieldset(
  question: QuestionView,
  rendered: Rendered,
  { chosen, errors, now, zone }: QuizScene,
): Html {
  const { no, type, stem, given, at, left, isFixed } = question;
  const isLocked = isFixed || left === 0;
  const value = isLocked ? given : (chosen?.[no] ?? given);
  const error = errors?.[no];
  return html`<fieldset
    class="question"
    data-no="${no}"
    data-type="${type}"
    data-given="${given === undefined ? '' : given.join('')}"
    ${isLocked ? raw('disabled') : ''}
  >
    <legend>
      <span class="stem"
        ><b class="no">${no}.</b>
        <span class="words">${rendered(stem)}<span class="kind">${KINDS[type]}</span></span></span
      >
    </legend>
    ${inputs(question, value ?? [], rendered)}
    <p class="kept${error ? ' wrong' : ''}">
      ${error ?? sayKept({ isFixed, ...(left === undefined ? {} : { left }), ...(at === undefined ? {} : { at: sayWhen(at, now, zone) }) })}
    </p>
  </fieldset>`;
}

function sayKept({ at, left, isFixed }: { at?: string; left?: number; isFixed: boolean }): string {
  const kept = at === undefined ? '' : `已记下，${at}`;
  if (isFixed) return `${kept}，截止前答的不改了`;
  if (left === undefined) return kept;
  if (left === 0) return `${kept}，次数用完了`;
  return [kept, `还能答 ${left} 次`].filter(Boolean).join('，');
}

/** What is tapped or filled in, under the names `q1`, for an order `q1.1`, `q1.2`, …; `value` is what was chosen so far. */
export function inputs(
  question: Pick<QuestionView, 'no' | 'type' | 'options'>,
  value: readonly string[],
  rendered: Rendered,
): Html {
  const { no, type, options } = question;
  switch (type) {
    case 'text':
    case 'number':
      return html`<input
        class="field"
        name="q${no}"
        value="${value.join(' ')}"
        maxlength="100"
        autocomplete="off"
        ${type === 'number' ? raw('inputmode="decimal"') : ''}
        aria-label="第 ${no} 题的答案"
        placeholder="${type === 'number' ? '填一个数' : '填在这里'}"
      />`;
    case 'truefalse':
      return html`<div class="options two">
        ${['对', '错'].map((word) => choice({ type: 'radio', no, value: word, on: value.includes(word) }, html`${word}`))}
      </div>`;
    case 'order':
      return orderInputs(question, value, rendered);
    default:
      return html`<div class="options">
        ${options.map((option, index) => {
          const letter = LETTERS[index] ?? '';
          const kind = type === 'multi' ? 'checkbox' : 'radio';
          return choice(
            { type: kind, no, value: letter, on: value.includes(letter), badge: letter },
            rendered(option),
          );
        })}
      </div>`;
  }
}

interface Choice {
  readonly type: 'radio' | 'checkbox';
  readonly no: number;
  readonly value: string;
  readonly on: boolean;
  readonly badge?: string;
}

const choice = ({ type, no, value, on, badge }: Choice, words: Html | ReturnType<typeof raw>): Html =>
  html`<label class="option"
    ><input class="pick" type="${type}" name="q${no}" value="${value}" ${on ? raw('checked') : ''} /><span
      class="face"
      >${badge === undefined ? '' : html`<b>${badge}</b>`}<span class="words">${words}</span></span
    ></label
  >`;

/** Without script a place for each step is chosen from a list; with it the steps are tapped one after the other. */
function orderInputs(
  { no, options }: Pick<QuestionView, 'no' | 'options'>,
  value: readonly string[],
  rendered: Rendered,
): Html {
  const letters = options.map((_, index) => LETTERS[index] ?? '');
  return html`<ol class="options steps">
      ${options.map(
        (option, index) =>
          html`<li data-letter="${letters[index]}">
            <b>${letters[index]}</b><span class="words">${rendered(option)}</span>
          </li>`,
      )}
    </ol>
    <div class="places">
      ${letters.map(
        (_, place) =>
          html`<label
            >第 ${place + 1} 步<select name="q${no}.${place + 1}">
              <option value="">选</option>
              ${letters.map((letter) => html`<option ${value[place] === letter ? raw('selected') : ''}>${letter}</option>`)}
            </select></label
          >`,
      )}
    </div>`;
}

/** What is right, beside what was given. */
function results(view: QuizView): Html {
  const rendered = rendererOf(view.lesson);
  const right = view.questions.filter(({ result }) => result?.correct).length;
  const isAnswered = view.questions.some(({ given }) => given !== undefined);
  return html`<p class="how" role="status">
      ${isAnswered ? html`答对 <b>${right}</b> / ${view.questions.length} 题` : '已经截止，这次没有作答。'}
    </p>
    ${view.questions.map(
      ({ no, stem, given, result, options }) =>
        html`<section class="question result ${result?.correct ? 'right' : 'missed'}">
          <div class="stem">
            <b class="no">${no}.</b>
            <div class="words">${rendered(stem)}</div>
          </div>
          ${
            given === undefined
              ? html`<p class="mine">没有作答</p>`
              : html`<p class="mine">
                  ${result?.correct ? '✓ 答对了' : '✗ 答错了'}：你答 ${sayGiven(given, options.length > 0)}
                </p>`
          }
          ${result?.correct ? '' : html`<p class="key">正确：${result?.key}</p>`}
          ${result?.explanation ? html`<blockquote>${rendered(result.explanation)}</blockquote>` : ''}
        </section>`,
    )}`;
}

const sayGiven = (given: readonly string[], hasOptions: boolean) => given.join(hasOptions ? '' : ' ');

/** A quiz that isn't there, or isn't theirs: the same words for both. */
export const noQuizPage = (): Html =>
  notice(
    '没有这次小测',
    '它可能撤下了，或者是别的群的。在自己群里点小课发的链接就行。',
    html`<a class="button wide" href="/me">我的学习</a>`,
  );

/** How a member comes in. `chosen` says how many answers wait meanwhile. */
export const memberLoginPage = (place: string, chosen = 0): Html =>
  notice(
    '先登录，再接着来',
    `私聊小课说「登录」，点它发来的链接，按一下「进入」，就回到这里。${chosen > 0 ? `刚才选的 ${chosen} 题都留着，不用重选。` : ''}`,
    html`<div class="choices">
      <a class="button wide" href="${place}">登录好了，接着来</a>
      <a class="button wide quiet" href="/login">在电脑上，用数字登录</a>
    </div>`,
  );
