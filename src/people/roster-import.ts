/** Takes a table as the roster of the units it names: shown first, then applied as a whole or not at all. */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { Sheet, SheetFault } from '../sheets/sheet.ts';
import { UserError } from '../errors.ts';
import { addMember, changeMember, isMeant, leaveRoster } from './members.ts';
import { readTree } from './places.ts';
import {
  type COLUMNS,
  diffRoster,
  type KnownMember,
  type PlacedRow,
  readRoster,
  type RosterDiff,
  type RosterRow,
  sayStanding,
} from './roster.ts';
import { grantRole, revokeRole } from './roles.ts';
import { type Actor, isInScope, scopedMembers } from './scope.ts';
import { findInTree, pathIn, type Tree } from './tree.ts';
import { addUnit, kindInName, type Unit } from './units.ts';

export interface ImportOptions {
  /** Only what the file has is looked at: whoever isn't in it hasn't left. */
  readonly partial?: boolean;
  /** Make units that aren't there yet, at the top. */
  readonly makeUnits?: boolean;
  /** The local day from which it holds. */
  readonly day: string;
}

export interface PlannedImport extends RosterDiff {
  /** Names of units that would be made. */
  readonly units: readonly string[];
  /** What keeps the whole file from being taken, faults of the file and conflicts with the roster. */
  readonly faults: readonly SheetFault[];
  readonly ignored: readonly string[];
}

/** What would change, and what is in the way. Writes nothing. */
export const planImport = (
  db: Db,
  sheets: readonly Sheet[],
  options: ImportOptions,
  actor: Actor,
): Promise<PlannedImport> => plan(db, sheets, options, actor);

/**
 * Takes the file in one transaction. Throws `UserError`, and changes nothing, when there is any fault; the
 * difference is told anew within the transaction, so what is written is what holds then.
 */
export async function importRoster(
  db: Db,
  sheets: readonly Sheet[],
  options: ImportOptions,
  actor: Actor,
  now: number,
): Promise<PlannedImport> {
  return await inTransaction(db, async (trx) => {
    for (const name of (await plan(trx, sheets, options, actor)).units)
      await addUnit(trx, { name, kind: kindInName(name) }, actor, now);
    const planned = await plan(trx, sheets, options, actor);
    if (planned.faults.length > 0)
      throw new UserError(`${planned.faults.length} faults: nothing was imported`);
    await apply(trx, planned, options.day, actor, now);
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'roster.import',
      subject: [
        ...new Set([...planned.added, ...planned.changed.map(({ row }) => row)].map((row) => row.unitId)),
      ].join(' '),
      after: {
        added: planned.added.length,
        changed: planned.changed.length,
        left: planned.left.length,
        unchanged: planned.unchanged,
      },
    });
    return planned;
  });
}

async function plan(
  db: Db,
  sheets: readonly Sheet[],
  { partial = false, makeUnits = false }: ImportOptions,
  actor: Actor,
): Promise<PlannedImport> {
  const { rows, faults: fileFaults, ignored } = readRoster(sheets);
  const faults = [...fileFaults];
  const tree = await readTree(db);
  const units = new Set<string>();
  const placed: PlacedRow[] = [];
  for (const row of rows) {
    const unit = placeRow(row, tree, actor, makeUnits && actor.units === 'all');
    if ('fault' in unit) faults.push(unit.fault);
    else {
      if (unit.made !== undefined) units.add(unit.made);
      placed.push({ ...row, unitId: unit.id });
    }
  }
  const names = new Map([...tree.nodes.keys()].map((id) => [id, shortName(tree, id)]));
  const unitName = (id: string | null) => (id === null ? '' : (names.get(id) ?? id.replace(/^new:/u, '')));
  const diff = diffRoster(placed, await readKnown(db, actor), { partial, unitName });
  faults.push(...diff.conflicts);
  faults.sort((a, b) => a.sheet.localeCompare(b.sheet) || a.row - b.row || a.column.localeCompare(b.column));
  return { ...diff, units: [...units], faults, ignored };
}

/** The unit's name, with as much of its path as tells it from others. */
export function shortName(tree: Tree, unitId: string): string {
  const parts = pathIn(tree, unitId).split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const name = parts.slice(-count).join('/');
    if (findInTree(tree, name).length === 1) return name;
  }
  return parts.join('/');
}

