import { setShowsParty } from '../../people/shown.ts';
import type { Command } from './command.ts';

/** `亮明身份 开` and `关`: whether 〔党员〕 stands behind the name in boards and digests. */
export const showParty: Command = async (rest, { db, group, memberId, actor, now }) => {
  if (group) return '这个请私聊我说。';
  const member = await db
    .selectFrom('member')
    .selectAll()
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  if (member.status !== 'full' && member.status !== 'probationary')
    return '正式党员和预备党员认证后才能亮明身份。';
  if (member.certified_at === null) return '要先认证：发 认证 姓名 认证码。';
  if (rest === '')
    return member.shows_party === 1
      ? '榜上和简报里你的名字后面有〔党员〕。不想要了就回 亮明身份 关。'
      : '榜上和简报里没有亮明你的党员身份。愿意就回 亮明身份 开。';
  const shows = rest === '开';
  await setShowsParty(db, memberId, shows, actor, now);
  return shows ? `好，榜上和简报里会写「${member.name}〔党员〕」。` : '好，不再写〔党员〕。';
};
