/** How the editor looks: the form on the left, on the right what the group and the page will show. */
import { html, raw } from 'hono/html';

import { composeKey, composeLesson } from '../../lessons/compose.ts';
import type { Draft } from '../../lessons/drafts.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import type { Line } from '../../lessons/lines.ts';
import { renderPage } from '../../lessons/page.ts';
import { type ReviewItem, STATE_NAMES } from '../../lessons/review.ts';
import { faultsOf, readPieces, readQuiz } from '../../lessons/source.ts';
import { fileOfWritten } from '../../lessons/written-file.ts';
import { LETTERS, TYPE_NAMES } from '../../quiz/item.ts';
import type { Html } from '../layout.ts';
import { card, confirmed, field, hidden, press, select } from './draw.ts';
import { type Card, EMPTY_CARD, type QuizMode, readCards } from './editor-form.ts';
import { drawBubbles } from './preview.ts';

export interface Shown {
  readonly source: string;
  /** The version from which it is being written. */
  readonly base: number;
  readonly as: QuizMode | 'source';
  /** Empty cards to add. */
  readonly more: number;
  readonly fault?: string;
  /** What another wrote meanwhile that could not be brought together with it. */
  readonly conflict?: readonly Line[];
}

export interface LiveShown {
  readonly base: number;
  readonly words: string;
  readonly isSaved: boolean;
  /** What fits into one message, in UTF-16 code units. */
  readonly longest: number;
}

export function drawEditor(
  draft: Draft,
  {
    source,
    base,
    as,
    more,
    fault,
    conflict,
    state,
    longest,
    item,
  }: Shown & { state: string; longest: number; item?: ReviewItem },
): Html {
  const path = `/lessons/d/${draft.no}`;
  return html`${fault === undefined ? '' : html`<p class="alert" role="alert">${fault}</p>`}
    ${conflict === undefined ? '' : drawConflict(conflict)}
    <div class="two editor">
      <form
        id="editor"
        method="post"
        action="${path}"
        enctype="multipart/form-data"
        data-keep="draft-${draft.no}"
        hx-post="${path}/auto"
        hx-trigger="input delay:1200ms, change delay:600ms"
        hx-target="#live"
        hx-sync="this:queue last"
        hx-encoding="multipart/form-data"
      >
        <button class="unseen" name="act" value="save" tabindex="-1" aria-hidden="true"></button>
        <p class="alert" data-kept-note hidden>
          这台设备上有还没保存的一稿，已经放回来了。<button
            type="button"
            class="button small quiet"
            data-forget
          >
            不要了
          </button>
        </p>
        ${as === 'source' ? drawWhole(source) : drawPieces(source, as, more)}
        <div class="bottom">
          <button class="button quiet" name="act" value="save">保存</button
          ><button class="button" name="act" value="submit">送审</button>
        </div>
      </form>
      <aside>
        <div id="live" aria-live="off">
          ${drawLive(source, { base, words: state, isSaved: true, longest })}
        </div>
        <div class="card">
          <p class="buttons">
            <a class="button small quiet" href="${path}/history">改过什么</a>
            ${item ? html`<a class="button small quiet" href="/reviews/${item.no}">审核：${STATE_NAMES[item.state]}</a>` : ''}
            ${
              draft.review_no === null
                ? confirmed(
                    '丢掉草稿',
                    '丢掉以后可以马上捡回来。',
                    press(`${path}/drop`, '丢掉', { tone: 'bad' }),
                  )
                : ''
            }
          </p>
        </div>
      </aside>
    </div>`;
}

const drawConflict = (lines: readonly Line[]): Html =>
  html`<div class="alert" role="alert">
    <p>您和别人改了同一段，合不到一起。您写的在下面，一个字没丢；别人改的是：</p>
    <div class="diff">
      ${lines
        .filter(({ kind }) => kind !== 'same')
        .map(({ kind, text }) =>
          kind === 'gone'
            ? html`<p class="gone"><del>${text}</del></p>`
            : html`<p class="new"><ins>${text}</ins></p>`,
        )}
    </div>
    <p>把要留的抄进去，再按「保存」。两个人的稿子都在「改过什么」里。</p>
  </div>`;

const drawWhole = (source: string): Html =>
  html`<div class="card">
    ${hidden({ mode: 'source' })}
    ${field(
      '整篇 Markdown',
      html`<textarea name="source" rows="28" spellcheck="false">${source}</textarea>`,
      '文件头、正文和小测都在这里。',
    )}
    <button class="button small quiet" name="act" value="cards">用表格写</button>
  </div>`;

