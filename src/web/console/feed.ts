/** The calendar of a secretary's plans under a secret address, for their phone's own calendar. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { DAY, MINUTE, sayWhen } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import {
  feedSince,
  issueFeed,
  lastStopped,
  readerOfFeed,
  resumeFeed,
  revokeFeed,
} from '../../people/feeds.ts';
import { type Actor, isInScope } from '../../people/scope.ts';
import { previewSends } from '../../schedule/preview.ts';
import { acts } from './acting.ts';
import { card, confirmed, press } from './draw.ts';
import type { Undo } from './flash.ts';
import { type CalendarEvent, writeCalendar } from './ics.ts';
import { type ConsoleSite, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';

const AHEAD = 60 * DAY;
const LASTS = 15 * MINUTE;

/** Whoever has the address reads it, without a session. */
export function openFeed(app: Hono, site: ConsoleSite): void {
  app.get('/calendar/:file{[\\w-]{20,60}\\.ics}', async (c) => {
    const { db, config } = site.console;
    const now = site.clock.now();
    const actor = await readerOfFeed(db, c.req.param('file').replace(/\.ics$/, ''), now);
    if (!actor) return c.text('没有这个日历', 404, { 'Cache-Control': 'no-store' });
    const events = new Map<string, CalendarEvent & { topics: string[] }>();
    for (const { schedule, nominalAt, group, kind, content, title } of await previewSends(
      db,
      config,
      site.catalogue().lessons,
      now,
      now + AHEAD,
    )) {
      if (!isInScope(actor, group.unit_id)) continue;
      const uid = `${schedule.id}-${nominalAt}-${content}@weike`;
      const isLesson = kind === 'lesson' || kind === 'course';
      const summary = isLesson ? `微课《${title}》` : title;
      const known = events.get(uid);
      if (known) known.topics.push(group.topic);
      else
        events.set(uid, {
          uid,
          at: nominalAt,
          lasts: LASTS,
          summary,
          description: '',
          topics: [group.topic],
        });
    }
    const all = [...events.values()].map((event) => ({ ...event, description: event.topics.join('、') }));
    return c.body(writeCalendar('微课课表', all, now), 200, {
      'Content-Type': 'text/calendar; charset=utf-8',
      'Cache-Control': 'private, no-store',
    });
  });
}

export function feedRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/week/feed', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const since = await feedSince(db, actor.who);
    return shellPage(c, site, {
      title: '订到日历',
      back: { path: '/week', name: '课表' },
      body: card(
        '课表的日历地址',
        html`<p>手机或电脑的日历里「添加订阅日历」，填上这个地址，课表就会自己出现在日历里。</p>
          ${
            since === undefined
              ? html`<p class="note">还没有地址。</p>
                  ${press('/week/feed/issue', '要一个地址')}`
              : html`<p class="note">
                    地址是 ${sayWhen(since, now, zone)} 要的，只在那时显示过一次。忘了就换一个，旧的马上失效。
                  </p>
                  <div class="buttons">
                    ${confirmed('换一个地址', '旧地址马上失效，订过的日历要重新填。', press('/week/feed/issue', '换一个'))}
                    ${confirmed(
                      '停掉',
                      '订了这个地址的手机和电脑，日历里的课表都会没有。要再用得另要一个地址，每台重新填一次。',
                      press('/week/feed/revoke', '停掉这个地址', { tone: 'bad' }),
                    )}
                  </div>`
          }
          <p class="note">谁拿到这个地址，谁就能看到课表，不要发到群里。</p>`,
      ),
    });
  });
  app.post(
    '/week/feed/issue',
    acts(site, '/week/feed', async ({ db, actor, now }) => {
      const had = (await feedSince(db, actor.who)) !== undefined;
      const secret = await issueFeed(db, actor, now);
      return {
        text: `日历地址（只显示这一次，请复制）：${new URL(site.config.publicUrl).origin}/calendar/${secret}.ics`,
        ...(had ? await resumed(db, actor, '还用旧的') : {}),
      };
    }),
  );
  app.post(
    '/week/feed/revoke',
    acts(site, '/week/feed', async ({ db, actor, now }) => {
      const had = await revokeFeed(db, actor, now);
      return {
        text: had ? '停掉了，那个地址再也打不开。' : '本来就没有地址。',
        ...(had ? await resumed(db, actor, '还是留着') : {}),
      };
    }),
  );
  app.post(
    '/week/feed/resume',
    acts(site, '/week/feed', async ({ db, actor, now }, form) => {
      await resumeFeed(db, form.get('feed'), actor, now);
      return { text: '原来的地址又能用了，日历里不用改。' };
    }),
  );
}

async function resumed(db: Db, { who }: Actor, label: string): Promise<{ undo?: Undo }> {
  const feed = await lastStopped(db, who);
  return feed === undefined ? {} : { undo: { path: '/week/feed/resume', fields: { feed }, label } };
}
