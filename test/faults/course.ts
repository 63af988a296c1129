/** A course of small lessons whose every post can be told from every other. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A picture of one pixel. */
const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The file of the only picture. */
export const PICTURE = 'dot.png';

/** Stands in the body of lesson number `no` and nowhere else. */
export const markOf = (no: number): string => `标记${String(no).padStart(3, '0')}`;
export const lessonId = (no: number): string => `fault-${no}`;

/** The lesson's number when a text carries its mark. */
export function numberIn(text: string): number | undefined {
  const match = /标记(\d{3})/.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** The quiz of each: 1 has the key A of four, 2 the key B of four. */
export const QUESTIONS = { 1: 'A', 2: 'B' } as const;

/** Writes lessons 1 to `count`; every third has a picture, and with it three parts. */
export function writeCourse(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, PICTURE), Buffer.from(DOT, 'base64'));
  for (let no = 1; no <= count; no += 1)
    writeFileSync(join(folder, `${String(no).padStart(3, '0')}.md`), lessonText(no));
}

const lessonText = (no: number) => `---
id: ${lessonId(no)}
title: 试炼第 ${no} 讲
course: 试炼
order: ${no}
sources: [自拟]
---

茉莉花茶要防潮。${markOf(no)}
${no % 3 === 0 ? `\n![一点](${PICTURE})\n\n图后面还有一句，第 ${no} 讲。\n` : ''}
## 小测

1. 第 ${no} 讲的第一题？

   - [x] 密封
   - [ ] 敞口
   - [ ] 暴晒
   - [ ] 水洗

2. 第 ${no} 讲的第二题？

   - [ ] 潮湿处
   - [x] 阴凉处
   - [ ] 灶台边
   - [ ] 窗台上
`;
