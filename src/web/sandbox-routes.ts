/** The sandbox's page, its plain forms for where no script runs, and its interface for the script. */
import { randomBytes } from 'node:crypto';

import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { setCookie } from 'hono/cookie';

import type { SandboxChannel } from '../channels/sandbox/sandbox.ts';
import { UserError } from '../errors.ts';
import { cookieOptions, isSandboxToken, requireSandbox, SANDBOX_COOKIE, sandboxCookie } from './guards.ts';
import { notice } from './layout.ts';
import { type Pane, sandboxPage, TRIES } from './pages/sandbox.ts';
import type { WebParts } from './parts.ts';
import { readNext, readSay, sandboxApi } from './sandbox-api.ts';
import { type ChatName, findViewer, placeOf, type Viewer } from './sandbox-view.ts';
import { wordsOf } from './words.ts';

/** Messages that are drawn before the script takes over. */
const SHOWN_AT_FIRST = 30;
/** Two thousand characters, percent-encoded, and what stands beside them. */
const LARGEST_FORM = 32 * 1024;
/** What a page tells after a press that went well: by name, so that no address puts words into our mouth. */
const TOLD: Readonly<Record<string, string>> = { next: '下一课这就发到群里，过几秒点「刷新」看看。' };

/** Gives what ends the open event streams. */
export function sandboxRoutes(
  app: Hono,
  parts: WebParts,
  sendPicture: (file: string) => Promise<Response>,
): () => void {
  const { sandbox } = parts;
  if (!sandbox) {
    app.get('/sandbox', (c) =>
      c.html(notice('没有开沙盒', '在 CHANNELS 里加上 sandbox，重新启动就有了。'), 404),
    );
    return () => undefined;
  }
  app.get('/sandbox', async (c, next) => {
    const token = c.req.query('token');
    const cookie = sandboxCookie(parts);
    if (token === undefined || cookie === undefined || !isSandboxToken(parts, token)) return await next();
    setCookie(c, SANDBOX_COOKIE, cookie, cookieOptions(parts));
    return c.redirect('/sandbox', 303);
  });
  app.use('/sandbox', requireSandbox(parts));
  app.use('/sandbox/*', requireSandbox(parts));
  app.get('/sandbox', async (c) => {
    const viewer = viewerOf(c, sandbox);
    const chat = chatOf(c.req.query('chat'));
    const told = TOLD[c.req.query('told') ?? ''];
    const pane = paneOf(c.req.query('pane'));
    const draft = TRIES[Number(c.req.query('try') ?? -1)]?.[0] ?? '';
    return c.html(await draw(parts, sandbox, { viewer, chat, pane, draft, ...(told ? { told } : {}) }));
  });
  formRoutes(app, parts, sandbox);
  const api = sandboxApi(parts, sandbox, sendPicture);
  app.route('/sandbox/api', api.routes);
  return () => api.close();
}

/** Without a script a form says it, and the page comes again. */
function formRoutes(app: Hono, parts: WebParts, sandbox: SandboxChannel): void {
  const limit = bodyLimit({
    maxSize: LARGEST_FORM,
    onError: (c) => c.html(notice('太长了', '一次最多 2000 个字。返回上一页改短些再发。'), 413),
  });
  app.post('/sandbox/say', limit, async (c) => {
    const form = await c.req.parseBody();
    try {
      const { person, where, text, key } = readSay(form);
      const viewer = getViewer(sandbox, person);
      const place = where === 'private' ? 'private' : { roomId: viewer.room.id };
      await sandbox.say(person, place, text, key === undefined ? {} : { key });
      return c.redirect(addressOf(person, where), 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const person = typeof form.person === 'string' ? form.person : '';
      const viewer = findViewer(sandbox, person) ?? viewerOf(c, sandbox);
      const draft = typeof form.text === 'string' ? form.text : '';
      const view = { viewer, chat: chatOf(form.where), told: wordsOf(error), draft };
      return c.html(await draw(parts, sandbox, view), 400);
    }
  });
  app.post('/sandbox/next', limit, async (c) => {
    const form = await c.req.parseBody();
    const viewer = getViewer(sandbox, typeof form.person === 'string' ? form.person : '');
    try {
      await parts.sendNextLesson(readNext({ room: viewer.room.id }).room);
      return c.redirect(addressOf(viewer.person.id, 'group', 'next'), 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return c.html(await draw(parts, sandbox, { viewer, chat: 'group', told: wordsOf(error) }), 400);
    }
  });
}

function addressOf(person: string, chat: ChatName, told?: string): string {
  const query = new URLSearchParams({ as: person });
  if (chat === 'private') query.set('chat', chat);
  if (told !== undefined) query.set('told', told);
  return `/sandbox?${query.toString()}`;
}

const chatOf = (given: unknown): ChatName => (given === 'private' ? 'private' : 'group');

const paneOf = (given: unknown): Pane => (given === 'list' || given === 'hints' ? given : 'talk');

function getViewer(sandbox: SandboxChannel, person: string): Viewer {
  const viewer = findViewer(sandbox, person);
  if (!viewer) throw new UserError('沙盒里没有这个人');
  return viewer;
}

/** `?as=PERSON` or `?room=ID` (or its key); whatever isn't there is the first that there is. */
function viewerOf(c: Context, sandbox: SandboxChannel): Viewer {
  const { rooms } = sandbox.world();
  const wanted = c.req.query('room') ?? '';
  const room = rooms.find(({ id, key }) => [id, key].includes(wanted)) ?? rooms[0];
  return findViewer(sandbox, c.req.query('as') ?? '') ?? getViewer(sandbox, room?.people[0]?.id ?? '');
}

interface Shown {
  readonly viewer: Viewer;
  readonly chat: ChatName;
  readonly pane?: Pane;
  /** What the last press came to. */
  readonly told?: string;
  /** What was typed and not taken. */
  readonly draft?: string;
}

async function draw(
  parts: WebParts,
  sandbox: SandboxChannel,
  { viewer, chat, pane = 'talk', told = '', draft = '' }: Shown,
) {
  const span = { limit: SHOWN_AT_FIRST };
  const [group, own] = await Promise.all([
    sandbox.messages(placeOf(viewer, 'group'), span),
    sandbox.messages(placeOf(viewer, 'private'), span),
  ]);
  const { zone, publicUrl } = parts.config;
  const light = { now: parts.clock.now(), zone, publicUrl };
  const messages = { group, private: own };
  // Sent twice, a form says its words once.
  const key = randomBytes(12).toString('hex');
  return await sandboxPage({ world: sandbox.world(), viewer, chat, pane, told, draft, key, messages, light });
}
