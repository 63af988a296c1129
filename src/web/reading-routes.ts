/** A member's own links to what their group was sent. */
import type { Hono } from 'hono';

import { noReadingPage, readingPage } from './pages/reading.ts';
import type { WebParts } from './parts.ts';

const PRIVATE = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };

export function readingRoutes(app: Hono, { readings }: WebParts): void {
  if (!readings) return;
  app.get('/r/:secret', async (c) => {
    const secret = c.req.param('secret');
    const view = await readings.find(secret);
    return view ? c.html(readingPage(secret, view), 200, PRIVATE) : c.html(noReadingPage(), 404, PRIVATE);
  });
  app.post('/r/:secret', async (c) => {
    const secret = c.req.param('secret');
    if (!(await readings.press(secret))) return c.html(noReadingPage(), 404, PRIVATE);
    return c.redirect(`/r/${encodeURIComponent(secret)}`, 303);
  });
}
