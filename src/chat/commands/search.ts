import type { Command } from './command.ts';

const MOST = 5;

/** Lessons in whose title, tags or words all the searched words stand. */
export const search: Command = (rest, { lessons, linkBase }) => {
  const words = rest.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return '想找什么？比如：搜 花茶 保存';
  const inTitle = lessons.filter((lesson) => words.every((word) => head(lesson).includes(word)));
  const inText = lessons.filter(
    (lesson) =>
      !inTitle.includes(lesson) &&
      words.every((word) => `${head(lesson)}${lesson.body}`.toLowerCase().includes(word)),
  );
  const found = [...inTitle, ...inText];
  if (found.length === 0) return `没找到「${rest}」的课，换个短一点的词试试。`;
  const lines = found
    .slice(0, MOST)
    .map((lesson) => `• ${lesson.title}${linkBase ? ` ${linkBase}/l/${lesson.id}` : `（${lesson.course}）`}`);
  const more = found.length > MOST ? [`还有 ${found.length - MOST} 课，多写一个词可以缩小范围`] : [];
  return [`找到 ${found.length} 课：`, ...lines, ...more].join('\n');
};

const head = (lesson: { title: string; tags: readonly string[] }) =>
  `${lesson.title} ${lesson.tags.join(' ')}`.toLowerCase();
