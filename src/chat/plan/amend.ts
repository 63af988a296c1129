/** What is said to a question about the time: the hour alone goes with the day of before, a whole time stands alone. */
import { normalise } from '../../quiz/normalise.ts';
import { readDay } from './days.ts';
import type { WhenContext, WhenReading } from './reading.ts';
import { speaksOfRepeat } from './repeat.ts';
import { findTimes } from './times.ts';
import { readWhen } from './when.ts';

export interface Amended {
  readonly reading: WhenReading;
  /** The words for the time as they are now. */
  readonly said: string;
}

/** `before` is what was said first; `undefined` where the answer says nothing of a time. */
export function amendWhen(before: string, answer: string, context: WhenContext): Amended | undefined {
  const said = normalise(answer).trim().slice(0, 100);
  const [time] = findTimes(said);
  const around = time ? said.replace(time.text, ' ') : said;
  const isHourOnly =
    time !== undefined && readDay(around, context).kind === 'none' && !speaksOfRepeat(around);
  const told = isHourOnly ? `${dropTimes(before)} ${said}` : said;
  const { reading } = readWhen(told, context);
  const tellsNothing = reading.kind === 'ask' && reading.why === 'no-time';
  return tellsNothing ? undefined : { reading, said: told };
}

const dropTimes = (text: string): string =>
  findTimes(text).reduce((left, { text: time }) => left.replace(time, ' '), text);
