/** Gives the pages their figures and functions, and opens the web server. */
import type { App } from './app.ts';
import type { Channel } from './channels/channel.ts';
import type { SandboxChannel } from './channels/sandbox/sandbox.ts';
import { addDays, type Clock, DAY, localDay, mondayOf } from './clock.ts';
import type { Config } from './config.ts';
import type { Db } from './db/open.ts';
import { findReadingLink, readByLink } from './delivery/readings.ts';
import { readParticipation } from './digest/participation.ts';
import { UserError } from './errors.ts';
import { learningParts } from './learning.ts';
import type { Log } from './log.ts';
import { openExports } from './exports.ts';
import { findGroup } from './people/groups.ts';
import { STATUS_NAMES } from './people/members.ts';
import { flattenRecord, readOwnRecord, RECORD_COLUMNS } from './people/rights.ts';
import { type Actor, isInScope } from './people/scope.ts';
import {
  endSession,
  isLoginTokenLive,
  readDeskCode,
  spendDeskCode,
  spendLoginToken,
  spendRecordLink,
  startDeskCode,
} from './people/sessions.ts';
import { findViewer } from './people/viewer.ts';
import { previewSends } from './schedule/preview.ts';
import { sendNow } from './schedule/send-now.ts';
import { nextUntaught } from './schedule/syllabus.ts';
import { toCsv } from './sheets/csv.ts';
import type { HealthView, ParticipationView, UpcomingView, WebParts } from './web/parts.ts';
import { openWeb, type Site } from './web/server.ts';

export interface SiteParts {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly app: Pick<App, 'catalogue' | 'tick' | 'restart'>;
  readonly channels: readonly Channel[];
  readonly sandbox?: SandboxChannel;
}

const SHOWN = 30;
const SANDBOX_CLOSES = 10 * 60_000;

/** Opens the server, and goes on with the files that were not made when it stopped. */
export async function openSite(parts: SiteParts, health: () => Promise<HealthView>): Promise<Site> {
  const { config, db, clock, log } = parts;
  const files = openExports({ db, clock, log, dataDir: config.dataDir, zone: config.zone });
  const site = await openWeb(webParts(parts, health, files.poke));
  files.poke();
  return {
    url: site.url,
    async close() {
      await site.close();
      await files.close();
    },
  };
}

export function webParts(
  parts: SiteParts,
  health: () => Promise<HealthView>,
  makeFiles: () => void = () => undefined,
): WebParts {
  const { config, db, clock, log, app, channels, sandbox } = parts;
  return {
    config,
    clock,
    log,
    catalogue: app.catalogue,
    health,
    console: {
      db,
      config,
      dataDir: config.dataDir,
      channels: () => channels.map((channel) => channel.status()),
      longestTexts: () => new Map(channels.map(({ account, limits }) => [account, limits.maxText])),
      restart: app.restart,
      makeFiles,
      poke: async () => void app.tick().catch(() => undefined),
    },
    upcoming: (viewer) => readUpcoming(parts, viewer),
    participation: (viewer) => readWeek(parts, viewer),
    ...(sandbox ? { sandbox } : {}),
    sendNextLesson: (roomId) => sendNext(parts, roomId),
    learning: learningParts({ db, clock, zone: config.zone }),
    readings: {
      find: (secret) => findReadingLink(db, secret),
      press: (secret) => readByLink(db, secret, clock.now()),
    },
    sessions: {
      isLinkLive: (secret) => isLoginTokenLive(db, secret, clock.now()),
      spendLink: (secret, browser) => spendLoginToken(db, secret, clock.now(), browser),
      find: (secret) => findViewer(db, secret, clock.now()),
    },
    records: {
      isLinkLive: (secret) => isLoginTokenLive(db, secret, clock.now(), { isRecord: true }),
      open: (secret, { from }) => openRecord(db, secret, from, clock.now()),
    },
    entry: {
      startDesk: (browser) => startDeskCode(db, browser, clock.now()),
      deskState: (browser) => readDeskCode(db, browser, clock.now()),
      spendDesk: (browser) => spendDeskCode(db, browser, clock.now()),
      endSession: (secret) => endSession(db, secret, clock.now()),
    },
  };
}

async function openRecord(db: Db, secret: string, from: string, now: number): Promise<string | undefined> {
  const memberId = await spendRecordLink(db, secret, now, from);
  return memberId === undefined
    ? undefined
    : toCsv(flattenRecord(await readOwnRecord(db, memberId)), RECORD_COLUMNS);
}

async function readUpcoming({ db, clock, config, app }: SiteParts, viewer: Actor): Promise<UpcomingView[]> {
  const now = clock.now();
  const sends = await previewSends(db, config, app.catalogue().lessons, now, now + 7 * DAY);
  return sends
    .filter(({ group }) => isInScope(viewer, group.unit_id))
    .slice(0, SHOWN)
    .map(({ at, nominalAt, group, title }) => ({ at, hour: nominalAt, topic: group.topic, title }));
}

/** From Monday to Sunday of this week. */
async function readWeek({ db, clock, config }: SiteParts, viewer: Actor): Promise<ParticipationView> {
  const monday = mondayOf(localDay(clock.now(), config.zone));
  const sunday = addDays(monday, 6);
  const { groups, members } = await readParticipation(db, monday, sunday, viewer);
  return {
    week: `${sayDay(monday)}—${sayDay(sunday)}`,
    groups,
    members: members.map((member) => ({ ...member, status: nameOfStatus(member.status) })),
  };
}

const sayDay = (day: string) => `${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`;

const nameOfStatus = (status: string) =>
  status in STATUS_NAMES ? STATUS_NAMES[status as keyof typeof STATUS_NAMES] : status;

/** The sandbox's button: the next lesson that the group hasn't had, now, with a quiz that closes in ten minutes. */
async function sendNext({ db, clock, config, app }: SiteParts, roomId: string): Promise<string> {
  const now = clock.now();
  const group = await findGroup(db, 'sandbox', roomId);
  if (!group) throw new UserError('没有这个群');
  if (group.enabled === 0)
    throw new UserError(`这个群没有启用。在服务器上运行 npm run -s weike -- group enable ${group.key}`);
  const lesson = await nextUntaught(db, group.id, app.catalogue().lessons);
  if (!lesson) return '这个群把所有的课都学完了。';
  try {
    const send = { lesson, groups: [group], zone: config.zone, closeAfter: SANDBOX_CLOSES };
    await sendNow(db, send, { who: 'sandbox', via: 'sandbox' }, now);
  } catch (error) {
    // Its words are for a terminal. Here it can only be that somebody pressed at the same moment.
    if (error instanceof UserError)
      throw new UserError('这一课刚刚发过，没有再发一遍。看看群里，再点就是下一课。', { cause: error });
    throw error;
  }
  await app.tick();
  return `《${lesson.title}》这就发到群里，小测 10 分钟后公布答案。`;
}
