/** The state of each part, for `/healthz` and the home page. */
import type { App } from './app.ts';
import type { Channel } from './channels/channel.ts';
import { type Config, isLoopback } from './config.ts';
import type { Db } from './db/open.ts';
import { listPaused } from './delivery/pace.ts';

export interface ChannelHealth {
  readonly account: string;
  readonly state: string;
  readonly since: number;
  readonly reason?: string;
  /** When a message or an echo last came. */
  readonly lastTrafficAt?: number;
  /** When it last gave any sign of life. */
  readonly lastHeardAt?: number;
  /** How often it was made anew for being deaf since it last heard something. */
  readonly deafRestarts?: number;
}

export interface Health {
  /** `down`: the database or the queue doesn't answer; `degraded`: something else needs a look. */
  readonly status: 'ok' | 'degraded' | 'down';
  readonly parts: {
    readonly database: 'ok' | 'down';
    readonly queue: 'ok' | 'down';
    readonly lessons: { readonly count: number; readonly faults: number };
    /** Deliveries of which nobody knows whether they arrived. */
    readonly unknownDeliveries: number;
    /** Deliveries that wait for a person after an outage. */
    readonly heldDeliveries: number;
    /** Messages that could not be handled and were given up; a restart tries them once more. */
    readonly failedMessages: number;
    readonly channels: readonly ChannelHealth[];
    /** Accounts that pause because they were told to slow down or met error after error. */
    readonly paused: readonly { readonly account: string; readonly until: number }[];
    /** Why no link goes out on real channels; absent when links do. */
    readonly links?: string;
  };
}

export interface HealthParts {
  readonly config: Config;
  readonly db: Db;
  readonly channels: readonly Channel[];
  readonly app: Pick<App, 'queue' | 'catalogue'>;
}

export async function readHealth({ config, db, channels, app }: HealthParts): Promise<Health> {
  const [counts, paused, queueAnswers] = await Promise.all([
    countLooks(db),
    listPaused(db).catch(() => []),
    app.queue.ping(),
  ]);
  const { unknown = 0, held = 0, failed = 0 } = counts ?? {};
  const states = channels.map((channel) => channel.status());
  const { lessons, faults } = app.catalogue();
  const isLocal = isLoopback(new URL(config.publicUrl).hostname);
  const silentLinks = isLocal && channels.some(({ limits }) => limits.paced);
  const isDown = counts === undefined || !queueAnswers;
  const isDegraded =
    states.some(({ state, deafRestarts = 0 }) => state !== 'online' || deafRestarts > 0) ||
    unknown + held + failed + paused.length > 0 ||
    faults.length > 0;
  return {
    status: isDown ? 'down' : isDegraded ? 'degraded' : 'ok',
    parts: {
      database: counts === undefined ? 'down' : 'ok',
      queue: queueAnswers ? 'ok' : 'down',
      lessons: { count: lessons.length, faults: faults.length },
      unknownDeliveries: unknown,
      heldDeliveries: held,
      failedMessages: failed,
      // Not the whole status: the login code in it is a key.
      channels: states.map(({ account, state, since, reason, lastTrafficAt, lastHeardAt, deafRestarts }) => ({
        account,
        state,
        since,
        ...(reason === undefined ? {} : { reason }),
        ...(lastTrafficAt === undefined ? {} : { lastTrafficAt }),
        ...(lastHeardAt === undefined ? {} : { lastHeardAt }),
        ...(deafRestarts === undefined ? {} : { deafRestarts }),
      })),
      paused: paused.map(({ account, until }) => ({ account, until })),
      ...(silentLinks
        ? { links: 'PUBLIC_URL is this machine only: no link goes out on a real channel' }
        : {}),
    },
  };
}

interface Counts {
  readonly unknown?: number;
  readonly held?: number;
  readonly failed?: number;
}

/** How many deliveries and messages a person should look at; `undefined` when the database doesn't answer. */
async function countLooks(db: Db): Promise<Counts | undefined> {
  try {
    const deliveries = await db
      .selectFrom('delivery')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .where('state', 'in', ['unknown', 'held'])
      .groupBy('state')
      .execute();
    const { failed } = await db
      .selectFrom('message')
      .select(({ fn }) => fn.countAll<number>().as('failed'))
      .where('state', '=', 'failed')
      .executeTakeFirstOrThrow();
    return {
      ...Object.fromEntries(deliveries.map(({ state, count }) => [state, Number(count)])),
      failed: Number(failed),
    };
  } catch {
    return undefined;
  }
}
