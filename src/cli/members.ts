import { localDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { forgetAllPictures } from '../delivery/drawing.ts';
import { UserError } from '../errors.ts';
import {
  addMember,
  changeMember,
  getMemberByName,
  leaveRoster,
  listMembers,
  type NewMember,
} from '../people/members.ts';
import { eraseMember, flattenRecord, RECORD_COLUMNS, readOwnRecord } from '../people/rights.ts';
import { TERMINAL } from '../people/scope.ts';
import { tombstoneFile, writeTombstone } from '../people/tombstones.ts';
import { getUnitByName } from '../people/units.ts';
import { toCsv } from '../sheets/csv.ts';
import { readDay } from './org.ts';
import { type Output, printJson, printOne, printRows, warn, withDb } from './parts.ts';

const STATUSES = ['full', 'probationary', 'prospective', 'applicant', 'masses'] as const;

export const list = (output: Output & { left?: boolean }): Promise<void> =>
  withDb(async (db) =>
    printRows(
      await listMembers(db, { left: output.left === true }),
      ['id', 'name', 'number', 'unit', 'status'],
      output,
    ),
  );

export const add = (
  name: string,
  options: Output & { unit?: string; status?: string; number?: string },
): Promise<void> =>
  withDb(async (db, { zone }) => {
    const status = STATUSES.find((known) => known === options.status);
    if (!status)
      throw new UserError(`--status: expected one of ${STATUSES.join(', ')}, got "${options.status ?? ''}"`);
    const now = Date.now();
    const member: NewMember = {
      name,
      status,
      day: localDay(now, zone),
      ...(options.unit ? { unit: options.unit } : {}),
      ...(options.number === undefined ? {} : { number: options.number }),
    };
    const before = await listMembers(db);
    const added = await addMember(db, member, TERMINAL, now);
    printOne(added, `${added.name} is on the roster`, options);
    // Said twice it is two people, whom no nickname in a group tells apart any more.
    const namesakes = before.filter((one) => one.name === added.name);
    if (namesakes.length > 0 && !options.json)
      warn([
        `there was a ${added.name} already (${namesakes.map(({ id }) => id).join(', ')}): if that is the same person, take the new one off again with "weike member leave ${added.id}"`,
      ]);
  });

export interface ChangeOptions extends Output {
  readonly name?: string;
  readonly number?: string;
  readonly unit?: string;
  readonly status?: string;
  readonly mobile?: string;
  readonly from?: string;
}

/** Corrects the roster, or moves a member, from a local day on. */
export const change = (named: string, options: ChangeOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const member = await getMemberByName(db, named);
    const status = STATUSES.find((known) => known === options.status);
    if (options.status !== undefined && !status)
      throw new UserError(`--status: expected one of ${STATUSES.join(', ')}, got "${options.status}"`);
    if (options.mobile !== undefined && options.mobile !== 'on' && options.mobile !== 'off')
      throw new UserError(`--mobile: expected on or off, got "${options.mobile}"`);
    const changed = await changeMember(
      db,
      member,
      {
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(options.number === undefined ? {} : { number: options.number || null }),
        ...(options.unit === undefined ? {} : { unitId: (await getUnitByName(db, options.unit)).id }),
        ...(status === undefined ? {} : { status }),
        ...(options.mobile === undefined ? {} : { mobile: options.mobile === 'on' }),
      },
      readDay(options.from, now, zone),
      TERMINAL,
      now,
    );
    const listed = (await listMembers(db)).find(({ id }) => id === member.id);
    printOne({ ...listed, changed }, changed ? `${member.name} is changed` : 'nothing to change', options);
  });

export const leave = (named: string, options: Output & { reason?: string; from?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const member = await getMemberByName(db, named);
    const reason = options.reason === 'transferred' ? 'transferred' : 'left';
    if (options.reason !== undefined && options.reason !== reason)
      throw new UserError(`--reason: expected left or transferred, got "${options.reason}"`);
    const isNew = await leaveRoster(db, member.id, reason, readDay(options.from, now, zone), TERMINAL, now);
    printOne(
      { id: member.id, name: member.name, left: true, reason },
      isNew ? `${member.name} has left the roster; what they did stays` : `${member.name} had left already`,
      options,
    );
  });

/** Everything that is kept of a member, for them. */
export const data = (named: string, options: Output & { csv?: boolean }): Promise<void> =>
  withDb(async (db) => {
    const record = await readOwnRecord(db, (await getAnyMember(db, named)).id);
    if (options.csv !== true) return printJson(record);
    process.stdout.write(toCsv(flattenRecord(record), RECORD_COLUMNS));
  });

/** Forgets who a member was, for good; what they did goes on counting. */
export const erase = (named: string, options: Output): Promise<void> =>
  withDb(async (db, { zone, dataDir }) => {
    const now = Date.now();
    const { id } = await getAnyMember(db, named);
    await writeTombstone(tombstoneFile(dataDir), id, now);
    const erased = await eraseMember(db, id, { day: localDay(now, zone), by: TERMINAL, now });
    await forgetAllPictures(dataDir);
    printOne(
      { id, erased },
      erased ? `${id} is erased; the counts stay` : `${id} was erased already`,
      options,
    );
  });

/** On the roster by any name, or anybody by id: guests have rights, too. */
async function getAnyMember(db: Db, named: string): Promise<{ id: string }> {
  const byId = await db.selectFrom('member').select('id').where('id', '=', named).executeTakeFirst();
  return byId ?? (await getMemberByName(db, named));
}
