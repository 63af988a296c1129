/** 登录: a link, or a code that a desk shows; 下线 ends them all. In private only, for whoever has a role. */
import { claimDeskCode, issueMemberLink, revokeSessionsOf } from '../../people/sessions.ts';
import { isAtLeast } from '../../people/scope.ts';
import { normalise } from '../../quiz/normalise.ts';
import type { Command } from './command.ts';
import type { DeskCommand } from './desk.ts';

const TOO_MANY = '试的次数太多了，过十分钟再来。';

export const login: Command = async (_rest, { db, group, actor, memberId, now, linkBase }) => {
  if (group) return '登录请私聊我说。';
  if (!isAtLeast(actor, 'secretary'))
    return '后台是支部书记和管理员用的。要看自己的学习，发 我的。\n你是书记或管理员的话，先认证：认证 姓名 认证码。';
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

/** `登录 123456`. */
export const desk: DeskCommand = async (rest, { db, memberId, now }) => {
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
