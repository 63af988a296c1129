/** Organisation units: the nodes of the tree of Party organisations, of any depth. */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { UnitTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { endUnit, EVER, placeGroup, placeUnit, readTree } from './places.ts';
import { findInTree, lineageIn, pathIn, splitPath, subtreeIn, type Tree, walkTree } from './tree.ts';

export type Unit = UnitTable;

/** As in the glossary, from the top down. */
export const UNIT_KINDS = ['党工委', '党委', '党总支', '党支部', '党小组'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** Below a branch there are only its groups, and below those nothing. */
const BELOW: Readonly<Partial<Record<string, readonly string[]>>> = { 党支部: ['党小组'], 党小组: [] };

/** What a name says of its unit: `花茶协会党支部` is a 党支部, `两新工委` a 党工委. */
export function kindInName(name: string): UnitKind {
  const [, end = ''] = /(工委|党委|总支|支部|小组)(?:委员会)?$/u.exec(name) ?? [];
  return UNIT_KINDS.find((kind) => end !== '' && kind.endsWith(end)) ?? '党支部';
}

/** By name or path among the units that aren't closed. Throws `UserError` when there is none, or with the choices when there are several. */
export async function getUnitByName(db: Db, named: string): Promise<Unit> {
  return getInTree(await readTree(db), named);
}

export function getInTree(tree: Tree<Unit>, named: string): Unit {
  const [only, ...more] = findInTree(tree, named);
  if (!only) throw new UserError(`there is no unit "${named}": see "weike org list"`);
  if (more.length === 0) return only;
  const choices = [only, ...more].map(({ id }) => pathIn(tree, id)).join(', ');
  throw new UserError(`"${named}" is ambiguous: name one of ${choices}`);
}

/** The unit of that name or path; a plain name that isn't there yet is made at the top. */
export async function ensureUnit(db: Db, named: string, now: number): Promise<string> {
  const tree = await readTree(db);
  if (splitPath(named).length !== 1 || findInTree(tree, named).length > 0) return getInTree(tree, named).id;
  return (await insertUnit(db, named, kindInName(named), null, EVER, now)).id;
}

async function insertUnit(
  trx: Db,
  name: string,
  kind: string,
  parentId: string | null,
  day: string,
  now: number,
): Promise<Unit> {
  const unit: Unit = {
    id: newId(),
    parent_id: parentId,
    name: readName(name),
    kind,
    created_at: now,
    closed_at: null,
  };
  await trx.insertInto('unit').values(unit).execute();
  await placeUnit(trx, unit.id, parentId, day);
  return unit;
}

function readName(name: string): string {
  const trimmed = name.normalize('NFC').trim();
  if (trimmed === '' || [...trimmed].length > 60)
    throw new UserError('a unit needs a name of 1 to 60 characters');
  if (/[/／\p{Cc}]/u.test(trimmed)) throw new UserError(`a unit's name has no "/": got "${trimmed}"`);
  return trimmed;
}

/** Who changes something, and from where, for the audit. */
export interface By {
  readonly who: string;
  readonly via?: string;
}

/** A bare name is somebody of whom it isn't known from where they did it. */
export const byOf = (by: By | string): By => (typeof by === 'string' ? { who: by } : by);

export interface NewUnit {
  readonly name: string;
  /** Read from the name when left out. */
  readonly kind?: string;
  readonly parentId?: string;
}

/** Adds a unit. Throws `UserError` for a bad name or kind, and for one of that name that is there already. */
export async function addUnit(db: Db, added: NewUnit, by: By, now: number): Promise<Unit> {
  return await inTransaction(db, async (trx) => {
    const tree = await readTree(trx);
    const name = readName(added.name);
    const kind = readKind(added.kind ?? kindInName(name));
    const parentId = added.parentId ?? null;
    refuseMisplaced(tree, { name, kind, parentId });
    // From the beginning: what its members did before somebody wrote the unit down is its own, too.
    const unit = await insertUnit(trx, name, kind, parentId, EVER, now);
    await audit(trx, 'unit.add', unit.id, undefined, { name, kind, parent: parentId }, by, now);
    return unit;
  });
}

function readKind(kind: string): UnitKind {
  const known = UNIT_KINDS.find((one) => one === kind);
  if (!known) throw new UserError(`a unit's kind is one of ${UNIT_KINDS.join(', ')}, got "${kind}"`);
  return known;
}

function refuseMisplaced(
  tree: Tree<Unit>,
  unit: {
    readonly id?: string;
    readonly name: string;
    readonly kind: string;
    readonly parentId: string | null;
  },
): void {
  const siblings = tree.below.get(unit.parentId ?? '') ?? [];
  if (siblings.some(({ id, name }) => name === unit.name && id !== unit.id))
    throw new UserError(`there is a unit "${unit.name}" in that place already`);
  const parent = unit.parentId === null ? undefined : tree.nodes.get(unit.parentId);
  if (unit.parentId !== null && !parent) throw new UserError('the unit above is closed or does not exist');
  const allowed = parent && BELOW[parent.kind];
  if (parent && allowed && !allowed.includes(unit.kind))
    throw new UserError(
      allowed.length === 0
        ? `nothing can stand below "${parent.name}", a ${parent.kind}`
        : `below "${parent.name}", a ${parent.kind}, there can only be ${allowed.join(', ')}`,
    );
}

/** Moves a unit with all below it, from a local day on. Throws `UserError` for a move below itself. */
export async function moveUnit(
  db: Db,
  unit: Unit,
  parentId: string | null,
  day: string,
  by: By,
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const tree = await readTree(trx);
    if (unit.parent_id === parentId) return;
    if (parentId !== null && subtreeIn(tree, [unit.id]).has(parentId))
      throw new UserError(`"${unit.name}" can't be moved below itself`);
    refuseMisplaced(tree, { id: unit.id, name: unit.name, kind: unit.kind, parentId });
    await placeUnit(trx, unit.id, parentId, day);
    await audit(trx, 'unit.move', unit.id, { parent: unit.parent_id }, { parent: parentId, day }, by, now);
  });
}

