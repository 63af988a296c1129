/** 动态: what came in is kept or left, its words are put right, something is written or brought in by its address. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import type { NewsKind } from '../../db/tables.ts';
import { UserError } from '../../errors.ts';
import { KIND_NAMES } from '../../news/brief.ts';
import { deciderOf, lineageFor, reviewersFor } from '../../news/decider.ts';
import {
  COUNTY,
  DESK_STATE_NAMES,
  DESK_STATES,
  type DeskItem,
  type DeskState,
  type Before,
  type Edit,
  editItem,
  findDeskItem,
  keepItem,
  listDesk,
  rejectItem,
  takeBackDecision,
  wordsHash,
  writersOf,
  writeItem,
} from '../../news/desk.ts';
import { bringInPage, sayOrigin } from '../../news/requests.ts';
import { notFound, scopedGroups } from '../../people/scope.ts';
import type { Html } from '../layout.ts';
import { wordsOf } from '../words.ts';
import { acts } from './acting.ts';
import { address, card, field, hidden, nothing, pill, press, rows, select, tabs, type Tone } from './draw.ts';
import { namesBehind } from './names.ts';
import { gatheringOf } from './news-feeds.ts';
import { type ConsoleSite, type Desk, deskOf, type Form, readForm, readNo } from './parts.ts';
import { shellPage } from './shell.ts';

/** Looked through in one go; the next ones come up when these are decided. */
const PAGE = 20;
const MOST = 200;

const TONES: Readonly<Record<DeskState, Tone>> = {
  new: 'warn',
  kept: 'good',
  rejected: 'plain',
  sent: 'good',
  expired: 'plain',
};

const KINDS = Object.keys(KIND_NAMES) as NewsKind[];

export function newsRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/news', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now } = desk;
    const lineage = await lineageFor(db, actor);
    const state = DESK_STATES.find((one) => one === c.req.query('state')) ?? 'new';
    const all = await listDesk(db, { lineage, limit: MOST * 10 }, now);
    const shown = all.filter((item) => item.state === state);
    const needed = await reviewersFor(db, actor);
    const counts = Map.groupBy(all, (item) => item.state);
    return shellPage(c, site, {
      title: '动态',
      action: html`<a class="button small" href="/news/add">收一条</a>`,
      body: html`${tabs(
          '只看',
          DESK_STATES.map((one) => ({
            href: address('/news', { state: one === 'new' ? '' : one }),
            name:
              one === 'new' || one === 'kept'
                ? `${DESK_STATE_NAMES[one]} ${counts.get(one)?.length ?? 0}`
                : DESK_STATE_NAMES[one],
            on: one === state,
          })),
        )}
        ${
          shown.length === 0
            ? html`<div class="card">${noneOf(state, desk)}</div>`
            : state === 'new'
              ? html`${shown.slice(0, PAGE).map((item) => drawNew(item, desk, needed))}
                ${
                  shown.length > PAGE
                    ? html`<p class="note">还有 ${shown.length - PAGE} 条，定了这些再看。</p>`
                    : ''
                }`
              : html`<div class="card">${rows(shown.slice(0, MOST).map((item) => rowOf(item, desk)))}</div>`
        }
        <div class="card">
          <p class="note">
            留用的进下一期电商动态，一个群一条只发一次。每天几点发，在
            <a href="/week">课表</a> 里排。党建信息、通知要点开，自己排到群里。
          </p>
          <div class="buttons"><a class="button small quiet" href="/news/feeds">订了哪些网站</a></div>
        </div>`,
    });
  });

  app.get('/news/add', (c) => addPage(c, deskOf(site, c), {}));
  app.post('/news/link', async (c) => {
    const desk = deskOf(site, c);
    const url = (await readForm(c)).get('url').trim();
    try {
      const done = await bringInPage(gatheringOf(desk), url, deciderOf(desk.actor));
      if ('reason' in done) return await addPage(c, desk, { url, linkFault: `没有收下：${done.reason}。` });
      return c.redirect(`/news/${done.item.no}`, 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return await addPage(c, desk, { url, linkFault: `没有收下：${wordsOf(error)}。` });
    }
  });
  app.post('/news/write', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now } = desk;
    const form = await readForm(c);
    const written = readWords(form);
    const kind = KINDS.find((one) => one === form.get('kind')) ?? 'news';
    const url = form.get('url').trim();
    try {
      const words = { title: '', summary: '', source: '', ...written, kind };
      const item = await writeItem(db, url === '' ? words : { ...words, url }, deciderOf(actor), now);
      return c.redirect(`/news/${item.no}`, 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return await addPage(c, desk, { written, kind, url, fault: `还没有加：${wordsOf(error)}。` });
    }
  });

  app.get('/news/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    return await itemPage(c, desk, await itemOf(desk, c.req.param('no')));
  });
  app.post('/news/:no{\\d+}/edit', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now } = desk;
    const form = await readForm(c);
    const item = await itemOf(desk, c.req.param('no'));
    const edit = { ...readWords(form), from: form.get('from') };
    try {
      await editItem(db, item.no, edit, deciderOf(actor), now);
      return c.redirect(`/news/${item.no}`, 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return await itemPage(c, desk, item, { shown: edit, fault: `没有改：${wordsOf(error)}。` });
    }
  });

  app.post(
    '/news/keep',
    acts(site, '/news', async (desk, form) => {
      const { db, actor, now } = desk;
      const before = await itemOf(desk, form.get('no'));
      const keeping = { reviewers: await reviewersFor(db, actor), words: form.get('words') };
      const item = await keepItem(db, before.no, deciderOf(actor), keeping, now);
      const undo = undoOf(before, desk);
      if (item.missing > 0) return { text: `记下了，《${item.title}》还要 ${item.missing} 个人同意。`, undo };
      return {
        text: `留下了，《${item.title}》${item.kind === 'news' ? '会进下一期动态。' : '可以排到群里了。'}`,
        undo,
        // Where it can be planned.
        ...(item.kind === 'news' ? {} : { to: `/news/${item.no}` }),
      };
    }),
  );
  app.post(
    '/news/reject',
    acts(site, '/news', async (desk, form) => {
      const { db, actor, now } = desk;
      const before = await itemOf(desk, form.get('no'));
      await rejectItem(db, before.no, deciderOf(actor), now);
      return { text: `《${before.title}》不要了。`, undo: undoOf(before, desk) };
    }),
  );
  app.post(
    '/news/undo',
    acts(site, '/news', async (desk, form) => {
      const { db, actor, now } = desk;
      const { no, title } = await itemOf(desk, form.get('no'));
      const taken = {
        before: readBefore(form),
        reviewers: await reviewersFor(db, actor),
        words: form.get('words'),
      };
      await takeBackDecision(db, no, deciderOf(actor), taken, now);
      return { text: `《${title}》和刚才一样了。` };
    }),
  );
}

