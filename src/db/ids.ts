/** Ids and short numbers. */
import { v7 } from 'uuid';

import type { Db } from './open.ts';

/** A UUIDv7: unique everywhere, and in the order of making within a process. */
export const newId = (): string => v7();

export type Numbered =
  | 'delivery'
  | 'schedule'
  | 'group'
  | 'certification'
  | 'match'
  | 'invitation'
  | 'review'
  | 'session'
  | 'api_token'
  | 'export'
  | 'question'
  | 'feed'
  | 'news'
  | 'draft'
  | 'rehearsal';

/** The first of `count` fresh consecutive numbers of that kind, from 1. Call it within the transaction that uses them. */
export async function takeNumbers(db: Db, kind: Numbered, count = 1): Promise<number> {
  const { value } = await db
    .insertInto('counter')
    .values({ name: kind, value: count })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((set) => ({ value: set('counter.value', '+', count) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return value - count + 1;
}
