/**
 * A Word file as the draft of a lesson: its words as Markdown, its pictures as files beside it. A section called 小测
 * with questions as people number them (1. …, A. …, 答案：B) becomes the quiz. What is lost is named.
 */
import { createHash } from 'node:crypto';

import mammoth from 'mammoth';

import { reasonOf, UserError } from '../errors.ts';
import { isArchive, isOldOffice, MEGABYTE, unpackArchive } from '../sheets/archive.ts';
import { type Block, readBlocks, writeBlocks } from './html.ts';
import { readTypedQuiz } from './typed-quiz.ts';

export interface DraftPicture {
  /** The file's name, as the draft calls it. */
  readonly name: string;
  readonly bytes: Buffer;
}

export interface LessonDraft {
  readonly id: string;
  readonly title: string;
  /** The whole file, front matter and all. */
  readonly source: string;
  readonly pictures: readonly DraftPicture[];
  /** What was not carried over, or not whole. */
  readonly left: readonly { readonly where: string; readonly why: string }[];
}

const LARGEST = 20 * MEGABYTE;
const LIMITS = { maxUnpacked: 64 * MEGABYTE, maxFiles: 2_000 };
/** Words and their mark-up; a longer text is a book. */
const LARGEST_DOCUMENT = 8 * MEGABYTE;
const LARGEST_PICTURE = 2 * MEGABYTE;
const MOST_PICTURES = 50;
const QUIZ_TITLE = /^(?:[一二三四五六七八九十]+、\s*)?(?:小测|测试题?|练习题?|课后题|课后练习|考一考|想一想)$/;
const TYPES: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif' };

/** Throws `UserError` when the file can't be read as a whole. `name` is the file's own. */
export async function readDocx(bytes: Uint8Array, name: string): Promise<LessonDraft> {
  checkDocx(bytes);
  const left: { where: string; why: string }[] = [];
  const pictures: DraftPicture[] = [];
  let seen = 0;
  const convertImage = mammoth.images.imgElement(async (image) => {
    seen += 1;
    const where = `第 ${seen} 张图`;
    const extension = TYPES[image.contentType];
    const kept = await image.readAsBuffer();
    const leave = (why: string) => {
      left.push({ where, why });
      return { src: '' };
    };
    if (extension === undefined) return leave(`${image.contentType} 的图不能用，另存为 PNG 或 JPG 再插入`);
    if (kept.length > LARGEST_PICTURE) return leave('超过 2 MB，压缩后再插入');
    if (pictures.length >= MOST_PICTURES) return leave(`一课最多 ${MOST_PICTURES} 张图`);
    const hash = createHash('sha256').update(kept).digest('hex').slice(0, 12);
    const file = `image-${hash}.${extension}`;
    if (!pictures.some((picture) => picture.name === file)) pictures.push({ name: file, bytes: kept });
    return { src: file };
  });
  const { value: html, messages } = await mammoth
    .convertToHtml({ buffer: Buffer.from(bytes) }, { convertImage, externalFileAccess: false })
    .catch((error: unknown) => {
      throw new UserError(`这个 Word 文件读不出来（${reasonOf(error)}）；请打开后另存为 .docx 再试`, { cause: error });
    });
  for (const { message } of messages)
    if (!/^Unrecogni[sz]ed (?:paragraph|run|table) style|^Image of type/i.test(message)) left.push({ where: '文档', why: message });
  return makeDraft(readBlocks(html.replace(/<img[^>]*\ssrc=""[^>]*>/g, '')), name, pictures, left);
}

function checkDocx(bytes: Uint8Array): void {
  if (bytes.length > LARGEST) throw new UserError('Word 文件超过 20 MB；请压缩里面的图片');
  if (isOldOffice(bytes)) throw new UserError('这是旧的 .doc 格式，或者加了密码；请另存为 .docx（不加密码）');
  if (!isArchive(bytes)) throw new UserError('这不是 Word 文件；请另存为 .docx');
  const files = unpackArchive(bytes, LIMITS);
  const document = files.find((file) => file.name === 'word/document.xml');
  if (!document) throw new UserError('这不是 Word 文件；请另存为 .docx');
  if (document.bytes.length > LARGEST_DOCUMENT) throw new UserError('文字太多了；一课几百字就好，请分成几个文件');
  if (files.some((file) => /\.(?:xml|rels)$/.test(file.name) && file.bytes.includes('<!DOCTYPE')))
    throw new UserError('这个 Word 文件里有不该有的内容，不能读');
}

function makeDraft(
  blocks: readonly Block[],
  name: string,
  pictures: readonly DraftPicture[],
  left: { where: string; why: string }[],
): LessonDraft {
  const plain = name.replace(/\.docx$/i, '').trim();
  const [first] = blocks;
  const words = first ? [...bareOf(first)].length : 0;
  const isTitled =
    words > 0 &&
    !first?.text.includes('![') &&
    (first?.kind === 'heading' || (first?.kind === 'paragraph' && words <= 30));
  const title = ([...(isTitled && first ? bareOf(first) : plain)].slice(0, 60).join('') || '没有名字的课').trim();
  const rest = isTitled ? blocks.slice(1) : blocks;
  const at = rest.findIndex((block) => block.kind !== 'item' && QUIZ_TITLE.test(bareOf(block).replace(/[：:]$/, '')));
  const body = writeBlocks(at < 0 ? rest : rest.slice(0, at)) || '（这里写正文）';
  const quiz = at < 0 ? undefined : readTypedQuiz(rest.slice(at + 1));
  if (quiz) left.push(...quiz.left);
  const id = `draft-${createHash('sha256').update(plain).digest('hex').slice(0, 8)}`;
  const head = ['---', `id: ${id}`, `title: ${JSON.stringify(title)}`, 'sources:', `  - ${JSON.stringify(`待核：${plain}.docx`)}`, '---'];
  const parts = [head.join('\n'), body, ...(quiz && quiz.source !== '' ? [`## 小测\n\n${quiz.source}`] : [])];
  return { id, title, source: `${parts.join('\n\n').trimEnd()}\n`, pictures, left };
}

/** A block's words without their mark-up. */
const bareOf = ({ text }: Block): string =>
  text
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*+/g, '')
    .replace(/\\([\\`*_[\]<>#+.)>-])/g, '$1')
    .trim();
