/** `授权 张三 书记 花茶支部`, `撤权 …`: for admins, said back and done after 确认. */
import type { Db } from '../../db/open.ts';
import type { RoleName } from '../../db/tables.ts';
import { UserError } from '../../errors.ts';
import { findNamed } from '../../lessons/names.ts';
import type { Member } from '../../people/members.ts';
import { readTree } from '../../people/places.ts';
import { grantRole, mayGrant, needsUnit, readRole, revokeRole, ROLE_NAMES } from '../../people/roles.ts';
import { type Actor, notFound, scopedMembers, scopedUnits } from '../../people/scope.ts';
import { pathIn } from '../../people/tree.ts';
import { normalise } from '../../quiz/normalise.ts';
import { type DeskCommand, type DeskContext, type Dialog, type Said, sayOptions } from './desk.ts';

type Deed = 'grant' | 'revoke';

interface Granted {
  readonly deed: Deed;
  readonly role: RoleName;
  readonly unitId: string | null;
  /** One when it is known who is meant. */
  readonly memberIds: readonly string[];
}

const WORD: Readonly<Record<Deed, string>> = { grant: '授权', revoke: '撤权' };
const REFUSED = '这个权限不归你管，请找上级管理员。';

const howTo = (deed: Deed) =>
  `这样发：${WORD[deed]} 姓名 书记 党组织，如 ${WORD[deed]} 张三 书记 花茶支部。权限有：书记、部门管理员、县管理员。`;

const start =
  (deed: Deed): DeskCommand =>
  async (rest, context) => {
    const words = normalise(rest)
      .split(/[\s,，、:：]+/u)
      .filter((word) => word !== '');
    const role = words.map(readRole).find((one) => one !== undefined);
    const others = words.filter((word) => readRole(word) === undefined);
    const [name = '', ...unitWords] = others;
    if (!role || name === '' || needsUnit(role) !== unitWords.length > 0) return howTo(deed);
    const { db, actor } = context;
    const unitId = needsUnit(role) ? await findUnit(db, actor, unitWords.join('')) : null;
    if (!mayGrant(actor, role, unitId)) return REFUSED;
    const people = await findPeople(db, actor, name);
    if (people.length === 0) throw notFound('member', name);
    return await ask({ deed, role, unitId, memberIds: people.map(({ id }) => id) }, context);
  };

export const grant = start('grant');
export const revoke = start('revoke');

/** Throws `NotFoundError`, and `UserError` where several are meant. */
async function findUnit(db: Db, actor: Actor, named: string): Promise<string> {
  const tree = await readTree(db);
  const open = (await scopedUnits(db, actor).execute()).filter(({ id }) => tree.nodes.has(id));
  const found = findNamed(
    named,
    open.map(({ id, name }) => ({ value: id, names: [name, pathIn(tree, id)] })),
  );
  const [only] = found?.values ?? [];
  if (only === undefined) throw notFound('unit', named);
  if (found?.sure) return only;
  const paths = (found?.values ?? []).slice(0, 6).map((id) => pathIn(tree, id));
  throw new UserError(
    `「${named}」是不是这几个里的一个？请写全：\n${paths.map((path) => `• ${path}`).join('\n')}`,
  );
}

/** By name or by the county's number, of those on the roster. */
const findPeople = (db: Db, actor: Actor, named: string): Promise<Member[]> =>
  scopedMembers(db, actor)
    .where((eb) => eb.or([eb('member.name', '=', named), eb('member.number', '=', named.toUpperCase())]))
    .where('member.status', '!=', 'guest')
    .where('member.left_at', 'is', null)
    .orderBy('member.id')
    .limit(9)
    .execute();

async function ask(granted: Granted, context: DeskContext): Promise<Said> {
  const { db } = context;
  const { deed, role, unitId, memberIds } = granted;
  const people = await db
    .selectFrom('member')
    .selectAll()
    .where('id', 'in', [...memberIds])
    .orderBy('id')
    .execute();
  const tree = await readTree(db);
  const sayPerson = (member: Member) => {
    const unit =
      member.unit_id !== null && tree.nodes.has(member.unit_id) ? pathIn(tree, member.unit_id) : '没有党组织';
    return `${member.name}（${[unit, ...(member.number === null ? [] : [`编号 ${member.number}`])].join('，')}）`;
  };
  const [only, another] = people;
  if (!only) throw notFound('member', '');
  if (another)
    return {
      text: sayOptions(
        '是哪一位？',
        people.map((member) => ({ say: sayPerson(member) })),
        `不${WORD[deed]}`,
      ),
      ask: { kind: 'grant', state: granted },
    };
  const where = unitId === null ? '全县' : pathIn(tree, unitId);
  const note =
    deed === 'grant' && only.certified_at === null ? ['他还没有认证，认证以后这个权限才用得上。'] : [];
  return {
    text: [
      `${deed === 'grant' ? '给' : '撤掉'} ${sayPerson(only)}：${where} 的${ROLE_NAMES[role]}。`,
      ...note,
      `回 确认 就${WORD[deed]}，回 取消 就算了。`,
    ].join('\n'),
    ask: { kind: 'grant', state: granted },
  };
}

export const grantDialog: Dialog = {
  async answer(reply, state, context) {
    const granted = state as Granted;
    const { deed, memberIds } = granted;
    if (reply.kind === 'no') return `好，没有${WORD[deed]}。`;
    if (reply.kind === 'number') {
      const chosen = memberIds.length > 1 ? memberIds[reply.no - 1] : undefined;
      return await ask(chosen === undefined ? granted : { ...granted, memberIds: [chosen] }, context);
    }
    const [memberId, another] = memberIds;
    if (memberId === undefined || another !== undefined) return await ask(granted, context);
    return await carryOut(granted, memberId, context);
  },
};

async function carryOut(
  { deed, role, unitId }: Granted,
  memberId: string,
  { db, actor, now }: DeskContext,
): Promise<string> {
  // Their own place may have changed since it was asked.
  if (!mayGrant(actor, role, unitId)) return REFUSED;
  const member = await scopedMembers(db, actor).where('member.id', '=', memberId).executeTakeFirst();
  if (!member || member.left_at !== null) throw notFound('member', '');
  const what = { memberId, role, unitId };
  if (deed === 'grant')
    return (await grantRole(db, what, actor, now))
      ? `好，${member.name} 现在是${ROLE_NAMES[role]}。`
      : `${member.name} 已经有这个权限了。`;
  const held = await db
    .selectFrom('role_grant')
    .select('id')
    .where('member_id', '=', memberId)
    .where('role', '=', role)
    .where('unit_id', unitId === null ? 'is' : '=', unitId)
    .where('to_at', 'is', null)
    .executeTakeFirst();
  if (!held) return `${member.name} 没有这个权限。`;
  await revokeRole(db, what, actor, now);
  return `好，${member.name} 不再是${ROLE_NAMES[role]}。`;
}
