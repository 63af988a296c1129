/** The words that are commands, and when they count. */

export type CommandName =
  | 'help'
  | 'me'
  | 'rank'
  | 'lesson'
  | 'makeup'
  | 'bind'
  | 'certifications'
  | 'approve-certification'
  | 'reject-certification'
  | 'show-party'
  | 'news'
  | 'keep-news'
  | 'reject-news'
  | 'unread'
  | 'read'
  | 'rehearse'
  | 'weekly'
  | 'quit-weekly'
  | 'login'
  | 'question'
  | 'search'
  | 'quit-reminder'
  | 'remind'
  | 'leave'
  | 'practice'
  | 'mistakes'
  | 'data';

/** Commands that are one word and nothing else. */
const WORDS: ReadonlyMap<string, CommandName> = new Map(
  (
    [
      ['help', ['帮助', 'help', '?']],
      ['me', ['我的', '我的学习', '我的积分']],
      ['rank', ['排行', '排行榜', '光荣榜']],
      ['lesson', ['学', '学习', '今日课程', '下一课', '看课']],
      ['makeup', ['补学', '补课', '补打卡', '补卡', '补签']],
      ['bind', ['认证', '绑定']],
      ['certifications', ['待认证']],
      ['show-party', ['亮明身份']],
      ['news', ['动态', '电商动态']],
      ['weekly', ['周报', '我的周报', '订周报', '订阅周报']],
      ['quit-weekly', ['退订周报', '不要周报']],
      ['unread', ['未阅', '谁没阅', '谁没看']],
      ['login', ['登录', '登陆', '后台']],
      ['question', ['提问']],
      ['search', ['搜', '搜索']],
      ['quit-reminder', ['退订提醒', '不要提醒我', '退订']],
      ['remind', ['提醒我', '订阅提醒']],
      ['leave', ['请假', '销假']],
      ['practice', ['练习']],
      ['mistakes', ['错题', '错题本']],
      ['data', ['我的数据', '我的记录']],
    ] as const
  ).flatMap(([name, words]) => words.map((word) => [word, name] as const)),
);

/** All of them, for the nearest right one. */
export const COMMAND_WORDS: readonly string[] = [...WORDS.keys()];

/** Commands that are followed by something. */
const WITH_REST =
  /^(认证|绑定|提问|搜索|搜|电商动态|动态|补学|补课|补打卡|补卡|补签|排行榜|排行|光荣榜|请假|练习)(?:\s*[:：,，]\s*|\s+)(\S[\s\S]*)$/;
/** 搜茉莉花茶 without a blank; 搜狗 and 搜集 are words of their own. 绑定张三A1023 has the code to tell it. */
const STUCK = [
  /^(搜索|搜)(?![狗集身救刮查寻罗一])([^\s,，。!！]{1,30})$/,
  /^(认证|绑定)(\p{Script=Han}{2,5}\s*[A-Za-z]{0,3}\d{3,})$/u,
  /^(动态)((?:https?:\/\/|改\s*\d|\d{1,9}\s*号?$)[\s\S]*)$/iu,
  /^(提问)([^\s]\S{3,}[?？吗呢])$/,
  /^(请假)((?:今天|明天|后天)?起?(?:\d{1,2}|[一两二三四五六七八九十])[天日])[。.!！]?$/,
] as const;

/** Commands about a numbered thing: `同意 3`, `拒绝 3 原因`. */
const WITH_NUMBER = /^(同意|拒绝|留|弃|不留)\s*(?:第|#)?\s*(\d{1,9})\s*号?(?:[\s:：,，]+(\S[\s\S]*))?$/;
const NUMBERED: Readonly<Record<string, CommandName>> = {
  同意: 'approve-certification',
  拒绝: 'reject-certification',
  留: 'keep-news',
  弃: 'reject-news',
  不留: 'reject-news',
};
/** `亮明身份 开`, `亮明身份关`. */
const SWITCH = /^亮明身份\s*(开|关|打开|关闭)[。.!！]?$/;

/** All commands with the words for each; `read` is an answer to what was sent, and has none. */
export const WORDS_OF_COMMANDS: ReadonlyMap<CommandName, readonly string[]> = new Map(
  [...Map.groupBy([...WORDS, ...Object.entries(NUMBERED)], ([, name]) => name)].map(([name, pairs]) => [
    name,
    pairs.map(([word]) => word),
  ]),
);

/** In a group without a mention only these, and only alone. */
const OPEN_TO_ALL: readonly CommandName[] = ['help', 'me', 'rank'];

/** `said` is normalised, without the mention. */
export function readCommand(
  said: string,
  { where, mention }: { where: 'group' | 'dm'; mention: boolean },
): { name: CommandName; rest: string; word?: string } | undefined {
  const addressed = where === 'dm' || mention;
  const word = said.toLowerCase().replace(/[\s。.!！~,，]+$/u, '');
  const exact = WORDS.get(said.toLowerCase());
  if (exact) return addressed || OPEN_TO_ALL.includes(exact) ? { name: exact, rest: '', word } : undefined;
  if (!addressed) return undefined;
  const trimmed = WORDS.get(word);
  if (trimmed) return { name: trimmed, rest: '', word };
  const numbered = WITH_NUMBER.exec(said);
  const decision = numbered?.[1] === undefined ? undefined : NUMBERED[numbered[1]];
  if (decision) return { name: decision, rest: [numbered?.[2], numbered?.[3]].filter(Boolean).join(' ') };
  const switched = SWITCH.exec(said);
  if (switched?.[1]) return { name: 'show-party', rest: /开/u.test(switched[1]) ? '开' : '关' };
  for (const pattern of [WITH_REST, ...STUCK]) {
    const match = pattern.exec(said);
    const name = match?.[1] === undefined ? undefined : WORDS.get(match[1]);
    if (name && match?.[2]) return { name, rest: match[2].trim(), word: match[1] ?? '' };
  }
  return undefined;
}
