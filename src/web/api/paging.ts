/** Pages of a list: so many items, and a cursor to the next. A cursor is opaque, and says where the page ended. */
import { z } from 'zod';

import { ProblemError } from './problem.ts';

const MOST = 200;
const USUAL = 50;

/** The query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MOST).default(USUAL).describe(`Items a page, at most ${MOST}.`),
  cursor: z.string().max(200).optional().describe('`next` of the page before; the first page without it.'),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The cursor of the next page; null at the end.'),
  });

export const writeCursor = (place: string | number | readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** Throws a 400 for a cursor that none of ours is. */
export function readCursor<Place>(cursor: string | undefined, shape: z.ZodType<Place>): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new ProblemError({
      status: 400,
      title: 'The request is not understood',
      errors: [{ at: 'query.cursor', message: 'no cursor of this list: begin without one' }],
    });
  }
}

/** A page out of a list that is short enough to be read whole. */
export function pageThrough<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): { items: Item[]; next: string | null } {
  const after = readCursor(cursor, z.string());
  const from = after === undefined ? 0 : items.findIndex((item) => keyOf(item) === after) + 1;
  const page = items.slice(from, from + limit);
  const last = page.at(-1);
  return { items: page, next: last && from + limit < items.length ? writeCursor(keyOf(last)) : null };
}
