import { sql } from 'kysely'
import type { NoticeSettings } from '../../../shared/contract/notices.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { DigestCounts } from '../../../shared/rules/digestWords.ts'
import { DEFAULT_NOTICES, type TimeOfDay } from '../../../shared/rules/noticeTime.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { lastDay, notGivenUpSince, reasonHolds } from '../../db/reminderParts.ts'

const KEPT_DAYS = 60

/** A member whose notice is due now, and what there is to tell. */
export interface DueDigest {
  staffId: number
  quietFrom: TimeOfDay
  quietUntil: TimeOfDay
  counts: DigestCounts
}

const countOf = (condition: ReturnType<typeof sql>) => sql`count(*) filter (where ${condition})::int`

export const createDigestsRepository = (db: Db | Tx) => ({
  async readSettings(actor: StaffActor): Promise<NoticeSettings> {
    const found = await sql<NoticeSettings>`
      select digest_at as "digestAt", quiet_from as "quietFrom", quiet_until as "quietUntil",
             do_not_disturb_until as "doNotDisturbUntil"
      from notice_settings where staff_id = ${actor.staffId} and corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0] ?? { ...DEFAULT_NOTICES }
  },

  async writeSettings(actor: StaffActor, settings: NoticeSettings): Promise<void> {
    const { digestAt, quietFrom, quietUntil, doNotDisturbUntil } = settings
    await sql`
      insert into notice_settings (staff_id, corp_id, digest_at, quiet_from, quiet_until, do_not_disturb_until)
      values (${actor.staffId}, ${actor.corpId}, ${digestAt}, ${quietFrom}, ${quietUntil}, ${doNotDisturbUntil})
      on conflict (staff_id) do update
        set digest_at = excluded.digest_at, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
            do_not_disturb_until = excluded.do_not_disturb_until`.execute(db)
  },

  /** The next members, behind `after`, whose time has come today and about whom nothing has been decided, with their counts. */
  async listDue(
    corpId: number,
    after: number,
    { today, time, atMost }: { today: CivilDay; time: TimeOfDay; atMost: number },
  ): Promise<DueDigest[]> {
    const isDueToday = sql`${lastDay} >= ${today}::date`
    const isDate = (kinds: ReturnType<typeof sql>) => sql`${isDueToday} and r.kind = 'date' and ${kinds}`
    const found = await sql<{ staffId: number; quietFrom: string; quietUntil: string } & DigestCounts>`
      select wanted.staff_id as "staffId", wanted.quiet_from as "quietFrom",
             wanted.quiet_until as "quietUntil", waiting.*
      from (
        select s.staff_id, quiet.first as quiet_from, quiet.past as quiet_until
        from staff s
        left join notice_settings n on n.staff_id = s.staff_id
        cross join lateral (
          select coalesce(n.quiet_from, ${DEFAULT_NOTICES.quietFrom}) collate "C" as first,
                 coalesce(n.quiet_until, ${DEFAULT_NOTICES.quietUntil}) collate "C" as past) quiet
        where s.corp_id = ${corpId} and s.status = 'active' and s.staff_id > ${after}
          and coalesce(n.digest_at, ${DEFAULT_NOTICES.digestAt}) collate "C" <= ${time}
          and (n.do_not_disturb_until is null or n.do_not_disturb_until < ${today}::date)
          and not case
            when quiet.first = quiet.past then false
            when quiet.first < quiet.past then ${time} >= quiet.first and ${time} < quiet.past
            else ${time} >= quiet.first or ${time} < quiet.past end
          and not exists (select from digests told where told.staff_id = s.staff_id and told.day = ${today}::date)
        order by s.staff_id
        limit ${atMost}) wanted
      cross join lateral (
        select ${countOf(isDate(sql`d.kind = 'birthday'`))} as birthdays,
               ${countOf(isDate(sql`d.kind is distinct from 'birthday'`))} as "otherDates",
               ${countOf(sql`${isDueToday} and r.kind = 'promise'`)} as promises,
               ${countOf(sql`${isDueToday} and r.kind = 'coupon'`)} as coupons,
               ${countOf(sql`${isDueToday} and r.kind = 'care'`)} as cares,
               ${countOf(sql`${isDueToday} and r.kind = 'newFriend'`)} as "newFriends",
               ${countOf(sql`${lastDay} < ${today}::date`)} as overdue
        from reminders r
        join follows f on f.staff_id = r.staff_id and f.customer_id = r.customer_id and f.status = 'active'
        left join important_dates d on d.date_id = r.date_id
        where r.staff_id = wanted.staff_id and r.state in ('pending', 'snoozed') and r.due_on <= ${today}::date
          and ${lastDay} >= ${notGivenUpSince(today)}
          and (r.snoozed_until is null or r.snoozed_until <= ${today}::date) and ${reasonHolds}) waiting
      order by wanted.staff_id`.execute(db)
    return found.rows.map(({ staffId, quietFrom, quietUntil, ...counts }) => ({
      staffId,
      quietFrom,
      quietUntil,
      counts,
    }))
  },

  /** Decides for these members, once; answers for whom it was this call that did. */
  async decide(
    corpId: number,
    day: CivilDay,
    decided: { staffId: number; outcome: 'told' | 'nothing' }[],
    now: Date,
  ): Promise<Set<number>> {
    const made = await sql<{ staffId: number }>`
      insert into digests (staff_id, day, corp_id, outcome, decided_at)
      select staff_id, ${day}::date, ${corpId}, outcome, ${now}
      from unnest(${decided.map(each => each.staffId)}::integer[], ${decided.map(each => each.outcome)}::text[])
        as decided(staff_id, outcome)
      order by staff_id
      on conflict do nothing
      returning staff_id as "staffId"`.execute(db)
    return new Set(made.rows.map(({ staffId }) => staffId))
  },

  /** What was decided long ago, and what a clock that was ahead decided for days to come. */
  async forget(corpId: number, today: CivilDay): Promise<void> {
    await sql`
      delete from digests
      where corp_id = ${corpId} and (day > ${today}::date or day < ${addDays(today, -KEPT_DAYS)}::date)`.execute(
      db,
    )
  },
})
