/** What the sandbox's script calls: messages, events, saying something, the next lesson. */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';

import type { SandboxChannel } from '../channels/sandbox/sandbox.ts';
import { reasonOf, UserError } from '../errors.ts';
import type { WebParts } from './parts.ts';
import { streamMessages } from './sandbox-events.ts';
import { findViewer, type Light, placeOf, viewMessage } from './sandbox-view.ts';
import { wordsOf } from './words.ts';

const LARGEST_BODY = 16 * 1024;
const LONGEST_TEXT = 2_000;
const PAGE = 40;

const who = z.string().max(64);
const messageId = z.string().max(120);
const readQuery = z.object({
  person: who,
  where: z.enum(['group', 'private']),
  before: messageId.optional(),
});
const eventsQuery = z.object({ person: who, after: messageId.optional() });
const sayBody = z.object({
  person: who,
  where: z.enum(['group', 'private']),
  text: z
    .string()
    .max(LONGEST_TEXT, `太长了，一次最多 ${LONGEST_TEXT} 个字`)
    // No database keeps a NUL or half a character; line ends are ours.
    .transform((text) => text.toWellFormed().replaceAll('\0', '').replace(/\r\n?/g, '\n').trim())
    .refine((text) => text !== '', '先写点什么'),
  /** Chosen by the page for this one message: a second try doesn't say it twice. */
  key: z
    .string()
    .regex(/^[a-z0-9]{8,40}$/)
    .optional(),
});
const nextBody = z.object({ room: who });

/** What somebody says, from the script or a form. Throws `UserError` with what is wrong. */
export const readSay = (given: unknown) => read(sayBody, given, '没看懂这条消息');
/** For which group the next lesson is asked. Throws `UserError`. */
export const readNext = (given: unknown) => read(nextBody, given, '没有这个群');

export interface SandboxApi {
  readonly routes: Hono;
  /** Ends the event streams that are open. */
  close(): void;
}

export function sandboxApi(
  parts: WebParts,
  sandbox: SandboxChannel,
  sendPicture: (file: string) => Promise<Response>,
): SandboxApi {
  const closing = new AbortController();
  const routes = new Hono();
  const light = (): Light => ({
    now: parts.clock.now(),
    zone: parts.config.zone,
    publicUrl: parts.config.publicUrl,
  });
  const viewerOf = (personId: string) => {
    const viewer = findViewer(sandbox, personId);
    if (!viewer) throw new UserError('沙盒里没有这个人');
    return viewer;
  };

  routes.get('/messages', async (c) => {
    const { person, where, before } = read(readQuery, c.req.query(), '没有这个聊天');
    const viewer = viewerOf(person);
    const messages = await sandbox.messages(placeOf(viewer, where), {
      ...(before === undefined ? {} : { before }),
      limit: PAGE,
    });
    const views = await Promise.all(messages.map((message) => viewMessage(message, viewer, light())));
    return c.json({ messages: views, more: messages.length === PAGE });
  });

  routes.get('/picture/:id', async (c) => {
    const message = await sandbox.message(c.req.param('id'));
    return message?.picture === undefined ? c.notFound() : await sendPicture(message.picture);
  });

  routes.get('/events', (c) => {
    const { person, after } = read(eventsQuery, c.req.query(), '没有这个人');
    const viewer = viewerOf(person);
    const since = c.req.header('last-event-id') ?? after;
    return streamMessages(c, {
      sandbox,
      places: [placeOf(viewer, 'group'), placeOf(viewer, 'private')],
      ...(since === undefined ? {} : { after: since }),
      view: (message) => viewMessage(message, viewer, light()),
      log: parts.log,
      signal: closing.signal,
    });
  });

  routes.post('*', bodyLimit({ maxSize: LARGEST_BODY, onError: tooLarge }));

  routes.post('/say', async (c) => {
    const { person, where, text, key } = readSay(await readJson(c));
    const viewer = viewerOf(person);
    const place = where === 'private' ? 'private' : { roomId: viewer.room.id };
    const id = await sandbox.say(person, place, text, key === undefined ? {} : { key });
    const said = await sandbox.message(id);
    return c.json({ id, message: said && (await viewMessage(said, viewer, light())) });
  });

  routes.post('/next', async (c) => {
    const { room } = readNext(await readJson(c));
    return c.json({ told: await parts.sendNextLesson(room) });
  });

  routes.notFound((c) => c.json({ error: '没有这个地址' }, 404));
  routes.onError((error, c) => {
    if (error instanceof UserError) return c.json({ error: wordsOf(error) }, 400);
    parts.log.error({ reason: reasonOf(error), path: c.req.path }, 'a sandbox request failed');
    return c.json({ error: '出了点问题，没有办成，请再试一次' }, 500);
  });

  return { routes, close: () => closing.abort() };
}

const tooLarge = (c: Context) => c.json({ error: `太长了，一次最多 ${LONGEST_TEXT} 个字` }, 413);

const readJson = (c: Context): Promise<unknown> => c.req.json().catch(() => undefined);

/** The value in the shape of `schema`; else a `UserError` with our own words, never the parser's. */
function read<T>(schema: z.ZodType<T>, value: unknown, otherwise: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const own = result.error.issues.find(({ message }) => /^\p{Script=Han}/u.test(message));
  throw new UserError(own?.message ?? otherwise);
}
