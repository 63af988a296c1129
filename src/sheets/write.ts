/** Writes a workbook (xlsx). Text is written as text: nothing becomes a formula, a date or a rounded number. */

export interface NewColumn {
  readonly title: string;
  /** In characters. */
  readonly width?: number;
  /** What may be chosen in this column. */
  readonly choices?: readonly string[];
  /** Shown when the heading is pointed at. */
  readonly note?: string;
}

export interface NewSheet {
  readonly name: string;
  readonly columns: readonly NewColumn[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Rows below the last one on which choices are still offered. */
const SPARE_ROWS = 500;
/** A cell holds no more. */
const LONGEST_CELL = 32_767;
const WIDTH = 14;

export async function writeWorkbook(sheets: readonly NewSheet[]): Promise<Buffer> {
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.Workbook();
  workbook.creator = '微课';
  for (const sheet of sheets) {
    const worksheet = workbook.addWorksheet(sheet.name, { views: [{ state: 'frozen', ySplit: 1 }] });
    worksheet.columns = sheet.columns.map(({ title, width = WIDTH }) => ({
      header: title,
      width,
      style: { numFmt: '@', alignment: { vertical: 'top', wrapText: true } },
    }));
    for (const row of sheet.rows)
      worksheet.addRow(row.map((cell) => (typeof cell === 'string' ? cell.slice(0, LONGEST_CELL) : cell)));
    worksheet.getRow(1).font = { bold: true };
    for (const [index, { choices, note }] of sheet.columns.entries()) {
      const column = worksheet.getColumn(index + 1);
      if (note !== undefined) worksheet.getCell(1, index + 1).note = note;
      for (let row = 2; choices && row <= sheet.rows.length + 1 + SPARE_ROWS; row += 1)
        worksheet.getCell(row, column.number).dataValidation = {
          type: 'list',
          allowBlank: true,
          formulae: [`"${choices.join(',')}"`],
        };
    }
  }
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

/** After so many rows it is told how far it is. */
const TOLD_EACH = 500;

/**
 * Writes a workbook row by row to a file, so that a large one needs little memory, each sheet laid out to be printed
 * across one page. `onRows` is waited for: the server does other things meanwhile, and what it throws ends the file.
 */
export async function streamWorkbook(
  path: string,
  sheets: readonly NewSheet[],
  onRows: (done: number, total: number) => Promise<void>,
): Promise<void> {
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.stream.xlsx.WorkbookWriter({ filename: path, useStyles: true });
  const total = sheets.reduce((sum, { rows }) => sum + rows.length, 0);
  let done = 0;
  for (const sheet of sheets) {
    const worksheet = workbook.addWorksheet(sheet.name, {
      views: [{ state: 'frozen', ySplit: 1 }],
      pageSetup: { paperSize: 9, orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
    });
    worksheet.columns = sheet.columns.map(({ title, width = WIDTH }) => ({
      header: title,
      width,
      style: { numFmt: '@', alignment: { vertical: 'top', wrapText: true } },
    }));
    worksheet.pageSetup.printTitlesRow = '1:1';
    const heading = worksheet.getRow(1);
    heading.font = { bold: true };
    heading.commit();
    for (const row of sheet.rows) {
      worksheet
        .addRow(row.map((cell) => (typeof cell === 'string' ? cell.slice(0, LONGEST_CELL) : cell)))
        .commit();
      done += 1;
      if (done % TOLD_EACH === 0) await onRows(done, total);
    }
    worksheet.commit();
  }
  await workbook.commit();
  await onRows(total, total);
}
