/** The tree of organisation units from a terminal. */
import { localDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { TERMINAL } from '../people/scope.ts';
import { addUnit, closeUnit, getUnitByName, listUnits, moveUnit, renameUnit } from '../people/units.ts';
import { type Output, printJson, printOne, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db) => {
    const units = await listUnits(db);
    if (output.json) return printJson(units);
    const lines = units.map(({ depth, name, kind, members, groups }) => {
      const about = [kind, ...(members > 0 ? [`${members} 人`] : []), ...groups].join('，');
      return `${'  '.repeat(depth)}${name}（${about}）`;
    });
    process.stdout.write(`${lines.join('\n') || 'nothing there'}\n`);
  });

async function printUnit(db: Db, id: string, sentence: (path: string) => string, output: Output) {
  const unit = (await listUnits(db)).find((one) => one.id === id);
  printOne(unit ?? { id }, sentence(unit?.path ?? id), output);
}

export interface AddOptions extends Output {
  readonly kind?: string;
  readonly under?: string;
}

export const add = (name: string, options: AddOptions): Promise<void> =>
  withDb(async (db) => {
    const parent = options.under === undefined ? undefined : await getUnitByName(db, options.under);
    const unit = await addUnit(
      db,
      {
        name,
        ...(options.kind === undefined ? {} : { kind: options.kind }),
        ...(parent ? { parentId: parent.id } : {}),
      },
      TERMINAL,
      Date.now(),
    );
    await printUnit(db, unit.id, (path) => `${path} is there`, options);
  });

export interface MoveOptions extends Output {
  readonly under?: string;
  readonly top?: boolean;
  readonly from?: string;
}

export const move = (named: string, options: MoveOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    if ((options.under === undefined) === (options.top !== true))
      throw new UserError('say where to: --under UNIT, or --top');
    const now = Date.now();
    const unit = await getUnitByName(db, named);
    const parent = options.under === undefined ? undefined : await getUnitByName(db, options.under);
    await moveUnit(db, unit, parent?.id ?? null, readDay(options.from, now, zone), TERMINAL, now);
    await printUnit(db, unit.id, (path) => `now it is ${path}`, options);
  });

/** A local day that isn't in the future; today when left out. */
export function readDay(text: string | undefined, now: number, zone: string): string {
  const today = localDay(now, zone);
  const day = text ?? today;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)) || day > today)
    throw new UserError(`--from: expected a day up to today like ${today}, got "${day}"`);
  return day;
}

export const rename = (named: string, name: string, output: Output): Promise<void> =>
  withDb(async (db) => {
    const unit = await getUnitByName(db, named);
    await renameUnit(db, unit, name, TERMINAL, Date.now());
    await printUnit(db, unit.id, (path) => `now it is ${path}`, output);
  });

export const close = (named: string, output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const unit = await getUnitByName(db, named);
    await closeUnit(db, unit, localDay(now, zone), TERMINAL, now);
    printOne({ id: unit.id, name: unit.name, closed: true }, `${unit.name} is closed`, output);
  });
