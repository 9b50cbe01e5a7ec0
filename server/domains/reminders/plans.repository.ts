import { sql } from 'kysely'
import type { ReminderRulesDraft } from '../../../shared/contract/reminderRules.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import type { Closure, LeadPlan, LeadRule } from '../../../shared/rules/leadPlan.ts'
import type { DateKind } from '../../../shared/rules/reminderDue.ts'
import type { Db, Tx } from '../../db/db.ts'

/** Dates looked at by one statement: short transactions, also for a day on which a third of all birthdays was noted. */
const BATCH_ROWS = 1000

export interface PlanRules {
  leads: LeadRule[]
  closures: Closure[]
}

export interface PlanState {
  version: number
  plannedVersion: number
  /** day of the last complete run */
  ranOn: CivilDay | null
}

/** A stored date as planning sees it. */
export interface DateToPlan {
  dateId: string
  corpId: number
  dateKind: DateKind
  occurrence: CivilDay
  ownLeadDays: number | null
  usualLeadDays: number
}

/** When reminders of dates begin: the corp's rules and what is stored by them. */
export const createPlansRepository = (db: Db | Tx) => ({
  async readRules(corpId: number): Promise<PlanRules> {
    const found = await sql<PlanRules>`
      select coalesce((
               select json_agg(json_build_object('dateKind', date_kind, 'productLine', product_line,
                                                 'productionDays', production_days, 'bufferDays', buffer_days)
                               order by date_kind, product_line)
               from lead_rules where corp_id = ${corpId}), '[]') as leads,
             coalesce((
               select json_agg(json_build_object('firstDay', first_day::text, 'lastDay', last_day::text)
                               order by first_day)
               from workshop_closures where corp_id = ${corpId}), '[]') as closures`.execute(db)
    return found.rows[0] ?? { leads: [], closures: [] }
  },

  /** Every rule with its names, for whoever edits them. */
  async readAll(corpId: number): Promise<ReminderRulesDraft> {
    const found = await sql<ReminderRulesDraft>`
      select coalesce((
               select json_agg(json_build_object('dateKind', date_kind, 'productLine', product_line,
                                                 'productionDays', production_days, 'bufferDays', buffer_days)
                               order by array_position('{birthday,wedding,firstPurchase,other}', date_kind), product_line)
               from lead_rules where corp_id = ${corpId}), '[]') as leads,
             coalesce((
               select json_agg(json_build_object('firstDay', first_day::text, 'lastDay', last_day::text, 'name', name)
                               order by first_day)
               from workshop_closures where corp_id = ${corpId}), '[]') as closures,
             coalesce((
               select json_agg(json_build_object('name', name, 'afterDays', after_days) order by after_days, name)
               from care_rules where corp_id = ${corpId}), '[]') as cares`.execute(db)
    return found.rows[0] ?? { leads: [], closures: [], cares: [] }
  },

  /** A care rule that keeps its name stays the same rule: what it has reminded of is not told again. */
  async replaceRules(corpId: number, { leads, closures, cares }: ReminderRulesDraft): Promise<void> {
    await sql`delete from lead_rules where corp_id = ${corpId}`.execute(db)
    await sql`
      insert into lead_rules (corp_id, date_kind, product_line, production_days, buffer_days)
      select ${corpId}, * from unnest(
        ${leads.map(rule => rule.dateKind)}::text[], ${leads.map(rule => rule.productLine)}::text[],
        ${leads.map(rule => rule.productionDays)}::smallint[], ${leads.map(rule => rule.bufferDays)}::smallint[])`.execute(
      db,
    )
    await sql`delete from workshop_closures where corp_id = ${corpId}`.execute(db)
    await sql`
      insert into workshop_closures (corp_id, first_day, last_day, name)
      select ${corpId}, * from unnest(
        ${closures.map(closure => closure.firstDay)}::date[], ${closures.map(closure => closure.lastDay)}::date[],
        ${closures.map(closure => closure.name)}::text[])`.execute(db)
    await sql`
      delete from care_rules where corp_id = ${corpId} and name <> all(${cares.map(care => care.name)}::text[])`.execute(
      db,
    )
    await sql`
      insert into care_rules (care_rule_id, corp_id, name, after_days)
      select gen_random_uuid(), ${corpId}, * from unnest(
        ${cares.map(care => care.name)}::text[], ${cares.map(care => care.afterDays)}::smallint[])
      on conflict on constraint care_rules__name_key do update set after_days = excluded.after_days`.execute(
      db,
    )
  },

  async readState(corpId: number): Promise<PlanState> {
    const found = await sql<PlanState>`
      select version, planned_version as "plannedVersion", ran_on as "ranOn"
      from reminder_plans where corp_id = ${corpId}`.execute(db)
    return found.rows[0] ?? { version: 0, plannedVersion: 0, ranOn: null }
  },

  /** @returns false when the rules are at another version than the one that was seen */
  async bumpVersion(corpId: number, version: number): Promise<boolean> {
    const bumped = await sql`
      insert into reminder_plans as plan (corp_id, version) values (${corpId}, 1)
      on conflict (corp_id) do update set version = plan.version + 1 where plan.version = ${version}
      returning version`.execute(db)
    return bumped.rows.length > 0
  },

  async notePlanned(corpId: number, version: number): Promise<void> {
    await sql`
      update reminder_plans set planned_version = greatest(planned_version, ${version})
      where corp_id = ${corpId}`.execute(db)
  },

  async noteRun(corpId: number, day: CivilDay): Promise<void> {
    await sql`
      insert into reminder_plans (corp_id, version, ran_on) values (${corpId}, 0, ${day}::date)
      on conflict (corp_id) do update set ran_on = excluded.ran_on`.execute(db)
  },

  async findDate(dateId: string): Promise<DateToPlan | undefined> {
    const found = await sql<DateToPlan>`
      select date_id as "dateId", corp_id as "corpId", kind as "dateKind", next_on as occurrence,
             own_lead_days as "ownLeadDays", lead_days as "usualLeadDays"
      from important_dates where date_id = ${dateId}`.execute(db)
    return found.rows[0]
  },

  async writePlan(dateId: string, { remindOn, lastOrderOn, leadDays }: LeadPlan): Promise<void> {
    await sql`
      update important_dates
      set remind_on = ${remindOn}, last_order_on = ${lastOrderOn}, lead_days = ${leadDays}
      where date_id = ${dateId}
        and (remind_on, last_order_on, lead_days::integer)
          is distinct from (${remindOn}::date, ${lastOrderOn}::date, ${leadDays}::integer)`.execute(db)
  },

  /** The first day behind `after` on which some date falls. */
  async findNextDay(corpId: number, after: CivilDay): Promise<CivilDay | null> {
    const found = await sql<{ day: CivilDay | null }>`
      select min(next_on) as day from important_dates
      where corp_id = ${corpId} and next_on > ${after}::date`.execute(db)
    return found.rows[0]?.day ?? null
  },

  /**
   * Stores the plans of one day, by kind, with the next thousand of its dates, those of customers behind `after`. What was not sent
   * and is not due any more goes; the daily run makes it again in time. Answers the last of these customers, undefined at the end.
   */
  async writePlansOfDay(
    corpId: number,
    { occurrence, after }: { occurrence: CivilDay; after: number },
    plans: (LeadPlan & { dateKind: DateKind })[],
    today: CivilDay,
  ): Promise<number | undefined> {
    const seen = await sql<{ last: number | null }>`
      with plan as (
        select * from unnest(
          ${plans.map(plan => plan.dateKind)}::text[], ${plans.map(plan => plan.remindOn)}::date[],
          ${plans.map(plan => plan.lastOrderOn)}::date[], ${plans.map(plan => plan.leadDays)}::integer[])
          as plan(kind, remind_on, last_order_on, lead_days)),
      next as materialized (
        select date_id, customer_id from important_dates
        where corp_id = ${corpId} and next_on = ${occurrence}::date and customer_id > ${after}::bigint
        order by customer_id
        fetch first (${BATCH_ROWS}) rows with ties),
      stale as materialized (
        select d.date_id
        from next
        join important_dates d on d.date_id = next.date_id
        join plan on plan.kind = d.kind
        where d.next_on = ${occurrence}::date
          and (d.remind_on, d.last_order_on, d.lead_days::integer) is distinct from
              (coalesce(d.next_on - d.own_lead_days, plan.remind_on), plan.last_order_on,
               coalesce(d.own_lead_days::integer, plan.lead_days))
        order by d.customer_id, d.date_id
        for update of d),
      moved as (
        update important_dates d
        set remind_on = coalesce(d.next_on - d.own_lead_days, plan.remind_on), last_order_on = plan.last_order_on,
            lead_days = coalesce(d.own_lead_days, plan.lead_days)
        from plan
        where plan.kind = d.kind and d.date_id in (select date_id from stale)
        returning d.date_id, d.next_on, d.remind_on),
      gone as (
        delete from reminders r
        using moved
        where r.date_id = moved.date_id and r.occurrence = moved.next_on and r.state = 'pending'
          and moved.remind_on > ${today}::date)
      select max(customer_id) as last from next`.execute(db)
    return seen.rows[0]?.last ?? undefined
  },
})
