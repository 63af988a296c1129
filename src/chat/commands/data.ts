import { mayHaveRecord } from '../../people/rights.ts';
import { issueRecordLink } from '../../people/sessions.ts';
import type { Command } from './command.ts';

/** `我的数据`: a link to a file with all that is kept of whoever asks. */
export const data: Command = async (_rest, { db, group, memberId, account, contactId, now, linkBase }) => {
  if (group) return '这个请私聊我说。';
  if (!(await mayHaveRecord(db, { account, contactId })))
    return '要先认证，免得把你的记录给了别人：发 认证 姓名 认证码。';
  if (linkBase === undefined)
    return '现在发不了链接（服务器的地址只有那台电脑自己能打开）。请找支部书记，让管理员导出来给你。';
  const secret = await issueRecordLink(db, memberId, now);
  if (secret === undefined) return '要的次数太多了，过十分钟再来。';
  return [
    '你的全部记录在这里，点开再按「下载」，是一个表格文件：',
    `${linkBase}/record?t=${secret}`,
    '10 分钟内有效，只能用一次，别转给别人。',
    '哪里不对，找支部书记改；不想再留着，也跟书记说。',
  ].join('\n');
};
