/** A line under `## 小测` that draws questions from the bank: `抽题：保鲜 3`, several parted by `；`. */
import type { AddFault } from './front-matter.ts';
import type { Draw } from './lesson.ts';

const DRAWS = /^抽题\s*[：:]\s*(.*)$/s;
const ONE = /^(\S.{0,29}?)\s+(\d{1,2})\s*[道题个]?$/;
const MOST = 10;
const CURE = '写成 抽题：标签 数量，例如 抽题：保鲜 3；几个标签用 ； 隔开';

/** What a paragraph draws; `undefined` when it is something else. Faults go to `add` with the paragraph's line. */
export function readDraws(paragraph: string, line: number, add: AddFault): Draw[] | undefined {
  const match = DRAWS.exec(paragraph.trim());
  if (!match) return undefined;
  const draws: Draw[] = [];
  for (const part of (match[1] ?? '').normalize('NFKC').split(/[;、,\n]/)) {
    const [, tag, digits] = ONE.exec(part.trim()) ?? [];
    const count = Number(digits);
    if (tag === undefined) add(line, '抽题写得不对', CURE);
    else if (count < 1 || count > MOST) add(line, `抽题一次抽 1 到 ${MOST} 道`, CURE);
    else if (draws.some((draw) => draw.tag === tag)) add(line, `抽题里「${tag}」写了两次`, '合成一个');
    else draws.push({ tag, count });
  }
  return draws;
}
