/** 审核: what others wrote, read as the groups will see it, approved or sent back. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import { approveAndPublish } from '../../delivery/publish.ts';
import { UserError } from '../../errors.ts';
import { composeKey, composeLesson } from '../../lessons/compose.ts';
import { parseLesson } from '../../lessons/parse.ts';
import {
  getItem,
  getText,
  groupsOfItem,
  KIND_NAMES,
  listItems,
  listReviewable,
  noteSeen,
  readStanding,
  returnItem,
  type ReviewItem,
  STATE_NAMES,
  withdrawItem,
} from '../../lessons/review.ts';
import { fileOfWritten } from '../../lessons/written-file.ts';
import type { Html } from '../layout.ts';
import { acts } from './acting.ts';
import { card, confirmed, field, hidden, nothing, pill, press, rows, type Tone } from './draw.ts';
import { namesBehind } from './names.ts';
import { type ConsoleSite, type Desk, deskOf, readNo } from './parts.ts';
import { drawBubbles, longestText } from './preview.ts';
import { shellPage } from './shell.ts';

const TONES: Readonly<Record<ReviewItem['state'], Tone>> = {
  draft: 'plain',
  submitted: 'warn',
  approved: 'good',
  returned: 'bad',
  withdrawn: 'plain',
};

export function reviewRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/reviews', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const waiting = await listReviewable(db, actor);
    const all = await listItems(db, actor, { limit: 60 });
    const names = await namesBehind(
      db,
      [...waiting, ...all].map(({ author }) => author),
    );
    const row = (item: ReviewItem) => ({
      what: `${KIND_NAMES[item.kind]}「${item.title}」`,
      note: `${item.no} 号 · ${names.get(item.author) ?? ''} · ${sayWhen(item.submitted_at ?? item.created_at, now, zone)}`,
      href: `/reviews/${item.no}`,
      end: pill(TONES[item.state], STATE_NAMES[item.state]),
    });
    return shellPage(c, site, {
      title: '审核',
      body: html`${card(
        '等我审',
        waiting.length === 0
          ? nothing('没有等您审的。别人写的课和通知，送审以后在这里。')
          : rows(waiting.map(row)),
      )}
      ${card(
        '都有哪些',
        all.length === 0
          ? nothing(
              '还没有人在这里或在聊天里写过课和通知。',
              html`<a class="button" href="/lessons">去写一课</a>`,
            )
          : rows(all.map(row)),
      )}`,
    });
  });

  app.get('/reviews/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const item = await getItem(db, readNo(c.req.param('no')), actor);
    await noteSeen(db, item, actor.who, now);
    const { missing, approvers } = await readStanding(db, item);
    const names = await namesBehind(db, [item.author, ...approvers]);
    const isMine = item.author === actor.who;
    const canReview = (await listReviewable(db, actor)).some(({ id }) => id === item.id);
    const draft = await db
      .selectFrom('lesson_draft')
      .select('no')
      .where('review_no', '=', item.no)
      .executeTakeFirst();
    return shellPage(c, site, {
      title: `${KIND_NAMES[item.kind]}「${item.title}」`,
      back: { path: '/reviews', name: '审核' },
      body: html`${card(
        html`${pill(TONES[item.state], STATE_NAMES[item.state])}`,
        html`<dl class="facts">
            <dt>编号</dt>
            <dd>${item.no} 号</dd>
            <dt>作者</dt>
            <dd>${names.get(item.author) ?? item.author}</dd>
            <dt>送审</dt>
            <dd>${item.submitted_at === null ? '还没有' : sayWhen(item.submitted_at, now, zone)}</dd>
            <dt>通过</dt>
            <dd>
              ${approvers.length === 0 ? '还没有人' : approvers.map((who) => names.get(who) ?? who).join('、')}${
                item.state === 'submitted' && missing > 0 ? `，还要 ${missing} 人` : ''
              }
            </dd>
            ${
              item.reason === null
                ? ''
                : html`<dt>退回原因</dt>
                    <dd>${item.reason}</dd>`
            }
          </dl>
          ${isMine && item.state === 'submitted' ? html`<p class="note">自己写的要别人来审。</p>` : ''}
          ${draft ? html`<p class="note"><a href="/lessons/d/${draft.no}">打开草稿</a></p>` : isMine && item.kind === 'lesson' ? press('/lessons/from-review', '在网页上改', { fields: { no: String(item.no) }, tone: 'quiet' }) : ''}`,
      )}
      ${card('群里看到的', await drawItem(desk, item))} ${canReview ? decide(item) : ''}
      ${
        isMine && item.state !== 'withdrawn'
          ? html`<div class="card">
              ${confirmed(
                '撤回',
                '撤回以后还没发的不再发，已经发出去的收不回来。',
                press('/reviews/withdraw', '撤回', { fields: { no: String(item.no) }, tone: 'bad' }),
              )}
            </div>`
          : ''
      }`,
    });
  });

  app.post(
    '/reviews/approve',
    acts(site, '/reviews', async ({ db, actor, now }, form) => {
      const hash = form.get('hash');
      // Only the text that stood on the page: without it nobody knows what was read.
      if (hash === '') throw new UserError('请先打开看一遍，再通过。');
      const { item, standing } = await approveAndPublish(db, readNo(form.get('no')), actor, now, hash);
      const name = `${KIND_NAMES[item.kind]}「${item.title}」`;
      if (standing.missing > 0) return { text: `${name}记下您通过了，还要 ${standing.missing} 人。` };
      return { text: item.kind === 'notice' ? `${name}通过了，这就发出去。` : `${name}通过了，可以排课了。` };
    }),
  );
  app.post(
    '/reviews/return',
    acts(site, '/reviews', async ({ db, actor, now }, form) => {
      const item = await returnItem(db, readNo(form.get('no')), form.get('reason'), actor, now);
      return { text: `${KIND_NAMES[item.kind]}「${item.title}」退回给作者了。` };
    }),
  );
  app.post(
    '/reviews/withdraw',
    acts(site, '/reviews', async ({ db, actor, now }, form) => {
      const item = await withdrawItem(db, readNo(form.get('no')), actor, now);
      return { text: `${KIND_NAMES[item.kind]}「${item.title}」撤回了，没发的不再发。` };
    }),
  );
}

const decide = ({ no, hash, title }: ReviewItem): Html =>
  card(
    '您的意见',
    html`<div class="buttons">
        ${press('/reviews/approve', '通过', { fields: { no: String(no), hash, back: '/reviews' }, name: `通过「${title}」` })}
      </div>
      <form method="post" action="/reviews/return" data-keep="return-${no}" data-base="${hash}">
        ${hidden({ no: String(no), back: '/reviews' })}
        ${field('哪里要改', html`<textarea name="reason" rows="3" maxlength="200" required></textarea>`, '作者会看到这句话。')}
        <button class="button small quiet">退回修改</button>
      </form>`,
  );

async function drawItem(desk: Desk, item: ReviewItem): Promise<Html> {
  const { db } = desk;
  const longest = await longestText(desk);
  const { body } = await getText(db, item.id, item.hash);
  if (item.kind === 'notice') {
    const ids = await groupsOfItem(db, item.id);
    const names = await namesBehind(db, ids);
    return html`${drawBubbles([{ kind: 'text', text: `【通知】\n${body}` }], longest)}
      <p class="note">发到 ${ids.map((id) => names.get(id) ?? '').join('、')}</p>`;
  }
  const { lesson } = parseLesson(body, fileOfWritten(item.lesson_id ?? ''));
  if (!lesson) return html`<pre>${body}</pre>`;
  return html`${drawBubbles(composeLesson(lesson, {}), longest)}
  ${
    lesson.questions.length === 0
      ? ''
      : html`<details>
          <summary>答案和说明</summary>
          ${drawBubbles(composeKey(lesson, [{ question: 0, answers: 1, correct: 1 }]), longest)}
        </details>`
  }
  ${lesson.sources.length === 0 ? '' : html`<p class="note">来源：${lesson.sources.join('；')}</p>`}`;
}
