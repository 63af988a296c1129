/** 名册: who is in which branch, certified or not; a code to hand out; a table taken in after it was looked at. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { localDay, sayWhen } from '../../clock.ts';
import { appendAudit } from '../../db/audit.ts';
import { UserError } from '../../errors.ts';
import { issueCodes, liveCodeOf, takeBackCode } from '../../people/codes.ts';
import { STATUS_NAMES } from '../../people/members.ts';
import { exportRoster, importRoster, planImport, type PlannedImport } from '../../people/roster-import.ts';
import { COLUMNS } from '../../people/roster.ts';
import { listRoles, ROLE_NAMES } from '../../people/roles.ts';
import { getScopedMember, isInScope, scopedMembers } from '../../people/scope.ts';
import { dropUpload, getUpload, keepUpload } from '../../people/uploads.ts';
import { readSheets } from '../../sheets/read.ts';
import { writeWorkbook } from '../../sheets/write.ts';
import { attachment } from '../download.ts';
import { wordsOf } from '../words.ts';
import { acts } from './acting.ts';
import { address, card, confirmed, field, hidden, nothing, pill, press, rows, select } from './draw.ts';
import { say } from './flash.ts';
import { units } from './groups.ts';
import { addForm, changeForm, memberFormRoutes } from './member-form.ts';
import { namesBehind } from './names.ts';
import { type ConsoleSite, type Desk, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';

const PAGE = 50;
const MOST_SHOWN = 100;

export function memberRoutes(app: Hono, site: ConsoleSite): void {
  memberFormRoutes(app, site);

  app.get('/members', async (c) => {
    const { db, actor } = deskOf(site, c);
    const query = (c.req.query('q') ?? '').trim().slice(0, 40);
    const unit = c.req.query('unit') ?? '';
    const from = readNo(c.req.query('from'));
    let found = scopedMembers(db, actor)
      .where('member.left_at', 'is', null)
      .where('member.status', '!=', 'guest')
      .where('member.erased_at', 'is', null)
      .orderBy('member.name')
      .orderBy('member.id');
    const pattern = `%${query.replaceAll(/[%_\\]/g, '')}%`;
    if (query !== '')
      found = found.where((eb) =>
        eb.or([eb('member.name', 'like', pattern), eb('member.number', '=', query)]),
      );
    if (unit !== '') found = found.where('member.unit_id', '=', unit);
    const { count } = await found
      .clearSelect()
      .clearOrderBy()
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    const members = await found.offset(from).limit(PAGE).execute();
    const names = await namesBehind(
      db,
      members.map(({ unit_id: id }) => id ?? ''),
    );
    const roles = new Map(
      (await listRoles(db, actor)).map(({ member_id: id, role }) => [id, ROLE_NAMES[role]]),
    );
    const total = Number(count);
    return shellPage(c, site, {
      title: '名册',
      note: `${total} 人`,
      back: { path: '/groups', name: '群与成员' },
      action: html`<a class="button small" href="/members/import">导入名册</a>`,
      body: html`<form class="card filters" method="get" action="/members">
          ${field('姓名或编号', html`<input type="search" name="q" value="${query}" />`)}
          ${field('党组织', select('unit', [{ value: '', name: '所有' }, ...(await units(db, actor)).filter(({ value }) => value !== '')], unit))}
          <button class="button small">找</button>
        </form>
        <div class="card">
          ${
            members.length === 0
              ? nothing(
                  query === '' && unit === ''
                    ? '名册还是空的。把 Excel 名册导进来，先看一遍再收。'
                    : '没有这样的人。少打一个字，或者换一个党组织找。',
                  query === '' && unit === ''
                    ? html`<a class="button" href="/members/import">导入名册</a>`
                    : html`<a class="button" href="/members">看全部</a>`,
                )
              : rows(
                  members.map((member) => ({
                    what: member.name,
                    note: [
                      names.get(member.unit_id ?? '') ?? '',
                      STATUS_NAMES[member.status],
                      roles.get(member.id) ?? '',
                      member.number ?? '',
                    ]
                      .filter(Boolean)
                      .join(' · '),
                    href: `/members/${member.id}`,
                    end: member.certified_at === null ? pill('plain', '没认证') : pill('good', '已认证'),
                  })),
                )
          }
          ${from + PAGE < total ? html`<a class="more-of" href="${address('/members', { q: query, unit, from: from + PAGE })}">后面的 ${total - from - PAGE} 人</a>` : ''}
          <p class="note"><a href="/members/roster.xlsx">把名册存成 Excel</a></p>
        </div>
        ${addForm((await units(db, actor)).filter(({ value }) => value !== ''))}`,
    });
  });

  app.get('/members/roster.xlsx', async (c) => {
    const { db, actor, now } = deskOf(site, c);
    const all = await exportRoster(db, actor.units, actor);
    await appendAudit(db, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'roster.export',
      subject: '',
      after: { members: all.length },
    });
    const cells = all.map((row) => COLUMNS.map((column) => row[column]));
    const columns = COLUMNS.map((title) => ({ title, width: title === '党支部' ? 28 : 14 }));
    const book = await writeWorkbook([{ name: '名册', columns, rows: cells }]);
    return c.body(new Uint8Array(book), 200, {
      'Content-Type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'Content-Disposition': attachment('roster.xlsx', '名册.xlsx'),
      'Cache-Control': 'private, no-store',
    });
  });

  app.get('/members/import', (c) => importPage(c, site));
  app.post('/members/import', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    try {
      const { file, partial } = await c.req.parseBody();
      if (!(file instanceof File) || file.size === 0) throw new UserError('没有选文件。');
      const bytes = new Uint8Array(await file.arrayBuffer());
      const sheets = await readSheets(bytes, { name: '名册' });
      const options = {
        partial: partial === '1',
        makeUnits: actor.units === 'all',
        day: localDay(now, zone),
      };
      const planned = await planImport(db, sheets, options, actor);
      const upload = {
        kind: 'roster',
        name: file.name,
        bytes,
        options: { partial: options.partial },
      } as const;
      const key = await keepUpload(db, upload, actor.who, now);
      return shellPage(c, site, {
        title: '先看一遍',
        note: file.name.slice(0, 60),
        back: { path: '/members/import', name: '换一个文件' },
        body: drawPlan(planned, key),
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      say(c, site, { text: wordsOf(error), kind: 'bad' });
      return c.redirect('/members/import', 303);
    }
  });
  app.post(
    '/members/import/take',
    acts(site, '/members/import', async (desk, form) => await take(desk, form.get('key'))),
  );

  app.get('/members/:id', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const member = await getScopedMember(db, actor, c.req.param('id'));
    const names = await namesBehind(db, [member.unit_id ?? '']);
    const isTheirs = member.left_at === null && member.status !== 'guest' && isInScope(actor, member.unit_id);
    const roles = (await listRoles(db, actor)).filter((one) => one.member_id === member.id);
    return shellPage(c, site, {
      title: member.name,
      back: { path: '/members', name: '名册' },
      body: html`${card(
        STATUS_NAMES[member.status],
        html`<dl class="facts">
            <dt>党组织</dt>
            <dd>${names.get(member.unit_id ?? '') ?? '没有'}</dd>
            <dt>编号</dt>
            <dd>${member.number ?? '没有'}</dd>
            <dt>角色</dt>
            <dd>
              ${roles.length === 0 ? '成员' : roles.map(({ role, unit }) => `${ROLE_NAMES[role]}${unit === null ? '' : `（${unit}）`}`).join('、')}
            </dd>
            <dt>认证</dt>
            <dd>${member.certified_at === null ? '还没有' : sayWhen(member.certified_at, now, zone)}</dd>
            ${
              member.left_at === null
                ? ''
                : html`<dt>离开</dt>
                    <dd>${sayWhen(member.left_at, now, zone)}</dd>`
            }
          </dl>
          ${
            !isTheirs
              ? ''
              : html`<div class="buttons">
                  ${confirmed(
                    member.certified_at === null ? '要一个认证码' : '换个账号，再要一个认证码',
                    '以前发出去的码马上作废。新码只显示一次，交给本人。',
                    press('/members/code', '要一个', { fields: { member: member.id } }),
                  )}
                  ${
                    member.certified_at === null
                      ? ''
                      : confirmed(
                          '撤回认证',
                          `${member.name} 要再认证一次才能用。以前学的不丢。`,
                          press('/certifications/revoke', '撤回', {
                            fields: { member: member.id, back: `/members/${member.id}` },
                            tone: 'bad',
                          }),
                        )
                  }
                </div>`
          }`,
      )}
      ${
        isTheirs
          ? changeForm(
              (await units(db, actor)).filter(({ value }) => value !== ''),
              member,
            )
          : ''
      }`,
    });
  });
  app.post(
    '/members/code',
    acts(site, '/members', async ({ db, actor, now }, form) => {
      const member = await getScopedMember(db, actor, form.get('member'));
      const [code] = await issueCodes(db, { memberId: member.id }, actor, now);
      if (!code) throw new UserError('这个人现在不能发认证码。');
      const live = await liveCodeOf(db, member.id);
      return {
        text: `请 ${code.name} 加小课为好友，私聊发：认证 ${code.name} ${code.code}（只显示这一次）`,
        to: `/members/${member.id}`,
        ...(live
          ? {
              undo: {
                path: '/members/code/undo',
                fields: { member: member.id, code: live.id },
                label: '收回这个码',
              },
            }
          : {}),
      };
    }),
  );
  app.post(
    '/members/code/undo',
    acts(site, '/members', async ({ db, actor, now }, form) => {
      const member = await getScopedMember(db, actor, form.get('member'));
      const taken = { memberId: member.id, codeId: form.get('code') };
      const isBack = await takeBackCode(db, taken, actor, now);
      return {
        text: `刚才的码收回了，用不了了。${isBack ? '以前发出去的那个又能用了。' : ''}`,
        to: `/members/${member.id}`,
      };
    }),
  );
}

const importPage = (c: Context, site: ConsoleSite) =>
  shellPage(c, site, {
    title: '导入名册',
    back: { path: '/members', name: '名册' },
    body: card(
      '选一个表格',
      html`<p>Excel（.xlsx）或 CSV，第一行是：${COLUMNS.join('、')}。先给您看会改什么，点了才收。</p>
        <form method="post" action="/members/import" enctype="multipart/form-data">
          ${field('文件', html`<input type="file" name="file" accept=".xlsx,.csv" required />`, '最大 5 MB。不要有身份证号。')}
          <fieldset class="pick">
            <legend>文件里没有的人</legend>
            <label><input type="radio" name="partial" value="1" checked /><span>不动他们</span></label>
            <label><input type="radio" name="partial" value="0" /><span>当作离开了</span></label>
          </fieldset>
          <button class="button">先看一遍</button>
        </form>
        <p class="note"><a href="/members/roster.xlsx">拿现在的名册当模板</a></p>`,
    ),
  });

function drawPlan(
  { added, changed, left, unchanged, faults, units: made, ignored }: PlannedImport,
  key: string,
) {
  const canTake = faults.length === 0 && added.length + changed.length + left.length > 0;
  const list = (title: string, all: readonly { what: string; note: string }[]) =>
    all.length === 0
      ? ''
      : card(
          title,
          html`${rows(all.slice(0, MOST_SHOWN))}${all.length > MOST_SHOWN ? html`<p class="note">还有 ${all.length - MOST_SHOWN} 人</p>` : ''}`,
          {
            note: `${all.length} 人`,
          },
        );
  return html`${
      faults.length > 0
        ? html`<div class="alert bad">
            <p>有 ${faults.length} 处要改，整个文件先不收：</p>
            <ul class="faults">
              ${faults.slice(0, 50).map(({ sheet, row, column, message, cure }) => html`<li>${sheet} ${column}${row}：${message}。${cure}</li>`)}
            </ul>
          </div>`
        : ''
    }
    ${made.length > 0 ? html`<p class="alert">会新建党组织：${made.join('、')}</p>` : ''}
    ${ignored.length > 0 ? html`<p class="alert">这些列没有看：${ignored.slice(0, 10).join('、')}</p>` : ''}
    ${list(
      '新增',
      added.map(({ name, unit, number }) => ({
        what: name,
        note: [unit, number ?? ''].filter(Boolean).join(' · '),
      })),
    )}
    ${list(
      '改动',
      changed.map(({ member, changes }) => ({
        what: member.name,
        note: changes
          .map((change) =>
            typeof change === 'string' ? change : Object.values(change).map(String).join(' '),
          )
          .join('；'),
      })),
    )}
    ${list(
      '离开',
      left.map(({ member }) => ({ what: member.name, note: member.number ?? '' })),
    )}
    <div class="card">
      <p>没有变的 ${unchanged} 人。</p>
      ${
        canTake
          ? html`<form method="post" action="/members/import/take">
              ${hidden({ key })}<button class="button">就这样收下</button>
            </form>`
          : html`<p class="note">${faults.length > 0 ? '改好表格再来一次。' : '和名册一样，没有要收的。'}</p>`
      }
    </div>`;
}

async function take({ db, actor, now, zone }: Desk, key: string) {
  const { bytes, options: asked } = await getUpload(db, { id: key, kind: 'roster', owner: actor.who }, now);
  // As it was looked at.
  const partial = asked.partial === true;
  const options = { partial, makeUnits: actor.units === 'all', day: localDay(now, zone) };
  const done = await importRoster(db, await readSheets(bytes, { name: '名册' }), options, actor, now);
  await dropUpload(db, key);
  return {
    text: `收下了：新增 ${done.added.length} 人，改动 ${done.changed.length} 人，离开 ${done.left.length} 人。`,
    to: '/members',
  };
}
