import { sql, type RawBuilder } from 'kysely'
import type { ScriptResultRow, ScriptResults, WatchedScript } from '../../../shared/contract/scriptResults.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { ScriptCounts, WatchLimits } from '../../../shared/rules/scriptWatch.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db } from '../../db/db.ts'
import { scriptToManage, storeInScope } from '../../db/scope.ts'
import { FEWEST_PERSONS } from '../../db/scriptStatsParts.ts'

/** Rows of a page; what was sent less often than all of them is not worth a look. */
const MAX_ROWS = 200

/** Whose numbers: her own, all whom she may look at, or one store of those. */
export type Whose = 'mine' | 'team' | { departmentId: number }

export interface CountedScript extends Omit<ScriptResultRow, 'watch'> {
  /** its present version in the whole company; null when too few persons stand behind that */
  now: ScriptCounts | null
}

const fewest = sql.lit(FEWEST_PERSONS)
/** `d` is a row of `script_days` or `script_sums`. */
const sums = sql`
  sum(d.sends)::int as sends, sum(d.cancelled)::int as cancelled, sum(d.replies)::int as replies,
  sum(d.purchases)::int as purchases, sum(d.lost)::int as lost`
/** Each such row names five persons at most, so the persons of several are counted exactly up to five. */
const persons = sql`count(distinct person)`

const counts = sql`d.sends, d.cancelled, d.replies, d.purchases, d.lost`
/** Tables for a `with`, the last of them `present`: what came of the present version of scripts `s` in the whole company, of those with enough persons behind it. */
const presentCounts = (which: RawBuilder<unknown>) => sql`
  present_cells as materialized (
    select d.script_id, ${counts}, d.customers
    from scripts s
    join script_sums d on d.script_id = s.script_id and d.version = s.version
    where ${which}),
  enough as (
    select d.script_id from present_cells d, unnest(d.customers) as person
    group by d.script_id
    having ${persons} >= ${fewest}),
  present as (
    select script_id, ${sums} from present_cells d join enough using (script_id) group by script_id)`

export const createScriptStatsRepository = (db: Db) => ({
  /**
   * What came of scripts since `from`, the most sent first. Colleagues’ own ones stand together; of a team, those sent to fewer than
   * five persons do too, with one more where these together are still fewer: the least sent.
   */
  async read(actor: StaffActor, whose: Whose, from: CivilDay): Promise<CountedScript[]> {
    const own = sql`
      select d.script_id, d.version, ${counts}, d.customers
      from staff s
      join script_days d on d.staff_id = s.staff_id and d.day >= ${from}::date
      where s.staff_id = ${actor.staffId} and s.corp_id = ${actor.corpId}`
    const ofStores = sql`
      select d.script_id, d.version, ${counts}, d.customers
      from script_sums d
      left join stores store on store.store_id = d.store_id
      where d.corp_id = ${actor.corpId}`
    const days =
      whose === 'mine'
        ? own
        : whose !== 'team'
          ? sql`${ofStores} and ${storeInScope(actor)} and store.department_id = ${whose.departmentId}`
          : actor.role === 'admin'
            ? ofStores
            : // what she sent herself is hers to see, whichever store she is in
              sql`${ofStores} and ${storeInScope(actor)} union all ${own}
                and (s.store_id = any(${actor.managedStoreIds}::integer[])) is not true`
    const found = await sql<CountedScript>`
      with cells as materialized (
        select d.*,
               case when sc.scope = 'personal' and sc.staff_id <> ${actor.staffId} then 'personal'
                         else d.script_id::text end as key
        from (${days}) d
        join scripts sc on sc.script_id = d.script_id),
      sized as materialized (
        select key, persons, sends
        from (select d.key, ${persons} as persons from cells d, unnest(d.customers) as person group by d.key) counted
        join (select d.key, sum(d.sends) as sends from cells d group by d.key) summed using (key)),
      small as (select key from sized where persons < ${fewest} and ${whose !== 'mine'}::boolean),
      beside as (
        select key from sized
        where persons >= ${fewest} and exists (select from small)
          and (select ${persons} from cells d join small using (key), unnest(d.customers) as person) < ${fewest}
        order by persons, sends, key limit 1),
      placed as materialized (
        select d.*, case when key in (select key from small union all select key from beside) then 'rest' else key end as place
        from cells d),
      all_in_all as (select d.place, ${sums} from placed d group by d.place),
      version_sums as (
        select d.place, d.version, ${sums} from placed d where d.place not in ('rest', 'personal')
        group by d.place, d.version),
      version_persons as (
        select d.place, d.version, ${persons} as persons from placed d, unnest(d.customers) as person
        group by d.place, d.version),
      versions as (
        select v.place,
               json_agg(json_build_object('version', v.version, 'sends', v.sends, 'cancelled', v.cancelled, 'replies', v.replies,
                                          'purchases', v.purchases, 'lost', v.lost) order by v.version desc) as list
        from version_sums v
        join version_persons p using (place, version)
        group by v.place
        having count(*) > 1 and (min(p.persons) >= ${fewest} or ${whose === 'mine'}::boolean)),
      ${presentCounts(sql`s.corp_id = ${actor.corpId} and s.script_id::text in (select place from all_in_all)`)}
      select case when a.place in ('rest', 'personal') then a.place else 'script' end as kind, sc.script_id as "scriptId", sc.title,
             sc.scope, coalesce(sc.archived_at is not null, false) as "isArchived", a.sends, a.cancelled, a.replies, a.purchases,
             a.lost, coalesce(v.list, '[]') as versions,
             case when present.script_id is not null then json_build_object(
               'sends', present.sends, 'cancelled', present.cancelled, 'replies', present.replies,
               'purchases', present.purchases, 'lost', present.lost) end as now
      from all_in_all a
      left join scripts sc on sc.script_id::text = a.place
      left join versions v on v.place = a.place
      left join present on present.script_id = sc.script_id
      order by a.place = 'rest', a.place = 'personal', a.sends desc, sc.title, a.place
      limit ${MAX_ROWS}`.execute(db)
    return found.rows
  },

  /** Her scripts in force with what came of their present version in the whole company, where enough persons stand behind it. */
  async listManaged(actor: StaffActor): Promise<Omit<WatchedScript, 'watch'>[]> {
    const found = await sql<Omit<WatchedScript, 'watch'>>`
      with ${presentCounts(sql`${scriptToManage(actor)} and s.archived_at is null`)}
      select s.script_id as "scriptId", s.version, s.title, s.scope, p.sends, p.cancelled, p.replies, p.purchases, p.lost
      from present p
      join scripts s on s.script_id = p.script_id
      order by s.title, s.script_id`.execute(db)
    return found.rows
  },

  /** undefined for a corp that has changed nothing about it */
  async findLimits(actor: StaffActor): Promise<WatchLimits | undefined> {
    const found = await sql<WatchLimits>`
      select min_sends as "minSends", lost_percent as "lostPercent", cancelled_percent as "cancelledPercent"
      from script_watch where corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0]
  },

  async findCountedAt(actor: StaffActor): Promise<Date | undefined> {
    const found = await sql<{ countedAt: Date }>`
      select counted_at as "countedAt" from script_counts where corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0]?.countedAt
  },

  /** Stores whose numbers she may look at, by name. */
  async listStores(actor: StaffActor): Promise<ScriptResults['stores']> {
    const found = await sql<ScriptResults['stores'][number]>`
      select store.department_id as store, coalesce(store.own_name, store.name) as name from stores store
      where ${storeInScope(actor)} and exists (select from staff s where s.store_id = store.store_id)
      order by name, store`.execute(db)
    return found.rows
  },
})
