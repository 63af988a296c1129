/**
 * Who may see and touch what: decided here and nowhere else, from the tree, and applied in the query. A
 * secretary sees and touches their unit and all below it, a department its units, the county and the terminal
 * all. What lies outside is answered exactly as if it weren't there.
 */
import { type Expression, type ExpressionBuilder, sql, type SqlBool } from '../db/sql.ts';

import type { Db } from '../db/open.ts';
import type { RoleName, Tables } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import type { Group } from './groups.ts';
import type { Member } from './members.ts';
import { readTree } from './places.ts';
import { findInTree, subtreeIn } from './tree.ts';
import { type By, getInTree, type Unit } from './units.ts';

/** From the least to the most. */
export const RANKS = ['member', 'secretary', 'department', 'county', 'operator'] as const;
export type Rank = (typeof RANKS)[number];

export interface Actor extends By {
  /** Null for the terminal. */
  readonly memberId: string | null;
  /** The highest of the roles held now. */
  readonly rank: Rank;
  readonly roles: readonly { readonly role: RoleName; readonly unitId: string | null }[];
  /** The units in scope, or all that there are and what belongs to none. */
  readonly units: 'all' | readonly string[];
}

/** Whoever sits at the terminal runs the place. */
export const TERMINAL: Actor = {
  memberId: null,
  rank: 'operator',
  roles: [],
  units: 'all',
  who: 'cli',
  via: 'cli',
};

/** A member who holds no role, such as one who isn't certified yet. */
export const plainActor = (memberId: string, via: string): Actor => ({
  memberId,
  rank: 'member',
  roles: [],
  units: [],
  who: memberId,
  via,
});

/**
 * What a member may do now, by the roles that they hold. The caller answers for who it is that speaks: in a
 * chat only a confirmed binding does (`readActorOf`).
 */
export async function readActor(db: Db, memberId: string, now: number, via = 'console'): Promise<Actor> {
  const roles = await db
    .selectFrom('role_grant')
    .innerJoin('member', 'member.id', 'role_grant.member_id')
    .select(['role', 'role_grant.unit_id as unitId'])
    .where('member_id', '=', memberId)
    .where('from_at', '<=', now)
    .where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', now)]))
    .where('member.left_at', 'is', null)
    .execute();
  if (roles.length === 0) return plainActor(memberId, via);
  const rank = RANKS.findLast((one) => roles.some(({ role }) => role === one)) ?? 'member';
  const isAll = roles.some(({ unitId }) => unitId === null);
  const tops = roles.flatMap(({ unitId }) => (unitId === null ? [] : [unitId]));
  const units = isAll ? 'all' : [...subtreeIn(await readTree(db), tops)];
  return { memberId, rank, roles, units, who: memberId, via };
}

/** The actor behind a chat contact: without a binding that a person vouched for, roles don't count. */
export async function readActorOf(
  db: Db,
  contact: { readonly account: string; readonly contactId: string; readonly memberId: string },
  now: number,
): Promise<Actor> {
  const bound = await db
    .selectFrom('identity')
    .select('confirmed')
    .where('account', '=', contact.account)
    .where('contact_id', '=', contact.contactId)
    .where('member_id', '=', contact.memberId)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return bound?.confirmed === 1
    ? await readActor(db, contact.memberId, now, 'chat')
    : plainActor(contact.memberId, 'chat');
}

/** Whether somebody has at least this rank anywhere. */
export const isAtLeast = (actor: Actor, rank: Rank): boolean =>
  RANKS.indexOf(actor.rank) >= RANKS.indexOf(rank);

export const isInScope = (actor: Actor, unitId: string | null): boolean =>
  actor.units === 'all' || (unitId !== null && actor.units.includes(unitId));

