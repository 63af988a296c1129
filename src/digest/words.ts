/** A digest as text. Nobody is named for what they didn't do. */
import {
  activity,
  answerRate,
  type Counts,
  learningRate,
  sayMean,
  sayParts,
  sayPercent,
  shareRight,
} from '../figures.ts';
import type { Digest, UnitLine } from './digest.ts';
import { saySpan, type SpanKind } from './spans.ts';

export interface DigestWords {
  /** 第 N 期 of the group. */
  readonly ordinal?: number;
  /** It corrects one that went out before. */
  readonly isCorrection?: boolean;
  /** What stands before the figures: the author's own words. */
  readonly note?: string;
  /** Lines about lessons whose hour was missed. */
  readonly missed?: readonly string[];
  /** What comes next, ready to read. */
  readonly next?: string;
}

const RULE = '———';
const LEAST_AHEAD = 3;
const MOST_AHEAD = 8;
/** So many lessons are named; more are counted. */
const LESSONS_NAMED = 6;

const BEFORE: Readonly<Record<SpanKind, string>> = {
  day: '前一天',
  week: '上周',
  month: '上月',
  quarter: '上季',
};

/** `【学习简报 第3期】` */
export const digestHead = ({
  ordinal,
  isCorrection,
}: Pick<DigestWords, 'ordinal' | 'isCorrection'>): string =>
  `【学习简报${ordinal === undefined ? '' : ` 第${ordinal}期`}${isCorrection ? ' 更正' : ''}】`;

/** The change against the span before, `比上周多 3 人`; `''` where nothing is known of it or nobody has learned. */
export function sayChange(digest: Pick<Digest, 'counts' | 'before' | 'span'>): string {
  const { counts, before, span } = digest;
  if (!before || counts.learned === 0) return '';
  const change = counts.learned - before.learned;
  if (change === 0) return `和${BEFORE[span.kind]}一样`;
  return `比${BEFORE[span.kind]}${change > 0 ? '多' : '少'} ${Math.abs(change)} 人`;
}

export function composeDigest(digest: Digest, words: DigestWords = {}): string {
  const { counts, units, honoured, lessons, coverage } = digest;
  const { note, missed = [], next } = words;
  const lines = [`${digestHead(words)}${digest.who} ${saySpan(digest.span)}`];
  if (note) lines.push(note, RULE);
  lines.push(...sayCounts(digest));
  if (coverage) lines.push(`• 党组织 ${sayParts(coverage)} 个有人学`);
  if (lessons.length > 0 && units.length === 0) lines.push(sayLessons(lessons));
  lines.push(...missed);
  if (units.length > 0) lines.push(RULE, ...sayUnits(digest));
  if (honoured.length > 0)
    lines.push(
      RULE,
      units.length > 0 ? '全员参学' : '光荣榜',
      ...honoured.map(({ name, words: did }) => `• ${name}：${did}`),
    );
  if (counts.learned === 0) lines.push(RULE, '还没有人作答或打卡，课都还在，有空看一眼。');
  if (next) lines.push(`下一课：${next}`);
  return lines.join('\n');
}

function sayCounts(digest: Digest): string[] {
  const { counts } = digest;
  const learned = learningRate(counts);
  const change = sayChange(digest);
  const lines = [
    `• 学了 ${sayParts(learned)} 人（${sayPercent(learned)}）${change === '' ? '' : `，${change}`}`,
  ];
  if (counts.answers > 0) lines.push(`• ${sayAnswers(counts)}`);
  if (digest.span.kind === 'day' && counts.checkins > 0) lines.push(`• 打卡 ${counts.checkins} 次`);
  else if (counts.days > 0)
    lines.push(`• 人均学习 ${sayMean(activity(counts))} 天，打卡 ${counts.checkins} 次`);
  return lines;
}

const sayAnswers = (counts: Counts): string =>
  `作答 ${sayParts(answerRate(counts))} 人，答对 ${sayParts(shareRight(counts))} 题（${sayPercent(shareRight(counts))}）`;

function sayLessons(lessons: readonly string[]): string {
  const named = lessons.slice(0, LESSONS_NAMED).map((title) => `《${title}》`);
  return `• ${lessons.length} 课：${named.join('、')}${lessons.length > named.length ? ' 等' : ''}`;
}

/** The units that come first, with the others as a number: nobody is named for coming last. */
function sayUnits({ units }: Digest): string[] {
  const ahead = listAhead(units);
  if (ahead.length === 0) return [];
  const lines = ahead.map(
    ({ name, counts }) =>
      `• ${name} ${sayParts(learningRate(counts))} 人（${sayPercent(learningRate(counts))}）`,
  );
  return [units.length > ahead.length ? `参学率靠前（共 ${units.length} 个）` : '参学率', ...lines];
}

/** The better half of the units, three at least and eight at most, where anybody has learned at all. */
export const listAhead = (units: readonly UnitLine[]): UnitLine[] =>
  units
    .slice(0, Math.min(MOST_AHEAD, Math.max(LEAST_AHEAD, Math.ceil(units.length / 2))))
    .filter(({ counts }) => counts.learned > 0);
