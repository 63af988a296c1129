/** What an import leaves, each with its place. */
import { html } from 'hono/html';

import type { Left } from '../../quiz/carry.ts';

const MOST_SHOWN = 100;

export const drawLeft = (left: readonly Left[]) =>
  html`<ul class="faults">
      ${left.slice(0, MOST_SHOWN).map(({ where, why }) => html`<li><b>${where}</b>：${why}</li>`)}
    </ul>
    ${left.length > MOST_SHOWN ? html`<p class="note">还有 ${left.length - MOST_SHOWN} 处</p>` : ''}`;
