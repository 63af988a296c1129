import { renderChat } from '../../lessons/chat.ts';
import type { ChatPart } from '../../lessons/lesson.ts';
import type { Command } from './command.ts';

/** The last lesson that reached the group, or any of the member's groups; its words and its page. */
export const lesson: Command = async (_rest, { db, group, memberId, lessons, linkBase }) => {
  const sent = db
    .selectFrom('delivery')
    .select(['delivery.content'])
    .where('delivery.kind', '=', 'lesson')
    .where('delivery.state', '=', 'sent')
    .orderBy('delivery.sent_at', 'desc');
  const last = group
    ? await sent.where('delivery.group_id', '=', group.id).executeTakeFirst()
    : await sent
        .innerJoin('group_member', 'group_member.group_id', 'delivery.group_id')
        .innerJoin('identity', 'identity.contact_id', 'group_member.contact_id')
        .where('identity.member_id', '=', memberId)
        .where('identity.closed_at', 'is', null)
        .executeTakeFirst();
  const found = lessons.find(({ id }) => id === last?.content);
  if (!found) return '还没有发过课，等第一课来了我会喊你。';
  if (group && linkBase) return `最近一课：【${found.title}】\n${linkBase}/l/${found.id}`;
  const words = renderChat(found.body)
    .filter((part): part is Extract<ChatPart, { kind: 'text' }> => part.kind === 'text')
    .map((part) => part.text)
    .join('\n');
  return [`【${found.title}】`, words, ...(linkBase ? [`网页版：${linkBase}/l/${found.id}`] : [])].join('\n');
};
