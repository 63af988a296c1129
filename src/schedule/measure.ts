/** How many messages a delivery is, for the look ahead: what the composer would make of it. */
import { composeLesson } from '../lessons/compose.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { splitText } from '../lessons/split.ts';

/** Channels take at most so much in one message where no limit is known. */
const MAX_TEXT = 2_000;
/** As long as any of the real ones. */
const STAND_IN = { ordinal: 1000, closesAt: '2026年12月31日 周四 20:00', link: `https://${'x'.repeat(60)}` };

const known = new WeakMap<Lesson, number>();

export function countMessages(lesson: Lesson | undefined): number {
  if (!lesson) return 1;
  const before = known.get(lesson);
  if (before !== undefined) return before;
  const counts = composeLesson(lesson, STAND_IN).map((part) =>
    part.kind === 'text' ? splitText(part.text, MAX_TEXT).length : 1,
  );
  const count = Math.max(
    1,
    counts.reduce((sum, one) => sum + one, 0),
  );
  known.set(lesson, count);
  return count;
}
