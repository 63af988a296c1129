/** The words of secretaries and admins. They stand beside the ten commands and count in a private chat only. */
import { dropInvisible, normalise } from '../quiz/normalise.ts';

export type SecretaryCommand =
  | 'plan'
  | 'timetable'
  | 'cancel'
  | 'behind'
  | 'progress'
  | 'announce'
  | 'write'
  | 'revise'
  | 'withdraw'
  | 'deliveries'
  | 'resend'
  | 'arrived'
  | 'drop'
  | 'reviews'
  | 'approve'
  | 'return'
  | 'grant'
  | 'revoke'
  | 'desk'
  | 'log-out';

interface Words {
  readonly name: SecretaryCommand;
  readonly words: readonly string[];
  /** What may stand behind the word: nothing, numbers, words after a blank or colon, or words at once. */
  readonly rest: 'none' | 'numbers' | 'number-first' | 'maybe-number' | 'words' | 'maybe-words' | 'stuck';
}

/** The longer words first: 退出登录 before 登录. */
const TABLE: readonly Words[] = [
  { name: 'plan', words: ['排课', '排期'], rest: 'stuck' },
  { name: 'timetable', words: ['课程表', '排期表', '课表'], rest: 'none' },
  {
    name: 'behind',
    words: ['谁还没有学', '谁还没学', '谁没有学', '谁没学', '没学的人', '未学名单'],
    rest: 'maybe-words',
  },
  { name: 'progress', words: ['学习进度', '进度'], rest: 'maybe-words' },
  { name: 'announce', words: ['发通知', '通知'], rest: 'words' },
  { name: 'write', words: ['写课'], rest: 'words' },
  { name: 'revise', words: ['修改'], rest: 'number-first' },
  { name: 'withdraw', words: ['撤回'], rest: 'numbers' },
  { name: 'deliveries', words: ['投递情况', '投递'], rest: 'none' },
  { name: 'resend', words: ['补发'], rest: 'numbers' },
  { name: 'arrived', words: ['已收到', '已到群'], rest: 'numbers' },
  { name: 'drop', words: ['不发'], rest: 'numbers' },
  { name: 'reviews', words: ['待审'], rest: 'maybe-number' },
  { name: 'approve', words: ['通过'], rest: 'numbers' },
  { name: 'return', words: ['退回'], rest: 'number-first' },
  { name: 'grant', words: ['授权'], rest: 'words' },
  { name: 'revoke', words: ['撤权'], rest: 'words' },
  { name: 'cancel', words: ['取消排期', '取消排课', '取消'], rest: 'numbers' },
  { name: 'log-out', words: ['退出登录', '下线'], rest: 'none' },
  { name: 'desk', words: ['登录', '登陆'], rest: 'numbers' },
];

export const wordsOfCommand = (name: SecretaryCommand): readonly string[] =>
  TABLE.find((one) => one.name === name)?.words ?? [];

export const commandOfWord = (word: string): SecretaryCommand | undefined =>
  TABLE.find(({ words }) => words.includes(word))?.name;

const NUMBERS = /^(?:第|#)?\s*\d{1,9}\s*号?(?:[\s,，、和]+(?:第|#)?\s*\d{1,9}\s*号?)*$/u;
const NUMBER_FIRST = /^(?:第|#)?\s*\d{1,9}(?!\d|点|:|月|日)/u;
const SEPARATOR = /^[\s:：,，]/u;
const END = /[\s。.!！~]+$/u;

export interface SaidCommand {
  readonly name: SecretaryCommand;
  /** As it was typed, trimmed. */
  readonly rest: string;
}

/** Reads a private message as it was typed; the rest keeps its own characters and lines. */
export function readSecretaryCommand(text: string): SaidCommand | undefined {
  const raw = dropInvisible(text).trim();
  for (const { name, words, rest: kind } of TABLE)
    for (const word of words) {
      // Of the same length in either script and any width.
      const head = [...raw].slice(0, [...word].length).join('');
      if (normalise(head) !== word) continue;
      const behind = raw.slice(head.length);
      const rest = behind.replace(/^[\s:：,，]+/u, '').trim();
      if (fits(kind, behind, normalise(rest).replace(END, ''))) return { name, rest };
    }
  return undefined;
}

function fits(kind: Words['rest'], behind: string, rest: string): boolean {
  const isApart = behind.trim() === '' || SEPARATOR.test(behind);
  switch (kind) {
    case 'none':
      return rest === '';
    case 'numbers':
      return NUMBERS.test(rest);
    case 'maybe-number':
      return rest === '' || NUMBERS.test(rest);
    case 'number-first':
      return NUMBER_FIRST.test(rest);
    case 'words':
      return isApart;
    case 'maybe-words':
      return isApart || /^[?？]/u.test(behind);
    case 'stuck':
      return true;
  }
}

/** The numbers in `5、7 和 9 号`, each once. */
export const numbersIn = (rest: string): number[] => [
  ...new Set([...normalise(rest).matchAll(/\d{1,9}/gu)].map(([digits]) => Number(digits))),
];

/** `7 原因` apart. */
export function numberFirst(rest: string): { no: number; words: string } {
  const match = /^(?:第|#)?\s*([\d０-９]{1,9})\s*号?[\s:：,，]*/u.exec(rest);
  return { no: Number(normalise(match?.[1] ?? '0')), words: rest.slice(match?.[0].length ?? 0).trim() };
}
