/** The state of each part, for `/healthz` and the home page. */
import type { App } from './app.ts';
import type { Channel } from './channels/channel.ts';
import { type Clock, SECOND } from './clock.ts';
import { type Config, leadsNowhere } from './config.ts';
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
    /** Groups in use that nobody has recognised since a login: nothing is sent to them. `weike match list` */
    readonly quarantinedGroups: number;
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
  readonly clock: Clock;
  readonly channels: readonly Channel[];
  readonly app: Pick<App, 'queue' | 'catalogue'>;
}

export async function readHealth({ config, db, clock, channels, app }: HealthParts): Promise<Health> {
  const [looks, queueAnswers] = await Promise.all([askDatabase(db, clock.now()), app.queue.ping()]);
  const { unknown = 0, held = 0, failed = 0, quarantined = 0, paused = [] } = looks ?? {};
  const states = channels.map((channel) => channel.status());
  const { lessons, faults } = app.catalogue();
  const silentLinks = leadsNowhere(config.publicUrl) && channels.some(({ limits }) => limits.paced);
  const isDown = looks === undefined || !queueAnswers;
  const isDegraded =
    states.some(({ state, deafRestarts = 0 }) => state !== 'online' || deafRestarts > 0) ||
    unknown + held + failed + quarantined + paused.length > 0 ||
    faults.length > 0;
  return {
    status: isDown ? 'down' : isDegraded ? 'degraded' : 'ok',
    parts: {
      database: looks === undefined ? 'down' : 'ok',
      queue: queueAnswers ? 'ok' : 'down',
      lessons: { count: lessons.length, faults: faults.length },
      unknownDeliveries: unknown,
      heldDeliveries: held,
      quarantinedGroups: quarantined,
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

/** What a person should look at. */
interface Looks {
  readonly unknown?: number;
  readonly held?: number;
  readonly failed: number;
  readonly quarantined: number;
  readonly paused: Awaited<ReturnType<typeof listPaused>>;
}

/** A database that answers no more holds up nobody who asks. */
const ANSWER_WITHIN = 3 * SECOND;
/** For how long an answer serves everybody who asks: the question costs a commit. */
const FRESH = SECOND;

const answers = new WeakMap<Db, { readonly at: number; readonly looks: Promise<Looks | undefined> }>();

/** `undefined` when the database doesn't answer, or takes nothing in: one that is full or read-only still reads. */
function askDatabase(db: Db, now: number): Promise<Looks | undefined> {
  const last = answers.get(db);
  if (last && performance.now() - last.at < FRESH) return last.looks;
  const asked = readLooks(db, now).catch(() => undefined);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, ANSWER_WITHIN, undefined).unref());
  const looks = Promise.race([asked, late]);
  answers.set(db, { at: performance.now(), looks });
  return looks;
}

async function readLooks(db: Db, now: number): Promise<Looks> {
  // The server's own sign of life is a write: SQLite writes nothing when a value stays the same.
  await db
    .insertInto('account_pulse')
    .values({ account: '', seen_at: now })
    .onConflict((conflict) => conflict.column('account').doUpdateSet({ seen_at: now }))
    .execute();
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
  const { quarantined } = await db
    .selectFrom('chat_group')
    .select(({ fn }) => fn.countAll<number>().as('quarantined'))
    .where('state', '=', 'quarantined')
    .where('enabled', '=', 1)
    .executeTakeFirstOrThrow();
  return {
    ...Object.fromEntries(deliveries.map(({ state, count }) => [state, Number(count)])),
    failed: Number(failed),
    quarantined: Number(quarantined),
    paused: await listPaused(db),
  };
}
