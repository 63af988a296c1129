/** A member's own record as a file, behind a link that the bot sent: looking spends nothing, the press of the button does. */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';

import { type Html, notice } from './layout.ts';
import { browserOf } from './login-routes.ts';
import type { WebParts } from './parts.ts';

/** The largest form: a link's secret. */
const LARGEST_FORM = 4 * 1024;

export function recordRoutes({ records }: WebParts): Hono {
  const app = new Hono();
  if (!records) return app;
  app.use('/record', async function keepNothing(c, next) {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  const stale = (c: Context, status: 410 | 413 = 410) => c.html(stalePage(), status);
  app.get('/record', async (c) => {
    const secret = c.req.query('t') ?? '';
    return (await records.isLinkLive(secret)) ? c.html(recordPage(secret)) : stale(c);
  });
  app.use('/record', bodyLimit({ maxSize: LARGEST_FORM, onError: (c) => stale(c, 413) }));
  app.post('/record', async (c) => {
    const { t } = await c.req.parseBody();
    const file = typeof t === 'string' ? await records.open(t, browserOf(c)) : undefined;
    if (file === undefined) return stale(c);
    return c.body(file, 200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': "attachment; filename*=UTF-8''%E6%88%91%E7%9A%84%E8%AE%B0%E5%BD%95.csv",
    });
  });
  return app;
}

const recordPage = (secret: string): Html =>
  notice(
    '我的记录',
    '按一下就下载，是一个表格文件。这个链接只能用一次。',
    html`<form method="post" action="/record">
      <input type="hidden" name="t" value="${secret}" />
      <button class="button wide">下载</button>
    </form>`,
  );

const stalePage = (): Html =>
  notice('这个链接不能用了', '它已经用过，或者过了十分钟。请私聊小课再说一次 我的数据。');
