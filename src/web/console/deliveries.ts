/** 投递: the ledger with its filters, and of one delivery everything that is known. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { listNamedGroups } from '../../chat/commands/plan.ts';
import { LOOKED_AT } from '../../chat/commands/deliveries.ts';
import { KINDS, STATE_WORDS } from '../../digest/ledger-words.ts';
import { addDays, localTime, sayWhen, startOfDay } from '../../clock.ts';
import { listAudit } from '../../db/audit.ts';
import type { DeliveryState } from '../../db/tables.ts';
import { listAttempts } from '../../delivery/attempts.ts';
import { type DeliveryQuery, getListedDelivery, listDeliveries } from '../../delivery/listing.ts';
import { findDelivery, listParts, type Part } from '../../delivery/ledger.ts';
import { STATES } from '../../delivery/states.ts';
import { DECIDABLE, DECISIONS } from '../../delivery/resolve.ts';
import { isCorrectable, listCorrections } from '../../schedule/corrections.ts';
import { address, card, field, nothing, pill, rows, select, table, tabs } from './draw.ts';
import { drawPicture } from './correction.ts';
import { accountName, namesBehind } from './names.ts';
import { type ConsoleSite, type Desk, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';
import { decisions, nameOf, statePill } from './waiting.ts';
import { readDay } from './week.ts';

const PAGE = 50;

interface Filter {
  readonly state: string;
  readonly group: string;
  readonly day: string;
  readonly before: string;
}

export function deliveryRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/deliveries', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const filter: Filter = {
      state: c.req.query('state') ?? '',
      group: c.req.query('group') ?? '',
      day: readDay(c.req.query('day'), ''),
      before: c.req.query('before') ?? '',
    };
    const { groups } = await listNamedGroups(db, actor);
    const found = await listDeliveries(db, actor, queryOf(filter, groups, desk));
    const shown = found.slice(0, PAGE);
    const next = found.length > PAGE ? shown.at(-1)?.no : undefined;
    const here = address('/deliveries', { ...filter });
    return shellPage(c, site, {
      title: '投递',
      wide: true,
      body: html`${tabs('只看', [
          {
            href: address('/deliveries', { ...filter, state: '', before: '' }),
            name: '全部',
            on: filter.state === '',
          },
          {
            href: address('/deliveries', { ...filter, state: 'look', before: '' }),
            name: '要看一下',
            on: filter.state === 'look',
          },
          {
            href: address('/deliveries', { ...filter, state: 'sent', before: '' }),
            name: '到群了',
            on: filter.state === 'sent',
          },
          {
            href: address('/deliveries', { ...filter, state: 'planned', before: '' }),
            name: '等着发',
            on: filter.state === 'planned',
          },
        ])}
        <details class="card" ${filter.group + filter.day !== '' ? 'open' : ''}>
          <summary>按群、按日子找</summary>
          <form class="filters" method="get" action="/deliveries">
            ${field(
              '状态',
              select(
                'state',
                [
                  { value: '', name: '全部' },
                  { value: 'look', name: '要看一下' },
                  ...STATES.map((state) => ({ value: state, name: STATE_WORDS[state] })),
                ],
                filter.state,
              ),
            )}
            ${field(
              '群',
              select(
                'group',
                [
                  { value: '', name: '所有群' },
                  ...groups.map(({ key, topic }) => ({ value: key, name: topic || key })),
                ],
                filter.group,
              ),
            )}
            ${field('哪一天', html`<input type="date" name="day" value="${filter.day}" />`)}
            <button class="button small">找</button>
          </form>
        </details>
        <div class="card">
          ${
            shown.length === 0
              ? nothing(
                  filter.state === 'look' ? '都好，没有要看的投递。' : '没有这样的投递。',
                  html`<a class="button" href="/week">去排课</a>`,
                )
              : table(
                  '投递',
                  [
                    {
                      title: '内容',
                      cell: (row) =>
                        html`<a href="/deliveries/${row.no}">${nameOf(row)}<small>${row.no} 号</small></a>`,
                    },
                    { title: '群', cell: ({ topic }) => topic },
                    { title: '时间', cell: (row) => sayWhen(row.planned_at, now, zone) },
                    {
                      title: '状态',
                      cell: (row) =>
                        html`<span
                          >${statePill(row)}${row.reason ? html`<small>${row.reason}</small>` : ''}</span
                        >`,
                    },
                    {
                      title: '怎么办',
                      cell: (row) => (LOOKED_AT.includes(row.state) ? decisions(row, here) : ''),
                    },
                  ],
                  shown,
                )
          }
          ${next === undefined ? '' : html`<a class="more-of" href="${address('/deliveries', { ...filter, before: next })}">更早的</a>`}
        </div>`,
    });
  });

  app.get('/deliveries/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const delivery = await getListedDelivery(db, actor, readNo(c.req.param('no')));
    const parts = await listParts(db, delivery.id);
    const attempts = await listAttempts(db, delivery.id);
    const whole = await findDelivery(db, delivery.id);
    const corrections = whole ? await listCorrections(db, whole) : [];
    const decided = await listAudit(db, delivery.id);
    const names = await namesBehind(
      db,
      decided.map(({ who }) => who),
    );
    const at = (instant: number | null) => (instant === null ? '' : sayWhen(instant, now, zone));
    const canDecide = DECISIONS.some((as) => DECIDABLE[as].includes(delivery.state));
    return shellPage(c, site, {
      title: `${delivery.no} 号 ${nameOf(delivery)}`,
      back: { path: '/deliveries', name: '投递' },
      body: html`${card(
        delivery.topic,
        html`<dl class="facts">
            <dt>状态</dt>
            <dd>${statePill(delivery)} ${delivery.reason ?? ''}</dd>
            <dt>种类</dt>
            <dd>${KINDS[delivery.kind]}${delivery.ordinal === null ? '' : `，第 ${delivery.ordinal} 次`}</dd>
            <dt>该发</dt>
            <dd>${at(delivery.planned_at)}</dd>
            ${
              delivery.sent_at === null
                ? ''
                : html`<dt>发出</dt>
                    <dd>${at(delivery.sent_at)}</dd>`
            }
            ${
              delivery.held_until === null
                ? ''
                : html`<dt>作废</dt>
                    <dd>${at(delivery.held_until)} 还没放行就不发了</dd>`
            }
            ${
              corrections.length === 0
                ? ''
                : html`<dt>更正</dt>
                    <dd>
                      ${corrections.map((one) => html`<a href="/deliveries/${one.no}">${one.no} 号</a> ${STATE_WORDS[one.state]} `)}
                    </dd>`
            }
            <dt>账号</dt>
            <dd>${accountName(delivery.account)}</dd>
          </dl>
          ${
            whole && isCorrectable(whole)
              ? html`<p>发出去以后数字变了（补登、改判、调动），可以再发一条写明「更正」的。</p>
                  <a class="button small quiet" href="/deliveries/${delivery.no}/correct">更正</a>`
              : ''
          }
          ${
            canDecide
              ? html`<p>${ADVICE[delivery.state] ?? ''}</p>
                  ${decisions(delivery)}`
              : ''
          }`,
      )}
      ${card('说了什么', parts.length === 0 ? nothing('还没有写好，到时候再写。') : html`<div class="chat">${parts.map((part) => drawPart(part, at))}</div>`)}
      ${card(
        '凭据',
        attempts.length === 0
          ? nothing('还没有试过。')
          : rows(
              attempts.map((one) => ({
                lead: `第 ${one.attempt} 次`,
                what: `${at(one.began_at)}:${String(new Date(one.began_at).getUTCSeconds()).padStart(2, '0')} 开始`,
                note: [
                  one.ended_at === null
                    ? '还没有结果'
                    : `${localTime(one.ended_at, zone)} ${STATE_WORDS[one.outcome as DeliveryState] ?? one.outcome ?? ''}`,
                  one.reason ?? '',
                  `正文指纹 ${one.body_hash.slice(0, 12)}`,
                ]
                  .filter(Boolean)
                  .join(' · '),
              })),
            ),
      )}
      ${
        decided.length === 0
          ? ''
          : card(
              '谁定的',
              rows(
                decided.map(({ at: when, who, what }) => ({
                  what: `${names.get(who) ?? who} ${DECIDED[what] ?? what}`,
                  note: at(when),
                })),
              ),
            )
      }`,
    });
  });
}

const DECIDED: Readonly<Record<string, string>> = {
  'delivery.sent': '说到群了',
  'delivery.resend': '要再发一次',
  'delivery.drop': '说不发了',
  'digest.correct': '要发这条更正',
};

const ADVICE: Readonly<Partial<Record<DeliveryState, string>>> = {
  unknown: '发到一半断了线，不知道到了没有。到群里看一眼：在，就按「到了」；不在，就按「补发」。',
  failed: '没有发成，群里没有。修好了就按「补发」。',
  held: '停机时错过的，先扣着。还有用就「放行」，过时了就「不发」。',
};

function queryOf(
  { state, group, day, before }: Filter,
  groups: readonly { readonly id: string; readonly key: string }[],
  { zone }: Desk,
): DeliveryQuery {
  const known = STATES.find((one) => one === state);
  const groupId = group === '' ? undefined : (groups.find(({ key }) => key === group)?.id ?? '');
  return {
    limit: PAGE + 1,
    ...(state === 'look' ? { states: LOOKED_AT } : known ? { states: [known] } : {}),
    ...(groupId === undefined ? {} : { groupId }),
    ...(day === '' ? {} : { from: startOfDay(day, zone), to: startOfDay(addDays(day, 1), zone) }),
    ...(readNo(before) > 0 ? { before: readNo(before) } : {}),
  };
}

const PARTS: Readonly<Record<Part['state'], { tone: 'good' | 'warn' | 'bad' | 'plain'; words: string }>> = {
  planned: { tone: 'plain', words: '还没说' },
  sending: { tone: 'warn', words: '正在说' },
  'awaiting-echo': { tone: 'warn', words: '等着看到它' },
  sent: { tone: 'good', words: '到了' },
  unknown: { tone: 'bad', words: '不确定' },
};

function drawPart(
  { kind, body, alt, state, sent_at: sentAt, message_id: id }: Part,
  at: (instant: number | null) => string,
) {
  const { tone, words } = PARTS[state];
  return html`${kind === 'text' ? html`<div class="bubble">${body}</div>` : drawPicture(body, alt)}
    <p class="note-line">${pill(tone, words)} ${at(sentAt)} ${id === null ? '' : html`消息编号 ${id}`}</p>`;
}
