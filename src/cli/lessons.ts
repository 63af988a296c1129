import { readFile } from 'node:fs/promises';
import { dirname, basename } from 'node:path';
import { text } from 'node:stream/consumers';

import { UserError } from '../errors.ts';
import { loadCatalogue, loadLessonFile } from '../lessons/catalogue.ts';
import type { Fault } from '../lessons/lesson.ts';
import { renderMarkdown } from '../lessons/render.ts';
import { readCatalogue } from '../lessons/written.ts';
import { config, type Output, printRows, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { lessonsDir }) => {
    const { lessons } = await readCatalogue(db, lessonsDir);
    const rows = lessons.map(({ id, title, course, questions }) => ({
      id,
      title,
      course,
      questions: questions.length,
    }));
    printRows(rows, ['id', 'title', 'course', 'questions'], output);
  });

/** Prints the faults; 1 when there are any. */
export async function check(files: readonly string[], output: Output): Promise<number> {
  const faults: Fault[] = [];
  if (files.length === 0) faults.push(...(await loadCatalogue(config().lessonsDir)).faults);
  for (const file of files) {
    const loaded = await loadLessonFile(dirname(file), basename(file)).catch((error: Error) => {
      throw new UserError(`${file} can't be read: ${error.message}`, { cause: error });
    });
    faults.push(...loaded.faults.map((fault) => ({ ...fault, file })));
  }
  if (faults.length === 0 && !output.json) process.stdout.write('no fault found\n');
  else printRows(faults, ['file', 'line', 'message', 'cure'], output);
  return faults.length > 0 ? 1 : 0;
}

export async function render(file: string, options: Output & { as?: string }): Promise<void> {
  const { as } = options;
  if (as !== 'chat' && as !== 'page') throw new UserError(`--as: expected chat or page, got "${as ?? ''}"`);
  const source =
    file === '-'
      ? await text(process.stdin)
      : await readFile(file, 'utf8').catch((error: Error) => {
          throw new UserError(`${file} can't be read: ${error.message}`, { cause: error });
        });
  const rendered = renderMarkdown(source, as);
  if (options.json) process.stdout.write(`${JSON.stringify({ text: rendered })}\n`);
  else process.stdout.write(rendered.endsWith('\n') ? rendered : `${rendered}\n`);
}
