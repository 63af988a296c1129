/** What a table file holds, and what is wrong with it, as a person would point at it. */

export interface SheetRow {
  /** As the spreadsheet counts, from 1. */
  readonly row: number;
  /** Trimmed text of each cell, the first column first; `''` where there is none. Ends at the last filled cell. */
  readonly cells: readonly string[];
}

export interface MergedRange {
  /** First and last row and column, from 1. */
  readonly row: number;
  readonly column: number;
  readonly toRow: number;
  readonly toColumn: number;
}

export interface SheetFault {
  readonly sheet: string;
  readonly row: number;
  /** The column's letter: `B`. */
  readonly column: string;
  readonly message: string;
  readonly cure: string;
  /** The command that helps, for whoever sits at a terminal. */
  readonly terminal?: string;
}

export interface Sheet {
  readonly name: string;
  readonly hidden: boolean;
  /** Rows with anything in them. */
  readonly rows: readonly SheetRow[];
  /** Merged cells: the first of them has the text, the others are empty. */
  readonly merged: readonly MergedRange[];
  /** Cells that have no text of their own: formulas that were never computed, error values. Their text is `''`. */
  readonly faults: readonly SheetFault[];
}

/** `A` for 1, `AA` for 27. */
export function columnName(column: number): string {
  let name = '';
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26))
    name = String.fromCodePoint(65 + ((rest - 1) % 26)) + name;
  return name;
}

/** `1` for `A`, `27` for `AA`. */
export const columnNumber = (name: string): number =>
  [...name.toUpperCase()].reduce((sum, letter) => sum * 26 + (letter.codePointAt(0) ?? 64) - 64, 0);
