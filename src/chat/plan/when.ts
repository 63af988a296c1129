/**
 * Reads when something is to be sent out of a sentence. Exactly one hour and one day or rhythm, nothing left over
 * that looks like either, not past, not in the quiet hours: else a question, or a choice between what it can mean.
 */
import { addDays, localDay, parseInstant } from '../../clock.ts';
import { agrees, DATE_LIKE, readDay } from './days.ts';
import { NUMERAL, readNumeral } from './numerals.ts';
import { ask, type Asked, isQuiet, type WhenContext, type WhenReading } from './reading.ts';
import { readRepeat, type Repeat, sayDays, speaksOfRepeat } from './repeat.ts';
import { type SaidWhen, sayOnce } from './rule.ts';
import { findTimes, sayHalf, sayMinutes } from './times.ts';

export interface ReadWhen {
  readonly reading: WhenReading;
  /** The text without the words for the time: what is to be sent, and to whom. */
  readonly rest: string;
}

const MINUTE = 60_000;

/** `text` is normalised. */
export function readWhen(text: string, context: WhenContext): ReadWhen {
  // 今晚8点 is 今天 晚上8点.
  const spelled = text.replace(/([今明后每])(?=[晚早夜](?![天安]))/gu, '$1天');
  const delay = readDelay(spelled, context);
  if (delay) return checkRest(delay);
  const times = findTimes(spelled);
  const [time, ...more] = times;
  if (more.length > 0) {
    const said = times.map((one) => one.text).join('、');
    return {
      reading: ask('two-times', `里面有几个时间（${said}），请只写一个；课名里的，用《》括起来`),
      rest: text,
    };
  }
  const before = time
    ? `${spelled.slice(0, time.index)} ${spelled.slice(time.index + time.text.length)}`
    : spelled;
  return speaksOfRepeat(before)
    ? readAgain(before, time?.minutes, context)
    : readOnce(before, time?.minutes, context);
}

/** What looks like a date and wasn't understood makes a question of any reading. */
function checkRest(read: ReadWhen): ReadWhen {
  const left = read.reading.kind === 'ask' ? null : DATE_LIKE.exec(read.rest);
  if (!left) return read;
  return {
    ...read,
    reading: ask('unclear-time', `「${left[0]}」没看懂；课名里的，用《》括起来，时间请写成 周五 20:00 这样`),
  };
}

/** 两小时后, 半小时后, 40分钟后: rounded up to the minute. */
function readDelay(text: string, context: WhenContext): ReadWhen | undefined {
  const match = new RegExp(
    `(?:(?<many>${NUMERAL}|\\d{3})个?(?<half>半)?|(?<only>半)个?)\\s*(?<unit>小时|钟头|分钟)(?:之|以)?后`,
    'u',
  ).exec(text);
  if (!match?.groups) return undefined;
  const { many, half, only, unit } = match.groups;
  const count =
    only === undefined ? (/^\d+$/.test(many ?? '') ? Number(many) : readNumeral(many ?? '')) : 0.5;
  if (count === undefined) return undefined;
  const rest = text.replace(match[0], ' ');
  if (findTimes(rest).length > 0)
    return { reading: ask('two-times', `「${match[0]}」之外还有一个时间，请只写一个`), rest };
  const length = (count + (half === undefined ? 0 : 0.5)) * (unit === '分钟' ? MINUTE : 60 * MINUTE);
  const at = Math.ceil((context.now + length) / MINUTE) * MINUTE;
  if (length === 0) return { reading: ask('past', '这个时间就是现在，请写以后的时间'), rest };
  if (isQuietAt(at, context)) return { reading: askQuiet(context), rest };
  return { reading: { kind: 'when', when: sayOnce(at, context.now, context.zone) }, rest };
}

function isQuietAt(at: number, context: WhenContext): boolean {
  const minute = Math.round(
    (at - (parseInstant(`${localDay(at, context.zone)}T00:00`, context.zone) ?? at)) / MINUTE,
  );
  return isQuiet(context, minute);
}

