/** Files that people asked for: the rows that say which, how far each is, and for how long it is kept. */
import { join } from 'node:path';

import { DAY } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { ExportJobTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import type { Together, Whose } from '../people/places.ts';
import { type Actor, notFound } from '../people/scope.ts';
import type { Span } from './spans.ts';

export type ExportJob = ExportJobTable;
export type ExportKind = ExportJobTable['kind'];

/** A file can be fetched for so long, ms. */
export const KEPT_FOR = 7 * DAY;
/** So many of one person wait at a time. */
const MOST_WAITING = 5;
const SHOWN = 20;

/** Where the files lie. */
export const exportsDir = (dataDir: string): string => join(dataDir, 'exports');

/** What the file is called on the disk, and how it ends. */
export const fileOf = ({ id, kind }: Pick<ExportJob, 'id' | 'kind'>): string =>
  `${id}.${kind === 'workbook' ? 'xlsx' : 'csv'}`;

const unitsOf = (whose: Whose): readonly string[] => (typeof whose === 'string' ? [whose] : whose.unitIds);

/** Of which unit, or of which together. */
export const whoseJob = ({ unit_id: unitId, units }: Pick<ExportJob, 'unit_id' | 'units'>): Whose =>
  units === null ? unitId : (JSON.parse(units) as Together);

/** All units that it is of. */
export const unitsOfJob = (job: ExportJob): readonly string[] => unitsOf(whoseJob(job));

/** What it is of, as people call it. */
export const ownerName = (job: Pick<ExportJob, 'unit_id' | 'units'> & { readonly unit: string }): string => {
  const whose = whoseJob(job);
  return typeof whose === 'string' ? job.unit : whose.name;
};

/** The actor's scope is the caller's to check. Throws `UserError` when too many wait already. */
export async function askExport(
  db: Db,
  asked: { readonly kind: ExportKind; readonly whose: Whose; readonly span: Span },
  actor: Actor,
  now: number,
): Promise<ExportJob> {
  return await inTransaction(db, async (trx) => {
    const waiting = await trx
      .selectFrom('export_job')
      .select('id')
      .where('owner', '=', actor.who)
      .where('state', '=', 'waiting')
      .execute();
    if (waiting.length >= MOST_WAITING) throw new UserError('前面的还没做好，等一等再要。');
    const job: ExportJob = {
      id: newId(),
      no: await takeNumbers(trx, 'export'),
      kind: asked.kind,
      unit_id: unitsOf(asked.whose)[0] ?? '',
      units: typeof asked.whose === 'string' ? null : JSON.stringify(asked.whose),
      from_day: asked.span.from,
      to_day: asked.span.to,
      span: asked.span.kind,
      owner: actor.who,
      state: 'waiting',
      done: 0,
      total: 0,
      asked_at: now,
      ended_at: null,
    };
    await trx.insertInto('export_job').values(job).execute();
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      what: 'export.ask',
      subject: job.id,
      after: { kind: job.kind, unit: unitsOf(asked.whose).join(' '), from: job.from_day, to: job.to_day },
      via: actor.via ?? '',
    });
    return job;
  });
}

/** Somebody's own, the newest first. */
export const listExports = (db: Db, actor: Actor) =>
  db
    .selectFrom('export_job')
    .innerJoin('unit', 'unit.id', 'export_job.unit_id')
    .selectAll('export_job')
    .select('unit.name as unit')
    .where('owner', '=', actor.who)
    .orderBy('no', 'desc')
    .limit(SHOWN)
    .execute();

/** One of somebody's own. Throws `NotFoundError`. */
export async function getExport(db: Db, actor: Actor, no: number) {
  const job = await db
    .selectFrom('export_job')
    .innerJoin('unit', 'unit.id', 'export_job.unit_id')
    .selectAll('export_job')
    .select('unit.name as unit')
    .where('owner', '=', actor.who)
    .where('export_job.no', '=', no)
    .executeTakeFirst();
  if (!job) throw notFound('export', no);
  return job;
}

/** What is to be made next; what a stop broke off is begun anew. */
export const nextExport = (db: Db): Promise<ExportJob | undefined> =>
  db
    .selectFrom('export_job')
    .selectAll()
    .where('state', '=', 'waiting')
    .orderBy('no')
    .limit(1)
    .executeTakeFirst();

export const noteProgress = async (db: Db, id: string, done: number, total: number): Promise<void> => {
  await db.updateTable('export_job').set({ done, total }).where('id', '=', id).execute();
};

export async function endExport(db: Db, id: string, state: 'ready' | 'failed', now: number): Promise<void> {
  await db.updateTable('export_job').set({ state, ended_at: now }).where('id', '=', id).execute();
}

/** Ends the rows whose file is kept no longer; gives their files. */
export async function forgetExports(db: Db, now: number): Promise<string[]> {
  const gone = await db
    .deleteFrom('export_job')
    .where('ended_at', '<=', now - KEPT_FOR)
    .returning(['id', 'kind'])
    .execute();
  return gone.map(fileOf);
}
