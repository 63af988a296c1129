/** What a group will see: bubbles cut exactly where the courier cuts them. */
import { html } from 'hono/html';

import type { ChatPart } from '../../lessons/lesson.ts';
import { splitText } from '../../lessons/split.ts';
import { scopedGroups } from '../../people/scope.ts';
import type { Html } from '../layout.ts';
import type { Desk } from './parts.ts';

/** As most channels take it: where there is no group yet whose channel could tell. */
export const LONGEST = 2_000;

/** What fits into one message in every group of an actor's: the least that any of their channels takes. */
export async function longestText({ db, actor, longestTexts }: Desk): Promise<number> {
  const limits = longestTexts();
  const accounts = await scopedGroups(db, actor)
    .clearSelect()
    .select('account')
    .distinct()
    .where('enabled', '=', 1)
    .execute();
  const known = accounts.flatMap(({ account }) => limits.get(account) ?? []);
  return known.length > 0 ? Math.min(...known) : LONGEST;
}

/** `picture`: the address of a picture; without it only its words stand there. */
export const drawBubbles = (
  parts: readonly ChatPart[],
  longest: number,
  picture?: (file: string) => string,
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
