/** The county's own number of a member (编号): short, and never an identity card's. */
import { UserError } from '../errors.ts';

/** 18 digits of which the last may be X, or the 15 of the old cards, however they are grouped. */
export const looksLikeIdCard = (text: string): boolean =>
  /(?<![0-9])(?:\d{17}[\dX]|\d{15})(?![0-9])/iu.test(text.normalize('NFKC').replaceAll(/[\s\-_.·]/gu, ''));

/** As it is kept: half-width, capital letters. Throws `UserError`, which never repeats what may be personal. */
export function readNumber(text: string): string {
  if (looksLikeIdCard(text))
    throw new UserError("looks like an identity card's number: use the county's own number (编号)", {
      said: '像是身份证号，不收也不保存；请填县里自己编的号',
    });
  const number = text.normalize('NFKC').trim().toUpperCase();
  if (!/^[\p{L}\p{N}][\p{L}\p{N}\-_.]{0,19}$/u.test(number))
    throw new UserError('a number (编号) has 1 to 20 letters, digits, "-", "_" or "."', {
      said: '编号是 1 到 20 个字母、数字或 - _ .',
    });
  return number;
}
