/** A lesson's page over HTTP, beside a bare Hono that serves the same bytes, zipped the same way. */
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'node:http';

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { compress } from 'hono/compress';

import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/open.ts';
import { loadCatalogue } from '../src/lessons/catalogue.ts';
import { silentLog } from '../src/log.ts';
import { webParts } from '../src/site.ts';
import { makeRoutes } from '../src/web/server.ts';
import { type Bench, figure, median } from './figure.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const LESSON = 'hengzhou-moli';

export const page: Bench = {
  name: 'page',
  title: 'a lesson’s page, zipped, on one connection',
  async run({ full, folder, say }) {
    const calls = full ? 5_000 : 1_500;
    const config = readConfig(
      { DATA_DIR: folder, LESSONS_DIR: `${ROOT}lessons`, LOG_LEVEL: 'silent' },
      folder,
    );
    const db = await openDatabase({ kind: 'sqlite', file: `${folder}/page.db` }, Date.now());
    const catalogue = await loadCatalogue(config.lessonsDir);
    const parts = {
      config,
      db,
      clock: systemClock,
      log: silentLog,
      channels: [],
      app: { catalogue: () => catalogue, tick: async () => undefined, restart: async () => undefined },
    };
    const routes = makeRoutes(
      webParts(parts, async () => {
        throw new Error('nobody asks for the health');
      }),
    );
    const path = `/l/${LESSON}`;
    const bytes = await (await routes.app.request(`http://127.0.0.1${path}`)).text();
    const bare = new Hono();
    bare.use(compress());
    bare.get('/l/:id', (c) => c.html(bytes));
    const servers = await Promise.all([listen(routes.app), listen(bare)]);
    try {
      const times: [number[], number[]] = [[], []];
      // In turn, so that what else the machine does hits both.
      for (let call = 0; call < calls + 200; call += 1)
        for (const [at, server] of servers.entries()) {
          const took = await ask(server.port, path, server.agent);
          if (call >= 200) times[at === 0 ? 0 : 1].push(took);
        }
      say(`${calls} calls of each`);
      return [
        figure(
          { what: 'a lesson’s page, p50', value: median(times[0]), unit: 'ms' },
          {
            bare: { what: 'bare Hono, the same bytes', value: median(times[1]), unit: 'ms' },
            aim: { of: 'ratio', atMost: 2 },
            note: `${(bytes.length / 1_024).toFixed(1)} KB of text before zipping`,
          },
        ),
      ];
    } finally {
      for (const { close } of servers) close();
      routes.close();
      await db.destroy();
    }
  },
};

async function listen(app: Hono): Promise<{ port: number; agent: Agent; close: () => void }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const opened = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(opened));
  });
  return {
    port: (server.address() as AddressInfo).port,
    agent,
    close() {
      agent.destroy();
      server.close();
    },
  };
}

/** ms until the whole of the page is there. */
function ask(port: number, path: string, agent: Agent): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, agent, headers: { 'accept-encoding': 'gzip' } },
      (answer) => {
        if (answer.statusCode !== 200) return reject(new Error(`status ${answer.statusCode ?? 0}`));
        answer.on('data', () => undefined);
        answer.on('end', () => resolve(performance.now() - began));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
