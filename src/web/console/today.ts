/** 今天: what waits for me, what goes out today and how long until then. */
import { html } from 'hono/html';

import { addDays, localDay, localTime, saySpan, startOfDay } from '../../clock.ts';
import type { ScheduleKind } from '../../db/tables.ts';
import { listDeliveries } from '../../delivery/listing.ts';
import { isInScope } from '../../people/scope.ts';
import { previewSends } from '../../schedule/preview.ts';
import type { Html } from '../layout.ts';
import { card, nothing, pill, type Row, rows } from './draw.ts';
import type { Desk } from './parts.ts';
import { nameOf, readWaiting, statePill, waitingRows } from './waiting.ts';

export interface Today {
  readonly waiting: number;
  readonly cards: Html;
}

/** The two cards on top of the home page. */
export async function readToday(desk: Desk): Promise<Today> {
  const waiting = await readWaiting(desk);
  const today = await todayRows(desk);
  const cards = html`${card(
    '等我处理',
    waiting.count === 0
      ? nothing('都办完了。有人申请认证、有课要审、有没发成的，会出现在这里。')
      : rows(await waitingRows(desk, waiting)),
    { ...(waiting.count > 0 ? { note: `${waiting.count} 件` } : {}), id: 'waiting' },
  )}
  ${card(
    '今天要发',
    today.length === 0
      ? nothing('今天没有要发的课。', html`<a class="button" href="/week">去排课</a>`)
      : rows(today),
    { link: html`<a href="/week">课表</a>`, id: 'today' },
  )}`;
  return { waiting: waiting.count, cards };
}

interface Sending {
  readonly at: number;
  readonly name: string;
  readonly topics: string[];
  readonly state: Html;
  readonly isAhead: boolean;
  readonly path: string;
}

async function todayRows(desk: Desk): Promise<Row[]> {
  const { db, actor, now, zone, config, site } = desk;
  const day = localDay(now, zone);
  const end = startOfDay(addDays(day, 1), zone);
  const sent = await listDeliveries(db, actor, {
    kinds: ['lesson', 'digest', 'notice', 'brief', 'bulletin', 'weekly'],
    from: startOfDay(day, zone),
    to: end,
    limit: 200,
  });
  const all: Sending[] = [];
  const put = (one: Omit<Sending, 'topics'>, key: string, topic: string) => {
    const same = all.find(({ path, name }) => `${path} ${name}` === key);
    if (same) same.topics.push(topic);
    else all.push({ ...one, topics: [topic] });
  };
  for (const delivery of sent) {
    const isAhead = delivery.state === 'planned' && delivery.planned_at > now;
    const name = nameOf(delivery);
    const path = `/deliveries?day=${day}&state=${delivery.state}&at=${delivery.planned_at}`;
    const shown = { at: delivery.planned_at, name, state: statePill(delivery), isAhead, path };
    put(shown, `${path} ${name}`, delivery.topic);
  }
  const ahead = await previewSends(db, config, site.catalogue().lessons, now, end - 1);
  for (const { group, nominalAt, kind, title, schedule } of ahead) {
    if (!isInScope(actor, group.unit_id)) continue;
    const name = nameOfSend(kind, title);
    const path = `/week/s/${schedule.no}?at=${nominalAt}`;
    const shown = { at: nominalAt, name, state: pill('plain', '待发'), isAhead: true, path };
    put(shown, `${path} ${name}`, group.topic);
  }
  return all
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, name, topics, state, isAhead, path }) => ({
      lead: localTime(at, zone),
      what: name,
      note: html`${sayTopics(topics)}${
        isAhead && at > now ? html` · <time data-until="${at}">还有 ${saySpan(at - now)}</time>` : ''
      }`,
      end: state,
      href: path.replace(/&at=\d+$/, ''),
    }));
}

/** A lesson by its title in brackets; a digest or a brief is called what it is. */
export const nameOfSend = (kind: ScheduleKind, title: string): string =>
  kind === 'lesson' || kind === 'course' ? `《${title}》` : title;

export const sayTopics = (topics: readonly string[], most = 3): string =>
  topics.length > most ? `${topics[0]} 等 ${topics.length} 个群` : topics.join('、');
