/** A Word or Markdown file that becomes a lesson's draft: looked at, and taken in. */
import { extname } from 'node:path';

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { unitFor } from '../../chat/commands/announce.ts';
import { shrinkPhoto } from '../../checkin/photos.ts';
import { UserError } from '../../errors.ts';
import { readDocx } from '../../lessons/docx.ts';
import { startDraft } from '../../lessons/drafts.ts';
import { keepPicture, picturesDir } from '../../lessons/pictures.ts';
import { faultsOf, readPieces, readQuiz } from '../../lessons/source.ts';
import { dropUpload, getUpload, keepUpload } from '../../people/uploads.ts';
import type { Left } from '../../quiz/carry.ts';
import { decodeText } from '../../sheets/decode.ts';
import { wordsOf } from '../words.ts';
import { acts } from './acting.ts';
import { card, hidden } from './draw.ts';
import { say } from './flash.ts';
import { drawLeft } from './left.ts';
import { type ConsoleSite, type Desk, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';

export const isLessonFile = (name: string): boolean => ['.docx', '.md'].includes(extname(name).toLowerCase());

interface ReadFile {
  readonly source: string;
  readonly pictures: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly left: readonly Left[];
}

/** Throws `UserError` when it isn't what its name says. */
async function readLessonFile(name: string, bytes: Uint8Array): Promise<ReadFile> {
  if (extname(name).toLowerCase() === '.docx') return await readDocx(bytes, name);
  const source = decodeText(bytes);
  const left = faultsOf(source).map(({ line, message, cure }) => ({
    where: `第 ${line} 行`,
    why: `${message}；${cure}`,
  }));
  return { source, pictures: [], left };
}

interface LessonFilePlan {
  readonly title: string;
  readonly questions: number;
  readonly pictures: number;
  /** What isn't carried over, or has to be mended in the draft. */
  readonly left: readonly Left[];
}

async function planLessonFile(name: string, bytes: Uint8Array): Promise<LessonFilePlan> {
  const { source, pictures, left } = await readLessonFile(name, bytes);
  const pieces = readPieces(source);
  const { questions } = readQuiz(pieces.quiz);
  return { title: pieces.title || name, questions: questions.length, pictures: pictures.length, left };
}

/** Gives the draft's number. */
async function takeLessonFile(
  { db, actor, now, dataDir }: Desk,
  name: string,
  bytes: Uint8Array,
): Promise<number> {
  const read = await readLessonFile(name, bytes);
  let { source } = read;
  for (const picture of read.pictures) {
    const shrunk = await shrinkPhoto(picture.bytes).catch(() => undefined);
    if (shrunk)
      source = source.replaceAll(picture.name, await keepPicture(picturesDir(dataDir), shrunk.bytes));
  }
  const draft = await startDraft(db, { source, unitId: await unitFor(db, actor, []) }, actor, now);
  return draft.no;
}

export interface Brought {
  /** As it is called on their disk, without what can't be seen. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The file that a form was sent with. Throws `UserError` when there is none, or it is of an Office long gone. */
export function broughtIn(file: unknown): Promise<Brought> {
  if (!(file instanceof File) || file.size === 0) throw new UserError('没有选文件。');
  const name = file.name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 100);
  if (/\.(?:xls|doc)$/i.test(name)) throw new UserError('旧的 Office 格式读不了，请另存为 .xlsx 或 .docx。');
  return file.arrayBuffer().then((buffer) => ({ name, bytes: new Uint8Array(buffer) }));
}

/** What the file would become; nothing is changed but that it is kept until the press. */
export async function previewLesson(c: Context, desk: Desk, { name, bytes }: Brought, back: string) {
  const { db, actor, now, site } = desk;
  const { title, questions, pictures, left } = await planLessonFile(name, bytes);
  const key = await keepUpload(db, { kind: 'lesson', name, bytes, options: {} }, actor.who, now);
  return shellPage(c, site, {
    title: '先看一遍',
    note: name,
    back: { path: back, name: '换一个文件' },
    body: html`${card(
      '会成一课的草稿',
      html`<p>《${title}》${questions} 道题，${pictures} 张图。看好了再送审，送审前谁也收不到。</p>
        <form method="post" action="/lessons/import/take">
          ${hidden({ key })}<button class="button">就这样收下</button>
        </form>`,
    )}
    ${left.length > 0 ? card('没带过来的，和要改的', drawLeft(left), { note: `${left.length} 处` }) : ''}`,
  });
}

export function lessonFileRoutes(app: Hono, site: ConsoleSite): void {
  app.post('/lessons/import', async (c) => {
    try {
      const { file } = await c.req.parseBody();
      const brought = await broughtIn(file);
      if (!isLessonFile(brought.name))
        throw new UserError('这里收 Word（.docx）和 Markdown（.md）；题目表格请到题库导入。');
      return await previewLesson(c, deskOf(site, c), brought, '/lessons');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      say(c, site, { text: wordsOf(error), kind: 'bad' });
      return c.redirect('/lessons', 303);
    }
  });
  app.post(
    '/lessons/import/take',
    acts(site, '/lessons', async (desk, form) => {
      const { db, actor, now } = desk;
      const id = form.get('key');
      const { name, bytes } = await getUpload(db, { id, kind: 'lesson', owner: actor.who }, now);
      const no = await takeLessonFile(desk, name, bytes);
      await dropUpload(db, id);
      return { text: '导进来了，看一看再送审。', to: `/lessons/d/${no}` };
    }),
  );
}
