/** Who says who they are, and which room or person is which after a login: each with its reasons. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import { listCertifications } from '../../people/certify.ts';
import { listMatches } from '../../people/matching.ts';
import { notFound, scopedMembers } from '../../people/scope.ts';
import { card, confirmed, hidden, nothing, press, rows } from './draw.ts';
import { namesBehind } from './names.ts';
import { type ConsoleSite, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';
import { certificationRow, matchRow } from './waiting.ts';

const MOST_CHOICES = 20;
const MOST_DONE = 30;
/** On a page; the next come up when these are settled, or by their name. */
const MOST_WAITING = 60;

const rest = (count: number, unit: string) =>
  count > 0 ? html`<p class="note">还有 ${count} ${unit}，办完这些就出来。</p>` : '';

export function certificationRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/certifications', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const all = await listCertifications(db, actor);
    const query = (c.req.query('q') ?? '').trim().slice(0, 40);
    const waiting = all.filter(
      ({ claimed_name: name, nickname }) => query === '' || `${name}\n${nickname}`.includes(query),
    );
    const done = await scopedMembers(db, actor)
      .where('member.certified_at', 'is not', null)
      .orderBy('member.certified_at', 'desc')
      .limit(MOST_DONE)
      .execute();
    const units = await namesBehind(
      db,
      done.map(({ unit_id: id }) => id ?? ''),
    );
    return shellPage(c, site, {
      title: '认证',
      back: { path: '/groups', name: '群与成员' },
      body: html`${
        all.length > MOST_WAITING
          ? html`<form class="search" method="get" action="/certifications" role="search">
              <input type="search" name="q" value="${query}" aria-label="找人" placeholder="姓名" /><button
                class="button"
              >
                找
              </button>
            </form>`
          : ''
      }
      ${card(
        '等着认证',
        query !== '' && waiting.length === 0
          ? nothing('没有这样的人等着。', html`<a class="button" href="/certifications">看所有的</a>`)
          : waiting.length === 0
            ? nothing(
                '没有人等着。请成员加小课为好友，私聊发：认证 姓名 认证码。',
                html`<a class="button" href="/members">去名册发认证码</a>`,
              )
            : html`${rows(waiting.slice(0, MOST_WAITING).map(certificationRow))}${rest(waiting.length - MOST_WAITING, '人')}`,
        all.length > 0 ? { note: `${waiting.length} 人` } : {},
      )}
      ${
        done.length === 0
          ? ''
          : card(
              '最近认证的',
              rows(
                done.map((member) => ({
                  what: member.name,
                  note: `${units.get(member.unit_id ?? '') ?? ''} · ${sayWhen(member.certified_at ?? 0, now, zone)}`,
                  end: confirmed(
                    '撤回',
                    `${member.name} 要再认证一次才能用。以前学的不丢。`,
                    press('/certifications/revoke', '撤回', { fields: { member: member.id }, tone: 'bad' }),
                  ),
                })),
              ),
            )
      }`,
    });
  });

  // Several of that name, or none: the one who decides says who it is.
  app.get('/certifications/:no{\\d+}', async (c) => {
    const { db, actor } = deskOf(site, c);
    const no = readNo(c.req.param('no'));
    const row = (await listCertifications(db, actor)).find((one) => one.no === no);
    if (!row) throw notFound('certification', no);
    const named = (
      await scopedMembers(db, actor)
        .where('member.left_at', 'is', null)
        .where('member.name', '=', row.claimed_name)
        .limit(MOST_CHOICES)
        .execute()
    ).filter(({ status }) => status !== 'guest');
    const units = await namesBehind(
      db,
      named.map(({ unit_id: id }) => id ?? ''),
    );
    return shellPage(c, site, {
      title: `${row.claimed_name} 是谁`,
      back: { path: '/certifications', name: '认证' },
      body: html`${card(
          `群里叫 ${row.nickname}`,
          named.length === 0
            ? nothing(
                `名册里没有「${row.claimed_name}」。先加进名册，再来同意。`,
                html`<a class="button" href="/members">去名册</a>`,
              )
            : rows(
                named.map((member) => ({
                  what: member.name,
                  note: [
                    units.get(member.unit_id ?? '') ?? '',
                    member.number ?? '',
                    member.certified_at === null ? '' : '已经有人认证为此人',
                  ]
                    .filter(Boolean)
                    .join(' · '),
                  end: press('/certifications/approve', '就是此人', {
                    fields: { no: String(no), as: member.id, back: '/certifications' },
                  }),
                })),
              ),
        )}
        <div class="card">
          ${confirmed(
            '都不是，拒绝',
            '对方会收到通知，可以再申请。',
            html`<form method="post" action="/certifications/reject">
              ${hidden({ no: String(no), back: '/certifications' })}<button class="button small bad">
                拒绝
              </button>
            </form>`,
          )}
        </div>`,
    });
  });

  app.get('/matches', async (c) => {
    const { db, actor } = deskOf(site, c);
    const waiting = await listMatches(db, actor);
    return shellPage(c, site, {
      title: '重新认群认人',
      back: { path: '/groups', name: '群与成员' },
      body: card(
        '没把握的',
        waiting.length === 0
          ? nothing('都认出来了。账号重新登录以后，没有把握的群和人会在这里，写明为什么像。')
          : html`${rows(waiting.slice(0, MOST_WAITING).map(matchRow))}${rest(waiting.length - MOST_WAITING, '条')}`,
        waiting.length > 0 ? { note: `${waiting.length} 条` } : {},
      ),
    });
  });
}
