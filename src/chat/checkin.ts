/** Whether a message is a check-in, and its note. */
import { normalise } from '../quiz/normalise.ts';

export interface Checkin {
  /** As it was typed, without leading punctuation; `''` when there is none. */
  readonly note: string;
  /** The note hangs on the word without a break: a check-in only when it is an answer, like 打卡1A2C. */
  readonly stuck?: true;
}

const DECORATION = '[\\s\\p{Extended_Pictographic}]';
/** In front of the word: #, brackets, 今日…; both scripts, since the note keeps what was typed. */
const START = new RegExp(
  `^(?:${DECORATION}|\\[[\\p{Script=Han}]{1,4}\\])*[#＃]?\\s*[【[［(（]?\\s*[#＃]?\\s*(?:我|本人)?\\s*(?:今日|今天|每日|(?:学习|學習)(?:完毕|完畢|完成|完)?了?|[学學看听聽读讀]完了?)?\\s*` +
    `(打卡|签到|簽到|已打卡|已签到|已簽到|已学习|已學習|已学|已學)(?:打卡|签到|簽到)*\\s*` +
    `(?:[+＋]\\s*[1１](?![\\d１-９]))?\\s*[#＃]?\\s*([】\\]］)）])?`,
  'u',
);
const BREAK = /^[\s\p{P}\p{S}]/u;
const DAYS = /^(?:第\s*[\d一二三四五六七八九十百]+\s*[天日次课課]|[Dd]ay\s*\d+)/u;
/** Directly behind the word these only say that it is done. */
const DONE = /^(?:完成|完毕|完畢|成功|完)?[了啦咯喽]?(?=$|[\s\p{P}\p{S}])/u;
/** 打卡 打卡! */
const AGAIN = /^[\s\p{P}]*(?:(?:打卡|签到)[\s\p{P}]*)+$/u;
/** Behind 已学 and 已学习: 完, 过, 了 belong to the verb. */
const FINISHED = /^(?:完毕|完畢|完成|完|过|過)?了?/u;
/** Directly behind 已学 these tell what was learned. */
const LEARNED = /^(?:第|《|今|昨天?的|这|這|本|[\d０-９])/u;
/** Directly behind 已学习 these speak of others, or of something else. */
const OTHER_LEARNED =
  /^(?:的|者|人|过的|過的|强国|強國|几|幾|多少|但|没|沒|情况|情況|名单|名單|记录|記錄|时长|時長)/u;
/** Questions, and what is said to all: no check-in of the one who says it. */
const ASKS =
  /[?？]\s*$|[吗么嗎嘛]\s*[。.!！~]*$|(?:没有?|沒有?)\s*[。.!！]*$|^[\s,，、:：]*(?:怎么|怎样|怎麼|咋|在哪|哪里|哪儿|几点|什么时候|截止|多少|为什么|为啥|有什么|有没有|会怎|谁)/u;
const CALLS =
  /(?:大家|各位|同志们?|没打卡的|未打卡的|没签到的)[^。\n]*(?:打卡|签到|记得|抓紧|尽快|赶紧|别忘)|(?:记得|别忘了?|快来|抓紧|赶紧|尽快|请)[^，。,\n]{0,8}(?:打卡|签到)|(?:\d|[点号日天])\s*(?:之?前|截止|结束)/u;