export async function renameUnit(db: Db, unit: Unit, name: string, by: By, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const renamed = readName(name);
    refuseMisplaced(await readTree(trx), {
      id: unit.id,
      name: renamed,
      kind: unit.kind,
      parentId: unit.parent_id,
    });
    await trx.updateTable('unit').set({ name: renamed }).where('id', '=', unit.id).execute();
    await audit(trx, 'unit.rename', unit.id, { name: unit.name }, { name: renamed }, by, now);
  });
}

/** Closes a unit. Throws `UserError` while it still has units, members or groups: they are moved first. */
export async function closeUnit(db: Db, unit: Unit, day: string, by: By, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const { units, members, groups } = await trx
      .selectNoFrom((eb) => [
        eb
          .selectFrom('unit')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('parent_id', '=', unit.id)
          .where('closed_at', 'is', null)
          .as('units'),
        eb
          .selectFrom('member')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('unit_id', '=', unit.id)
          .where('left_at', 'is', null)
          .as('members'),
        eb
          .selectFrom('chat_group')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('unit_id', '=', unit.id)
          .as('groups'),
      ])
      .executeTakeFirstOrThrow();
    const left = Object.entries({ 'units below': units, members, groups })
      .filter(([, count]) => Number(count) > 0)
      .map(([what, count]) => `${what}: ${Number(count)}`);
    if (left.length > 0) throw new UserError(`"${unit.name}" still has ${left.join(', ')}; move them first`);
    await endUnit(trx, unit.id, day);
    await trx.updateTable('unit').set({ closed_at: now }).where('id', '=', unit.id).execute();
    await audit(trx, 'unit.close', unit.id, undefined, { day }, by, now);
  });
}

/** Gives a group to a unit, or to none, from a local day on. Its first unit holds from the beginning. */
export async function assignGroup(
  db: Db,
  group: { readonly id: string; readonly unit_id: string | null },
  unitId: string | null,
  day: string,
  by: By,
  now: number,
): Promise<void> {
  if (group.unit_id === unitId) return;
  await inTransaction(db, async (trx) => {
    await placeGroup(
      trx,
      group.id,
      unitId,
      group.unit_id === null ? await firstDay(trx, group.id, day) : day,
    );
    await audit(trx, 'group.unit', group.id, { unit: group.unit_id }, { unit: unitId, day }, by, now);
  });
}

async function firstDay(trx: Db, groupId: string, day: string): Promise<string> {
  const before = await trx
    .selectFrom('group_place')
    .select('id')
    .where('group_id', '=', groupId)
    .executeTakeFirst();
  return before ? day : EVER;
}

const audit = (
  trx: Db,
  what: string,
  subject: string,
  before: unknown,
  after: unknown,
  by: By,
  now: number,
): Promise<void> =>
  appendAudit(trx, {
    at: now,
    what,
    subject,
    ...by,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });

export interface ListedUnit {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** The name of the unit above, or null. */
  readonly parent: string | null;
  readonly parent_id: string | null;
  readonly path: string;
  readonly depth: number;
  /** On the roster there now, without those of the units below. */
  readonly members: number;
  /** Keys of its groups. */
  readonly groups: readonly string[];
}

/** The units that aren't closed, from the top down. */
export async function listUnits(db: Db): Promise<ListedUnit[]> {
  const tree = await readTree(db);
  const counts = await db
    .selectFrom('member')
    .select(({ fn }) => ['unit_id', fn.countAll<number>().as('count')])
    .where('left_at', 'is', null)
    .where('status', '!=', 'guest')
    .groupBy('unit_id')
    .execute();
  const members = new Map(counts.map((row) => [row.unit_id, Number(row.count)]));
  const groups = Map.groupBy(
    await db
      .selectFrom('chat_group')
      .select(['key', 'unit_id'])
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
    (group) => group.unit_id,
  );
  return walkTree(tree).map(({ node, depth }) => ({
    id: node.id,
    name: node.name,
    kind: node.kind,
    parent: (node.parent_id === null ? undefined : tree.nodes.get(node.parent_id)?.name) ?? null,
    parent_id: node.parent_id,
    path: pathIn(tree, node.id),
    depth,
    members: members.get(node.id) ?? 0,
    groups: (groups.get(node.id) ?? []).map(({ key }) => key),
  }));
}

/** The unit's id and those of all units above it, the nearest first. */
export async function lineageOf(db: Db, unitId: string): Promise<string[]> {
  return lineageIn(await readTree(db), unitId);
}
