/** What a group will see: bubbles cut exactly where the courier cuts them. */
import { html } from 'hono/html';

import type { ChatPart } from '../../lessons/lesson.ts';
import { splitText } from '../../lessons/split.ts';
import type { Html } from '../layout.ts';

/** As most channels take it; where one takes less, the courier cuts there. */
export const LONGEST = 2_000;

/** `picture`: the address of a picture; without it only its words stand there. */
export const drawBubbles = (
  parts: readonly ChatPart[],
  picture?: (file: string) => string,
  longest = LONGEST,
): Html =>
  html`<div class="chat">
    ${parts.flatMap((part) =>
      part.kind === 'text'
        ? splitText(part.text, longest).map((text) => html`<div class="bubble">${text}</div>`)
        : [
            html`<div class="bubble picture">
              ${picture ? html`<img src="${picture(part.file)}" alt="${part.alt}" />` : `[图片：${part.alt || part.file}]`}
            </div>`,
          ],
    )}
  </div>`;
