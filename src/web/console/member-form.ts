/** One person on the roster: added, corrected, moved within the scope, or gone. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { localDay } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { UserError } from '../../errors.ts';
import {
  addMember,
  changeMember,
  leaveRoster,
  type Member,
  type RosterStatus,
  STATUS_NAMES,
} from '../../people/members.ts';
import { readTree } from '../../people/places.ts';
import { type Actor, getScopedMember, isInScope, notFound } from '../../people/scope.ts';
import { pathIn } from '../../people/tree.ts';
import { lastRosterChange, undoRosterChange } from '../../people/undo-roster.ts';
import type { Html } from '../layout.ts';
import { acts } from './acting.ts';
import type { Undo } from './flash.ts';
import { card, confirmed, field, hidden, select, type Choice } from './draw.ts';
import type { ConsoleSite, Form } from './parts.ts';

const STATUSES = (Object.keys(STATUS_NAMES) as (keyof typeof STATUS_NAMES)[]).filter(
  (status): status is RosterStatus => status !== 'guest',
);
const CHOICES: readonly Choice[] = STATUSES.map((value) => ({ value, name: STATUS_NAMES[value] }));
/** What can be wrong with a number is the same for whoever types it. */
const NUMBER_HINT = '县里自己编的号，可以不填。不要填身份证号。';

export function memberFormRoutes(app: Hono, site: ConsoleSite): void {
  app.post(
    '/members/add',
    acts(site, '/members', async ({ db, actor, now, zone }, form) => {
      const given = await readGiven(db, actor, form);
      const tree = await readTree(db);
      const added = await addMember(
        db,
        {
          name: given.name,
          unit: pathIn(tree, given.unitId),
          status: given.status,
          day: localDay(now, zone),
          ...(given.number === null ? {} : { number: given.number }),
        },
        actor,
        now,
      );
      return {
        text: `${added.name} 加进名册了。要用小课，请发给本人一个认证码。`,
        to: `/members/${added.id}`,
        ...(await undoOf(db, added, '不加了')),
      };
    }),
  );
  app.post(
    '/members/change',
    acts(site, '/members', async ({ db, actor, now, zone }, form) => {
      const member = await getOnRoster(db, actor, form.get('member'));
      const { name, number, unitId, status } = await readGiven(db, actor, form);
      const change = { name, number, unitId, status };
      const isNew = await changeMember(db, member, change, localDay(now, zone), actor, now);
      return {
        text: isNew ? `${name} 改好了，从今天起算。` : '没有要改的。',
        to: `/members/${member.id}`,
        ...(isNew ? await undoOf(db, member, '改回去') : {}),
      };
    }),
  );
  app.post(
    '/members/leave',
    acts(site, '/members', async ({ db, actor, now, zone }, form) => {
      const member = await getOnRoster(db, actor, form.get('member'));
      const reason = form.get('reason') === 'transferred' ? 'transferred' : 'left';
      await leaveRoster(db, member.id, reason, localDay(now, zone), actor, now);
      return {
        text: `${member.name} 不在名册上了，以前学的都留着。`,
        to: '/members',
        ...(await undoOf(db, member, '请回来')),
      };
    }),
  );
  app.post(
    '/members/undo',
    acts(site, '/members', async ({ db, actor, now }, form) => {
      const member = await getTheirs(db, actor, form.get('member'));
      const personal = { name: form.get('name'), number: form.get('number') || null };
      const undone = await undoRosterChange(db, member, form.get('was'), personal, actor, now);
      if (undone.kind === 'removed') return { text: `${member.name} 没有加进名册。`, to: '/members' };
      const roles = undone.kind === 'returned' && undone.roles > 0 ? '原来的角色要另外给。' : '';
      return {
        text:
          undone.kind === 'changed' ? `${personal.name} 改回去了。` : `${member.name} 回到名册上了。${roles}`,
        to: `/members/${member.id}`,
      };
    }),
  );
}

/** `before`: what they were called until now, which the audit doesn't hold. */
async function undoOf(
  db: Db,
  before: Pick<Member, 'id' | 'name' | 'number'>,
  label: string,
): Promise<{ undo?: Undo }> {
  const last = await lastRosterChange(db, before.id);
  if (!last) return {};
  const fields = { member: before.id, was: last.id, name: before.name, number: before.number ?? '' };
  return { undo: { path: '/members/undo', fields, label } };
}

/** Those who are on the roster in the actor's units; a guest who only sits in a group of it isn't theirs to change. */
async function getOnRoster(db: Db, actor: Actor, named: string): Promise<Member> {
  const member = await getTheirs(db, actor, named);
  if (member.left_at !== null) throw notFound('member', named);
  return member;
}

/** Also those who have left it. */
async function getTheirs(db: Db, actor: Actor, named: string): Promise<Member> {
  const member = await getScopedMember(db, actor, named);
  if (member.status === 'guest' || !isInScope(actor, member.unit_id)) throw notFound('member', named);
  return member;
}

async function readGiven(db: Db, actor: Actor, form: Form) {
  const name = form.get('name').trim();
  const unitId = form.get('unit');
  const status = STATUSES.find((one) => one === form.get('status'));
  const tree = await readTree(db);
  if (!isInScope(actor, unitId) || !tree.nodes.has(unitId)) throw notFound('unit', unitId);
  if (name === '') throw new UserError('姓名没有填，没有改动。');
  if (!status) throw new UserError('状态没有选，没有改动。');
  return { name, unitId, status, number: form.get('number').trim() || null };
}

const fields = (units: readonly Choice[], member?: Member) =>
  html`<div class="filters">
    ${field('姓名', html`<input name="name" value="${member?.name ?? ''}" maxlength="40" required autocomplete="off" />`)}
    ${field('党组织', select('unit', units, member?.unit_id ?? ''))}
    ${field('状态', select('status', CHOICES, member?.status ?? 'full'))}
    ${field('编号', html`<input name="number" value="${member?.number ?? ''}" maxlength="40" autocomplete="off" />`, NUMBER_HINT)}
  </div>`;

export const addForm = (units: readonly Choice[]): Html =>
  html`<details class="card">
    <summary>加一个人</summary>
    <form method="post" action="/members/add">
      ${fields(units)}<button class="button small">加进名册</button>
    </form>
  </details>`;

export const changeForm = (units: readonly Choice[], member: Member): Html =>
  card(
    '改名册',
    html`<form method="post" action="/members/change">
        ${hidden({ member: member.id })} ${fields(units, member)}<button class="button small">保存</button>
      </form>
      <p class="note">换支部、转正，都从今天起算；以前的照旧。</p>
      ${confirmed(
        '离开名册',
        `${member.name} 以前学的都留着，以后不再统计。弄错了可以再导入回来。`,
        html`<form method="post" action="/members/leave">
          ${hidden({ member: member.id })}
          <fieldset class="pick">
            <legend>为什么</legend>
            <label><input type="radio" name="reason" value="transferred" checked /><span>转走了</span></label>
            <label><input type="radio" name="reason" value="left" /><span>离开了</span></label>
          </fieldset>
          <button class="button small bad">离开名册</button>
        </form>`,
      )}`,
  );
