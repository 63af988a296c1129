/**
 * The private chat of secretaries and admins: their commands, and the answers to what the bot asked. It is looked
 * at before a message is interpreted, takes only what is plainly for it, and leaves answers and check-ins alone.
 */
import { inSavepoint } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { isAtLeast } from '../people/scope.ts';
import { dropInvisible, normalise } from '../quiz/normalise.ts';
import { help } from './commands/help.ts';
import type { DeskContext, Said } from './commands/desk.ts';
import { DESK, DIALOGS } from './commands/secretary.ts';
import { nearestCommand, usageOf } from './nearest.ts';
import {
  askQuestion,
  closeQuestion,
  findQuestion,
  isSoftYes,
  type Pending,
  ranOut,
  readReply,
} from './pending.ts';
import { readSecretaryCommand, type SaidCommand } from './secretary-words.ts';

/** What was understood of a message to the desk, as it is kept beside it. */
export interface DeskIntent {
  readonly kind: 'desk';
  readonly name: string;
}

export interface Taken {
  readonly intent: DeskIntent;
  readonly reply: string;
}

const LONGEST = 20_000;

/** A plain answer to the question that waits, or a command; `undefined` for everything else. */
export async function takeAtDesk(text: string, context: DeskContext): Promise<Taken | undefined> {
  const raw = dropInvisible(text.slice(0, LONGEST)).trim();
  const said = normalise(raw);
  const reply = readReply(said);
  if (reply) {
    const pending = await findQuestion(context.db, context, context.now);
    const dialog = pending && DIALOGS[pending.kind];
    // Whoever was asked may have lost their role since.
    if (pending && dialog && isAtLeast(context.actor, 'secretary'))
      return await carryOn(context, pending, () => dialog.answer(reply, pending.state, context));
    if (reply.kind === 'number') return undefined;
    if (await ranOut(context.db, context, context.now))
      return taken('late', '这一条过了 10 分钟，已经不算了，什么也没有做。请重新说一遍。');
    return undefined;
  }
  const command = readSecretaryCommand(raw);
  return command && (await runCommand(command, context));
}

/** What nothing else made sense of: an answer in free words, a courtesy, or a slip of a command. */
export async function takeLoose(text: string, context: DeskContext): Promise<Taken | undefined> {
  const raw = dropInvisible(text.slice(0, LONGEST)).trim();
  const said = normalise(raw);
  const pending = await findQuestion(context.db, context, context.now);
  if (pending) {
    if (isSoftYes(said)) return taken('nudge', '请回 确认 或 取消，免得我弄错。');
    const dialog = DIALOGS[pending.kind];
    const amended = await dialog?.amend?.(raw, pending.state, context);
    if (amended !== undefined) return await carryOn(context, pending, async () => amended);
  }
  const usage = usageOf(said, context.actor);
  if (usage !== undefined) return taken('hint', usage);
  const meant = nearestCommand(said, context.actor);
  return meant === undefined ? undefined : taken('hint', `没看懂。是不是想发「${meant}」？`);
}

const taken = (name: string, reply: string): Taken => ({ intent: { kind: 'desk', name }, reply });

async function carryOn(context: DeskContext, pending: Pending, answer: () => Promise<Said>): Promise<Taken> {
  await closeQuestion(context.db, context, 'answered', context.now);
  return taken(pending.kind, await say(context, answer));
}

async function runCommand({ name, rest }: SaidCommand, context: DeskContext): Promise<Taken> {
  const { run, least } = DESK[name];
  // To whom it isn't there for, it isn't there: no word of who may.
  if (!isAtLeast(context.actor, least)) return taken('unknown', `没有这个说法。\n${await help('', context)}`);
  const replaced = await closeQuestion(context.db, context, 'replaced', context.now);
  const reply = await say(context, () => run(rest, context));
  return taken(name, replaced ? `${reply}\n（刚才问你的那一条不算了。）` : reply);
}

/** The words of an answer; its question waits from now on. What can't be done is a reply, not a fault. */
async function say(
  { db, account, contactId, memberId, now }: DeskContext,
  answer: () => Promise<Said>,
): Promise<string> {
  let said: Said;
  try {
    said = await inSavepoint(db, answer);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  if (typeof said === 'string') return said;
  await askQuestion(db, { account, contactId, memberId }, said.ask, now);
  return said.text;
}
