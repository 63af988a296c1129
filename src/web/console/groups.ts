/** 群与成员: the groups, whose they are, how they do; switched on and off. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { DAY, localDay, sayWhen } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { listDeliveries } from '../../delivery/listing.ts';
import { listCertifications } from '../../people/certify.ts';
import { type Group, listSeatChanges, setGroupEnabled, standstillOf } from '../../people/groups.ts';
import { listMatches } from '../../people/matching.ts';
import { readTree } from '../../people/places.ts';
import { type Actor, getScopedGroup, isInScope, notFound, scopedGroups } from '../../people/scope.ts';
import { walkTree } from '../../people/tree.ts';
import { assignGroup } from '../../people/units.ts';
import { acts } from './acting.ts';
import {
  address,
  card,
  confirmed,
  field,
  hidden,
  nothing,
  pill,
  press,
  rows,
  select,
  type Choice,
} from './draw.ts';
import { accountName, namesBehind } from './names.ts';
import { type ConsoleSite, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';
import { deliveryRow, nameOf } from './waiting.ts';

const MOST = 200;

/** How many sit in each group now, the bot left out; and when somebody last spoke there. */
async function readLife(db: Db, groups: readonly Group[]) {
  const ids = groups.map(({ id }) => id);
  if (ids.length === 0) return { seats: new Map<string, number>(), heard: new Map<string, number>() };
  const seats = await db
    .selectFrom('group_member')
    .select(({ fn }) => ['group_id', fn.countAll<number>().as('count')])
    .where('group_id', 'in', ids)
    .where('left_at', 'is', null)
    .groupBy('group_id')
    .execute();
  const heard = await db
    .selectFrom('message')
    .innerJoin('chat_group', (join) =>
      join
        .onRef('chat_group.account', '=', 'message.account')
        .onRef('chat_group.room_id', '=', 'message.room_id'),
    )
    .select(({ fn }) => ['chat_group.id', fn.max('sent_at').as('last')])
    .where('chat_group.id', 'in', ids)
    .groupBy('chat_group.id')
    .execute();
  return {
    seats: new Map(seats.map((row) => [row.group_id, Number(row.count)])),
    heard: new Map(heard.map((row) => [row.id, Number(row.last)])),
  };
}

const stateOf = ({ enabled, state }: Group) =>
  state !== 'ok' ? pill('bad', '没认出来') : enabled === 1 ? pill('good', '已启用') : pill('plain', '没启用');