async function itemOf({ db, actor, now }: Desk, text: string | undefined): Promise<DeskItem> {
  const item = await findDeskItem(db, readNo(text), now, await lineageFor(db, actor));
  if (!item) throw notFound('news', readNo(text));
  return item;
}

const WHOLE_COUNTY = 'county';

/** As it was decided before in the units of whoever undoes it. */
function undoOf(item: DeskItem, { actor }: Desk) {
  const { units } = deciderOf(actor);
  const decidedAs = (verdict: string) =>
    item.decisions
      .filter((one) => units.includes(one.unit_id) && one.verdict === verdict)
      .map((one) => one.unit_id || WHOLE_COUNTY)
      .join(' ');
  const fields = {
    no: String(item.no),
    words: wordsHash(item),
    kept: decidedAs('kept'),
    rejected: decidedAs('rejected'),
  };
  return { path: '/news/undo', fields, label: '撤销' };
}

const readBefore = ({ get }: Form): Before =>
  new Map(
    (['kept', 'rejected'] as const).flatMap((verdict) =>
      get(verdict)
        .split(' ')
        .filter(Boolean)
        .map((unit) => [unit === WHOLE_COUNTY ? COUNTY : unit, verdict] as const),
    ),
  );

function noneOf(state: DeskState, { actor }: Desk): Html {
  switch (state) {
    case 'new':
      return nothing(
        '没有等着挑的消息。订几个网站，新消息会自己来；也可以贴一个网址。',
        actor.units === 'all'
          ? html`<a class="button" href="/news/feeds">订网站</a>`
          : html`<a class="button" href="/news/add">收一条</a>`,
      );
    case 'kept':
      return nothing('没有留用的。在 还没定 里挑要紧的留下。', html`<a class="button" href="/news">去挑</a>`);
    default:
      return nothing(`没有${DESK_STATE_NAMES[state]}的。`);
  }
}