function askQuiet({ quiet }: WhenContext): Asked {
  const span = quiet ? `${sayMinutes(quiet.from)} 到 ${sayMinutes(quiet.to)}` : '';
  return ask('quiet', `${span}不往群里发，请换个时间`);
}

const UNCLEAR = ask('unclear-time', '时间看不准，请写成 20:00 或 晚上8点 这样');

function readAgain(text: string, minutes: readonly number[] | undefined, context: WhenContext): ReadWhen {
  const repeat = readRepeat(text);
  if (repeat.kind === 'ask') return { reading: repeat, rest: text };
  const { rest } = repeat;
  if (minutes === undefined)
    return checkRest({ reading: ask('no-hour', '几点发？比如 20:00 或 晚上8点'), rest });
  if (minutes.length === 0) return { reading: UNCLEAR, rest };
  const open = minutes.filter((minute) => !isQuiet(context, minute));
  const options = open.map((minute) => saidRepeat(repeat, minute));
  return checkRest({ reading: choose(options, minutes.length > 1, open, context), rest });
}

const saidRepeat = ({ ruleAt, sayAt, days }: Repeat, minute: number): SaidWhen => ({
  rule: ruleAt(minute),
  days,
  say: `${sayAt(minute)}${sayDays(days)}`,
});

function readOnce(text: string, minutes: readonly number[] | undefined, context: WhenContext): ReadWhen {
  const { now, zone } = context;
  const found = readDay(text, context);
  if (found.kind === 'ask') return { reading: found, rest: text };
  const { rest } = found;
  if (minutes === undefined) {
    const left = DATE_LIKE.exec(rest);
    if (left) return { reading: ask('no-hour', `「${left[0]}」是几点？请写成 20:00 或 晚上8点`), rest };
    return found.kind === 'day'
      ? { reading: ask('no-hour', '几点发？比如 20:00 或 晚上8点'), rest }
      : { reading: ask('no-time', '什么时候发？比如 周五 20:00、今晚8点，或 每周一三五 20:00'), rest };
  }
  if (minutes.length === 0) return { reading: UNCLEAR, rest };

  const today = localDay(now, zone);
  const day = found.kind === 'day' ? found.day : today;
  const later = found.kind === 'day' ? found.next : addDays(today, 1);
  const awake = minutes.filter((minute) => !isQuiet(context, minute));
  if (awake.length === 0) return { reading: askQuiet(context), rest };
  let isMoved = false;
  const options: { minute: number; at: number; when: SaidWhen }[] = [];
  for (const minute of awake) {
    const time = sayMinutes(minute);
    const first = parseInstant(`${day}T${time}`, zone);
    const isOver = first === undefined || first <= now;
    const on = isOver ? later : day;
    const at = on === undefined ? undefined : parseInstant(`${on}T${time}`, zone);
    if (on === undefined || at === undefined || !agrees(on, time, context)) continue;
    isMoved ||= isOver;
    options.push({ minute, at, when: sayOnce(at, now, zone) });
  }
  if (options.length === 0) return { reading: ask('past', '这个时间已经过了，请写以后的时间'), rest };
  options.sort((a, b) => a.at - b.at);
  const reading = choose(
    options.map(({ when }) => when),
    minutes.length > 1 || isMoved,
    options.map(({ minute }) => minute),
    context,
  );
  return checkRest({ reading, rest });
}

/** One that was said plainly is it; else a choice, even if of one. */
function choose(
  options: readonly SaidWhen[],
  isOpen: boolean,
  minutes: readonly number[],
  context: WhenContext,
): WhenReading {
  const [only, ...more] = options;
  if (!only) return askQuiet(context);
  if (!isOpen && more.length === 0) return { kind: 'when', when: only };
  const halves = minutes.map(sayHalf);
  const spoken = options.map((option, index) => ({
    ...option,
    say: option.say.replace(sayMinutes(minutes[index] ?? 0), halves[index] ?? ''),
  }));
  return { kind: 'choice', text: more.length > 0 ? '是哪个时间？' : '是这个时间吗？', options: spoken };
}
