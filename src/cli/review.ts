/** What people wrote, from a terminal: the operator's word is one person's word. */
import { isoInZone } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { ReviewState } from '../db/tables.ts';
import { approveAndPublish } from '../delivery/publish.ts';
import { UserError } from '../errors.ts';
import {
  getItem,
  getText,
  groupsOfItem,
  listItems,
  readStanding,
  type ReviewItem,
  returnItem,
  STATE_NAMES,
} from '../lessons/review.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printJson, printOne, printRows, withDb } from './parts.ts';

const COLUMNS = ['no', 'kind', 'title', 'state', 'author', 'unit', 'missing', 'submitted_at', 'reason'];

const readNo = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`expected a review's number, got "${text}"`);
  return Number(text);
};

async function listed(db: Db, zone: string, item: ReviewItem) {
  const author = await db
    .selectFrom('member')
    .select('name')
    .where('id', '=', item.author)
    .executeTakeFirst();
  const unit = await db
    .selectFrom('unit')
    .select('name')
    .where('id', '=', item.unit_id ?? '')
    .executeTakeFirst();
  const { missing } = await readStanding(db, item);
  return {
    no: item.no,
    kind: item.kind,
    title: item.title,
    state: item.state,
    author: author?.name ?? item.author,
    unit: unit?.name ?? null,
    /** Approvals that it still needs. */
    missing: item.state === 'approved' ? 0 : missing,
    hash: item.hash,
    submitted_at: item.submitted_at === null ? null : isoInZone(item.submitted_at, zone),
    reason: item.reason,
  };
}

export const list = (options: Output & { state?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const states = Object.keys(STATE_NAMES) as ReviewState[];
    const state = states.find((known) => known === options.state);
    if (options.state !== undefined && !state)
      throw new UserError(`--state: expected one of ${states.join(', ')}, got "${options.state}"`);
    const rows = [];
    for (const item of await listItems(db, TERMINAL, state ? { state, limit: 500 } : { limit: 500 }))
      rows.push(await listed(db, zone, item));
    printRows(rows, COLUMNS, options);
  });

export const show = (text: string, options: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const item = await getItem(db, readNo(text), TERMINAL);
    const row = await listed(db, zone, item);
    const { body } = await getText(db, item.id, item.hash);
    const groupIds = await groupsOfItem(db, item.id);
    const groups =
      groupIds.length === 0
        ? []
        : await db
            .selectFrom('chat_group')
            .select('key')
            .where('id', 'in', groupIds)
            .orderBy('key')
            .execute();
    const votes = await db
      .selectFrom('review_vote')
      .leftJoin('member', 'member.id', 'review_vote.voter')
      .select(['review_vote.voter', 'member.name', 'verdict', 'reason', 'review_vote.hash', 'at'])
      .where('item_id', '=', item.id)
      .orderBy('review_vote.id')
      .execute();
    const said = votes.map(({ name, voter, at, ...vote }) => ({
      at: isoInZone(at, zone),
      who: name ?? voter,
      ...vote,
    }));
    if (options.json) return printJson({ ...row, groups: groups.map(({ key }) => key), body, votes: said });
    printRows([row], COLUMNS, options);
    process.stdout.write(`${body}\n`);
    if (said.length > 0) printRows(said, ['at', 'who', 'verdict', 'reason'], options);
  });

export const approve = (text: string, options: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const { item, standing } = await approveAndPublish(db, readNo(text), TERMINAL, Date.now());
    const more = standing.missing > 0 ? `; it needs ${standing.missing} more` : ' and may be sent';
    printOne(await listed(db, zone, item), `${item.no} "${item.title}" is approved by you${more}`, options);
  });

export const sendBack = (text: string, options: Output & { reason?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const item = await returnItem(db, readNo(text), options.reason ?? '', TERMINAL, Date.now());
    printOne(await listed(db, zone, item), `${item.no} "${item.title}" goes back to its author`, options);
  });
