/** `/metrics` for whoever watches the server: how it is and what waits, in Prometheus' text form. Nothing of a person. */
import type { Context, Hono } from 'hono';

import { isLocalOnly } from '../config.ts';
import { findToken } from '../people/tokens.ts';
import type { HealthView, WebParts } from './parts.ts';

export function metricRoutes(
  app: Hono,
  parts: WebParts,
  askHealth: (parts: WebParts) => Promise<HealthView>,
): void {
  let opened: ReturnType<typeof openMetrics> | undefined;
  app.get('/metrics', async (c) => {
    if (!(await mayRead(c, parts)))
      return c.text('send a key of the whole county: "Authorization: Bearer KEY"\n', 401, {
        'WWW-Authenticate': 'Bearer',
      });
    // Loaded when somebody watches: most places have nobody who does.
    opened ??= openMetrics();
    const { registry, note } = await opened;
    note(await askHealth(parts));
    return c.body(await registry.metrics(), 200, {
      'Content-Type': registry.contentType,
      'Cache-Control': 'no-store',
    });
  });
}

/** On a machine of one's own anybody; elsewhere with a key that is the whole county's. */
async function mayRead(c: Context, { config, console, clock }: WebParts): Promise<boolean> {
  if (isLocalOnly(config)) return true;
  const [, secret] = /^Bearer ([\w-]{1,200})$/i.exec(c.req.header('authorization') ?? '') ?? [];
  const token = secret && console ? await findToken(console.db, secret, clock.now()) : undefined;
  return token?.actor.units === 'all';
}

async function openMetrics() {
  const { collectDefaultMetrics, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const part = gauge('weike_part_up', 'Whether the database and the queue answer.', ['part']);
  const channel = gauge('weike_channel_online', 'Whether the account is online.', ['account']);
  const traffic = gauge('weike_channel_last_traffic_seconds', 'When a message or an echo last came.', [
    'account',
  ]);
  const paused = gauge('weike_channel_paused', 'Whether the account pauses by itself.', ['account']);
  const waiting = gauge('weike_deliveries_waiting_for_a_person', 'Deliveries that a person decides about.', [
    'state',
  ]);
  const failed = gauge('weike_messages_failed', 'Messages that could not be handled.');

  function note({ parts: { database, queue, channels, paused: all = [], ...counts } }: HealthView): void {
    part.set({ part: 'database' }, database === 'ok' ? 1 : 0);
    part.set({ part: 'queue' }, queue === 'ok' ? 1 : 0);
    for (const gauged of [channel, traffic, paused]) gauged.reset();
    for (const { account, state, lastTrafficAt } of channels) {
      channel.set({ account }, state === 'online' ? 1 : 0);
      paused.set({ account }, all.some((one) => one.account === account) ? 1 : 0);
      if (lastTrafficAt !== undefined) traffic.set({ account }, lastTrafficAt / 1_000);
    }
    waiting.set({ state: 'unknown' }, counts.unknownDeliveries);
    waiting.set({ state: 'held' }, counts.heldDeliveries);
    failed.set(counts.failedMessages ?? 0);
  }
  return { registry, note };
}
