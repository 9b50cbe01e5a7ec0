/**
 * Statements are written as SQL (`sql` templates of Kysely) and each names the rows it reads, so there is no second
 * description of the tables here: the migrations are the schema.
 */
export type Database = Record<never, never>
