/** A mistyped command gets the nearest right one: of the same sound, or with neighbours swapped, or one slip in a longer word. */
import { editDistance, soundsOf } from '../lessons/names.ts';
import { type Actor, isAtLeast } from '../people/scope.ts';
import { DESK, wordsFor } from './commands/secretary.ts';
import { commandOfWord } from './secretary-words.ts';
import { COMMAND_WORDS } from './words.ts';

const LONGEST = 30;
/** Sounds like 通知 and is none. */
const NEVER: readonly string[] = ['同志'];

/** `said` is normalised; `undefined` where nothing is near, or several are. */
export function nearestCommand(said: string, actor: Actor): string | undefined {
  const [, word = '', rest = ''] = /^(\p{Script=Han}{2,6}|[a-z]{4,10})([\s\S]*)$/u.exec(said.trim()) ?? [];
  if (word === '' || said.length > LONGEST || NEVER.includes(word)) return undefined;
  const known = [...COMMAND_WORDS, ...wordsFor((least) => isAtLeast(actor, least))];
  const near = known.filter((one) => isNear(word, one));
  const [only, another] = [...new Set(near)];
  return only !== undefined && another === undefined ? `${only}${rest}`.trim() : undefined;
}

const WHERE: Readonly<Partial<Record<(typeof DESK)[keyof typeof DESK]['names'], string>>> = {
  delivery: '投递',
  schedule: '课表',
  review: '待审',
};

/** What is answered to a digest that is shown beforehand; here none is. */
const DECISION = /^(发|撤|改)\s*(?:\d{1,9}\s*号?)?$/u;
/** What one would say for taking a plan back or putting it elsewhere. */
const OF_PLANS = /^(?:撤课|撤排课|撤排期|删课|改课|改排课|改排期|改时间)/u;

/** How a command is said that was begun: 补发 without its number, 通知 without a blank, 撤课 for 取消. */
export function usageOf(said: string, actor: Actor): string | undefined {
  if (isAtLeast(actor, 'secretary')) {
    const [, verb] = DECISION.exec(said.trim()) ?? [];
    if (verb !== undefined)
      return `现在没有简报等你${verb}。排好的课用 取消 编号，没发成的用 补发 编号。编号发 课表、投递 可以看到。`;
    if (OF_PLANS.test(said.trim()))
      return '撤掉排好的课，发 取消 编号，编号发 课表 可以看到。要改时间，先取消再排一次，或者发 登录 到后台改。';
  }
  const word = wordsFor((least) => isAtLeast(actor, least)).find((one) => said.startsWith(one));
  const name = word === undefined ? undefined : commandOfWord(word);
  if (word === undefined || name === undefined) return undefined;
  const rest = said.slice(word.length).trim();
  const where = WHERE[DESK[name].names];
  if (where !== undefined && (rest === '' || /\d/u.test(rest)))
    return `请这样写：${word} 编号，如 ${word} 12。编号发 ${where} 可以看到。`;
  if (name === 'announce' || name === 'write') return `要${word}的话，「${word}」后面空一格再写内容。`;
  return undefined;
}

function isNear(word: string, command: string): boolean {
  if (word === command || [...command].length < 2) return false;
  const length = [...command].length;
  if (/^[a-z]+$/.test(word)) return soundsOf(command).join('') === word;
  if (soundsOf(word).join(' ') === soundsOf(command).join(' ')) return true;
  const isSwapped = word.length === command.length && [...word].toReversed().join('') === command;
  return isSwapped || (length >= 3 && editDistance(word, command) === 1);
}