function placeRow(
  row: RosterRow,
  tree: Tree<Unit>,
  actor: Actor,
  makeUnits: boolean,
): { id: string; made?: string } | { fault: SheetFault } {
  const found = findInTree(tree, row.unit).filter(({ id }) => isInScope(actor, id));
  const fault = (message: string, cure: string, terminal?: string) => ({
    fault: {
      sheet: row.sheet,
      row: row.row,
      column: row.at.党支部 ?? 'A',
      message,
      cure,
      ...(terminal === undefined ? {} : { terminal }),
    },
  });
  if (found.length > 1)
    return fault(
      `叫「${row.unit}」的党组织不止一个`,
      `写成 ${found.map(({ id }) => pathIn(tree, id)).join(' 或 ')}`,
    );
  if (found[0]) return { id: found[0].id };
  if (makeUnits && !/[/／]/u.test(row.unit)) return { id: `new:${row.unit}`, made: row.unit };
  return fault(
    `没有党组织「${row.unit}」`,
    '核对名称，或请县管理员先加上它',
    'weike org add，初次导入可加 --make-units',
  );
}

async function readKnown(db: Db, actor: Actor): Promise<KnownMember[]> {
  const inScope = new Set((await scopedMembers(db, actor).execute()).map(({ id }) => id));
  const members = await db
    .selectFrom('member')
    .selectAll()
    .where('status', '!=', 'guest')
    .where('erased_at', 'is', null)
    .where(isMeant)
    .orderBy('id')
    .execute();
  const roles = await db
    .selectFrom('role_grant')
    .select(['member_id', 'role', 'unit_id'])
    .where('to_at', 'is', null)
    .where('unit_id', 'is not', null)
    .execute();
  return members.flatMap(({ status, ...member }) =>
    status === 'guest'
      ? []
      : [
          {
            id: member.id,
            name: member.name,
            number: member.number,
            unitId: member.unit_id,
            status,
            mobile: member.mobile === 1,
            left: member.left_at !== null,
            inScope: inScope.has(member.id),
            roles: roles
              .filter((one) => one.member_id === member.id && one.unit_id === member.unit_id)
              .map(({ role }) => role),
          },
        ],
  );
}

async function apply(trx: Db, diff: PlannedImport, day: string, actor: Actor, now: number): Promise<void> {
  // Whoever leaves first gives their number free for nobody: numbers stay with the person.
  for (const { member, reason } of diff.left) await leaveRoster(trx, member.id, reason, day, actor, now);
  for (const { member, row } of diff.changed) {
    const current = await trx
      .selectFrom('member')
      .selectAll()
      .where('id', '=', member.id)
      .executeTakeFirstOrThrow();
    await changeMember(
      trx,
      current,
      {
        unitId: row.unitId,
        ...(row.number === undefined ? {} : { number: row.number }),
        ...(row.status === undefined ? {} : { status: row.status }),
        ...(row.mobile === undefined ? {} : { mobile: row.mobile }),
      },
      day,
      actor,
      now,
    );
    for (const role of row.role === undefined ? [] : member.roles)
      if (role !== row.role && member.unitId !== null)
        await revokeRole(trx, { memberId: member.id, role, unitId: member.unitId }, actor, now);
    await giveRole(trx, member.id, row, actor, now);
  }
  const tree = await readTree(trx);
  for (const row of diff.added) {
    const { id } = await addMember(
      trx,
      {
        name: row.name,
        unit: pathIn(tree, row.unitId),
        day,
        ...(row.number === undefined ? {} : { number: row.number }),
        ...(row.status === undefined ? {} : { status: row.status }),
        ...(row.mobile === undefined ? {} : { mobile: row.mobile }),
      },
      actor,
      now,
    );
    await giveRole(trx, id, row, actor, now);
  }
}

async function giveRole(trx: Db, memberId: string, row: PlacedRow, actor: Actor, now: number): Promise<void> {
  if (row.role) await grantRole(trx, { memberId, role: row.role, unitId: row.unitId }, actor, now);
}

/** The roster as the same table that is imported, for the units in scope. */
export async function exportRoster(
  db: Db,
  unitIds: 'all' | readonly string[],
  actor: Actor,
): Promise<Record<(typeof COLUMNS)[number], string>[]> {
  const tree = await readTree(db);
  const known = (await readKnown(db, actor)).filter(
    ({ inScope, left, unitId }) =>
      inScope && !left && unitId !== null && (unitIds === 'all' || unitIds.includes(unitId)),
  );
  const rows = known.map((member) => ({
    姓名: member.name,
    编号: member.number ?? '',
    党支部: member.unitId === null ? '' : shortName(tree, member.unitId),
    状态: sayStanding(member.status, member.mobile),
    角色: member.roles.includes('department')
      ? '部门管理员'
      : member.roles.includes('secretary')
        ? '支部书记'
        : '成员',
  }));
  return rows.toSorted(
    (a, b) =>
      a.党支部.localeCompare(b.党支部, 'zh') ||
      a.姓名.localeCompare(b.姓名, 'zh') ||
      a.编号.localeCompare(b.编号),
  );
}
