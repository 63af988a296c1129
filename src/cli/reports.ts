/** The 台账 of a unit for a month or a quarter, as a workbook. */
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
  readonly quarter?: string;
  readonly out?: string;
}

export const run = ({ unit: named = '', month, quarter, out = '', json }: ReportOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    const span = readSpan(month, quarter);
    const period = month ?? quarter ?? '';
    const unit = await getUnitByName(db, named);
    const sheets = await readReport({ db, span, zone, now: Date.now() }, unit.id);
    await writeFile(out, await writeWorkbook(sheets));
    const rows = Object.fromEntries(sheets.map(({ name, rows: all }) => [name, all.length]));
    printOne(
      { out, unit: unit.name, ...(quarter === undefined ? { month } : { quarter }), rows },
      `${out}: ${unit.name}, ${period}`,
      json === undefined ? {} : { json },
    );
  });

/** `2026-11` or `2026-Q4`. */
function readSpan(month?: string, quarter?: string) {
  if ((month === undefined) === (quarter === undefined))
    throw new UserError('name exactly one of --month 2026-11 and --quarter 2026-Q4');
  if (quarter === undefined) return spanAround('month', `${month}-01`);
  const [year = '', no = ''] = quarter.split('-Q');
  return spanAround('quarter', `${year}-${String(Number(no) * 3).padStart(2, '0')}-01`);
}
