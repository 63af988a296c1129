/** The 台账 of a unit for a month, as a workbook. */
import { writeFile } from 'node:fs/promises';

import { readReport } from '../digest/report.ts';
import { spanAround } from '../digest/spans.ts';
import { UserError } from '../errors.ts';
import { getUnitByName } from '../people/units.ts';
import { writeWorkbook } from '../sheets/write.ts';
import { type Output, printOne, withDb } from './parts.ts';

export interface ReportOptions extends Output {
  readonly unit?: string;
  readonly month?: string;
  readonly out?: string;
}

export const run = ({ unit: named = '', month = '', out = '', json }: ReportOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month))
      throw new UserError(`--month: expected a month like 2026-11, got "${month}"`);
    const unit = await getUnitByName(db, named);
    const span = spanAround('month', `${month}-01`);
    const sheets = await readReport({ db, span, zone, now: Date.now() }, unit.id);
    await writeFile(out, await writeWorkbook(sheets));
    const rows = Object.fromEntries(sheets.map(({ name, rows: all }) => [name, all.length]));
    printOne(
      { out, unit: unit.name, month, rows },
      `${out}: ${unit.name}, ${month}`,
      json === undefined ? {} : { json },
    );
  });
