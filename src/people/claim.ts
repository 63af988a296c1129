/** What somebody says who they are: `张三 A1023`. */
import { looksLikeIdCard } from './number.ts';

export interface Claim {
  readonly name: string;
  /** A code or a number; absent when only a name was said. */
  readonly code?: string;
}

/** Reads a claim; `id-card` when it holds what nobody should send, `undefined` when there is no name in it. */
export function readClaim(text: string): Claim | 'id-card' | undefined {
  const said = text.normalize('NFKC').trim();
  if (looksLikeIdCard(said)) return 'id-card';
  const words = said
    .replaceAll(/[()（）"“”「」]/gu, ' ')
    .split(/[\s,，、;；:：+/]+/u)
    .flatMap((word) => {
      // 张三A1023 without a blank.
      const [, name, code] = /^([\p{Script=Han}·]{2,})([A-Za-z0-9][A-Za-z0-9-]*)$/u.exec(word) ?? [];
      return name !== undefined && code !== undefined ? [name, code] : [word];
    })
    .filter((word) => word !== '');
  const names = words.filter((word) => !/\d/u.test(word) && /^[\p{L}·•.]{2,40}$/u.test(word));
  const codes = words.filter((word) => /\d/u.test(word));
  const [name] = names;
  if (name === undefined || names.length > 1 || codes.length > 1) return undefined;
  const [code] = codes;
  return { name, ...(code === undefined ? {} : { code }) };
}
