/** The chat commands by name. */
import { UserError } from '../../errors.ts';
import type { CommandName } from '../interpret.ts';
import { bind } from './bind.ts';
import { approve, certifications, reject } from './certify.ts';
import type { Command, CommandContext } from './command.ts';
import { data } from './data.ts';
import { help } from './help.ts';
import { leave } from './leave.ts';
import { lesson } from './lesson.ts';
import { login } from './login.ts';
import { makeup } from './makeup.ts';
import { me } from './me.ts';
import { mistakes } from './mistakes.ts';
import { practice } from './practice.ts';
import { keepNews, news, rejectNews, unread } from './news.ts';
import { rank } from './rank.ts';
import { quitReminder, remind } from './remind.ts';
import { search } from './search.ts';
import { quitWeekly, weekly } from './weekly.ts';
import { showParty } from './show-party.ts';

const COMMANDS: Readonly<Partial<Record<CommandName, Command>>> = {
  help,
  me,
  rank,
  lesson,
  search,
  login,
  makeup,
  leave,
  practice,
  mistakes,
  remind,
  'quit-reminder': quitReminder,
  bind,
  certifications,
  'approve-certification': approve,
  'reject-certification': reject,
  'show-party': showParty,
  news,
  'keep-news': keepNews,
  'reject-news': rejectNews,
  unread,
  data,
  weekly,
  'quit-weekly': quitWeekly,
};

/** The reply to a command; one that this version doesn't know is answered with what it does know. */
export async function answerCommand(
  name: CommandName,
  rest: string,
  context: CommandContext,
): Promise<string> {
  const command = COMMANDS[name];
  if (!command) return `这个我还不会。\n${await help('', context)}`;
  try {
    return await command(rest, context);
  } catch (error) {
    // What can't be done is a reply, not a fault.
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
