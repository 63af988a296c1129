/** A lesson's page: readable without script, whole at 360 px. The key isn't on it. */
import { html, raw } from 'hono/html';

import { pictureFile } from '../../lessons/catalogue.ts';
import { exampleOf } from '../../lessons/compose.ts';
import type { Lesson, Question } from '../../lessons/lesson.ts';
import { renderPage } from '../../lessons/page.ts';
import { type Html, page, typeSwitch } from '../layout.ts';

export interface LessonView {
  readonly lesson: Lesson;
  readonly previous?: Lesson;
  readonly next?: Lesson;
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

export function lessonPage({ lesson, previous, next }: LessonView): Html {
  const picture = (href: string) => pictureAddress(lesson, href);
  const rendered = (source: string) => raw(renderPage(source, { picture }));
  const place = [
    lesson.course || lesson.category,
    lesson.order > 0 && lesson.course ? `第 ${lesson.order} 课` : '',
  ];
  return page({
    title: lesson.title,
    style: 'lesson.css',
    body: html`<main class="lesson">
      <div class="head">
        <p class="eyebrow">${place.filter(Boolean).join(' · ')}</p>
        ${typeSwitch()}
      </div>
      <h1>${lesson.title}</h1>
      <p class="meta">${lesson.minutes} 分钟${lesson.author ? ` · ${lesson.author}` : ''}</p>
      <article>${rendered(lesson.body)}</article>
      ${lesson.questions.length + lesson.draws.length > 0 ? quiz(lesson, rendered) : ''}
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

/** By its file from the lessons' folder down: a `..` in an address would be gone before it reached us. */
function pictureAddress(lesson: Lesson, href: string): string {
  const file = pictureFile(lesson, decoded(href));
  return `/l/${lesson.id}/picture/${file.split('/').map(encodeURIComponent).join('/')}`;
}

/** The parser percent-encodes what stands in the source. */
function decoded(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

type Rendered = (source: string) => ReturnType<typeof raw>;

const quiz = ({ questions, draws }: Lesson, rendered: Rendered) =>
  html`<section aria-labelledby="quiz">
    <h2 id="quiz">小测</h2>
    ${
      questions.length > 0
        ? html`<p class="how">答案在群里回复，比如 <b>${exampleOf(questions)}</b>。这一页只看题，不用点。</p>`
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
