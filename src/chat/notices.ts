/** What waits for a person is told to them once, in private; nothing of it is ever said in a group. */
import { SECOND } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import type { ListedCertification } from '../people/certify.ts';
import { listDeciders } from '../people/roles.ts';
import { lineageOf } from '../people/units.ts';

export interface Notice {
  /** Unique together with the person: telling the same thing again does nothing. */
  readonly cause: string;
  readonly text: string;
  /** By these accounts only; absent: by any. */
  readonly accounts?: readonly string[];
  /** What a picture behind the words is drawn of, when they are sent. */
  readonly content?: string;
}

/**
 * Tells members something in private, on the one account where somebody vouched for them last. Quiet hours hold
 * it. Gives how many it will reach: whoever isn't certified isn't told.
 */
export async function tellMembers(
  db: Db,
  memberIds: readonly string[],
  { cause, text, accounts, content }: Notice,
  now: number,
): Promise<number> {
  if (memberIds.length === 0) return 0;
  const bound = await db
    .selectFrom('identity')
    .select(['member_id', 'account', 'contact_id'])
    .where('member_id', 'in', [...memberIds])
    .where('confirmed', '=', 1)
    .where('closed_at', 'is', null)
    .$if(accounts !== undefined, (query) => query.where('account', 'in', [...(accounts ?? [])]))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const last = new Map(bound.map((row) => [row.member_id, row]));
  await planDeliveries(
    db,
    [...last.values()].map((row) => ({
      cause: `${cause}:${row.member_id}`,
      kind: 'notice' as const,
      account: row.account,
      contactId: row.contact_id,
      ...(content === undefined ? {} : { content }),
      plannedAt: now,
      parts: [{ kind: 'text' as const, body: text }],
    })),
    now,
  );
  return last.size;
}

/** Tells whoever decides for a unit: its secretary, else those above. */
export const tellDeciders = async (
  db: Db,
  unitId: string | null,
  notice: Notice,
  now: number,
): Promise<number> =>
  await tellMembers(
    db,
    await listDeciders(db, unitId === null ? [] : await lineageOf(db, unitId)),
    notice,
    now,
  );

/** Tells the nearest that can be reached, from the unit upwards, those left out who had a hand in it. Gives whom. */
export async function tellNearest(
  trx: Db,
  unitId: string | null,
  { notice, except = [], least = 1 }: { notice: Notice; except?: readonly string[]; least?: number },
  now: number,
): Promise<string[]> {
  const lineage = unitId === null ? [] : await lineageOf(trx, unitId);
  const tried = [...except];
  const told: string[] = [];
  while (told.length < least) {
    const deciders = await listDeciders(trx, lineage, tried);
    if (deciders.length === 0) break;
    tried.push(...deciders);
    for (const memberId of deciders)
      if ((await tellMembers(trx, [memberId], notice, now)) > 0) told.push(memberId);
  }
  return told;
}

/** Requests of one evening come in a bunch: they are told together. */
const GATHERED = 30 * SECOND;

/**
 * Tells those who decide of the certifications that have begun to wait. Where nobody can be reached yet, because the
 * secretary is not certified either, they are told as soon as somebody can.
 */
export async function noticeCertifications(db: Db, now: number): Promise<void> {
  const first = await db
    .selectFrom('certification')
    .select(({ fn }) => ['unit_id', fn.min('created_at').as('first')])
    .where('state', '=', 'waiting')
    .where('noticed_at', 'is', null)
    .groupBy('unit_id')
    .having(({ fn }) => fn.min('created_at'), '<=', now - GATHERED)
    .execute();
  for (const { unit_id: unitId } of first)
    await inTransaction(db, async (trx) => {
      const waiting = await trx
        .selectFrom('certification')
        .select(['id', 'no', 'claimed_name', 'evidence', 'member_id'])
        .where('state', '=', 'waiting')
        .where('noticed_at', 'is', null)
        .where('unit_id', unitId === null ? 'is' : '=', unitId)
        .orderBy('no')
        .execute();
      const [one] = waiting;
      if (!one) return;
      const text = sayWaiting(waiting.map((row) => sayRequest({ ...row, taken: false })));
      const told = await tellNearest(trx, unitId, { notice: { cause: `certify:${one.id}`, text } }, now);
      if (told.length === 0) return;
      await trx
        .updateTable('certification')
        .set({ noticed_at: now })
        .where(
          'id',
          'in',
          waiting.map(({ id }) => id),
        )
        .execute();
    });
}

export const sayWaiting = (lines: readonly string[]): string =>
  [`有 ${lines.length} 人等你认证：`, ...lines, '认识就回 同意 编号，如 同意 3；不是就回 拒绝 3 原因。'].join(
    '\n',
  );

export const EVIDENCE: Readonly<Record<ListedCertification['evidence'], string>> = {
  code: '认证码对得上',
  number: '编号对得上',
  name: '只报了名字',
  none: '名册里没有这个名字',
};

/** One line of a list of requests; never the number or code that was typed. */
export function sayRequest(
  row: Pick<ListedCertification, 'no' | 'claimed_name' | 'evidence' | 'member_id' | 'taken'> & {
    nickname?: string;
  },
): string {
  const isAmbiguous = row.evidence === 'name' && row.member_id === null;
  const about = [
    isAmbiguous ? '名册里有同名的' : EVIDENCE[row.evidence],
    ...(row.nickname && row.nickname !== row.claimed_name ? [`群里叫 ${row.nickname}`] : []),
    ...(row.taken ? ['注意：已有别的账号认证为此人'] : []),
  ];
  return `${row.no}. ${row.claimed_name}（${about.join('，')}）`;
}
