import { sql } from 'kysely'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'
import type { ExportedTable, NameKind, Row } from './exportedTable.ts'

export interface Her {
  customerId: number
  externalUserId: string
}

export interface Named {
  kind: NameKind
  id: string
  name: string
}

export interface NewPersonalExport {
  exportId: string
  customerId: number
  sessionHash: Buffer
  fileSealed: Buffer
  madeAt: Date
  expiresAt: Date
}

/** The file of one person, for the quarter of an hour in which it can be fetched. */
export const createPersonalExportsRepository = (tx: Tx) => ({
  /** Rows of one table that are hers, whole, as they stand. */
  async listRows(
    table: string,
    { where, order }: Pick<ExportedTable, 'where' | 'order'>,
    her: Her,
  ): Promise<Row[]> {
    const condition = sql.join(
      where
        .split(/(\$customer|\$external)/)
        .map(part =>
          part === '$customer'
            ? sql`${her.customerId}::bigint`
            : part === '$external'
              ? sql`${her.externalUserId}::text`
              : sql.raw(part),
        ),
      sql``,
    )
    const found = await sql<{ row: Row }>`
      select to_jsonb(t) as row from ${sql.table(table)} t where ${condition} order by ${sql.raw(order)}`.execute(
      tx,
    )
    return found.rows.map(({ row }) => row)
  },

  /** What the numbers in her rows are called; of scripts and groups only those asked for. */
  async listNames(
    actor: StaffActor,
    { scripts, groups }: { scripts: string[]; groups: number[] },
  ): Promise<Named[]> {
    const { corpId } = actor
    const found = await sql<Named>`
      select 'member' as kind, staff_id::text as id, name from staff where corp_id = ${corpId}
      union all select 'tag', tag_id::text, name from tags where corp_id = ${corpId}
      union all select 'store', store_id::text, coalesce(own_name, name) from stores where corp_id = ${corpId}
      union all select 'template', template_id::text, name from coupon_templates where corp_id = ${corpId}
      union all select 'channelCode', channel_code_id::text, name from channel_codes where corp_id = ${corpId}
      union all select 'channel', state, name from channel_codes where corp_id = ${corpId}
      union all select 'script', script_id::text, title from scripts
        where corp_id = ${corpId} and script_id = any(${scripts}::uuid[])
      union all select 'group', group_chat_id::text, coalesce(nullif(name, ''), '没有名字的群') from group_chats
        where corp_id = ${corpId} and group_chat_id = any(${groups}::integer[])`.execute(tx)
    return found.rows
  },

  async listPhones(customerId: number): Promise<Buffer[]> {
    const found = await sql<{ sealed: Buffer }>`
      select phones_sealed as sealed from follows where customer_id = ${customerId} and phones_sealed is not null`.execute(
      tx,
    )
    return found.rows.map(({ sealed }) => sealed)
  },

  async listMinors(customerId: number): Promise<string[]> {
    const found = await sql<{ personId: string }>`
      select person_id as "personId" from people where customer_id = ${customerId} and minor_until is not null`.execute(
      tx,
    )
    return found.rows.map(({ personId }) => personId)
  },

  async insert(actor: StaffActor, made: NewPersonalExport): Promise<void> {
    await sql`
      insert into personal_exports (export_id, corp_id, staff_id, customer_id, session_hash, file_sealed, made_at, expires_at)
      values (${made.exportId}, ${actor.corpId}, ${actor.staffId}, ${made.customerId}, ${made.sessionHash}, ${made.fileSealed},
        ${made.madeAt}, ${made.expiresAt})`.execute(tx)
  },

  async find(actor: StaffActor, exportId: string): Promise<{ expiresAt: Date } | undefined> {
    const found = await sql<{ expiresAt: Date }>`
      select expires_at as "expiresAt" from personal_exports
      where export_id = ${exportId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}`.execute(tx)
    return found.rows[0]
  },

  /** Only in the session it was made in, and in time; again and again until then, for a download may break. */
  async open(
    actor: StaffActor,
    { exportId, sessionHash, now }: { exportId: string; sessionHash: Buffer; now: Date },
  ): Promise<{ customerId: number; fileSealed: Buffer } | undefined> {
    const found = await sql<{ customerId: number; fileSealed: Buffer }>`
      select customer_id as "customerId", file_sealed as "fileSealed" from personal_exports
      where export_id = ${exportId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
        and session_hash = ${sessionHash} and expires_at > ${now}`.execute(tx)
    return found.rows[0]
  },

  async deleteExpired(corpId: number, now: Date): Promise<void> {
    await sql`delete from personal_exports where corp_id = ${corpId} and expires_at <= ${now}`.execute(tx)
  },
})
