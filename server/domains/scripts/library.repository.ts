import { sql } from 'kysely'
import type {
  ManagedScript,
  ScriptContent,
  ScriptState,
  ScriptVersion,
} from '../../../shared/contract/scriptLibrary.ts'
import type { ScriptPart, ScriptScope } from '../../../shared/contract/scripts.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { scriptInLibrary, scriptInScope, scriptToManage, storeInScope } from '../../db/scope.ts'
import { scriptColumns, scriptTables, toScript, withMarks, type ScriptRow } from './scripts.repository.ts'

/** Whose a script is. */
export interface ScriptOwner {
  scope: ScriptScope
  storeId: number | null
  staffId: number | null
}

export interface NewScript extends ScriptContent {
  scriptId: string
  pinyin: string
  initials: string
  /** the starter a copy goes back to */
  beganAs?: string | null
}

/** A script held by this transaction. */
export interface HeldScript extends ScriptContent {
  version: number
  mayChange: boolean
  isArchived: boolean
  sort: number
  beganAs: string | null
}

export interface PresentScript extends ScriptContent, ScriptOwner {
  scriptId: string
}

interface ManagedRow extends ScriptRow {
  store_name: string | null
  state: ScriptState
  may_change: boolean
  changed_by: string | null
}

const toManaged = (row: ManagedRow): ManagedScript => ({
  ...toScript(row),
  storeName: row.store_name,
  state: row.state,
  mayChange: row.may_change,
  by: row.changed_by,
})

const content = sql`title, occasion, parts, effective_from::text as "effectiveFrom", effective_until::text as "effectiveUntil"`

