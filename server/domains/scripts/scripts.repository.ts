import { sql } from 'kysely'
import type { Occasion, Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { scriptInScope } from '../../db/scope.ts'

interface ScriptRow {
  script_id: string
  version: number
  title: string
  occasion: Occasion
  scope: Script['scope']
  parts: ScriptPart[]
  pinyin: string
  initials: string
  uses: number
}

const toScript = (row: ScriptRow): Script => ({
  scriptId: row.script_id,
  version: row.version,
  title: row.title,
  occasion: row.occasion,
  scope: row.scope,
  parts: row.parts,
  pinyin: row.pinyin,
  initials: row.initials,
  uses: row.uses,
})

export interface NewStarter {
  scriptId: string
  starterKey: string
  title: string
  occasion: Occasion
  parts: ScriptPart[]
  sort: number
  pinyin: string
  initials: string
}

/** One text that was installed before, and what stands in its place now. */
export interface ChangedStarter {
  starterKey: string
  formerParts: ScriptPart[]
  parts: ScriptPart[]
}

export const createScriptsRepository = (db: Db | Tx) => ({
  /** Adds those the corp has never had; one that was edited or archived keeps its row and is left alone. */
  async insertStarters(corpId: number, starters: NewStarter[], now: Date): Promise<number> {
    const added = await sql<{ script_id: string }>`
      insert into scripts (script_id, corp_id, starter_key, title, occasion, parts, sort, pinyin, initials, updated_at)
      select s."scriptId", ${corpId}::int, s."starterKey", s.title, s.occasion, s.parts, s.sort, s.pinyin, s.initials,
             ${now}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(starters)}::jsonb)
        as s("scriptId" uuid, "starterKey" text, title text, occasion text, parts jsonb, sort integer,
             pinyin text, initials text)
      on conflict on constraint scripts__starter_key do nothing
      returning script_id`.execute(db)
    return added.rows.length
  },

  /** Gives the texts of today to those that still have, word for word, what an earlier release installed. */
  async refreshStarters(corpId: number, changed: ChangedStarter[], now: Date): Promise<void> {
    await sql`
      update scripts s set parts = changed.parts, version = s.version + 1, updated_at = ${now}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb)
        as changed("starterKey" text, "formerParts" jsonb, parts jsonb)
      where s.corp_id = ${corpId} and s.starter_key = changed."starterKey" and s.parts = changed."formerParts"`.execute(
      db,
    )
  },

  /** What this member may use; `uses` counts the customers whom colleagues of the same store sent it to. */
  async list(actor: StaffActor): Promise<Script[]> {
    const storeId = actor.store?.storeId ?? null
    const found = await sql<ScriptRow>`
      select s.script_id, s.version, s.title, s.occasion, s.scope, s.parts, s.pinyin, s.initials,
             coalesce(used.customers, 0)::int as uses
      from scripts s
      left join (
        select sent.script_id, count(distinct sent.customer_id) as customers
        from staff colleague
        join sends sent on sent.staff_id = colleague.staff_id and sent.outcome = 'ok' and sent.script_id is not null
        where colleague.corp_id = ${actor.corpId} and colleague.store_id is not distinct from ${storeId}::int
        group by sent.script_id
      ) used on used.script_id = s.script_id
      where s.archived_at is null and ${scriptInScope(actor)}
      order by s.sort, s.title, s.script_id`.execute(db)
    return found.rows.map(toScript)
  },
})
