/** Takes harmless wrapping off what may be an answer: quote blocks, emoji, 我选…吧. */

const QUOTE = /^「[\s\S]*」[^\S\n]*\n[^\S\n]*-(?: ?-){4,}[^\S\n]*\n([\s\S]*)$/;
const EMOJI =
  /(?![√✓✔☑✅×✗✘✖❌❎])[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}](?:\u200d)?/gu;
/** A sticker as text, `[强]`; `[A]` is no sticker. */
const STICKER = /\[(?![A-Ha-h对错]\])[\p{L}]{1,5}\]/gu;
const BEFORE =
  /^(?:我的?)?(?:觉得|认为|猜|想)?(?:(?:答案|答题|选择|作答|回答|更正|修改|应该|改|选|答|填|交)(?:是|成|为|选|选择)?)+\s*[:：,，]?\s*|^我(?=[A-Ha-h对错])/;
const AFTER = /\s*(?:吧|啊|呀|哦|哈|嘛|啦|喽)?\s*[。.!！~～…,，;；、]*\s*$/;

const PARTICLE = /(?:吧|啊|呀|哦|哈|嘛|啦|喽)\s*[。.!！~～…]*\s*$/;
const LETTER_WITH_PARTICLE = /[A-Ha-h]\s*(?:吧|啊|呀|哦|哈|嘛|啦|喽)/;

/** The reply under a WeChat quote block; a text without one as it is. */
export const dropQuote = (text: string): string => QUOTE.exec(text)?.[1] ?? text;

export interface Unwrapped {
  readonly text: string;
  /** Whether somebody said in words that this is an answer. */
  readonly declared: boolean;
}

/** `text` is normalised and has no quote block and no mention any more. */
export function unwrap(text: string): Unwrapped {
  const plain = text.replace(EMOJI, ' ').replace(STICKER, ' ').trim();
  const declared = BEFORE.exec(plain)?.[0] ?? '';
  const inner = plain.slice(declared.length);
  const kept = inner.replace(AFTER, '');
  // 对吧 asks for agreement and 对啊 gives it: a particle is wrapping only behind a letter or what was declared.
  const softened = PARTICLE.test(inner) && declared === '' && !LETTER_WITH_PARTICLE.test(inner);
  return { text: softened ? inner : kept, declared: declared !== '' };
}
