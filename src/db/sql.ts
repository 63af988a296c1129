/** The words of Kysely that queries elsewhere need: the package itself is imported in this folder only. */
export { type Expression, type ExpressionBuilder, type Selectable, sql, type SqlBool } from 'kysely';
