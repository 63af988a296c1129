/**
 * Items as Markdown files under `news/` of the lessons' folder: front matter with title, source, url and date,
 * then the words. A file there counts as kept by the operator who put it there.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readDate } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { NewsKind } from '../db/tables.ts';
import { renderChat } from '../lessons/chat.ts';
import { readBlock, splitFrontMatter } from '../lessons/front-matter.ts';
import type { Fault } from '../lessons/lesson.ts';
import { readPolicy } from '../people/policies.ts';
import { COUNTY, withDecisions } from './desk.ts';
import { EXAMPLE, type FoundItem, type Item, LONGEST_TITLE, openIntake, takeIn } from './items.ts';
import { canonicalLink } from './link.ts';
import { firstSentences, oneLine } from './text.ts';

export interface NewsFile extends Omit<FoundItem, 'origin' | 'originKey'> {
  /** Relative to the lessons' folder. */
  readonly file: string;
}

const FOLDER = 'news';
const KEYS = ['title', 'source', 'url', 'date', 'kind', 'category'] as const;
const KINDS: Readonly<Record<string, NewsKind>> = {
  动态: 'news',
  电商动态: 'news',
  党建: 'party',
  党建信息: 'party',
  通知: 'notice',
};

/** All items of the folder, and all that is wrong with them. No folder is no fault. */
export async function loadNewsFiles(
  lessonsDir: string,
  zone: string,
): Promise<{ files: NewsFile[]; faults: Fault[] }> {
  const names = await readdir(join(lessonsDir, FOLDER)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files: NewsFile[] = [];
  const faults: Fault[] = [];
  for (const name of names.filter((one) => /^[^._].*\.md$/.test(one) && one !== 'README.md').toSorted()) {
    const file = `${FOLDER}/${name}`;
    const read = readNewsFile(await readFile(join(lessonsDir, file), 'utf8'), file, zone);
    faults.push(...read.faults);
    if (read.news) files.push(read.news);
  }
  return { files, faults };
}

/** One file. */
export function readNewsFile(
  source: string,
  file: string,
  zone: string,
): { news: NewsFile | undefined; faults: Fault[] } {
  const faults: Fault[] = [];
  const add = (line: number, message: string, cure: string) =>
    void faults.push({ file, line, message, cure });
  const { yaml, rest, bodyLine } = splitFrontMatter(
    source.replace(/^\u{feff}/u, '').replaceAll('\r\n', '\n'),
  );
  if (yaml === undefined) add(1, '没有文件头', '第一行写 ---，下面写 title、source、url、date，再写一行 ---');
  const block = yaml === undefined ? undefined : readBlock(yaml, KEYS, 'title、source 和 date', add);
  const text = (key: (typeof KEYS)[number]) => {
    const value = block?.values[key];
    return typeof value === 'string' || typeof value === 'number' ? oneLine(String(value)) : '';
  };
  const line = (key: string) => block?.lineOf(key) ?? 1;
  const title = text('title');
  const published = readDate(text('date'), zone);
  const kind = KINDS[text('kind') || '动态'];
  const url = text('url');
  const body = renderChat(rest)
    .map((part) => (part.kind === 'text' ? part.text : part.alt))
    .join('\n')
    .trim();
  if (block) {
    if (title === '') add(line('title'), '没有 title', '在文件头加一行 title: 标题');
    else if ([...title].length > LONGEST_TITLE)
      add(line('title'), '标题太长了', `标题不超过 ${LONGEST_TITLE} 个字`);
    if (text('source') === '') add(line('source'), '没有 source', '在文件头加一行 source: 消息的出处');
    if (published === undefined) add(line('date'), '没有 date，或者读不懂', '写成 date: 2026-11-24');
    if (kind === undefined)
      add(line('kind'), `不认识的 kind「${text('kind')}」`, `只用这些：${Object.keys(KINDS).join('、')}`);
    if (url !== '' && canonicalLink(url) === '')
      add(line('url'), 'url 不是网址', '写完整的网址，以 https:// 开头');
    if (body === '') add(bodyLine, '没有正文', '文件头下面写一两句摘要');
  }
  if (faults.length > 0 || kind === undefined || published === undefined) return { news: undefined, faults };
  return {
    news: {
      file,
      kind,
      title,
      summary: kind === 'news' ? firstSentences(body) : body,
      source: text('source'),
      published,
      category: text('category'),
      ...(url === '' ? {} : { url }),
    },
    faults,
  };
}

/**
 * Takes the folder's items in: new ones are kept for the county, changed ones change until they were sent, those
 * whose file is gone aren't sent any more. Examples are taken in only where `withExamples`.
 */
export async function recordNewsFiles(
  db: Db,
  files: readonly NewsFile[],
  { withExamples }: { readonly withExamples: boolean },
  now: number,
): Promise<void> {
  const life = await readPolicy(db, 'news-life');
  const wanted = files.flatMap((one) => {
    const isExample = one.title.includes(EXAMPLE);
    if (isExample && !withExamples) return [];
    const isOld = (one.published ?? now) + life <= now;
    // What is made up has no day of its own.
    return isOld && !isExample ? [] : [isOld ? { ...one, published: now } : one];
  });
  const known = await withDecisions(
    db,
    await db.selectFrom('news_item').selectAll().where('origin', '=', 'file').execute(),
  );
  const byFile = new Map(known.map((item) => [item.origin_key, item]));
  const fresh = wanted.filter(({ file }) => !byFile.has(file));
  const changed = wanted.flatMap((one) => {
    const item = byFile.get(one.file);
    return item && !item.isSent && isChanged(item, one) ? [{ item, one }] : [];
  });
  const there = new Set(files.map(({ file }) => file));
  const gone = known.filter(
    ({ origin_key: file, decisions }) =>
      !there.has(file) &&
      decisions.some(({ unit_id: unit, verdict }) => unit === COUNTY && verdict === 'kept'),
  );
  if (fresh.length + changed.length + gone.length === 0) return;
  await inTransaction(db, async (trx) => {
    if (fresh.length > 0) {
      const intake = await openIntake(trx, now);
      for (const { file, ...found } of fresh) {
        const taken = await takeIn(
          trx,
          intake,
          { ...found, origin: 'file', originKey: file },
          'operator',
          now,
        );
        if (taken.kind === 'added') await decide(trx, taken.item.id, 'kept', now);
      }
    }
    for (const { item, one } of changed) {
      const words = { title: one.title, summary: one.summary, source: one.source };
      await trx
        .updateTable('news_item')
        .set({ ...words, example: one.title.includes(EXAMPLE) ? 1 : item.example })
        .where('id', '=', item.id)
        .execute();
      await appendAudit(trx, { at: now, who: 'operator', what: 'news.file', subject: item.id, after: words });
    }
    for (const { id } of gone) await decide(trx, id, 'rejected', now);
  });
}

const isChanged = (item: Item, file: NewsFile): boolean =>
  item.edited_by === null &&
  (item.title !== file.title || item.summary !== file.summary || item.source !== file.source);

async function decide(trx: Db, itemId: string, verdict: 'kept' | 'rejected', now: number): Promise<void> {
  const decided = { verdict, decided_by: 'operator', decided_at: now };
  await trx
    .insertInto('news_decision')
    .values({ item_id: itemId, unit_id: COUNTY, ...decided })
    .onConflict((conflict) => conflict.columns(['item_id', 'unit_id']).doUpdateSet(decided))
    .execute();
}
