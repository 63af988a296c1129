/** What a secretary's command is given beside the others', and what it may give back: words, and a question. */
import { type Db, inSavepoint } from '../../db/open.ts';
import { UserError } from '../../errors.ts';
import type { PaceConfig } from '../../schedule/outlook.ts';
import type { Question, Reply } from '../pending.ts';
import type { CommandContext } from './command.ts';

export interface DeskContext extends CommandContext {
  /** What a plan has to fit. */
  readonly config: PaceConfig;
}

export interface Asked {
  readonly text: string;
  /** Waits for the next message in this chat. */
  readonly ask: Question;
}

export type Said = string | Asked;

/** `rest` is what stands behind the word, as it was typed. */
export type DeskCommand = (rest: string, context: DeskContext) => Promise<Said>;

/** How the answer to a question is taken. `state` is what was asked with. */
export interface Dialog {
  readonly answer: (reply: Reply, state: unknown, context: DeskContext) => Promise<Said>;
  /** An answer in free words; `undefined` when it is none. */
  readonly amend?: (said: string, state: unknown, context: DeskContext) => Promise<Said | undefined>;
}

/** Does it for each number; what can't be done with one is said, and doesn't hinder the others. */
export async function forEachNumber(
  db: Db,
  numbers: readonly number[],
  run: (no: number) => Promise<string>,
): Promise<string> {
  const said: string[] = [];
  for (const no of numbers)
    try {
      said.push(await inSavepoint(db, () => run(no)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      said.push(error.message);
    }
  return said.join('\n');
}

/** Choices as they are asked about: one a line, by number. */
export const sayOptions = (text: string, options: readonly { readonly say: string }[], no: string): string =>
  [text, ...options.map(({ say }, index) => `${index + 1}. ${say}`), `回数字就行，回 取消 就${no}。`].join(
    '\n',
  );
