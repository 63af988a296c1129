/**
 * Brings in questions (GIFT, xlsx, csv), a Word file as a lesson's draft, or lessons (a .md file, a folder). What can
 * be taken is taken in one go; what can't is named. With `--dry-run` nothing is changed.
 */
import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, posix, resolve } from 'node:path';

import { UserError } from '../errors.ts';
import { type Catalogue, loadCatalogue, loadLessonFile, picturesOf } from '../lessons/catalogue.ts';
import { readDocx } from '../lessons/docx.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { terminalBy } from '../quiz/bank.ts';
import type { Left } from '../quiz/carry.ts';
import { isBankFile, planItems, readItemFile, takeItems } from '../quiz/import-items.ts';
import { config, type Output, printJson, printRows, withDb } from './parts.ts';

interface Options extends Output {
  readonly dryRun?: boolean;
  readonly tag?: readonly string[];
}

interface Report {
  readonly taken: number;
  readonly left: readonly Left[];
  /** Where it went; absent when the file couldn't be read at all. */
  readonly into?: string;
  /** Whether everything that was left is there already. */
  readonly isKnown?: boolean;
}

const LARGEST_TEXT = 5 * 1024 * 1024;
/** Files and folders that begin so are no lessons yet: a draft is looked at before it may be sent. */
const DRAFTS = '_drafts';

/** Gives 1 when nothing could be taken, unless it had been before. */
export async function run(file: string, options: Options): Promise<number> {
  const found = await stat(file).catch((error: Error) => {
    throw new UserError(`${file} can't be read: ${error.message}`, { cause: error });
  });
  const report = await (found.isDirectory() ? importFolder : importFile)(file, options).catch(
    (error: unknown): Report => {
      // A script gets one shape, whatever the file is.
      if (options.json !== true || !(error instanceof UserError)) throw error;
      process.stderr.write(`weike: ${error.message}\n`);
      return { taken: 0, left: [{ where: basename(file), why: error.message }] };
    },
  );
  const { taken, left, into } = report;
  if (options.json) printJson({ taken, left, into: into ?? null, dry_run: options.dryRun === true });
  else {
    process.stdout.write(`${taken} ${options.dryRun ? 'would go' : 'went'} into ${into}\n`);
    if (left.length > 0) printRows(left, ['where', 'why'], options);
  }
  return taken === 0 && !report.isKnown ? 1 : 0;
}

async function importFile(file: string, options: Options): Promise<Report> {
  if (isBankFile(file)) return await importItems(file, options);
  switch (extname(file).toLowerCase()) {
    case '.xls':
    case '.doc':
      throw new UserError('旧的 Office 格式读不了；请另存为 .xlsx 或 .docx');
    case '.docx':
      return await importDocx(file, options);
    case '.md':
      return await importLesson(file, options);
    default:
      throw new UserError(`${file}: expected .gift, .txt, .xlsx, .csv, .docx, .md or a folder of lessons`);
  }
}

async function readSmall(file: string, largest: number): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > largest) throw new UserError(`${file}: more than ${largest / 1024 / 1024} MB`);
  return await readFile(file);
}

async function importItems(file: string, { dryRun, tag = [] }: Options): Promise<Report> {
  const name = basename(file);
  const carried = await readItemFile(name, await readSmall(file, LARGEST_TEXT));
  return await withDb(async (db) => {
    const { fresh, left, isWhole } = dryRun
      ? await planItems(db, carried, name)
      : await takeItems(db, carried, { name, tags: tag }, terminalBy('cli'), Date.now());
    return { taken: fresh.length, left, into: 'the bank', isKnown: isWhole };
  });
}

async function importDocx(file: string, { dryRun }: Options): Promise<Report> {
  const draft = await readDocx(await readFile(file), basename(file));
  const folder = join(config().lessonsDir, DRAFTS, draft.id);
  const into = join(folder, `${draft.id}.md`);
  if (await exists(folder)) {
    const why = `这个文件已经导入过，草稿在 ${into}；要重来就先把它删掉`;
    return { taken: 0, left: [{ where: basename(file), why }], into };
  }
  if (!dryRun)
    await placeFolder(folder, async (to) => {
      await writeFile(join(to, `${draft.id}.md`), draft.source);
      for (const { name, bytes } of draft.pictures) await writeFile(join(to, name), bytes);
    });
  return {
    taken: 1,
    left: draft.left,
    into: `${into} (a draft: look it through, then move it out of ${DRAFTS})`,
  };
}

/** Fills a folder beside its place and moves it there: it is whole, or not there at all. */
async function placeFolder(folder: string, fill: (to: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const making = `${folder}.${randomUUID()}`;
  try {
    await mkdir(making);
    await fill(making);
    await rename(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function importLesson(file: string, options: Options): Promise<Report> {
  const dir = dirname(resolve(file));
  const { lesson, faults } = await loadLessonFile(dir, basename(file));
  const left = faults.map(({ line, message, cure }) => ({
    where: `第 ${line} 行`,
    why: `${message}；${cure}`,
  }));
  return lesson
    ? await placeLessons(dir, [lesson], left, options)
    : { taken: 0, left, into: config().lessonsDir };
}

async function importFolder(folder: string, options: Options): Promise<Report> {
  const { lessons, faults } = await loadCatalogue(folder);
  const left = faults.map(({ file, line, message, cure }) => ({
    where: `${file} 第 ${line} 行`,
    why: `${message}；${cure}`,
  }));
  if (lessons.length === 0 && left.length === 0) left.push({ where: folder, why: '没有找到 .md 文件' });
  return await placeLessons(folder, lessons, left, options);
}

/** Copies lessons with their pictures into the lessons' folder, none over another. */
async function placeLessons(
  from: string,
  lessons: readonly Lesson[],
  left: readonly Left[],
  { dryRun }: Options,
): Promise<Report> {
  const into = config().lessonsDir;
  const there: Catalogue = await loadCatalogue(into);
  const refused: Left[] = [];
  const placed: Lesson[] = [];
  for (const lesson of lessons) {
    const twin = there.byId.get(lesson.id);
    const isTaken = twin === undefined && (await exists(join(into, lesson.file)));
    if (twin?.hash === lesson.hash) refused.push({ where: lesson.file, why: '已经有一模一样的一课' });
    else if (twin)
      refused.push({
        where: lesson.file,
        why: `id「${lesson.id}」已经在 ${twin.file} 里；换一个 id，或直接改那个文件`,
      });
    else if (isTaken) refused.push({ where: lesson.file, why: '已经有同名的文件；换一个名字' });
    else placed.push(lesson);
  }
  if (!dryRun)
    for (const lesson of placed)
      for (const name of [...picturesOf(lesson), lesson.file]) {
        const to = join(into, name);
        await mkdir(dirname(to), { recursive: true });
        await cp(join(from, posix.normalize(name)), to, { force: false });
      }
  return { taken: placed.length, left: [...left, ...refused], into };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