/** Marks before a note that aren't part of it; brackets and quotes that close again are. */
const LEADING = /^[\s\p{Pd}\p{Pc}\p{Po}\p{Pe}\p{Pf}～~+＋|=<>^`]+/u;
const PAIRS: Readonly<Record<string, string>> = {
  '《': '》',
  '「': '」',
  '『': '』',
  '“': '”',
  '‘': '’',
  '[': ']',
  '［': '］',
  '【': '】',
  '（': '）',
  '(': ')',
};
/** A pair of these around the whole note is taken off. */
const AROUND = '【（(';
/** No rule needs more of a note to be looked at than this. */
const LOOKED_AT = 300;

export function readCheckin(text: string): Checkin | undefined {
  // Most messages are none: this is the cheapest way to know.
  if (!/[卡签簽学學]/.test(text)) return undefined;
  const match = START.exec(text);
  return match ? readNote(match, text) : readClosingCheckin(text);
}

function readNote([head, word = '', bracket]: RegExpExecArray, text: string): Checkin | undefined {
  let rest = text.slice(head.length);
  const plain = normalise(rest.slice(0, LOOKED_AT));
  if ((rest.length <= LOOKED_AT && ASKS.test(plain)) || CALLS.test(plain)) return undefined;
  if (/[学學]/u.test(word)) {
    const finished = FINISHED.exec(rest)?.[0] ?? '';
    rest = rest.slice(finished.length);
    if (finished !== '' && rest !== '' && LEARNED.test(rest)) return { note: cleanNote(rest) };
  } else {
    const done = DONE.exec(rest);
    if (done) rest = rest.slice(done[0].length);
  }
  const isSeparate =
    rest === '' ||
    bracket !== undefined ||
    /[\s+＋#＃1１]$/u.test(head) ||
    BREAK.test(rest) ||
    DAYS.test(normalise(rest.slice(0, 20)));
  if (isSeparate) return { note: AGAIN.test(normalise(rest.slice(0, LOOKED_AT))) ? '' : cleanNote(rest) };
  if (/习|習/u.test(word)) return OTHER_LEARNED.test(rest) ? undefined : { note: cleanNote(rest) };
  if (/[学學]/u.test(word)) return LEARNED.test(rest) ? { note: cleanNote(rest) } : undefined;
  return { note: rest.trim(), stuck: true };
}

/** Without the marks in front; `《电商法》学完了` and `[玫瑰]` keep theirs. */
function cleanNote(text: string): string {
  let note = text.trim();
  for (;;) {
    note = note.replace(LEADING, '');
    const [first = ''] = note;
    const close = PAIRS[first];
    if (close === undefined) {
      if (!/^\p{P}/u.test(note)) return note.trim();
      note = note.slice(first.length);
      continue;
    }
    const end = note.indexOf(close, 1);
    if (end > 0 && end === note.length - 1 && AROUND.includes(first)) note = note.slice(1, -1).trim();
    else if (end > 0) return note.trim();
    else note = note.slice(1);
  }
}

const CLOSING =
  /^([\s\S]*?)([\s,，、;；。.!！~]\s*|)[#＃【]?(?:今日|今天)?(?:学习|學習)?(?:打卡|签到|簽到)(?:\s*[+＋]\s*1)?[】#＃]?\s*[!！。.~～]*$/u;
const NOT_MINE =
  /记得|記得|忘|别|別|不|没|沒|明天|昨天|后天|提醒|大家|各位|请|請|快|还|還|要|谁|誰|怎么|哪|几点|吗|嗎|让|叫|通知|[?？]/u;

/** What was learned first, the word last: `1A 2C 打卡`. */
function readClosingCheckin(text: string): Checkin | undefined {
  if (text.length > 500) return undefined;
  const [, before = '', gap = ''] = CLOSING.exec(text) ?? [];
  const note = before.trim();
  if (note === '' || NOT_MINE.test(note)) return undefined;
  return gap === '' ? { note, stuck: true } : { note };
}

const CHAIN_TITLE = /打卡|签到|学习/;
const CHAIN_ITEM = /^\s*\d+\s*[.、．]\s*\S/;

/** Whether WeChat's 接龙 (normalised) collects check-ins: one of the words in its title, then a numbered list. */
export function isCheckinChain(text: string): boolean {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => CHAIN_ITEM.test(line));
  if (first < 1) return false;
  // An example of how to sign up is no title.
  const title = lines.slice(0, first).filter((line) => !/^\s*例/.test(line));
  return CHAIN_TITLE.test(title.join(' ').replace('#接龙', ''));
}
