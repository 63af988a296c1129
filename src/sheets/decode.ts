/** The text of a file as Chinese offices write them: UTF-8, UTF-16 with a mark, or GBK. */
import { UserError } from '../errors.ts';

/** UTF-16 only with its byte order mark; else strict UTF-8, else GB 18030 (GBK is part of it). Throws `UserError`. */
export function decodeText(bytes: Uint8Array): string {
  for (const encoding of encodingsOf(bytes))
    try {
      return decoded(bytes, encoding);
    } catch (error) {
      if (error instanceof UserError) throw error;
    }
  throw new UserError('读不出这个文件的文字编码；请另存为 UTF-8 再试');
}

function encodingsOf([first, second]: Uint8Array): readonly string[] {
  if (first === 0xff && second === 0xfe) return ['utf-16le'];
  if (first === 0xfe && second === 0xff) return ['utf-16be'];
  return ['utf-8', 'gb18030'];
}

function decoded(bytes: Uint8Array, encoding: string): string {
  const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  if (text.includes('\0')) throw new UserError('这不是文本文件');
  return text;
}
