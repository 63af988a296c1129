/** All pages of the console, behind one door. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { isLocalOnly } from '../../config.ts';
import { typeSwitch } from '../layout.ts';
import type { WebParts } from '../parts.ts';
import { accountRoutes } from './accounts.ts';
import { auditRoutes } from './audit.ts';
import { bankRoutes } from './bank.ts';
import { certificationRoutes } from './certifications.ts';
import { correctionRoutes } from './correction.ts';
import { decideRoutes } from './decide.ts';
import { deliveryRoutes } from './deliveries.ts';
import { card, rows } from './draw.ts';
import { editorRoutes } from './editor.ts';
import { feedRoutes, openFeed } from './feed.ts';
import { groupRoutes } from './groups.ts';
import { itemFigureRoutes } from './item-figures.ts';
import { lessonFileRoutes } from './lesson-file.ts';
import { lessonListRoutes } from './lessons.ts';
import { memberRoutes } from './members.ts';
import { messageRoutes } from './messages.ts';
import { newsFeedRoutes } from './news-feeds.ts';
import { newsRoutes } from './news.ts';
import { planItemRoutes } from './plan-item.ts';
import { planRoutes } from './plan-page.ts';
import { reviewRoutes } from './reviews.ts';
import { settingRoutes } from './settings.ts';
import { weekRoutes } from './week.ts';
import { limitForms, requireDesk } from './expired.ts';
import { NAV } from './nav.ts';
import { participationRoutes } from './participation.ts';
import { participationUnderRoutes } from './participation-under.ts';
import type { ConsoleSite } from './parts.ts';
import { shellPage } from './shell.ts';
import { workbookRoutes } from './workbook.ts';

/** Also what isn't in the side column. */
const DOORS = [
  ...NAV.map(({ path }) => path),
  '/more',
  '/members',
  '/certifications',
  '/matches',
  '/invitations',
];

export function consoleRoutes(app: Hono, parts: WebParts): void {
  const { console } = parts;
  if (!console) return;
  const site: ConsoleSite = { ...parts, console };
  for (const path of DOORS.filter((door) => door !== '/'))
    for (const below of [path, `${path}/*`]) app.use(below, limitForms(), requireDesk(parts));
  openFeed(app, site);
  decideRoutes(app, site);
  weekRoutes(app, site);
  planRoutes(app, site);
  planItemRoutes(app, site);
  feedRoutes(app, site);
  deliveryRoutes(app, site);
  correctionRoutes(app, site);
  reviewRoutes(app, site);
  lessonListRoutes(app, site);
  editorRoutes(app, site);
  lessonFileRoutes(app, site);
  bankRoutes(app, site);
  newsFeedRoutes(app, site);
  newsRoutes(app, site);
  groupRoutes(app, site);
  certificationRoutes(app, site);
  memberRoutes(app, site);
  messageRoutes(app, site);
  accountRoutes(app, site);
  settingRoutes(app, site);
  auditRoutes(app, site);
  participationRoutes(app, site);
  participationUnderRoutes(app, site);
  itemFigureRoutes(app, site);
  workbookRoutes(app, site);
  app.get('/more', (c) =>
    shellPage(c, site, {
      title: '更多',
      body: html`${card(
        '其他页面',
        rows(
          NAV.filter(({ tab }) => !tab).map(({ path, name, about }) => ({
            what: name,
            note: about,
            href: path,
          })),
        ),
      )}
      ${card(
        '这台手机',
        html`<div class="buttons">
          ${typeSwitch()}
          ${
            isLocalOnly(site.config)
              ? ''
              : html`<form class="leave" method="post" action="/logout"><button>退出登录</button></form>`
          }
        </div>`,
      )}`,
    }),
  );
}
