/** The words of Kysely that queries elsewhere need: the package itself is imported in this folder only. */
import { sql, type SqlBool } from 'kysely';

export {
  type Expression,
  type ExpressionBuilder,
  type RawBuilder,
  type Selectable,
  sql,
  type SqlBool,
} from 'kysely';

/** Whether a column holds these words somewhere, whatever stands in them. Case counts for neither database. */
export const contains = (column: string, words: string) =>
  sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${words.toLowerCase().replaceAll(/[!%_]/gu, (one) => `!${one}`)}%`} escape '!'`;
