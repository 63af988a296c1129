/** 聊天账号: whether each is online and when it was last heard, its login code, and a new connection. */
import type { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { toString as drawQr } from 'qrcode';

import type { ChannelStatus } from '../../channels/channel.ts';
import { saySpan } from '../../clock.ts';
import { appendAudit } from '../../db/audit.ts';
import { UserError } from '../../errors.ts';
import { isAtLeast, notFound } from '../../people/scope.ts';
import type { Html } from '../layout.ts';
import { acts } from './acting.ts';
import { address, card, confirmed, nothing, pill, press } from './draw.ts';
import { accountName } from './names.ts';
import { type ConsoleSite, type Desk, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';
import { CHANNEL_STATES } from './waiting.ts';

/** A login code is a key to the account: it is for those who run the place. */
const mayLogIn = ({ actor }: Desk) => actor.units === 'all' && isAtLeast(actor, 'county');

export function accountRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/accounts', async (c) => {
    const desk = deskOf(site, c);
    return shellPage(c, site, {
      title: '聊天账号',
      live: true,
      body: await drawAccounts(desk),
    });
  });
  // Of one account, or of all of them.
  app.get('/accounts/list', async (c) => {
    const desk = deskOf(site, c);
    const account = c.req.query('account');
    const asked = desk.channels().filter((one) => account === undefined || one.account === account);
    const all = await Promise.all(asked.map((status) => drawStatus(desk, status)));
    return c.html(html`${all}`, 200, { 'Cache-Control': 'no-store' });
  });
  app.post(
    '/accounts/restart',
    acts(site, '/accounts', async (desk, form) => {
      const account = form.get('account');
      if (!mayLogIn(desk) || !desk.channels().some((one) => one.account === account))
        throw notFound('match', account);
      const { db, actor, now, restart } = desk;
      await appendAudit(db, {
        at: now,
        who: actor.who,
        via: actor.via ?? '',
        what: 'account.restart',
        subject: account,
      });
      await restart(account).catch((error: unknown) => {
        throw new UserError('没有重新连上，过一分钟再试；还不行就看服务器的日志。', { cause: error });
      });
      return { text: `账号 ${account} 正在重新连接，没发完的会接着发。` };
    }),
  );
}

async function drawAccounts(desk: Desk): Promise<Html> {
  const all = desk.channels();
  const cards = await Promise.all(all.map((status) => drawAccount(desk, status)));
  return all.length === 0
    ? html`<div class="card">${nothing('没有账号。在服务器的 .env 里写 CHANNELS，再重启。')}</div>`
    : html`${cards}`;
}

/** What changes is drawn anew while one looks; the button isn't, else it would close under the thumb. */
async function drawAccount(desk: Desk, status: ChannelStatus): Promise<Html> {
  const { account } = status;
  return card(
    accountName(account),
    html`<div
        data-account="${account}"
        hx-get="${address('/accounts/list', { account })}"
        hx-trigger="every 2s"
      >
        ${await drawStatus(desk, status)}
      </div>
      ${
        mayLogIn(desk)
          ? html`<div class="buttons">
              ${confirmed(
                '重新连接',
                '断开再连一次。没发完的先攒着，连上接着发。',
                press('/accounts/restart', '重新连接', { fields: { account } }),
              )}
            </div>`
          : ''
      }`,
  );
}

async function drawStatus(desk: Desk, status: ChannelStatus): Promise<Html> {
  const { state, since, reason, qr, name, lastTrafficAt, deafRestarts = 0 } = status;
  const { now } = desk;
  const ago = (at: number) => `${saySpan(Math.max(0, now - at))}前`;
  const isGood = state === 'online' && deafRestarts === 0;
  return html`<dl class="facts">
      <dt>状态</dt>
      <dd>${pill(isGood ? 'good' : 'warn', CHANNEL_STATES[state])} ${saySpan(Math.max(0, now - since))}</dd>
      ${
        name === undefined
          ? ''
          : html`<dt>登录的是</dt>
              <dd>${name}</dd>`
      }
      ${
        reason === undefined
          ? ''
          : html`<dt>说明</dt>
              <dd>${reason}</dd>`
      }
      <dt>最近听到</dt>
      <dd>${lastTrafficAt === undefined ? '还没有听到过' : ago(lastTrafficAt)}</dd>
      ${
        deafRestarts > 0
          ? html`<dt>重连</dt>
              <dd>听不到消息，已经自己重连 ${deafRestarts} 次</dd>`
          : ''
      }
    </dl>
    ${
      qr !== undefined && mayLogIn(desk)
        ? html`<p>用要当小课的那个手机扫一扫：</p>
            <div class="qr" role="img" aria-label="登录二维码">
              ${raw(await drawQr(qr, { type: 'svg', margin: 2 }))}
            </div>
            <p class="note">二维码会自己换新的。不要截图发给别人：谁扫了就用谁的账号。</p>`
        : ''
    }`;
}
