/** 订的网站: which feeds are read, what came of the last time; the county's admins add and remove them. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import { addFeed, type Feed, getFeedByNo, listFeeds, removeFeed } from '../../news/feeds.ts';
import { type Gathered, gatherFeed, type GatherParts } from '../../news/gather.ts';
import type { Actor } from '../../people/scope.ts';
import { acts, type Done } from './acting.ts';
import { card, confirmed, field, nothing, pill, press, rows } from './draw.ts';
import { type ConsoleSite, type Desk, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';

const mayChange = (actor: Actor): boolean => actor.units === 'all';

function refuseOthers(actor: Actor): void {
  if (!mayChange(actor)) throw new UserError('订网站是全县的事，由县里管理员来定。没有改动。');
}

/** How a page reads strangers' addresses while somebody waits for it. */
export const gatheringOf = ({ db, zone, site }: Desk): GatherParts => ({
  db,
  clock: site.clock,
  zone,
  rules: site.config.feedAllow ? { allowed: site.config.feedAllow } : {},
});

export function newsFeedRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/news/feeds', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor } = desk;
    const feeds = await listFeeds(db);
    const last = Math.max(0, ...feeds.map(({ no }) => no));
    return shellPage(c, site, {
      title: '订的网站',
      note: feeds.length > 0 ? `${feeds.length} 个` : '',
      back: { path: '/news', name: '动态' },
      body: html`<div class="card">
          ${
            feeds.length === 0
              ? nothing('还没有订网站。要的是网站的 RSS、Atom 或 JSON Feed 地址，常在网页最下面。')
              : rows(feeds.map((feed) => rowOf(feed, desk)))
          }
        </div>
        ${
          mayChange(actor)
            ? card(
                '订一个',
                html`<form
                  class="stack"
                  method="post"
                  action="/news/feeds/add"
                  data-keep="feed-new"
                  data-base="${last}"
                >
                  ${field('订阅地址', html`<input type="url" name="url" inputmode="url" placeholder="https://" required />`, 'RSS、Atom 或 JSON Feed，不是普通网页的地址')}
                  ${field('来源叫什么', html`<input name="source" maxlength="20" />`, '可以不写，就用网站自己的名字')}
                  ${field('分类', html`<input name="category" maxlength="10" />`, '可以不写，就按字面分')}
                  <button class="button">订上，读一次</button>
                </form>`,
              )
            : html`<p class="note">订网站由县里管理员来定。</p>`
        }`,
    });
  });

  app.post(
    '/news/feeds/add',
    acts(site, '/news/feeds', async (desk, form) => {
      const { db, actor, now } = desk;
      refuseOthers(actor);
      const wanted = {
        url: form.get('url').trim(),
        source: form.get('source'),
        category: form.get('category'),
      };
      const feed = await addFeed(db, wanted, actor, now, site.config.feedAllow);
      return said(feed, await gatherFeed(gatheringOf(desk), feed), '订上了。');
    }),
  );
  app.post(
    '/news/feeds/read',
    acts(site, '/news/feeds', async (desk, form) => {
      refuseOthers(desk.actor);
      const feed = await getFeedByNo(desk.db, readNo(form.get('no')));
      return said(feed, await gatherFeed(gatheringOf(desk), feed), '');
    }),
  );
  app.post(
    '/news/feeds/remove',
    acts(site, '/news/feeds', async ({ db, actor, now }, form) => {
      refuseOthers(actor);
      const { url, source, category } = await removeFeed(db, readNo(form.get('no')), actor, now);
      return {
        text: `不再读 ${source || url} 了，读来的还在。`,
        undo: { path: '/news/feeds/add', fields: { url, source, category }, label: '再订上' },
      };
    }),
  );
}

/** What came of reading it, with what to do about it. */
function said({ no }: Feed, { outcome, added, reason }: Gathered, lead: string): Done {
  if (outcome === 'failed' || outcome === 'gone')
    return { text: `${lead}${no} 号没有读到：${reason ?? ''}。地址不对就去掉，重新订。`, done: lead !== '' };
  return { text: `${lead}${added > 0 ? `来了 ${added} 条新的，去 动态 里挑。` : '没有新的。'}` };
}

function rowOf(feed: Feed, { actor, now, zone }: Desk) {
  const { no, url, source, outcome, reason, fetched_at: at } = feed;
  const last =
    at === null
      ? '还没有读过'
      : `${sayWhen(at, now, zone)} ${reason ?? (outcome === 'new' ? '读过' : '读过，没有变')}`;
  const fields = { no: String(no) };
  return {
    lead: String(no),
    what: source || url,
    note: html`${source === '' ? '' : html`<span class="address">${url}</span> · `}${last}`,
    end: html`${outcome === 'failed' || outcome === 'gone' ? pill('bad', '读不到') : ''}${
      mayChange(actor)
        ? html`<div class="buttons">
            ${press('/news/feeds/read', '现在读', { fields, tone: 'quiet', name: `现在读 ${source || url}` })}
            ${confirmed(
              '去掉',
              '以后不再读它，读来的还在。',
              press('/news/feeds/remove', '去掉', { fields, tone: 'bad', name: `去掉 ${source || url}` }),
            )}
          </div>`
        : ''
    }`,
  };
}
