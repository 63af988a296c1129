/** A lesson's page: readable without script, whole at 360 px. The key isn't on it. */
import { html, raw } from 'hono/html';

import { exampleOf } from '../../lessons/compose.ts';
import type { Lesson, Question } from '../../lessons/lesson.ts';
import { renderPage } from '../../lessons/page.ts';
import { type Html, page, typeSwitch } from '../layout.ts';
import type { QuizView } from '../learn-parts.ts';
import { pictureAddress } from './picture.ts';
import { quizBody, type QuizScene } from './quiz.ts';

export interface LessonView {
  readonly lesson: Lesson;
  readonly previous?: Lesson;
  readonly next?: Lesson;
  /** The quiz as it stands for the member who looks. */
  readonly asked?: { readonly view: QuizView; readonly scene: QuizScene };
  /** Whether a member looks; the others are told how to answer here. */
  readonly isKnown?: boolean;
}

const LETTERS = 'ABCDEFGH';
const KINDS: Readonly<Record<Question['type'], string>> = {
  single: '',
  multi: '（多选）',
  truefalse: '（判断）',
  text: '（填空）',
  number: '（填数）',
  order: '（排序）',
};

export function lessonPage({ lesson, previous, next, asked, isKnown = false }: LessonView): Html {
  const picture = (href: string) => pictureAddress(lesson, href);
  const rendered = (source: string) => raw(renderPage(source, { picture }));
  const place = [
    lesson.course || lesson.category,
    lesson.order > 0 && lesson.course ? `第 ${lesson.order} 课` : '',
  ];
  return page({
    title: lesson.title,
    style: ['lesson.css', 'answer.css'],
    ...(asked ? { script: 'answer.js' } : {}),
    body: html`<main class="lesson">
      <div class="head">
        <p class="eyebrow">${place.filter(Boolean).join(' · ')}</p>
        ${typeSwitch()}
      </div>
      <h1>${lesson.title}</h1>
      <p class="meta">${lesson.minutes} 分钟${lesson.author ? ` · ${lesson.author}` : ''}</p>
      <article>${rendered(lesson.body)}</article>
      ${
        asked
          ? html`<section aria-labelledby="quiz">
              <h2 id="quiz">小测</h2>
              ${quizBody(asked.view, asked.scene)}
            </section>`
          : ''
      }
      ${!asked && lesson.questions.length + lesson.draws.length > 0 ? quiz(lesson, rendered, isKnown) : ''}
      ${
        lesson.sources.length > 0
          ? html`<details>
              <summary>资料来源</summary>
              <ul>
                ${lesson.sources.map((source) => html`<li>${drawSource(source)}</li>`)}
              </ul>
            </details>`
          : ''
      }
      ${
        previous || next
          ? html`<nav class="around" aria-label="同一课程">
              ${previous ? html`<a href="/l/${previous.id}" rel="prev"><small>上一课</small>${previous.title}</a>` : ''}
              ${next ? html`<a class="next" href="/l/${next.id}" rel="next"><small>下一课</small>${next.title}</a>` : ''}
            </nav>`
          : ''
      }
    </main>`,
  });
}

type Rendered = (source: string) => ReturnType<typeof raw>;

const quiz = ({ id, questions, draws }: Lesson, rendered: Rendered, isKnown: boolean) =>
  html`<section aria-labelledby="quiz">
    <h2 id="quiz">小测</h2>
    ${
      questions.length > 0
        ? html`<p class="how">
            答案在群里回复，比如 <b>${exampleOf(questions)}</b>。
            ${isKnown ? '这一课还没有发到你的群里，发了就能在这里点着答。' : html`也可以<a href="/l/${id}/answer">登录后在这里点着答</a>。`}
          </p>`
        : ''
    }
    ${questions.map((question) => questionCard(question, rendered))}
    ${
      draws.length > 0
        ? html`<p class="how">
            另从题库抽 ${draws.reduce((sum, { count }) => sum + count, 0)} 道题，发到群里时出题。
          </p>`
        : ''
    }
  </section>`;

const questionCard = (question: Question, rendered: Rendered) =>
  html`<div class="question">
    <div class="stem">
      <b class="no">${question.no}.</b>
      <div>${rendered(question.stem)}<span class="kind">${KINDS[question.type]}</span></div>
    </div>
    ${
      question.options.length > 0
        ? html`<ol class="options">
            ${question.options.map(
              (option, index) =>
                html`<li>
                  <b>${LETTERS[index]}</b>
                  <div>${rendered(option)}</div>
                </li>`,
            )}
          </ol>`
        : ''
    }
    ${question.type === 'truefalse' ? html`<p class="kind">回复 对 或 错</p>` : ''}
  </div>`;

/** An address becomes a link; what stands around it stays. */
const drawSource = (source: string): (string | Html)[] =>
  source
    .split(/(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+)/)
    .map((piece, index) =>
      index % 2 === 1 ? html`<a href="${piece}" rel="noopener nofollow">${piece}</a>` : piece,
    );
