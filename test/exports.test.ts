import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';

import { toCsv } from '../src/sheets/csv.ts';

describe('an export as CSV', () => {
  it('begins with a byte order mark, quotes what must be, and is no formula', () => {
    const csv = toCsv([{ a: '=1+1', b: '引"号,\n行', c: true }], ['a', 'b', 'c']);
    expect(csv.startsWith('\u{feff}a,b,c\r\n')).toBe(true);
    expect(parse(csv, { bom: true, columns: true })).toEqual([{ a: "'=1+1", b: '引"号,\n行', c: 'true' }]);
  });
});
