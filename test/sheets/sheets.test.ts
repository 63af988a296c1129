import exceljs from 'exceljs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { UserError } from '../../src/errors.ts';
import { unpackArchive } from '../../src/sheets/archive.ts';
import { readSheets } from '../../src/sheets/read.ts';
import { columnName, columnNumber } from '../../src/sheets/sheet.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';
import { makeZip, type ZipFile } from '../support/zip.ts';

/** `一,二` in GBK. */
const GBK = Buffer.from([0xd2, 0xbb, 0x2c, 0xb6, 0xfe, 0x0d, 0x0a]);

const cellsOf = async (bytes: Uint8Array) =>
  (await readSheets(bytes)).map(({ rows }) => rows.map(({ row, cells }) => [row, ...cells]));

describe('CSV', () => {
  it.each([
    ['UTF-8', Buffer.from('一,二\n'), [[1, '一', '二']]],
    ['UTF-8 with a mark', Buffer.from('\u{feff}一,二\r\n'), [[1, '一', '二']]],
    ['GBK', GBK, [[1, '一', '二']]],
    ['UTF-16 as Excel writes it', Buffer.from('\u{feff}一\t二\r\n', 'utf16le'), [[1, '一', '二']]],
    [
      'semicolons',
      Buffer.from('一;二\n三;四,五'),
      [
        [1, '一', '二'],
        [2, '三', '四,五'],
      ],
    ],
    [
      'quotes, line ends inside',
      Buffer.from('"一\n1","二""2"""\n三'),
      [
        [1, '一\n1', '二"2"'],
        [2, '三'],
      ],
    ],
    [
      'rows are counted with the empty ones',
      Buffer.from('一\n\n ,\n二'),
      [
        [1, '一'],
        [4, '二'],
      ],
    ],
    ['blanks around', Buffer.from(' 一 ,\u3000二\u3000,,'), [[1, '一', '二']]],
  ])('%s', async (_name, bytes, expected) => {
    expect(await cellsOf(bytes)).toEqual([expected]);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /空的/],
    ['an open quote', Buffer.from('一\n"二,三\n四'), /第 \d+ 行附近的引号/],
    ['no text', Buffer.from([0x41, 0x00, 0x42, 0x2c]), /不是表格/],
    ['no encoding', Buffer.from([0x41, 0xff, 0xff, 0x2c]), /编码/],
    ['old Excel', Buffer.from('d0cf11e0a1b11ae10000', 'hex'), /旧的 \.xls/],
    ['too many bytes', Buffer.alloc(6 * 1024 * 1024, 'a'), /超过 5 MB/],
    ['too many rows', Buffer.from('a\n'.repeat(10_001)), /超过 10000 行/],
    ['too many columns', Buffer.from('a,'.repeat(100) + 'a'), /超过 100 列/],
  ])('refuses %s', async (_name, bytes, reason) => {
    await expect(readSheets(bytes)).rejects.toThrow(reason);
    await expect(readSheets(bytes)).rejects.toBeInstanceOf(UserError);
  });

  it('says that a file is not there', async () => {
    await expect(readSheets('/nowhere/at/all.csv')).rejects.toThrow(/can't be read/);
  });
});

async function workbook(fill: (sheet: exceljs.Worksheet) => void): Promise<Buffer> {
  const book = new exceljs.Workbook();
  fill(book.addWorksheet('题库'));
  return Buffer.from(await book.xlsx.writeBuffer());
}

