/**
 * One server drives an account, however many share the database: two would answer everything twice. A lease in
 * the database says which; it is renewed while the server lives and runs out when it dies.
 */
import { type Clock, SECOND } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { UserError } from '../errors.ts';
import type { Log } from '../log.ts';

export interface Owner {
  /** The machine and its data folder, of which one server runs at a time: its next start takes over at once. */
  readonly instance: string;
  readonly epoch: string;
}

/** How long a lease outlives its last renewal, ms. */
export const LEASE = 60 * SECOND;
/** How often it is renewed, ms. */
export const RENEW = 15 * SECOND;

/**
 * Takes the accounts for `owner`. One that another server holds is waited for as long as its lease lasts; throws
 * `UserError` when that server renews it meanwhile, which shows that it is alive.
 */
export async function takeAccounts(
  db: Db,
  accounts: readonly string[],
  owner: Owner,
  clock: Clock,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  const seen = new Map<string, number>();
  for (;;) {
    const other = await tryTake(db, accounts, owner, clock.now());
    if (!other) return;
    const before = seen.get(other.account) ?? other.until;
    if (other.until > before)
      throw new UserError(
        `the account ${other.account} is driven by another server (${other.instance}): stop that one first, or leave the account out of CHANNELS here`,
      );
    if (!seen.has(other.account))
      log.warn(
        { account: other.account, server: other.instance },
        'another server had this account; waiting up to a minute to see whether it is still alive',
      );
    seen.set(other.account, before);
    await clock.sleep(SECOND);
  }
}

async function tryTake(db: Db, accounts: readonly string[], owner: Owner, now: number) {
  return await inTransaction(db, async (trx) => {
    const held =
      accounts.length === 0
        ? []
        : await trx
            .selectFrom('account_lease')
            .selectAll()
            .where('account', 'in', [...accounts])
            .execute();
    const other = held.find(({ instance, until }) => instance !== owner.instance && until > now);
    if (other) return other;
    for (const account of accounts)
      await trx
        .insertInto('account_lease')
        .values({ account, ...owner, until: now + LEASE })
        .onConflict((conflict) => conflict.column('account').doUpdateSet({ ...owner, until: now + LEASE }))
        .execute();
    return undefined;
  });
}

/** Keeps the accounts for a while longer. False when another server has taken one: this one must stop. */
export async function renewAccounts(
  db: Db,
  accounts: readonly string[],
  { epoch }: Owner,
  now: number,
): Promise<boolean> {
  if (accounts.length === 0) return true;
  const renewed = await db
    .updateTable('account_lease')
    .set({ until: now + LEASE })
    .where('account', 'in', [...accounts])
    .where('epoch', '=', epoch)
    .returning('account')
    .execute();
  return renewed.length === accounts.length;
}

/** Lets go of them, so that another server need not wait. */
export async function releaseAccounts(db: Db, { epoch }: Owner): Promise<void> {
  await db.deleteFrom('account_lease').where('epoch', '=', epoch).execute();
}
