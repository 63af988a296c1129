/** Whether a message is a check-in, and its note. */
import { normalise } from '../quiz/normalise.ts';

/** In front of the word: #, brackets, 今日…; both scripts, since the note keeps what was typed. */
const START =
  /^[\s#＃]*[【[［(（]?\s*[#＃]?\s*(?:今日|今天|每日|学习|學習)?\s*(打卡|签到|簽到|已学习|已學習|已学|已學)(?:打卡|签到)?\s*(?:[+＋]\s*[1１])?\s*[#＃]?\s*([】\]］)）])?/u;
const BREAK = /^[\s\p{P}\p{S}]/u;
const DAYS = /^(?:第\s*[\d一二三四五六七八九十百]+\s*[天日次课課]|[Dd]ay\s*\d+)/u;
/** Directly behind 打卡 these only say that it is done. */
const DONE = /^[了啦咯喽]?[\s。.!！~～]*$/u;
/** Directly behind 已学 these still tell what was learned. */
const LEARNED = /^(?:完|了|第|《|今|昨天?的?|这|本)/u;
const ASKS =
  /[?？]\s*$|[吗么嗎]\s*[。.!！~]*$|^[\s,，、:：]*(?:怎么|怎样|咋|在哪|哪里|哪儿|几点|什么时候|截止|多少|为什么|有什么|会怎)/u;
/** Marks before a note that aren't part of it. */
const LEADING = /^[\s\p{P}～~+＋|=<>^`]+/u;

export function readCheckin(text: string): { note: string } | undefined {
  const match = START.exec(text);
  if (!match) return readClosingCheckin(text);
  const [head, word = '', bracket] = match;
  const rest = text.slice(head.length);
  if (ASKS.test(normalise(rest))) return undefined;
  const isSeparate =
    rest === '' || bracket !== undefined || /\s$/u.test(head) || /[+＋#＃]\s*[1１]?\s*$/u.test(head);
  if (!isSeparate && !BREAK.test(rest) && !DAYS.test(rest)) {
    if (DONE.test(rest)) return { note: '' };
    if (!/^已/u.test(word) || !LEARNED.test(rest)) return undefined;
  }
  return { note: rest.replace(LEADING, '').trim() };
}

const CLOSING =
  /^([\s\S]*?)([\s,，、;；。.!！~])\s*[#＃【]?(?:今日)?(?:学习|學習)?(?:打卡|签到|簽到)(?:\s*[+＋]\s*1)?[】#＃]?\s*[!！。.~～]*$/u;
const NOT_MINE =
  /记得|記得|忘|别|別|不|没|沒|明天|昨天|后天|提醒|大家|各位|请|請|快|还|還|要|谁|誰|怎么|哪|几点|吗|嗎|[?？]/u;

/** What was learned first, the word last: `1A 2C 打卡`. */
function readClosingCheckin(text: string): { note: string } | undefined {
  if (text.length > 500) return undefined;
  const note = CLOSING.exec(text)?.[1]?.trim();
  return note === undefined || note === '' || NOT_MINE.test(note) ? undefined : { note };
}

const CHAIN_TITLE = /打卡|签到|学习/;
const CHAIN_ITEM = /^\s*\d+\s*[.、．]\s*\S/;

/** Whether WeChat's 接龙 (normalised) collects check-ins: one of the words in its title, then a numbered list. */
export function isCheckinChain(text: string): boolean {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => CHAIN_ITEM.test(line));
  if (first < 1) return false;
  const title = lines.slice(0, first).join(' ').replace('#接龙', '');
  return CHAIN_TITLE.test(title);
}