const sayFrom = ({ kind, category, ...item }: DeskItem, { zone }: Desk): string =>
  [...(kind === 'news' ? [] : [KIND_NAMES[kind]]), sayOrigin(item, zone), category]
    .filter(Boolean)
    .join(' · ');

const rowOf = (item: DeskItem, desk: Desk) => ({
  lead: String(item.no),
  what: item.title,
  note: sayFrom(item, desk),
  href: `/news/${item.no}`,
});

const drawNew = (item: DeskItem, desk: Desk, needed: number): Html =>
  html`<section class="card news">
    <h2><a href="/news/${item.no}">${item.title}</a></h2>
    <p class="written">${item.summary}</p>
    <p class="note">${sayFrom(item, desk)}</p>
    ${decide(item, isOwn(item, desk, needed))}
  </section>`;

/** Whether somebody had a hand in its words, and others have to agree to them. */
const isOwn = (item: DeskItem, { actor }: Desk, needed: number): boolean =>
  needed > 0 && writersOf(item).includes(actor.who);

/** One tap each. */
const decide = (item: DeskItem, isTheirs: boolean): Html => {
  const { no, kind, title, state, decisions } = item;
  const fields = { no: String(no), back: '/news' };
  const looked = { ...fields, words: wordsHash(item) };
  // Once others have agreed somewhere, whoever wrote it may keep it as well.
  const isAsked = isTheirs && state === 'new' && !decisions.some(({ verdict }) => verdict === 'kept');
  const isKept = state === 'kept' || state === 'sent';
  return html`${isAsked ? html`<p class="note">您写的或改的，要别人看过留用才能发：同支部的另一位书记或上级，在他们的 今天 里等着看。</p>` : ''}
    <div class="buttons">
      ${kind !== 'news' && isKept ? html`<a class="button small" href="${address('/week/add', { what: `bulletin:${no}` })}">排到群里</a>` : ''}
      ${isKept || isAsked ? '' : press('/news/keep', '留用', { fields: looked, name: `留用「${title}」` })}
      ${state === 'rejected' ? '' : press('/news/reject', '不要', { fields, tone: 'quiet', name: `不要「${title}」` })}
    </div>`;
};

type Words = Pick<Edit, 'title' | 'summary' | 'source' | 'category'>;

const readWords = ({ get }: Form): Words => ({
  title: get('title'),
  summary: get('summary'),
  source: get('source'),
  category: get('category'),
});

const wordFields = ({ title = '', summary = '', source = '', category = '' }: Words): Html =>
  html`${field('标题', html`<input name="title" maxlength="120" value="${title}" required />`)}
  ${field('内容', html`<textarea name="summary" rows="5" maxlength="3000" required>${summary}</textarea>`, '动态最多 200 字；党建信息、通知可以长一些')}
  ${field('来源', html`<input name="source" maxlength="40" value="${source}" required />`, '群里总会写上来源和日期')}
  ${field('分类', html`<input name="category" maxlength="20" value="${category}" />`, '可以不写')}`;

interface Adding {
  readonly url?: string;
  readonly linkFault?: string;
  readonly written?: Words;
  readonly kind?: NewsKind;
  readonly fault?: string;
}

