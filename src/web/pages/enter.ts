/** Behind a login link: a button. Opening the link spends nothing, since chats' scanners open links too. */
import { html } from 'hono/html';

import { type Html, notice } from '../layout.ts';

export const enterPage = (secret: string): Html =>
  notice(
    '进入微课',
    '按一下就进去。这个链接只能用一次。',
    html`<form method="post" action="/enter">
      <input type="hidden" name="t" value="${secret}" />
      <button class="button wide">进入</button>
    </form>`,
  );

export const staleLinkPage = (): Html =>
  notice('这个链接不能用了', '它已经用过，或者过了十分钟。请再要一个：npm run -s weike -- admin-link');
