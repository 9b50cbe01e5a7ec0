import { sql } from 'kysely'
import type { Occasion, Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { momentsOfStarter } from '../../../shared/rules/scriptMoment.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { scriptInScope } from '../../db/scope.ts'
import { scriptIsInForce } from '../../db/scriptParts.ts'
import type { UsableScripts } from './catalogue.ts'

export interface ScriptRow {
  script_id: string
  version: number
  title: string
  occasion: Occasion
  scope: Script['scope']
  parts: ScriptPart[]
  pinyin: string
  initials: string
  sort: number
  uses: number
  worked: Script['worked']
  starter_key: string | null
  department_id: number | null
  mine: boolean
  is_favourite: boolean
  pinned_slot: number | null
  effective_from: string | null
  effective_until: string | null
  updated_at: Date
}

export const toScript = (row: ScriptRow): Script => ({
  scriptId: row.script_id,
  version: row.version,
  title: row.title,
  occasion: row.occasion,
  scope: row.scope,
  storeId: row.department_id,
  mine: row.mine,
  moments: momentsOfStarter(row.starter_key, row.occasion),
  parts: row.parts,
  pinyin: row.pinyin,
  initials: row.initials,
  sort: row.sort,
  uses: row.uses,
  worked: row.worked,
  isFavourite: row.is_favourite,
  pinnedSlot: row.pinned_slot,
  effectiveFrom: row.effective_from,
  effectiveUntil: row.effective_until,
  updatedAt: row.updated_at.toISOString(),
})

export interface NewStarter {
  scriptId: string
  starterKey: string
  title: string
  occasion: Occasion
  parts: ScriptPart[]
  sort: number
  defaultSlot: number | null
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
      with added as (
        insert into scripts (script_id, corp_id, starter_key, title, occasion, parts, sort, default_slot, pinyin, initials,
                             updated_at)
        select s."scriptId", ${corpId}::int, s."starterKey", s.title, s.occasion, s.parts, s.sort, s."defaultSlot", s.pinyin,
               s.initials, ${now}::timestamptz
        from jsonb_to_recordset(${JSON.stringify(starters)}::jsonb)
          as s("scriptId" uuid, "starterKey" text, title text, occasion text, parts jsonb, sort integer,
               "defaultSlot" smallint, pinyin text, initials text)
        on conflict do nothing
        returning script_id, version, title, occasion, parts)
      insert into script_versions (script_id, version, title, occasion, parts, created_at)
      select script_id, version, title, occasion, parts, ${now}::timestamptz from added
      returning script_id`.execute(db)
    return added.rows.length
  },

  /** Gives the texts of today to those that still have, word for word, what an earlier release installed. */
  async refreshStarters(corpId: number, changed: ChangedStarter[], now: Date): Promise<void> {
    await sql`
      with refreshed as (
        update scripts s set parts = changed.parts, version = s.version + 1, updated_at = ${now}::timestamptz
        from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb)
          as changed("starterKey" text, "formerParts" jsonb, parts jsonb)
        where s.corp_id = ${corpId} and s.starter_key = changed."starterKey" and s.parts = changed."formerParts"
        returning s.*)
      insert into script_versions (script_id, version, title, occasion, parts, effective_from, effective_until, created_at)
      select script_id, version, title, occasion, parts, effective_from, effective_until, updated_at from refreshed`.execute(
      db,
    )
  },

  /**
   * What this member may use today, in the order of the library; `uses` counts the customers whom colleagues of the same store
   * sent it to.
   */
  async list(actor: StaffActor, today: CivilDay): Promise<UsableScripts> {
    const found = await sql<ScriptRow & { recent_place: number | null }>`
      ${withMarks(actor)},
      recent as (
        select script_id, row_number() over (order by max(started_at) desc, script_id) as place
        from sends where staff_id = ${actor.staffId} and outcome = 'ok' and script_id is not null
        group by script_id)
      select ${scriptColumns}, recent.place::int as recent_place
      from ${scriptTables(actor)}
      left join recent on recent.script_id = s.script_id
      where ${scriptInScope(actor)} and ${scriptIsInForce(today)}
      order by s.sort, s.title, s.script_id`.execute(db)
    const recent = found.rows.filter(row => row.recent_place !== null)
    recent.sort((a, b) => (a.recent_place ?? 0) - (b.recent_place ?? 0))
    return {
      scripts: found.rows.map(toScript),
      recentIds: recent.slice(0, RECENT_COUNT).map(row => row.script_id),
    }
  },

  /** @returns whether it is one the member may use */
  async mark(actor: StaffActor, scriptId: string, isFavourite: boolean, now: Date): Promise<boolean> {
    const change = isFavourite
      ? sql`insert into script_favourites (staff_id, script_id, created_at)
            select ${actor.staffId}::int, script_id, ${now}::timestamptz from mine on conflict do nothing`
      : sql`delete from script_favourites where staff_id = ${actor.staffId} and script_id in (select script_id from mine)`
    const found = await sql<{ script_id: string }>`
      with mine as (select s.script_id from scripts s where s.script_id = ${scriptId} and ${scriptInScope(actor)}),
      changed as (${change})
      select script_id from mine`.execute(db)
    return found.rows.length > 0
  },

  /** Of these, the ones the member may use. */
  async listUsable(actor: StaffActor, scriptIds: readonly string[]): Promise<string[]> {
    const found = await sql<{ script_id: string }>`
      select s.script_id from scripts s
      where s.script_id = any(${scriptIds}::uuid[]) and s.archived_at is null and ${scriptInScope(actor)}`.execute(
      db,
    )
    return found.rows.map(row => row.script_id)
  },

  /** Fills every place; an empty one remembers that she wants it so. */
  async pin(actor: StaffActor, scriptIds: readonly (string | null)[]): Promise<void> {
    await sql`
      insert into script_pins (staff_id, slot, script_id)
      select ${actor.staffId}, place, script_id
      from unnest(${scriptIds}::uuid[]) with ordinality as pin(script_id, place)
      on conflict (staff_id, slot) do update set script_id = excluded.script_id`.execute(db)
  },
})

const RECENT_COUNT = 10

/** The member's own marks on scripts, and how her store uses them; for `scriptTables`. */
export const withMarks = (actor: StaffActor) => sql`
  with used as (
    select sent.script_id, count(distinct sent.customer_id) as customers
    from staff colleague
    join sends sent on sent.staff_id = colleague.staff_id and sent.outcome = 'ok' and sent.script_id is not null
    where colleague.corp_id = ${actor.corpId}
      and colleague.store_id is not distinct from ${actor.store?.storeId ?? null}::int
    group by sent.script_id),
  worked as (
    select distinct on (script_id, version) script_id, version,
           json_build_object('within', case when store_id is null then 'company' else 'store' end, 'sends', sends,
                             'replies', replies, 'purchases', purchases) as counts
    from script_worked
    where corp_id = ${actor.corpId} and (store_id is null or store_id = ${actor.store?.storeId ?? null}::int)
    order by script_id, version, store_id nulls last),
  pins as (select slot, script_id from script_pins where staff_id = ${actor.staffId})`

export const scriptTables = (actor: StaffActor) => sql`scripts s
  left join stores store on store.store_id = s.store_id
  left join used on used.script_id = s.script_id
  left join worked on worked.script_id = s.script_id and worked.version = s.version
  left join pins pin on pin.script_id = s.script_id
  left join script_favourites favourite on favourite.script_id = s.script_id and favourite.staff_id = ${actor.staffId}`

export const scriptColumns = sql`
  s.script_id, s.version, s.title, s.occasion, s.scope, coalesce(s.starter_key, s.began_as) as starter_key, store.department_id, s.scope = 'personal' as mine, s.parts, s.pinyin,
  s.initials, s.sort, coalesce(used.customers, 0)::int as uses, worked.counts as worked, favourite.script_id is not null as is_favourite,
  case when exists (select from pins) then pin.slot else s.default_slot end as pinned_slot,
  s.effective_from::text, s.effective_until::text, s.updated_at`