describe('a workbook', () => {
  it('is text, as the spreadsheet shows it', async () => {
    const bytes = await workbook((sheet) => {
      sheet.addRow(['字', 1, 0.1 + 0.2, 13_977_112_345, true, new Date(Date.UTC(2026, 10, 24))]);
      sheet.addRow([
        { richText: [{ text: '密' }, { text: '封' }] },
        { text: '官网', hyperlink: 'https://a.cn' },
        ' 空 ',
      ]);
      const percent = sheet.addRow([0.95, 7]);
      percent.getCell(1).numFmt = '0%';
      percent.getCell(2).numFmt = '000';
      sheet.getCell('B6').value = new Date(Date.UTC(2026, 10, 24, 20, 5));
    });
    expect(await cellsOf(bytes)).toEqual([
      [
        [1, '字', '1', '0.3', '13977112345', 'TRUE', '2026-11-24'],
        [2, '密封', '官网', '空'],
        [3, '95%', '007'],
        [6, '', '2026-11-24 20:05'],
      ],
    ]);
  });

  it('gives the results of formulas, and says where there is none', async () => {
    const bytes = await workbook((sheet) => {
      sheet.getCell('A1').value = { formula: '1+1', result: 2 };
      sheet.getCell('B2').value = { formula: 'NOW()' };
      sheet.getCell('C3').value = { error: '#REF!' };
      sheet.getCell('D4').value = {
        formula: '1/0',
        result: { error: '#DIV/0!' },
      };
    });
    const [sheet] = await readSheets(bytes);
    expect(sheet?.rows).toEqual([{ row: 1, cells: ['2'] }]);
    expect(sheet?.faults.map(({ row, column, message }) => `${column}${row} ${message}`)).toEqual([
      'B2 公式没有算出结果',
      'C3 单元格里是错误值 #REF!',
      'D4 单元格里是错误值 #DIV/0!',
    ]);
  });

  it('gives merged cells once, and where they are', async () => {
    const bytes = await workbook((sheet) => {
      sheet.getCell('A1').value = '题库';
      sheet.mergeCells('A1:C1');
      sheet.getCell('B2').value = '甲';
      sheet.mergeCells('B2:B4');
    });
    const [sheet] = await readSheets(bytes);
    expect(sheet?.rows).toEqual([
      { row: 1, cells: ['题库'] },
      { row: 2, cells: ['', '甲'] },
    ]);
    expect(sheet?.merged).toEqual([
      { row: 1, column: 1, toRow: 1, toColumn: 3 },
      { row: 2, column: 2, toRow: 4, toColumn: 2 },
    ]);
  });

  it('comes back as it was written, whatever the text', async () => {
    const cell = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .map((text) => text.replace(/[\p{C}\p{Z}]/gu, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        async (rows) => {
          const columns = [1, 2, 3, 4].map((no) => ({ title: `列${no}` }));
          const bytes = await writeWorkbook([
            { name: '题库', columns, rows: [...rows, ['=1+1', '@a', '-1', '007']] },
          ]);
          const [sheet] = await readSheets(bytes);
          const expected = [columns.map(({ title }) => title), ...rows, ['=1+1', '@a', '-1', '007']]
            .map((cells, index) => ({
              row: index + 1,
              cells: cells.slice(0, cells.findLastIndex((text) => text !== '') + 1),
            }))
            .filter(({ cells }) => cells.length > 0);
          expect(sheet?.rows).toEqual(expected);
          expect(sheet?.faults).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('offers choices', async () => {
    const bytes = await writeWorkbook([
      {
        name: '题库',
        columns: [{ title: '题型', choices: ['单选', '多选'], note: '选一个' }],
        rows: [['单选']],
      },
    ]);
    const book = new exceljs.Workbook();
    await book.xlsx.load(bytes as unknown as exceljs.Buffer);
    expect(book.getWorksheet('题库')?.getCell('A2').dataValidation).toMatchObject({
      formulae: ['"单选,多选"'],
    });
  });
});

const CONTENT = '<?xml version="1.0"?><workbook/>';
const xlsx = (...files: ZipFile[]) => makeZip([{ name: 'xl/workbook.xml', bytes: CONTENT }, ...files]);
const sheet = (body: string): ZipFile => ({
  name: 'xl/worksheets/sheet1.xml',
  bytes: `<worksheet>${body}</worksheet>`,
});

describe('a hostile archive', () => {
  it.each([
    ['grows too large', xlsx({ name: 'xl/a.xml', bytes: Buffer.alloc(40 * 1024 * 1024) }), /解开后太大/],
    [
      'says less than it holds',
      xlsx({ name: 'xl/a.xml', bytes: Buffer.alloc(9_000_000), claims: 10 }),
      /解开后太大/,
    ],
    [
      'has too many files',
      makeZip(Array.from({ length: 600 }, (_, no) => ({ name: `${no}`, bytes: '' }))),
      /解开后太大/,
    ],
    ['is encrypted', xlsx({ name: 'xl/a.xml', bytes: 'a', encrypted: true }), /密码/],
    ['is cut off', xlsx(sheet('')).subarray(0, 200), /打不开/],
    ['is no workbook', makeZip([{ name: 'word/document.xml', bytes: '' }]), /不是 Excel/],
    ['has entities', xlsx(sheet('<!DOCTYPE a [<!ENTITY b "c">]>')), /不该有/],
    [
      'merges a whole sheet',
      xlsx(sheet('<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
      /合并的单元格太多/,
    ],
    ['has cells without end', xlsx(sheet('<c r="A1"/>'.repeat(400_001))), /表格太大/],
    ['holds nothing that can be read', xlsx(), /读不出来|没有/],
  ])('that %s is refused at once', async (_name, bytes, reason) => {
    const began = performance.now();
    const read = readSheets(bytes).then((sheets) => {
      if (sheets.length === 0) throw new UserError('没有表');
      return sheets;
    });
    await expect(read).rejects.toThrow(reason);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('never makes us do more than refuse', () => {
    const good = xlsx(sheet('<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'));
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const bent = Buffer.from(good);
        bent[at] = byte;
        try {
          unpackArchive(bent, { maxUnpacked: 1_000_000, maxFiles: 10 });
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('names of columns', () => {
  it('are read as they are written', () => {
    expect([1, 26, 27, 702, 703].map(columnName)).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA']);
    fc.assert(fc.property(fc.integer({ min: 1, max: 20_000 }), (no) => columnNumber(columnName(no)) === no));
  });
});
