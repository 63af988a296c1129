/** The chat commands by name. */
import type { CommandName } from '../interpret.ts';
import type { Command, CommandContext } from './command.ts';
import { help } from './help.ts';
import { lesson } from './lesson.ts';
import { me } from './me.ts';
import { rank } from './rank.ts';
import { search } from './search.ts';

const COMMANDS: Readonly<Partial<Record<CommandName, Command>>> = { help, me, rank, lesson, search };

/** The reply to a command; one that this version doesn't know is answered with what it does know. */
export async function answerCommand(
  name: CommandName,
  rest: string,
  context: CommandContext,
): Promise<string> {
  const command = COMMANDS[name];
  return command ? await command(rest, context) : `这个我还不会。\n${await help('', context)}`;
}