/** How much somebody has written: what they typed and sent arrived once this grows. */
async function countWritten({ db, actor }: Desk): Promise<number> {
  const { count } = await db
    .selectFrom('news_item')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('origin', '=', 'hand')
    .where('added_by', '=', actor.who)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function addPage(c: Context, desk: Desk, adding: Adding) {
  const { url = '', linkFault, written = {}, kind = 'news', fault } = adding;
  const needed = await reviewersFor(desk.db, desk.actor);
  const alert = (words: string | undefined) =>
    words === undefined ? '' : html`<p class="alert" role="alert">${words}</p>`;
  const count = await countWritten(desk);
  return shellPage(
    c,
    desk.site,
    {
      title: '收一条',
      back: { path: '/news', name: '动态' },
      body: html`${card(
        '贴网址',
        html`${alert(linkFault)}
          <form class="stack" method="post" action="/news/link">
            ${field('网址', html`<input type="url" name="url" inputmode="url" placeholder="https://" value="${linkFault === undefined ? '' : url}" required />`, '读得到标题和开头两句，收下以后还可以改')}
            <button class="button">读一读，收下</button>
          </form>`,
      )}
      ${card(
        '自己写',
        html`${alert(fault)}
          <form class="stack" method="post" action="/news/write" data-keep="news-new" data-base="${count}">
            ${field(
              '是什么',
              select(
                'kind',
                KINDS.map((value) => ({ value, name: KIND_NAMES[value] })),
                kind,
              ),
            )}
            ${wordFields(written)}
            ${field('网址', html`<input type="url" name="url" value="${fault === undefined ? '' : url}" />`, '可以不写')}
            <button class="button">写好了</button>
          </form>`,
        needed > 0 ? { note: '要别人看过才能发' } : {},
      )}`,
    },
    linkFault === undefined && fault === undefined ? 200 : 409,
  );
}

async function itemPage(
  c: Context,
  desk: Desk,
  item: DeskItem,
  { shown, fault }: { shown?: Words; fault?: string } = {},
) {
  const { db, actor, site, now, zone } = desk;
  const places = item.decisions.map(({ unit_id: unitId }) => unitId);
  const names = await namesBehind(db, [...places, ...item.decisions.map((one) => one.decided_by)]);
  const sent = await listSendings(desk, item.id);
  const isOpen = item.expires_at > now;
  const needed = await reviewersFor(db, actor);
  return shellPage(
    c,
    site,
    {
      title: `${item.no} 号${KIND_NAMES[item.kind]}`,
      back: { path: '/news', name: '动态' },
      body: html`${card(
        html`${item.title} ${pill(TONES[item.state], DESK_STATE_NAMES[item.state])}`,
        html`<p class="written">${item.summary}</p>
          <p class="note">${sayFrom(item, desk)}</p>
          ${/^https?:/i.test(item.url) ? html`<p><a href="${item.url}" rel="noopener noreferrer">看原文</a></p>` : ''}
          ${item.stopped === null ? '' : html`<p class="note">里面有停用词「${item.stopped}」，先放在一边；要用就留用。</p>`}
          ${
            isOpen
              ? html`<p class="note">${sayWhen(item.expires_at, now, zone)} 过期，过期不再发。</p>
                  ${decide(item, isOwn(item, desk, needed))}`
              : html`<p class="note">已经过期，不再发。</p>`
          }`,
      )}
      ${
        item.decisions.length === 0
          ? ''
          : card(
              '谁定的',
              rows(
                item.decisions.map(({ unit_id: unitId, verdict, decided_by: who, decided_at: at }) => ({
                  what: `${unitId === COUNTY ? '全县' : (names.get(unitId) ?? '')}${verdict === 'kept' ? '留用' : '不要'}`,
                  note: `${names.get(who) ?? '已离开的人'} ${sayWhen(at, now, zone)}`,
                })),
              ),
            )
      }
      ${
        sent.length === 0
          ? ''
          : card(
              '发到哪些群',
              rows(
                sent.map(({ topic, no, at }) => ({
                  what: topic,
                  note: sayWhen(at, now, zone),
                  href: `/deliveries/${no}`,
                })),
              ),
            )
      }
      ${item.isSent || !isOpen ? '' : editForm(item, { ...(shown ? { shown } : {}), ...(fault === undefined ? {} : { fault }), needed })}`,
    },
    fault === undefined ? 200 : 409,
  );
}

const editForm = (
  item: DeskItem,
  { shown = item, fault, needed }: { shown?: Words; fault?: string; needed: number },
): Html =>
  card(
    '改文字',
    html`${fault === undefined ? '' : html`<p class="alert" role="alert">${fault}</p>`}
      <form
        class="stack"
        method="post"
        action="/news/${item.no}/edit"
        data-keep="news-${item.no}"
        data-base="${wordsHash(item)}"
        data-based="from"
      >
        ${hidden({ from: wordsHash(item) })} ${wordFields(shown)}
        <button class="button">改好了</button>
      </form>`,
    needed > 0 ? { note: '改了要别人来定' } : {},
  );

/** Deliveries that took it along, to groups that the asker may see. */
const listSendings = ({ db, actor }: Desk, itemId: string) =>
  db
    .selectFrom('news_sending')
    .innerJoin('delivery', 'delivery.id', 'news_sending.delivery_id')
    .innerJoin(scopedGroups(db, actor).as('own'), 'own.id', 'news_sending.group_id')
    .select(['own.topic', 'delivery.no', 'news_sending.at'])
    .where('news_sending.item_id', '=', itemId)
    .orderBy('news_sending.at', 'desc')
    .limit(MOST)
    .execute();
