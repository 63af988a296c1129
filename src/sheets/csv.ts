/** CSV as spreadsheets read it. */
import { stringify } from 'csv-stringify/sync';

/** RFC 4180 with a byte order mark; a cell that a spreadsheet would take for a formula begins with `'`. */
export const toCsv = (rows: readonly object[], columns: readonly string[]): string =>
  stringify([...rows], {
    header: true,
    columns: [...columns],
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { boolean: (value) => String(value) },
  });
