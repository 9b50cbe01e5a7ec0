import { sql } from 'kysely'
import type { MinorReport } from '../../../shared/contract/people.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db } from '../../db/db.ts'

/** One calendar year of the corp, by its days and by the instants at which they begin and end. */
interface ReportYear {
  year: number
  timeZone: string
}

const begins = ({ year, timeZone }: ReportYear) =>
  sql`(make_date(${year}::integer, 1, 1)::timestamp at time zone ${timeZone})`
const isIn = (instant: ReturnType<typeof sql.ref>, asked: ReportYear) =>
  sql`(${instant} >= ${begins(asked)} and ${instant} < ${begins({ ...asked, year: asked.year + 1 })})`

/** How children's data is treated: for admins, who see the whole corp. */
export const createMinorsRepository = (db: Db) => ({
  async countHeld(actor: StaffActor, today: CivilDay): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from people
      where corp_id = ${actor.corpId} and minor_until > ${today}::date`.execute(db)
    return found.rows[0]?.count ?? 0
  },

  async countConsents(actor: StaffActor, asked: ReportYear): Promise<MinorReport['consents']['byHow']> {
    const found = await sql<MinorReport['consents']['byHow'][number]>`
      select how, count(*)::int as count from guardian_consents
      where corp_id = ${actor.corpId} and ${isIn(sql.ref('recorded_at'), asked)}
      group by how
      order by count(*) desc, how`.execute(db)
    return found.rows
  },

  /** Everybody who looked at, noted or removed a child's data in that year. */
  async listStaff(actor: StaffActor, asked: ReportYear): Promise<MinorReport['staff']> {
    const found = await sql<MinorReport['staff'][number]>`
      with done as (
        select recorded_by as staff_id, 1 as consents, 0 as withdrawals, 0 as reads, null::uuid as person_id
        from guardian_consents
        where corp_id = ${actor.corpId} and ${isIn(sql.ref('recorded_at'), asked)}
        union all
        select withdrawn_by, 0, 1, 0, null
        from guardian_consents
        where corp_id = ${actor.corpId} and ${isIn(sql.ref('withdrawn_at'), asked)}
        union all
        select staff_id, 0, 0, 1, subject_id::uuid
        from audit_entries
        where corp_id = ${actor.corpId} and action = 'minorRead' and ${isIn(sql.ref('at'), asked)})
      select s.name, coalesce(store.own_name, store.name) as store, sum(done.consents)::int as consents,
             sum(done.withdrawals)::int as withdrawals, sum(done.reads)::int as reads,
             count(distinct done.person_id)::int as children
      from done
      join staff s on s.staff_id = done.staff_id
      left join stores store on store.store_id = s.store_id
      group by s.staff_id, s.name, store.own_name, store.name
      order by reads desc, s.name, s.staff_id`.execute(db)
    return found.rows
  },
})