export function groupRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/groups', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const groups = await scopedGroups(db, actor)
      .orderBy('enabled', 'desc')
      .orderBy('created_at')
      .limit(MOST)
      .execute();
    const { seats, heard } = await readLife(db, groups);
    const units = await namesBehind(
      db,
      groups.map(({ unit_id: id }) => id ?? ''),
    );
    const waiting = (await listCertifications(db, actor)).length;
    const matches = (await listMatches(db, actor)).length;
    return shellPage(c, site, {
      title: '群与成员',
      body: html`${card(
        '人',
        rows([
          { what: '名册', note: '谁在哪个支部，认证了没有', href: '/members' },
          {
            what: '认证',
            note: '谁说自己是谁，等书记点头',
            href: '/certifications',
            ...(waiting > 0 ? { end: pill('warn', `${waiting} 人等着`) } : {}),
          },
          {
            what: '重新认群认人',
            note: '账号重新登录后，没把握的在这里问',
            href: '/matches',
            ...(matches > 0 ? { end: pill('warn', `${matches} 条等着`) } : {}),
          },
        ]),
      )}
      ${card(
        '群',
        groups.length === 0
          ? nothing(
              '还没有群。在聊天软件里把小课拉进群，一分钟内就会出现在这里；看到了再启用。',
              html`<a class="button" href="/accounts">看账号在不在线</a>`,
            )
          : rows(
              groups.map((group) => ({
                what: group.topic || group.key,
                note: [
                  group.unit_id === null ? '还没归到党组织' : (units.get(group.unit_id) ?? ''),
                  `${seats.get(group.id) ?? 0} 人`,
                  heard.has(group.id)
                    ? `${sayWhen(heard.get(group.id) ?? 0, now, zone)} 有人说话`
                    : '还没听到过说话',
                ].join(' · '),
                href: `/groups/${group.key}`,
                end: stateOf(group),
              })),
            ),
        { note: `${groups.length} 个` },
      )}`,
    });
  });

  app.get('/groups/:key', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now, zone } = desk;
    const group = await getScopedGroup(db, actor, c.req.param('key'));
    const { seats, heard } = await readLife(db, [group]);
    const names = await namesBehind(db, [group.unit_id ?? '']);
    const stopped = await standstillOf(db, group);
    const changes = await listSeatChanges(db, group.id, now - 30 * DAY);
    const last = await listDeliveries(db, actor, { groupId: group.id, limit: 5 });
    const lastHeard = heard.get(group.id);
    return shellPage(c, site, {
      title: group.topic || group.key,
      back: { path: '/groups', name: '群与成员' },
      body: html`${stopped ? html`<p class="alert">${stopped.reason}。<a href="/matches">去认一认</a></p>` : ''}
      ${card(
        stateOf(group),
        html`<dl class="facts">
            <dt>党组织</dt>
            <dd>${group.unit_id === null ? '还没有归属' : (names.get(group.unit_id) ?? '')}</dd>
            <dt>人数</dt>
            <dd>${seats.get(group.id) ?? 0}</dd>
            <dt>最近说话</dt>
            <dd>${lastHeard === undefined ? '还没有' : sayWhen(lastHeard, now, zone)}</dd>
            <dt>账号</dt>
            <dd>${accountName(group.account)}</dd>
            <dt>代号</dt>
            <dd>${group.key}</dd>
          </dl>
          <div class="buttons">
            ${
              group.enabled === 1
                ? confirmed(
                    '停用',
                    '停用以后不再往这个群发课，群里说的话也不再看。随时可以再启用。',
                    press('/groups/enable', '停用', { fields: { key: group.key, on: '0' }, tone: 'bad' }),
                  )
                : press('/groups/enable', '启用', { fields: { key: group.key, on: '1' } })
            }
            <a class="button small quiet" href="${address('/settings', { place: `group:${group.key}` })}"
              >设置</a
            >
            <a class="button small quiet" href="${address('/messages', { group: group.key })}">消息记录</a>
          </div>`,
      )}
      ${card(
        '归哪个党组织',
        html`<form class="filters" method="post" action="/groups/unit">
          ${hidden({ key: group.key })}
          ${field('党组织', select('unit', await units(db, actor), group.unit_id ?? ''))}
          <button class="button small">改</button>
        </form>`,
      )}
      ${card(
        '最近发的',
        last.length === 0
          ? nothing(
              '这个群还没有发过。',
              html`<a class="button" href="/week/add?group=${group.key}">排一课</a>`,
            )
          : rows(
              last.map((one) => ({
                ...deliveryRow(one, desk),
                what: nameOf(one),
                href: `/deliveries/${one.no}`,
                end: '',
              })),
            ),
        { link: html`<a href="${address('/deliveries', { group: group.key })}">全部</a>` },
      )}
      ${
        changes.length === 0
          ? ''
          : card(
              '最近来去',
              rows(
                changes.slice(0, 20).map(({ name, change, at }) => ({
                  what: name,
                  note: sayWhen(at, now, zone),
                  end: pill(change === 'joined' ? 'good' : 'plain', change === 'joined' ? '进群' : '退群'),
                })),
              ),
            )
      }`,
    });
  });

  app.post(
    '/groups/enable',
    acts(site, '/groups', async ({ db, actor, now }, form) => {
      const group = await getScopedGroup(db, actor, form.get('key'));
      const enabled = form.get('on') === '1';
      await setGroupEnabled(db, group.key, enabled, actor, now);
      return {
        text: enabled ? `「${group.topic}」启用了，可以排课了。` : `「${group.topic}」停用了，不再发课。`,
        to: `/groups/${group.key}`,
        undo: {
          path: '/groups/enable',
          fields: { key: group.key, on: enabled ? '0' : '1' },
          label: enabled ? '还是停用' : '再启用',
        },
      };
    }),
  );
  app.post(
    '/groups/unit',
    acts(site, '/groups', async ({ db, actor, now, zone }, form) => {
      const group = await getScopedGroup(db, actor, form.get('key'));
      const unitId = form.get('unit') === '' ? null : form.get('unit');
      const tree = await readTree(db);
      if (!isInScope(actor, unitId) || (unitId !== null && !tree.nodes.has(unitId)))
        throw notFound('unit', form.get('unit'));
      await assignGroup(db, group, unitId, localDay(now, zone), actor, now);
      const name = unitId === null ? '' : (tree.nodes.get(unitId)?.name ?? '');
      return {
        text: name === '' ? '不归任何党组织了。' : `归到 ${name} 了。`,
        to: `/groups/${group.key}`,
        undo: {
          path: '/groups/unit',
          fields: { key: group.key, unit: group.unit_id ?? '' },
          label: '改回去',
        },
      };
    }),
  );
}

/** Those that an actor may give a group to. */
export async function units(db: Db, actor: Actor): Promise<Choice[]> {
  const own = walkTree(await readTree(db))
    .filter(({ node }) => isInScope(actor, node.id))
    .map(({ node, depth }) => ({ value: node.id, name: `${'　'.repeat(depth)}${node.name}` }));
  return actor.units === 'all' ? [{ value: '', name: '（没有）' }, ...own] : own;
}