/** What the library holds, for those who write it or copy from it. */
export const createLibraryRepository = (db: Db | Tx) => ({
  /** In the order of the library; @param scriptId only this one */
  async list(actor: StaffActor, today: CivilDay, scriptId?: string): Promise<ManagedScript[]> {
    const found = await sql<ManagedRow>`
      ${withMarks(actor)}
      select ${scriptColumns}, store.name as store_name,
             case when s.archived_at is not null then 'archived' when s.effective_from > ${today}::date then 'notYet'
                  when s.effective_until < ${today}::date then 'over' else 'inForce' end as state,
             ${scriptToManage(actor)} as may_change, author.name as changed_by
      from ${scriptTables(actor)}
      left join script_versions latest on latest.script_id = s.script_id and latest.version = s.version
      left join staff author on author.staff_id = latest.staff_id
      where ${scriptInLibrary(actor)} and ${scriptId === undefined ? sql`true` : sql`s.script_id = ${scriptId}`}
      order by s.sort, s.title, s.script_id`.execute(db)
    return found.rows.map(toManaged)
  },

  /** A script the member may use or change, until the transaction ends; undefined when there is none for her. */
  async hold(actor: StaffActor, scriptId: string): Promise<HeldScript | undefined> {
    const found = await sql<HeldScript>`
      select s.version, ${scriptToManage(actor)} as "mayChange", s.archived_at is not null as "isArchived",
             s.sort, coalesce(s.starter_key, s.began_as) as "beganAs", ${content}
      from scripts s
      where s.script_id = ${scriptId} and (${scriptInScope(actor)} or ${scriptToManage(actor)})
      for no key update`.execute(db)
    return found.rows[0]
  },

  /** Our number of a store the actor runs. */
  async findStore(actor: StaffActor, departmentId: number): Promise<number | undefined> {
    const found = await sql<{ storeId: number }>`
      select store.store_id as "storeId" from stores store
      where store.department_id = ${departmentId} and ${storeInScope(actor)}`.execute(db)
    return found.rows[0]?.storeId
  },

  /** Stores the actor runs, by name. */
  async listStores(actor: StaffActor): Promise<{ storeId: number; departmentId: number; name: string }[]> {
    const found = await sql<{ storeId: number; departmentId: number; name: string }>`
      select store.store_id as "storeId", store.department_id as "departmentId", store.name from stores store
      where ${storeInScope(actor)} order by store.name, store.store_id`.execute(db)
    return found.rows
  },

  /** Titles of what this owner has in use. */
  async listTitles(actor: StaffActor, { scope, storeId, staffId }: ScriptOwner): Promise<string[]> {
    const found = await sql<{ title: string }>`
      select title from scripts
      where corp_id = ${actor.corpId} and scope = ${scope} and archived_at is null
        and store_id is not distinct from ${storeId}::int and staff_id is not distinct from ${staffId}::int`.execute(
      db,
    )
    return found.rows.map(row => row.title)
  },

  /** Adds scripts at the end of the library, in this order, each with its first version. */
  async insert(actor: StaffActor, scripts: readonly (NewScript & ScriptOwner)[], now: Date): Promise<void> {
    await sql`
      with given as (
        select row_number() over () as place, script.* from jsonb_to_recordset(${JSON.stringify(scripts)}::jsonb)
          as script("scriptId" uuid, scope text, "storeId" integer, "staffId" integer, title text, occasion text, parts jsonb,
                    "effectiveFrom" date, "effectiveUntil" date, pinyin text, initials text, "beganAs" text)),
      added as (
        insert into scripts (script_id, corp_id, scope, store_id, staff_id, title, occasion, parts, effective_from,
                             effective_until, sort, pinyin, initials, began_as, updated_at)
        select "scriptId", ${actor.corpId}, scope, "storeId", "staffId", title, occasion, parts, "effectiveFrom",
               "effectiveUntil", last.sort + place::int * 100, pinyin, initials, "beganAs", ${now}::timestamptz
        from given, (select coalesce(max(sort), 0) as sort from scripts where corp_id = ${actor.corpId}) as last
        returning *)
      insert into script_versions (script_id, version, title, occasion, parts, effective_from, effective_until, staff_id,
                                   created_at)
      select script_id, version, title, occasion, parts, effective_from, effective_until, ${actor.staffId}::int, updated_at
      from added`.execute(db)
  },

  /** Changes scripts that are held, each with a new version; what was said before stays readable. */
  async change(actor: StaffActor, scripts: readonly NewScript[], now: Date): Promise<void> {
    await sql`
      with given as (
        select script.* from jsonb_to_recordset(${JSON.stringify(scripts)}::jsonb)
          as script("scriptId" uuid, title text, occasion text, parts jsonb, "effectiveFrom" date, "effectiveUntil" date,
                    pinyin text, initials text)),
      changed as (
        update scripts s
        set title = given.title, occasion = given.occasion, parts = given.parts, effective_from = given."effectiveFrom",
            effective_until = given."effectiveUntil", pinyin = given.pinyin, initials = given.initials,
            version = s.version + 1, updated_at = ${now}
        from given where s.script_id = given."scriptId" and s.corp_id = ${actor.corpId}
        returning s.*)
      insert into script_versions (script_id, version, title, occasion, parts, effective_from, effective_until, staff_id,
                                   created_at)
      select script_id, version, title, occasion, parts, effective_from, effective_until, ${actor.staffId}::int, updated_at
      from changed`.execute(db)
  },

  async setArchived(actor: StaffActor, scriptId: string, archivedAt: Date | null): Promise<void> {
    await sql`
      update scripts set archived_at = ${archivedAt}
      where script_id = ${scriptId} and corp_id = ${actor.corpId} and (archived_at is null) = ${archivedAt !== null}`.execute(
      db,
    )
  },

  /** Newest first. */
  async listVersions(actor: StaffActor, scriptId: string): Promise<ScriptVersion[]> {
    const found = await sql<Omit<ScriptVersion, 'at'> & { at: Date }>`
      select v.version, v.title, v.occasion, v.parts, v.effective_from::text as "effectiveFrom",
             v.effective_until::text as "effectiveUntil", author.name as by, v.created_at as at
      from script_versions v
      join scripts s on s.script_id = v.script_id
      left join staff author on author.staff_id = v.staff_id
      where v.script_id = ${scriptId} and ${scriptToManage(actor)}
      order by v.version desc`.execute(db)
    return found.rows.map(row => ({ ...row, at: row.at.toISOString() }))
  },

  /** Of these, the ones the member may change, with their places, until the transaction ends. */
  async holdPlaces(
    actor: StaffActor,
    scriptIds: readonly string[],
  ): Promise<{ scriptId: string; sort: number }[]> {
    const found = await sql<{ scriptId: string; sort: number }>`
      select s.script_id as "scriptId", s.sort from scripts s
      where s.script_id = any(${scriptIds}::uuid[]) and ${scriptToManage(actor)}
      order by s.script_id for no key update`.execute(db)
    return found.rows
  },

  async setPlaces(actor: StaffActor, places: readonly { scriptId: string; sort: number }[]): Promise<void> {
    await sql`
      update scripts s set sort = place.sort
      from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as place("scriptId" uuid, sort integer)
      where s.script_id = place."scriptId" and s.corp_id = ${actor.corpId} and s.sort <> place.sort`.execute(
      db,
    )
  },

  /** Everything the actor may change that is not archived, in the order of the library. */
  async listAll(actor: StaffActor): Promise<PresentScript[]> {
    const found = await sql<PresentScript>`
      select s.script_id as "scriptId", s.scope, s.store_id as "storeId", s.staff_id as "staffId",
             ${content}
      from scripts s
      where ${scriptToManage(actor)} and s.archived_at is null
      order by s.sort, s.title, s.script_id`.execute(db)
    return found.rows
  },

  /** Those who bring files in for one corp at the same time wait for each other, so that nothing is added twice. */
  async lockLibrary(actor: StaffActor): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`script library ${actor.corpId}`}, 1))`.execute(
      db,
    )
  },
})

export const assetIdsOf = (parts: readonly ScriptPart[]): string[] => [
  ...new Set(parts.flatMap(part => ('assetId' in part ? [part.assetId] : []))),
]