/** The condition on a column that holds a unit's id. */
export function unitInScope(actor: Actor, column: string): Expression<SqlBool> {
  if (actor.units === 'all') return sql<SqlBool>`1 = 1`;
  if (actor.units.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`${sql.ref(column)} in (${sql.join([...actor.units])})`;
}

/** The condition on `member`: their unit is in scope, or they are a guest who sits in a group of it. */
const memberInScope = (actor: Actor) => (eb: ExpressionBuilder<Tables, 'member'>) =>
  actor.units === 'all'
    ? sql<SqlBool>`1 = 1`
    : eb.or([
        eb.and([eb('member.status', '!=', 'guest'), unitInScope(actor, 'member.unit_id')]),
        eb.and([
          eb('member.status', '=', 'guest'),
          eb.exists(
            eb
              .selectFrom('identity as own')
              .innerJoin('group_member as seat', 'seat.contact_id', 'own.contact_id')
              .innerJoin('chat_group as home', (join) =>
                join.onRef('home.id', '=', 'seat.group_id').onRef('home.account', '=', 'own.account'),
              )
              .select('own.id')
              .whereRef('own.member_id', '=', 'member.id')
              .where('own.closed_at', 'is', null)
              .where(unitInScope(actor, 'home.unit_id')),
          ),
        ]),
      ]);

/** The units in scope, to be narrowed and executed by the caller. */
export const scopedUnits = (db: Db, actor: Actor) =>
  db.selectFrom('unit').selectAll('unit').where(unitInScope(actor, 'unit.id'));

/** The groups in scope. */
export const scopedGroups = (db: Db, actor: Actor) =>
  db.selectFrom('chat_group').selectAll('chat_group').where(unitInScope(actor, 'chat_group.unit_id'));

/** The members in scope, with those who have left and the guests of the scope's groups. */
export const scopedMembers = (db: Db, actor: Actor) =>
  db.selectFrom('member').selectAll('member').where(memberInScope(actor));

/** What isn't there, or isn't theirs to know of: the same words for both. */
export class NotFoundError extends UserError {
  override name = 'NotFoundError';
}

export type Thing =
  | 'unit'
  | 'group'
  | 'member'
  | 'certification'
  | 'match'
  | 'invitation'
  | 'delivery'
  | 'schedule'
  | 'review'
  | 'session'
  | 'token'
  | 'export'
  | 'message'
  | 'draft'
  | 'question'
  | 'news';

const NAMES: Readonly<Record<Thing, string>> = {
  unit: '党组织',
  group: '群',
  member: '人',
  certification: '认证申请',
  match: '待认的群或人',
  invitation: '入群邀请',
  delivery: '投递',
  schedule: '排期',
  review: '待审的内容',
  session: '登录',
  token: '接口令牌',
  export: '导出',
  message: '消息',
  draft: '草稿',
  question: '题',
  news: '动态',
};

/** Where a terminal lists what has a number or a name; what only pages and chats know of has none. */
const LISTED: Readonly<Partial<Record<Thing, string>>> = {
  unit: 'org list',
  group: 'group list',
  member: 'member list',
  certification: 'certify list',
  match: 'match list',
  invitation: 'invitation list',
  delivery: 'delivery list',
  schedule: 'schedule list',
  review: 'review list',
  session: 'session list',
  token: 'token list',
  question: 'bank list',
  news: 'news list',
};

export function notFound(thing: Thing, named: string | number): NotFoundError {
  const list = LISTED[thing];
  const typed = list === undefined ? {} : { typed: `there is no ${thing} ${named}: see "weike ${list}"` };
  return new NotFoundError(`没有找到这个${NAMES[thing]}：${named}`, typed);
}

/** By key. Throws `NotFoundError`. */
export async function getScopedGroup(db: Db, actor: Actor, key: string): Promise<Group> {
  const group = await scopedGroups(db, actor).where('chat_group.key', '=', key).executeTakeFirst();
  if (!group) throw notFound('group', key);
  return group;
}

/** By id or by the county's number. Throws `NotFoundError`. */
export async function getScopedMember(db: Db, actor: Actor, named: string): Promise<Member> {
  const member = await scopedMembers(db, actor)
    .where((eb) => eb.or([eb('member.id', '=', named), eb('member.number', '=', named)]))
    .executeTakeFirst();
  if (!member) throw notFound('member', named);
  return member;
}

/** By name or path, among the units in scope only: a namesake outside makes nothing ambiguous. */
export async function getScopedUnit(db: Db, actor: Actor, named: string): Promise<Unit> {
  const tree = await readTree(db);
  const own = findInTree(tree, named).filter(({ id }) => isInScope(actor, id));
  const [only, another] = own;
  if (!only) throw notFound('unit', named);
  return another ? getInTree(tree, named) : only;
}

/** Whether an actor may know of a thing: theirs by scope, or their own record. */
export async function canSee(
  db: Db,
  actor: Actor,
  thing: { readonly memberId: string } | { readonly groupId: string } | { readonly unitId: string },
): Promise<boolean> {
  if ('memberId' in thing && thing.memberId === actor.memberId) return true;
  return await canTouch(db, actor, thing);
}

/** Whether an actor may change a thing. */
export async function canTouch(
  db: Db,
  actor: Actor,
  thing: { readonly memberId: string } | { readonly groupId: string } | { readonly unitId: string },
): Promise<boolean> {
  const found =
    'memberId' in thing
      ? scopedMembers(db, actor).where('member.id', '=', thing.memberId)
      : 'groupId' in thing
        ? scopedGroups(db, actor).where('chat_group.id', '=', thing.groupId)
        : scopedUnits(db, actor).where('unit.id', '=', thing.unitId);
  return (await found.executeTakeFirst()) !== undefined;
}
