/** Whether a digest would say anything else than one that went out: its mark, what comes next and what was missed aside. */

/** `【学习简报 第3期】`, `【学习简报 第4期 更正】` */
const HEAD = /^【学习简报[^】]*】/u;
/** What is about the hour of sending, not about the span. */
const PASSING = ['下一课：', '错过的课：'] as const;

const figuresIn = (words: string): string =>
  words
    .trim()
    .replace(HEAD, '')
    .split('\n')
    .filter((line) => !PASSING.some((start) => line.startsWith(start)))
    .join('\n')
    // A channel may have cut it into several messages.
    .replaceAll(/\s+/gu, '');

/** Both as the group reads them. */
export const tellsTheSame = (before: string, now: string): boolean => figuresIn(before) === figuresIn(now);
