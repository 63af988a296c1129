/** A Word or Markdown file that becomes a lesson's draft: looked at, and taken in. */
import { extname } from 'node:path';

import { unitFor } from '../../chat/commands/announce.ts';
import { shrinkPhoto } from '../../checkin/photos.ts';
import { readDocx } from '../../lessons/docx.ts';
import { startDraft } from '../../lessons/drafts.ts';
import { keepPicture, picturesDir } from '../../lessons/pictures.ts';
import { faultsOf, readPieces, readQuiz } from '../../lessons/source.ts';
import type { Left } from '../../quiz/carry.ts';
import { decodeText } from '../../sheets/decode.ts';
import type { Desk } from './parts.ts';

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

export interface LessonFilePlan {
  readonly title: string;
  readonly questions: number;
  readonly pictures: number;
  /** What isn't carried over, or has to be mended in the draft. */
  readonly left: readonly Left[];
}

export async function planLessonFile(name: string, bytes: Uint8Array): Promise<LessonFilePlan> {
  const { source, pictures, left } = await readLessonFile(name, bytes);
  const pieces = readPieces(source);
  const { questions } = readQuiz(pieces.quiz);
  return { title: pieces.title || name, questions: questions.length, pictures: pictures.length, left };
}

/** Gives the draft's number. */
export async function takeLessonFile(
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
