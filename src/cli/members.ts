import { UserError } from '../errors.ts';
import { addMember, listMembers, type NewMember } from '../people/members.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

const STATUSES = ['full', 'probationary', 'prospective', 'applicant', 'masses'] as const;

export const list = (output: Output): Promise<void> =>
  withDb(async (db) => printRows(await listMembers(db), ['id', 'name', 'unit', 'status'], output));

export const add = (name: string, options: Output & { unit?: string; status?: string }): Promise<void> =>
  withDb(async (db) => {
    const status = STATUSES.find((known) => known === options.status);
    if (!status)
      throw new UserError(`--status: expected one of ${STATUSES.join(', ')}, got "${options.status ?? ''}"`);
    const member: NewMember = { name, status, ...(options.unit ? { unit: options.unit } : {}) };
    const added = await addMember(db, member, 'cli', Date.now());
    printOne(added, `${added.name} is on the roster`, options);
  });
