/** The lessons' folder: all lessons, and all that is wrong with them. */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';

import { UserError } from '../errors.ts';
import { renderChat } from './chat.ts';
import type { Fault, Lesson } from './lesson.ts';
import { parseLesson } from './parse.ts';

export interface Catalogue {
  /** By course in the order of their folders, then by place in the course, then by id. */
  readonly lessons: readonly Lesson[];
  readonly faults: readonly Fault[];
  readonly byId: ReadonlyMap<string, Lesson>;
  /** The whole source of each lesson, by its hash. */
  readonly sources: ReadonlyMap<string, string>;
}

const LARGEST_PICTURE = 2 * 1024 * 1024;
/** Isn't even read. */
const LARGEST_FILE = 1024 * 1024;

/** Reads every lesson under `dir`. A lesson with a fault is left out. Throws `UserError` when the folder isn't there. */
export async function loadCatalogue(dir: string): Promise<Catalogue> {
  const files = await listLessonFiles(dir);
  const loaded = [];
  for (const file of files) loaded.push(await loadLessonFile(dir, file).catch(() => unreadable(file)));
  const faults = loaded.flatMap((one) => one.faults);
  const lessons: Lesson[] = [];
  const sources = new Map<string, string>();
  for (const { lesson, source } of loaded) {
    if (!lesson) continue;
    const twin = lessons.find((other) => isSamePlace(other, lesson));
    if (twin) {
      const same = twin.id === lesson.id ? `id「${lesson.id}」` : `「${lesson.course}」的第 ${lesson.order} 课`;
      faults.push({ file: lesson.file, line: 1, message: `${same}已经在 ${twin.file} 里`, cure: '给其中一个换一个' });
      continue;
    }
    lessons.push(lesson);
    sources.set(lesson.hash, source);
  }
  const courses = [...new Set(lessons.map(({ course }) => course))];
  lessons.sort(
    (a, b) =>
      courses.indexOf(a.course) - courses.indexOf(b.course) || a.order - b.order || (a.id < b.id ? -1 : 1),
  );
  return { lessons, faults, byId: new Map(lessons.map((lesson) => [lesson.id, lesson])), sources };
}

/** One file that can't be read doesn't keep the others back. */
const unreadable = (file: string) => ({
  lesson: undefined,
  faults: [{ file, line: 1, message: '这个文件读不出来', cure: '看看文件还在不在、有没有读它的权限' }],
  source: '',
});

const isSamePlace = (a: Lesson, b: Lesson) =>
  a.id === b.id || (a.course !== '' && a.course === b.course && a.order > 0 && a.order === b.order);

async function listLessonFiles(dir: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(dir, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new UserError(`the lessons' folder ${dir} can't be read: ${(error as Error).message}; see LESSONS_DIR`, {
      cause: error,
    });
  }
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && entry.name !== 'README.md')
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.startsWith('news/') && !file.split('/').some((name) => /^[._]/.test(name)))
    .toSorted();
}

/** One lesson with its faults, the pictures beside it looked at. `file` is relative to `dir`, with `/`. */
export async function loadLessonFile(
  dir: string,
  file: string,
): Promise<{ lesson: Lesson | undefined; faults: Fault[]; source: string }> {
  const path = join(dir, file);
  if ((await stat(path)).size > LARGEST_FILE) {
    const fault = { file, line: 1, message: '文件太大了', cure: '一课几百字就好，图片放在旁边的文件里' };
    return { lesson: undefined, faults: [fault], source: '' };
  }
  const bytes = await readFile(path);
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const fault = { file, line: 1, message: '文字编码不是 UTF-8', cure: '用记事本打开，另存为时编码选 UTF-8' };
    return { lesson: undefined, faults: [fault], source: '' };
  }
  const { lesson, faults } = parseLesson(source, file);
  if (lesson) faults.push(...(await checkPictures(dir, lesson, source)));
  return { lesson: faults.length > 0 ? undefined : lesson, faults, source };
}

/** The files of a lesson's pictures as they stand in its text, relative to the lessons' folder. */
export function picturesOf(lesson: Pick<Lesson, 'body' | 'questions' | 'file'>): string[] {
  const texts = [lesson.body, ...lesson.questions.flatMap(({ stem, options, explanation }) => [stem, ...options, explanation])];
  return texts.flatMap((text) =>
    renderChat(text).flatMap((part) => (part.kind === 'picture' ? [pictureFile(lesson, part.file)] : [])),
  );
}

/** A picture's file relative to the lessons' folder, from how the lesson calls it. */
export const pictureFile = (lesson: Pick<Lesson, 'file'>, href: string): string =>
  posix.normalize(posix.join(posix.dirname(lesson.file), href));

async function checkPictures(dir: string, lesson: Lesson, source: string): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const file of picturesOf(lesson)) {
    const name = posix.basename(file);
    const line = source.split('\n').findIndex((row) => row.includes(name)) + 1 || 1;
    const fault = await pictureFault(dir, file);
    if (fault) faults.push({ file: lesson.file, line, ...fault });
  }
  return faults;
}

async function pictureFault(dir: string, file: string): Promise<Pick<Fault, 'message' | 'cure'> | undefined> {
  if (file.startsWith('../') || posix.isAbsolute(file))
    return { message: `图片 ${file} 不在微课文件夹里`, cure: '把图片放到这一课的旁边' };
  const path = join(dir, file);
  const size = await stat(path).then((found) => found.size, () => undefined);
  if (size === undefined) return { message: `找不到图片 ${file}`, cure: '把图片放到这一课的旁边，名字要一样' };
  if (size > LARGEST_PICTURE) return { message: `图片 ${file} 超过 2 MB`, cure: '把图片缩小到宽 750 像素左右' };
  if (!(await pictureType(path))) return { message: `图片 ${file} 不是 PNG、JPEG 或 GIF`, cure: '另存为 PNG 或 JPG' };
  return undefined;
}

/** The media type by the first bytes, whatever the name says; `undefined` when it is no picture of ours. */
export async function pictureType(path: string): Promise<'image/png' | 'image/jpeg' | 'image/gif' | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const start = buffer.toString('latin1');
    if (start.startsWith('\u0089PNG\r\n\u001a\n')) return 'image/png';
    if (start.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
    if (start.startsWith('GIF8')) return 'image/gif';
    return undefined;
  } finally {
    await file.close();
  }
}
