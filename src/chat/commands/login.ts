/**
 * 登录: a link, or a code that a desk shows; 下线 ends them all. In private only. Whoever has a role comes to the console,
 * everybody else to the pages of their own.
 */
import type { Db } from '../../db/open.ts';
import { claimDeskCode, issueMemberLink, revokeSessionsOf } from '../../people/sessions.ts';
import { isAtLeast } from '../../people/scope.ts';
import { normalise } from '../../quiz/normalise.ts';
import type { Command } from './command.ts';
import type { DeskCommand } from './desk.ts';

const WHO_FIRST =
  '登录了就能看到自己的记录，所以要先知道真的是你。请先认证：认证 姓名 认证码（认证码找支部书记要）。';
const TOO_MANY = '试的次数太多了，过十分钟再来。';

export const login: Command = async (_rest, context) => {
  const { db, group, actor, memberId, now, linkBase } = context;
  if (group) return '登录请私聊我说。';
  if (!isAtLeast(actor, 'secretary') && !(await isTheirOwn(db, context))) return WHO_FIRST;
  if (linkBase === undefined)
    return [
      '服务器的地址只有那台电脑自己能打开，发给你链接也没用。',
      '请在那台电脑的浏览器里打开 /login，把页面上的 6 位数字发给我，如 登录 123456。',
    ].join('\n');
  const secret = await issueMemberLink(db, memberId, now);
  if (secret === undefined) return TOO_MANY;
  return [
    '点开链接，再按「进入」：',
    `${linkBase}/enter?t=${secret}`,
    '10 分钟内有效，只能用一次，别转给别人。',
    `用电脑的话打开 ${linkBase}/login，把上面的 6 位数字发给我，如 登录 123456。`,
  ].join('\n');
};

/**
 * Whether this contact is whom it is taken for: somebody vouched for the binding, or it is a guest, who is nobody else.
 * A nickname alone may be anybody's, and behind the login stands all that is kept of a member.
 */
async function isTheirOwn(
  db: Db,
  { account, contactId, memberId }: Parameters<Command>[1],
): Promise<boolean> {
  const bound = await db
    .selectFrom('identity')
    .innerJoin('member', 'member.id', 'identity.member_id')
    .select(['identity.confirmed', 'member.status'])
    .where('identity.account', '=', account)
    .where('identity.contact_id', '=', contactId)
    .where('identity.member_id', '=', memberId)
    .where('identity.closed_at', 'is', null)
    .executeTakeFirst();
  return bound !== undefined && (bound.confirmed === 1 || bound.status === 'guest');
}

/** `登录 123456`. */
export const desk: DeskCommand = async (rest, context) => {
  const { db, actor, memberId, now } = context;
  if (!isAtLeast(actor, 'secretary') && !(await isTheirOwn(db, context))) return WHO_FIRST;
  const code = normalise(rest).replaceAll(/\D/gu, '');
  const claim = await claimDeskCode(db, code, memberId, now);
  switch (claim.kind) {
    case 'claimed':
      return `电脑上（${claim.agent}）可以进去了。不是你自己打开的页面，就马上发 下线。`;
    case 'wrong':
      return '这个数字不对，或者过时了。请看一下电脑上的数字，再发一次。';
    case 'too-many':
      return TOO_MANY;
  }
};

export const logOut: DeskCommand = async (_rest, { db, actor, memberId, now }) => {
  const count = await revokeSessionsOf(db, memberId, actor.who, 'chat', now);
  return count > 0 ? `好，${count} 处登录都下线了。` : '没有在用的登录。';
};
