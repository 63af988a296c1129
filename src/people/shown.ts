/** How a member is called where others read it. */
import type { Db } from '../db/open.ts';
import { appendAudit } from '../db/audit.ts';
import type { Member } from './members.ts';
import type { By } from './units.ts';

/** The columns from which a shown name is made. */
export const SHOWN = ['member.name', 'member.status', 'member.certified_at', 'member.shows_party'] as const;

export type Shown = Pick<Member, 'name' | 'status' | 'certified_at' | 'shows_party'>;

/** Whether 〔党员〕 stands behind the name: 正式 and 预备党员 who are certified and have agreed. */
export const showsParty = ({ status, certified_at: certified, shows_party: agreed }: Omit<Shown, 'name'>) =>
  (status === 'full' || status === 'probationary') && certified !== null && agreed === 1;

export const shownName = (member: Shown): string =>
  showsParty(member) ? `${member.name}〔党员〕` : member.name;

/** Agrees to be shown as 〔党员〕, or not any more. */
export async function setShowsParty(
  db: Db,
  memberId: string,
  shows: boolean,
  by: By,
  now: number,
): Promise<void> {
  await db
    .updateTable('member')
    .set({ shows_party: shows ? 1 : 0 })
    .where('id', '=', memberId)
    .execute();
  await appendAudit(db, { at: now, ...by, what: 'member.shows-party', subject: memberId, after: { shows } });
}
