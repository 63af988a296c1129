/** The hash by which one of our own messages is recognised when it comes back. */
import { createHash } from 'node:crypto';

/** A picture comes back without anything to compare: any picture of ours in that chat may be it. */
const PICTURE = 'picture';

/**
 * Hex SHA-256 of what survives a chat: channels trim, turn `\r\n` into `\n`, swap kinds of blanks and drop
 * invisible characters, so none of these count.
 */
export function bodyHash(kind: 'text' | 'picture', text: string): string {
  if (kind === 'picture') return PICTURE;
  const kept = text.normalize('NFC').replace(/[\s\p{Cf}\u{fe00}-\u{fe0f}]+/gu, '');
  return createHash('sha256').update(kept).digest('hex');
}
