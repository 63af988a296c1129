/** What a command in the chat is given, and what it gives back: the words to say. */
import type { Db } from '../../db/open.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import type { Group } from '../../people/groups.ts';
import type { Actor } from '../../people/scope.ts';

export interface CommandContext {
  readonly db: Db;
  readonly zone: string;
  readonly now: number;
  readonly memberId: string;
  /** What they may do: roles count only where somebody vouched that this contact is theirs. */
  readonly actor: Actor;
  readonly account: string;
  readonly contactId: string;
  /** The message as it was typed: what is written down word for word comes from here. */
  readonly typed: string;
  /** The inbox row of what was said. */
  readonly messageId: string;
  /** When it was written, ms. */
  readonly writtenAt: number;
  /** The word that was said for the command: 补学 and 补卡 are one of them. */
  readonly word: string;
  /** Where it was said; absent in a private chat. */
  readonly group?: Group;
  readonly lessons: readonly Lesson[];
  /** Base of links that may be given here; absent where none may. */
  readonly linkBase?: string;
}

/** `rest` is what stands after the command's word, trimmed. */
export type Command = (rest: string, context: CommandContext) => Promise<string> | string;
