import { localDay } from '../clock.ts';
import { UserError } from '../errors.ts';
import { addMember, listMembers, type NewMember } from '../people/members.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

const STATUSES = ['full', 'probationary', 'prospective', 'applicant', 'masses'] as const;

export const list = (output: Output): Promise<void> =>
  withDb(async (db) => printRows(await listMembers(db), ['id', 'name', 'number', 'unit', 'status'], output));

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
    const added = await addMember(db, member, TERMINAL, now);
    printOne(added, `${added.name} is on the roster`, options);
  });
