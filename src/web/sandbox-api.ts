/** What the sandbox's script calls: messages, events, saying something, the next lesson. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';

import type { SandboxChannel, SandboxMessage, SandboxPlace } from '../channels/sandbox/sandbox.ts';
import { UserError } from '../errors.ts';
import type { WebParts } from './parts.ts';

const LARGEST_BODY = 16 * 1024;
const PAGE = 40;
const MOST_MISSED = 500;
const HEARTBEAT = 20_000;

const sayBody = z.object({
  person: z.string().max(64),
  where: z.enum(['group', 'private']),
  text: z.string().trim().min(1).max(2_000),
  key: z.string().regex(/^[a-z0-9]{8,40}$/),
});
const nextBody = z.object({ room: z.string().max(64) });

/** The room in which a person of the made-up world sits. */
export const roomOf = (sandbox: SandboxChannel, personId: string) =>
  sandbox.world().rooms.find((room) => room.people.some(({ id }) => id === personId));

const publicMessage = (message: SandboxMessage) => ({
  id: message.id,
  chat: 'roomId' in message.place ? 'group' : 'private',
  person: message.personId ?? null,
  kind: message.kind,
  text: message.text,
  picture: message.picture === undefined ? null : `/sandbox/api/picture/${message.id}`,
  at: message.at,
});

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

  routes.get('/messages', async (c) => {
    const place = placeOf(sandbox, c.req.query('person') ?? '', c.req.query('where') ?? '');
    if (!place) return c.json({ error: '没有这个聊天' }, 404);
    const before = c.req.query('before');
    const messages = await sandbox.messages(place, { ...(before ? { before } : {}), limit: PAGE });
    return c.json({ messages: messages.map(publicMessage), more: messages.length === PAGE });
  });

  routes.get('/picture/:id', async (c) => {
    const message = await sandbox.message(c.req.param('id'));
    return message?.picture === undefined ? c.notFound() : await sendPicture(message.picture);
  });

  routes.get('/events', (c) => {
    const person = c.req.query('person') ?? '';
    const places = [placeOf(sandbox, person, 'group'), placeOf(sandbox, person, 'private')].filter(
      (place) => place !== undefined,
    );
    if (places.length === 0) return c.json({ error: '没有这个人' }, 404);
    const since = c.req.header('last-event-id') ?? c.req.query('after');
    c.header('X-Accel-Buffering', 'no');
    return streamSSE(c, async (stream) => {
      const waiting: SandboxMessage[] = [];
      let wake: (() => void) | undefined;
      const unsubscribe = places.map((place) =>
        sandbox.subscribe(place, (message) => {
          waiting.push(message);
          wake?.();
        }),
      );
      let open = true;
      const end = () => {
        open = false;
        wake?.();
      };
      stream.onAbort(end);
      closing.signal.addEventListener('abort', end);
      try {
        // Those that were said while nobody listened come first; the ids tell what was told already.
        let last = since ?? '';
        if (since) waiting.unshift(...(await sandbox.messages(places, { after: since, limit: MOST_MISSED })));
        await stream.writeSSE({ event: 'open', data: '{}' });
        while (open) {
          for (const message of waiting.splice(0)) {
            if (message.id <= last) continue;
            last = message.id;
            await stream.writeSSE({
              id: message.id,
              event: 'message',
              data: JSON.stringify(publicMessage(message)),
            });
          }
          if (!open || waiting.length > 0) continue;
          const isQuiet = await new Promise<boolean>((resolve) => {
            const timer = setTimeout(resolve, HEARTBEAT, true);
            wake = () => {
              clearTimeout(timer);
              resolve(false);
            };
          });
          wake = undefined;
          if (isQuiet && open) await stream.writeSSE({ event: 'beat', data: '{}' });
        }
      } finally {
        for (const stop of unsubscribe) stop();
        closing.signal.removeEventListener('abort', end);
      }
    });
  });

  routes.use(
    '/say',
    bodyLimit({ maxSize: LARGEST_BODY, onError: (c) => c.json({ error: '太长了，没有发出去' }, 413) }),
  );
  routes.post('/say', async (c) => {
    const body = sayBody.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: '没有发出去：先写点什么（最多 2000 字）' }, 400);
    const { person, where, text, key } = body.data;
    const room = roomOf(sandbox, person);
    if (!room) return c.json({ error: '沙盒里没有这个人' }, 404);
    const id = await sandbox.say(person, where === 'private' ? 'private' : { roomId: room.id }, text, {
      key,
    });
    return c.json({ id });
  });

  routes.post('/next', async (c) => {
    const body = nextBody.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: '没有这个群' }, 400);
    return c.json({ told: await parts.sendNextLesson(body.data.room) });
  });

  routes.onError((error, c) => {
    if (error instanceof UserError) return c.json({ error: error.message }, 400);
    parts.log.error({ reason: error.message }, 'a sandbox request failed');
    return c.json({ error: '出了点问题，没有发出去，请再试一次' }, 500);
  });

  return { routes, close: () => closing.abort() };
}

function placeOf(sandbox: SandboxChannel, personId: string, where: string): SandboxPlace | undefined {
  const room = roomOf(sandbox, personId);
  if (!room) return undefined;
  if (where === 'private') return { contactId: personId };
  return where === 'group' ? { roomId: room.id } : undefined;
}
