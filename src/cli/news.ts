/** The desk from a terminal. */
import { isoInZone, localDay, readDate } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { NewsKind } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import {
  AT_THE_TERMINAL,
  type Decider,
  DESK_STATES,
  type DeskItem,
  type Edit,
  editItem,
  getDeskItem,
  keepItem,
  listDesk,
  rejectItem,
  writeItem,
} from '../news/desk.ts';
import { loadNewsFiles } from '../news/files.ts';
import { getUnitByName, lineageOf } from '../people/units.ts';
import { config, type Output, printJson, printOne, printRows, withDb } from './parts.ts';

const KINDS: readonly NewsKind[] = ['news', 'party', 'notice'];

/** The shape that scripts rely on. */
const shown = (item: DeskItem, zone: string) => ({
  no: item.no,
  kind: item.kind,
  state: item.state,
  title: item.title,
  summary: item.summary,
  source: item.source,
  date: localDay(item.published_at, zone),
  url: item.url,
  category: item.category,
  relevance: item.relevance,
  expires_at: isoInZone(item.expires_at, zone),
});

const readKind = (kind: string | undefined): NewsKind | undefined => {
  const found = KINDS.find((one) => one === kind);
  if (kind !== undefined && !found)
    throw new UserError(`--kind: expected ${KINDS.join(', ')}, got "${kind}"`);
  return found;
};

interface Place extends Output {
  readonly unit?: string;
}

async function readLineage(db: Db, { unit }: Place): Promise<string[]> {
  return unit === undefined ? [] : await lineageOf(db, (await getUnitByName(db, unit)).id);
}

export const list = (options: Place & { state?: string; kind?: string; limit?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const state = DESK_STATES.find((one) => one === options.state);
    if (options.state !== undefined && !state)
      throw new UserError(`--state: expected ${DESK_STATES.join(', ')}, got "${options.state}"`);
    const limit = Number(options.limit ?? 100);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UserError(`--limit: expected a number, got "${options.limit ?? ''}"`);
    const kind = readKind(options.kind);
    const items = await listDesk(
      db,
      {
        limit,
        lineage: await readLineage(db, options),
        ...(state ? { state } : {}),
        ...(kind ? { kind } : {}),
      },
      Date.now(),
    );
    printRows(
      items.map((item) => shown(item, zone)),
      ['no', 'state', 'title', 'source', 'date', 'category', 'relevance'],
      options,
    );
  });

const readNo = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`expected an item's number, got "${text}"`);
  return Number(text);
};

export const show = (text: string, options: Place): Promise<void> =>
  withDb(async (db, { zone }) => {
    const item = await getDeskItem(db, readNo(text), Date.now(), await readLineage(db, options));
    const seen = await db
      .selectFrom('news_sighting')
      .innerJoin('feed', 'feed.id', 'news_sighting.feed_id')
      .select(['feed.no', 'feed.url', 'seen_at'])
      .where('item_id', '=', item.id)
      .orderBy('seen_at')
      .execute();
    const sent = await db
      .selectFrom('news_sending')
      .innerJoin('chat_group', 'chat_group.id', 'news_sending.group_id')
      .innerJoin('delivery', 'delivery.id', 'news_sending.delivery_id')
      .select(['chat_group.key as group', 'delivery.no as delivery', 'delivery.state', 'news_sending.at'])
      .where('item_id', '=', item.id)
      .orderBy('news_sending.at')
      .execute();
    const all = {
      ...shown(item, zone),
      origin: item.origin,
      stopped: item.stopped,
      edited_by: item.edited_by,
      decisions: item.decisions.map(({ unit_id: unit, verdict, decided_by: who, decided_at: at }) => ({
        unit: unit === '' ? null : unit,
        verdict,
        who,
        at: isoInZone(at, zone),
      })),
      feeds: seen.map(({ seen_at: at, ...row }) => ({ ...row, seen_at: isoInZone(at, zone) })),
      sent: sent.map(({ at, ...row }) => ({ ...row, at: isoInZone(at, zone) })),
    };
    if (options.json) return printJson(all);
    process.stdout.write(
      `${item.no} ${item.state}: ${item.title}\n${item.summary}\n${item.source}, ${all.date}\n${item.url}\n`,
    );
    if (all.decisions.length > 0) printRows(all.decisions, ['verdict', 'unit', 'who', 'at'], options);
    if (all.feeds.length > 0) printRows(all.feeds, ['no', 'url', 'seen_at'], options);
    if (all.sent.length > 0) printRows(all.sent, ['group', 'delivery', 'state', 'at'], options);
  });

/** Keeps or rejects the named items, all or none. */
export const decide = (
  numbers: readonly string[],
  verdict: 'kept' | 'rejected',
  options: Place,
): Promise<void> =>
  withDb(async (db, { zone }) => {
    const wanted = numbers.map(readNo);
    if (wanted.length === 0) throw new UserError('name the items by their numbers: see "weike news list"');
    const by: Decider =
      options.unit === undefined
        ? AT_THE_TERMINAL
        : { ...AT_THE_TERMINAL, units: [(await getUnitByName(db, options.unit)).id] };
    const lineage = await readLineage(db, options);
    const items = await db.transaction().execute(async (trx) => {
      const now = Date.now();
      const done: DeskItem[] = [];
      for (const no of wanted) {
        if (verdict === 'kept') await keepItem(trx, no, by, { reviewers: 0 }, now);
        else await rejectItem(trx, no, by, now);
        done.push(await getDeskItem(trx, no, now, lineage));
      }
      return done;
    });
    printRows(
      items.map((item) => shown(item, zone)),
      ['no', 'state', 'title'],
      options,
    );
  });

export const edit = (text: string, options: Output & Edit): Promise<void> =>
  withDb(async (db, { zone }) => {
    const { title, summary, source, category } = options;
    const item = await editItem(
      db,
      readNo(text),
      {
        ...(title === undefined ? {} : { title }),
        ...(summary === undefined ? {} : { summary }),
        ...(source === undefined ? {} : { source }),
        ...(category === undefined ? {} : { category }),
      },
      AT_THE_TERMINAL,
      Date.now(),
    );
    printOne(shown(item, zone), `${item.no} is ${item.state}: ${item.title}`, options);
  });

export interface AddOptions extends Output {
  readonly title?: string;
  readonly summary?: string;
  readonly source?: string;
  readonly url?: string;
  readonly kind?: string;
  readonly date?: string;
}

export const add = (options: AddOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const published = options.date === undefined ? undefined : readDate(options.date, zone);
    if (options.date !== undefined && published === undefined)
      throw new UserError(`--date: expected a day like 2026-11-24, got "${options.date}"`);
    const item = await writeItem(
      db,
      {
        kind: readKind(options.kind) ?? 'news',
        title: options.title ?? '',
        summary: options.summary ?? '',
        source: options.source ?? '',
        ...(options.url === undefined ? {} : { url: options.url }),
        ...(published === undefined ? {} : { published }),
      },
      AT_THE_TERMINAL,
      now,
    );
    printOne(shown(item, zone), `${item.no} is ${item.state}: ${item.title}`, options);
  });

/** Every fault of the folder's news. Gives the exit code. */
export async function check(output: Output): Promise<number> {
  const { lessonsDir, zone } = config();
  const { files, faults } = await loadNewsFiles(lessonsDir, zone);
  if (faults.length > 0 || output.json) printRows(faults, ['file', 'line', 'message', 'cure'], output);
  else process.stdout.write(`${files.length} files without a fault\n`);
  return faults.length > 0 ? 1 : 0;
}
