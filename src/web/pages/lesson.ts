/** A lesson's page: readable without script, whole at 360 px. The key isn't on it. */
import { html, raw } from 'hono/html';

import type { Lesson, Question } from '../../lessons/lesson.ts';
import { renderPage } from '../../lessons/page.ts';
import { type Html, page } from '../layout.ts';

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
};

export function lessonPage({ lesson, previous, next }: LessonView): Html {
  const picture = (href: string) =>
    `/l/${lesson.id}/picture/${href.split('/').map(encodeURIComponent).join('/')}`;
  const rendered = (source: string) => raw(renderPage(source, { picture }));
  return page({
    title: lesson.title,
    style: 'lesson.css',
    body: html`<main class="lesson">
      <p class="eyebrow">
        ${[lesson.course, lesson.order > 0 ? `第 ${lesson.order} 课` : ''].filter(Boolean).join(' · ')}
      </p>
      <h1>${lesson.title}</h1>
      <p class="meta">${lesson.minutes} 分钟${lesson.author ? ` · ${lesson.author}` : ''}</p>
      <article>${rendered(lesson.body)}</article>
      ${
        lesson.questions.length > 0
          ? html`<section aria-labelledby="quiz">
              <h2 id="quiz">小测</h2>
              <p class="meta">在群里直接回复作答，这里只看题。</p>
              ${lesson.questions.map((question) => questionCard(question, rendered))}
            </section>`
          : ''
      }
      ${
        lesson.sources.length > 0
          ? html`<details>
              <summary>资料来源</summary>
              <ul>
                ${lesson.sources.map((source) => html`<li>${source}</li>`)}
              </ul>
            </details>`
          : ''
      }
      <nav class="around" aria-label="同一课程">
        ${previous ? html`<a href="/l/${previous.id}">上一课<small>${previous.title}</small></a>` : ''}
        ${next ? html`<a href="/l/${next.id}">下一课<small>${next.title}</small></a>` : ''}
      </nav>
    </main>`,
  });
}

const questionCard = (question: Question, rendered: (source: string) => ReturnType<typeof raw>) =>
  html`<div class="question">
    <div class="stem">
      <b>${question.no}.</b> ${rendered(question.stem)}<span class="kind">${KINDS[question.type]}</span>
    </div>
    ${
      question.options.length > 0
        ? html`<ol class="options">
            ${question.options.map((option, index) => html`<li><b>${LETTERS[index]}</b>${rendered(option)}</li>`)}
          </ol>`
        : ''
    }
  </div>`;
