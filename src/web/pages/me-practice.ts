/** Practice by tapping: one question at a time, told at once what is right. */
import { html } from 'hono/html';

import type { Html } from '../layout.ts';
import type { CardView, PracticeView } from '../learn-parts.ts';
import { empty, frame, switchOf } from './me-frame.ts';
import { sayDue } from './me-lists.ts';
import { inputs, rendererOf } from './quiz.ts';

export interface PracticeFault {
  readonly error: string;
  readonly value: readonly string[];
}

export const practicePage = (view: PracticeView, fault?: PracticeFault): Html =>
  frame({
    title: '练习',
    script: 'practice.js',
    style: 'answer.css',
    body: html`${view.told ? toldCard(view.told) : ''}
      ${view.card && view.agreed ? questionCard(view.card, fault) : nextCard(view, fault)}
      <section class="card">
        ${switchOf(
          '/me/consent/practice',
          view.agreed,
          '快忘的时候考我',
          `答错的题隔几天私下再考一次，一天最多 ${view.perDay} 道；随时可以关`,
        )}
      </section>`,
  });

function questionCard({ id, lesson, question }: CardView, fault: PracticeFault | undefined): Html {
  const rendered = rendererOf(lesson);
  return html`<form class="card practice" method="post" action="/me/practice">
    <input type="hidden" name="card" value="${id}" />
    <fieldset class="question" data-type="${question.type}">
      <legend><span class="stem">${rendered(question.stem)}</span></legend>
      ${inputs(question, fault?.value ?? [], rendered)}
      <p class="kept wrong" role="alert">${fault?.error ?? ''}</p>
    </fieldset>
    <button class="button wide">就选这个</button>
  </form>`;
}

const toldCard = ({ card, correct, given, key }: NonNullable<PracticeView['told']>): Html => {
  const rendered = rendererOf(card.lesson);
  const { stem, explanation } = card.question;
  return html`<section class="card mistake" role="status">
    <h2 class="${correct ? 'right' : 'missed'}">${correct ? '✓ 答对了' : '✗ 答错了'}</h2>
    <div class="stem">${rendered(stem)}</div>
    ${correct ? '' : html`<p class="given">你答：${given}</p>`}
    <p class="key">正确：${key}</p>
    ${explanation === '' ? '' : html`<blockquote>${rendered(explanation)}</blockquote>`}
    <p><small>${correct ? '过些天再考一次，看还记不记得。' : '过一天再考。'}</small></p>
  </section>`;
};

function nextCard(view: PracticeView, fault: PracticeFault | undefined): Html {
  const { agreed, due, askedToday, perDay } = view;
  const error = fault ? html`<p class="wrong" role="alert">${fault.error}</p>` : '';
  if (!agreed)
    return html`<section class="card">
      ${error}${empty('打开下面的开关，答错的题就会在你快忘的时候回来。')}
    </section>`;
  return html`<section class="card">
    ${error}
    <p class="empty">${sayDue(view)}</p>
    ${
      due > 0 && askedToday < perDay
        ? html`<form method="post" action="/me/practice/next">
            <button class="button wide">练一道</button>
          </form>`
        : ''
    }
  </section>`;
}
