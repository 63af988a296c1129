/**
 * What a chat message is: an answer, a check-in, a command, something to ask about, or nothing of ours. A
 * pure function of the text, the open quiz, the place and the mention. Precision before recall.
 */
import { dropInvisible, normalise } from '../quiz/normalise.ts';
import type { Answers, OpenQuestion } from '../quiz/question.ts';
import { type AskReason, readAnswer, type Reading } from '../quiz/read.ts';
import { dropQuote } from '../quiz/unwrap.ts';
import { isCheckinChain, readCheckin } from './checkin.ts';
import { type CommandName, readCommand } from './words.ts';

export type { AskReason, CommandName };

export interface Heard {
  /** The questions of the quiz that is open there, in order; empty when none is. */
  readonly quiz: readonly OpenQuestion[];
  readonly where: 'group' | 'dm';
  /** Whether the bot itself was mentioned. */
  readonly mention: boolean;
  readonly text: string;
  /** What people call the bot after an @. */
  readonly botNames?: readonly string[];
}

export type Intent =
  | { readonly kind: 'answer'; readonly answers: Answers; readonly checkin?: true }
  | { readonly kind: 'checkin'; readonly note: string }
  /** `word` is the one that was said for it, where it tells more than the name. */
  | { readonly kind: 'command'; readonly name: CommandName; readonly rest: string; readonly word?: string }
  | { readonly kind: 'ask'; readonly why: AskReason }
  | { readonly kind: 'none' };

const NONE = { kind: 'none' } as const satisfies Intent;
const DEFAULT_NAMES = ['小课'];
/** What is longer is cut before it is looked at: no rule needs more. */
const LONGEST = 20_000;

export function interpret({ quiz, where, mention, text, botNames = DEFAULT_NAMES }: Heard): Intent {
  const raw = dropQuote(dropInvisible(text.slice(0, LONGEST)).trim()).trim();
  const { rest, others } = dropMentions(raw, mention, botNames);
  const said = normalise(rest).trim();
  if (said === '') return NONE;

  const command = readCommand(said, { where, mention });
  if (command) return { kind: 'command', ...command };
  if (said.startsWith('#接龙')) return isCheckinChain(said) ? { kind: 'checkin', note: '' } : NONE;

  const checkin = others ? undefined : readCheckin(rest);
  if (checkin) {
    const beside = readBeside(checkin.note, quiz);
    if (beside.kind === 'answer') return { ...beside, checkin: true };
    if (!checkin.stuck) return { kind: 'checkin', note: checkin.note };
  }
  if (others) return NONE;
  const reading = readAnswer(said, quiz);
  // Letters in a group where nothing is asked are talk.
  return reading.kind === 'ask' && quiz.length === 0 && where === 'group' ? NONE : reading;
}

const DAYS = /^(?:第\s*[\d一二三四五六七八九十百]+\s*[天日次]|day\s*\d+)[\s,，。;；]+/iu;

/**
 * An answer beside a check-in: the whole of what stands there, behind 第3天, or one line of it with numbers. A bare
 * word is the note, whatever is to be filled in: people sign with their names.
 */
function readBeside(note: string, quiz: readonly OpenQuestion[]): Reading {
  if (quiz.length === 0 || note === '') return NONE;
  const plain = normalise(note);
  const isWord = quiz.length === 1 && quiz[0]?.type === 'text' && !/^(?:答案|1|第)/u.test(plain);
  if (isWord) return NONE;
  const whole = readAnswer(plain.replace(DAYS, ''), quiz);
  const lines =
    whole.kind === 'answer' ? [] : plain.split('\n').filter((line) => /^\s*(?:答|第|题|q|\d)/i.test(line));
  const found = lines.map((line) => readAnswer(line, quiz)).find(({ kind }) => kind === 'answer');
  return found ?? whole;
}

const MENTION = /@([^\s@]+)(?:\s|$)/gu;

/** The text without the bot's mention; `others`: whether it is said to somebody else and not to the bot. */
function dropMentions(
  text: string,
  mention: boolean,
  botNames: readonly string[],
): { rest: string; others: boolean } {
  let rest = text;
  let toBot = mention;
  for (const name of botNames.filter(Boolean)) {
    for (let at = rest.indexOf(`@${name}`); at >= 0; at = rest.indexOf(`@${name}`, at)) {
      const end = at + name.length + 1;
      // @小课堂 is somebody else.
      if (end < rest.length && !/[\s,，:：、。!！]/u.test(rest[end] ?? '') && !isFirstLetter(rest[end])) {
        at = end;
        continue;
      }
      rest = `${rest.slice(0, at)} ${rest.slice(end).replace(/^[\s,，:：]/u, '')}`;
      toBot = true;
    }
  }
  if (toBot) return { rest: rest.replace(MENTION, ' ').trim(), others: false };
  return { rest: rest.trim(), others: /@[^\s@]/u.test(rest) && !/\w@\w/.test(rest) };
}

const isFirstLetter = (character: string | undefined) =>
  character !== undefined && /[A-Ha-h0-9①-⑩]/u.test(character);

/** The interpretation in the public shape: `{kind, answers?, note?, name?, checkin?}`. */
export function toPublic(intent: Intent): Record<string, unknown> {
  switch (intent.kind) {
    case 'answer':
      return { kind: 'answer', answers: intent.answers, ...(intent.checkin ? { checkin: true } : {}) };
    case 'checkin':
      return { kind: 'checkin', note: intent.note };
    case 'command':
      return { kind: 'command', name: intent.name };
    default:
      return { kind: intent.kind };
  }
}