function drawPieces(source: string, as: QuizMode, more: number): Html {
  const pieces = readPieces(source);
  const quiz = readCards(pieces.quiz);
  const isCards = as === 'cards' && quiz !== undefined;
  const cards = isCards ? [...quiz.cards, ...Array.from({ length: more }, () => EMPTY_CARD)] : [];
  return html`<div class="card">
      ${field('课名', html`<input name="title" value="${pieces.title}" maxlength="60" autocomplete="off" />`)}
      ${field(
        '正文',
        html`<textarea name="body" rows="12" data-paste>${pieces.body}</textarea>`,
        '空一行就是另起一段；行首 - 是列表；**两个星号中间**是加粗。',
      )}
      <div class="picture-in">
        <label class="field"
          ><span>加图片</span><input type="file" name="file" accept="image/*" data-picture
        /></label>
        <button class="button small quiet" name="act" value="picture" data-plain>放进正文</button>
        <p class="note" data-picture-note role="status"></p>
      </div>
      <details>
        <summary>课程、标签、来源</summary>
        <div class="filters">
          ${field('哪门课程', html`<input name="course" value="${pieces.course}" maxlength="60" />`)}
          ${field('第几课', html`<input name="order" inputmode="numeric" value="${pieces.order || ''}" />`)}
          ${field('几分钟', html`<input name="minutes" inputmode="numeric" value="${pieces.minutes || ''}" />`)}
          ${field('种类', html`<input name="category" value="${pieces.category}" maxlength="30" />`)}
          ${field('作者', html`<input name="author" value="${pieces.author}" maxlength="40" />`)}
          ${field('标签', html`<input name="tags" value="${pieces.tags.join(' ')}" />`, '用空格隔开')}
        </div>
        ${field(
          '来源，一行一个',
          html`<textarea name="sources" rows="3">${pieces.sources.join('\n')}</textarea>`,
        )}
      </details>
    </div>
    ${
      isCards
        ? html`${hidden({ 'quiz-as': 'cards', cards: String(cards.length), draws: quiz.draws })}
            ${cards.map((one, index) => drawCard(one, index))}
            <div class="card buttons" id="last">
              <button class="button small quiet" name="act" value="add">加一题</button>
              <button class="button small quiet" name="act" value="markdown">用 Markdown 写题</button>
              <button class="button small quiet" name="act" value="source">看整篇</button>
            </div>`
        : html`<div class="card">
            ${hidden({ 'quiz-as': 'markdown' })}
            ${field(
              '小测',
              html`<textarea name="quiz" rows="12" spellcheck="false">${pieces.quiz}</textarea>`,
              html`一题一个数字：1. 题目，下面 - [x] 对的、- [ ] 错的；判断题写 答案：对。`,
            )}
            ${
              quiz === undefined
                ? html`<p class="note">这几题要用 Markdown 改：用表格会丢东西，或者还有写错的地方。</p>`
                : html`<button class="button small quiet" name="act" value="cards">用表格写题</button>`
            }
            <button class="button small quiet" name="act" value="source">看整篇</button>
          </div>`
    }`;
}

const TYPES = Object.entries(TYPE_NAMES).map(([value, name]) => ({ value, name }));

function drawCard({ type, stem, options, right, answer, explanation }: Card, index: number): Html {
  const name = (of: string) => `q${index}-${of}`;
  const shown = Math.min(LETTERS.length, Math.max(3, options.length + (options.length > 2 ? 1 : 0)));
  return html`<fieldset class="card question" data-question>
    <legend>第 ${index + 1} 题</legend>
    ${field('题型', select(name('type'), TYPES, type, html`data-type`))}
    ${field('题目', html`<textarea name="${name('stem')}" rows="2">${stem}</textarea>`)}
    <div class="options" data-for="single multi order">
      ${Array.from({ length: shown }, (_, at) => LETTERS[at] ?? '').map(
        (letter, at) =>
          html`<div class="option">
            <b>${letter}</b
            ><input
              name="${name(`option-${letter}`)}"
              value="${options[at] ?? ''}"
              aria-label="第 ${index + 1} 题选项 ${letter}"
            /><label data-for="single multi"
              ><input
                type="checkbox"
                name="${name('right')}"
                value="${letter}"
                ${right.includes(letter) ? 'checked' : ''}
              />
              对</label
            >
          </div>`,
      )}
    </div>
    <div data-for="truefalse">
      ${field(
        '答案',
        select(
          name('judge'),
          [
            { value: '对', name: '对' },
            { value: '错', name: '错' },
          ],
          answer === '错' ? '错' : '对',
        ),
      )}
    </div>
    <div data-for="text number order">
      ${field('答案', html`<input name="${name('answer')}" value="${type === 'truefalse' ? '' : answer}" />`, html`填空：几种写法用 | 隔开；填数：95±2；排序：CAB`)}
    </div>
    ${field(
      '为什么（公布答案时说）',
      html`<textarea name="${name('explanation')}" rows="2">${explanation}</textarea>`,
    )}
    <button class="button small quiet" name="drop" value="${index}">去掉这一题</button>
  </fieldset>`;
}

/** As if somebody had answered: no words about nobody. */
const ANSWERED = [{ question: 0, answers: 1, correct: 1 }];

/** What is drawn anew while one types: whether it is saved, what is still wrong, what will be seen. */
export function drawLive(source: string, { base, words, isSaved, longest }: LiveShown): Html {
  const faults = faultsOf(source);
  const lesson = previewOf(source);
  const picture = (href: string) => `/lessons/picture/${encodeURIComponent(href.split('/').at(-1) ?? '')}`;
  return html`<input type="hidden" name="base" form="editor" value="${base}" />
    <p class="note-line" role="status" ${isSaved ? 'data-saved' : ''}>${words}</p>
    ${
      faults.length > 0
        ? html`<details class="card">
            <summary>还有 ${faults.length} 处没写好</summary>
            <ul class="faults">
              ${faults.slice(0, 20).map(({ message, cure }) => html`<li>${message}。${cure}</li>`)}
            </ul>
          </details>`
        : ''
    }
    ${card('群里看到的', drawBubbles(composeLesson(lesson, {}), longest, picture))}
    ${lesson.questions.length > 0 ? card('公布的答案', drawBubbles(composeKey(lesson, ANSWERED), longest, picture)) : ''}
    ${card(
      '网页上看到的',
      html`<article class="paper">
        <h3>${lesson.title}</h3>
        ${raw(renderPage(lesson.body, { picture }))}
      </article>`,
    )}`;
}

/** As much of a lesson as there is. */
function previewOf(source: string): Lesson {
  const pieces = readPieces(source);
  const { questions, draws } = readQuiz(pieces.quiz);
  return {
    ...pieces,
    title: pieces.title || '还没有名字',
    minutes: pieces.minutes || 1,
    questions,
    draws,
    file: fileOfWritten(pieces.id || 'x'),
    hash: '',
  };
}
