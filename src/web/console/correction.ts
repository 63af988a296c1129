/** 更正: what a digest that went out would say now, beside what was said; sent anew, marked, when somebody says so. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import { DIGEST_PICTURES } from '../../delivery/drawing.ts';
import type { Draft } from '../../delivery/ledger.ts';
import { saySpan } from '../../digest/spans.ts';
import { madeName, picturesDir } from '../../lessons/pictures.ts';
import {
  type Correction,
  type CorrectionParts,
  correctDelivery,
  readCorrection,
} from '../../schedule/corrections.ts';
import type { Html } from '../layout.ts';
import { acts } from './acting.ts';
import { card, hidden } from './draw.ts';
import { type ConsoleSite, type Desk, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';

const PICTURE = '/deliveries/picture';

export function correctionRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/deliveries/:no{\\d+}/correct', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const no = readNo(c.req.param('no'));
    const found = await readCorrection(db, actor, no, partsOf(desk), now);
    const { delivery, span, told, said, drafts } = found;
    return shellPage(c, site, {
      title: '更正',
      note: `${delivery.topic} 学习简报 ${saySpan(span)}`,
      wide: true,
      back: { path: `/deliveries/${no}`, name: `${no} 号` },
      body: html`<div class="beside">
          ${card('群里看到的', drawParts(said), {
            note: `${told.no} 号，${sayWhen(told.sent_at ?? told.planned_at, now, zone)}`,
          })}
          ${card('现在会这样说', drawParts(drafts), { note: '还没有发' })}
        </div>
        ${card('要不要发', confirmation(no, found))}`,
    });
  });

  app.post(
    '/deliveries/correct',
    acts(site, '/deliveries', async (desk, form) => {
      const { db, actor, now } = desk;
      const anyway = form.get('anyway') === '1';
      const made = await correctDelivery(
        db,
        actor,
        readNo(form.get('no')),
        { ...partsOf(desk), anyway },
        now,
      );
      return {
        text: '更正排好了，这就发到群里。',
        to: `/deliveries/${made.no}`,
        undo: { path: '/deliveries/decide', fields: { no: String(made.no), as: 'drop' }, label: '还是不发' },
      };
    }),
  );

  // Named by what is drawn in it: whoever knows the name has seen it.
  app.get(`${PICTURE}/:name{[0-9a-f]{32}\\.png}`, async (c) => {
    const file = join(picturesDir(site.console.dataDir), DIGEST_PICTURES, c.req.param('name'));
    const bytes = await readFile(file).catch(() => undefined);
    if (!bytes) return c.notFound();
    return c.body(new Uint8Array(bytes), 200, {
      'Content-Type': 'image/png',
      'Cache-Control': 'private, max-age=86400',
    });
  });
}

const partsOf = ({ site, zone, dataDir }: Desk): CorrectionParts => ({
  place: { zone, dataDir },
  lessons: site.catalogue().lessons,
});

const drawParts = (parts: readonly Draft[]): Html =>
  html`<div class="chat">
    ${parts.map(({ kind, body, alt = '' }) => (kind === 'text' ? html`<div class="bubble">${body}</div>` : drawPicture(body, alt)))}
  </div>`;

/** A digest's picture as the group sees it; of any other, and of one that is gone, what it shows. */
export function drawPicture(body: string, alt: string): Html {
  const name = madeName(body);
  return name === undefined
    ? html`<div class="bubble">[图片：${alt || body}]</div>`
    : html`<div class="bubble picture">
        <img src="${PICTURE}/${basename(name)}" alt="${alt}" loading="lazy" />
      </div>`;
}

const WHY: Readonly<Record<Correction['change'], string>> = {
  changed: '和群里看到的不一样了。',
  same: '数字和群里看到的一样，一般不用再发。',
  'own-words': '上次发的是作者自己写的话，比不出数字变没变，请自己看一眼。',
};

const confirmation = (no: number, { change }: Correction): Html =>
  html`<p>${WHY[change]}群里会多一条写明「更正」的新消息，原来那条不动；数字以发出去那一刻为准。</p>
    <form class="stack" method="post" action="/deliveries/correct">
      ${hidden({ no: String(no), back: `/deliveries/${no}/correct` })}
      ${
        change === 'same'
          ? html`<fieldset class="pick">
              <legend>真的要再发一遍？</legend>
              <label><input type="checkbox" name="anyway" value="1" /><span>数字没变也发</span></label>
            </fieldset>`
          : ''
      }
      <button class="button ${change === 'same' ? 'quiet' : ''}">发更正</button>
    </form>`;
