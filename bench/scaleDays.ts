import type pg from 'pg'
import { addDays, type CivilDay } from '../shared/rules/civilDay.ts'
import { planLead, type Closure, type LeadRule } from '../shared/rules/leadPlan.ts'
import { nextOccurrence } from '../shared/rules/nextOccurrence.ts'
import type { YearlyDate } from '../shared/rules/yearlyDate.ts'

/** The days dates fall on (`bench_days`), by slot; 0 is New Year's Day. Next days and plans are those of the product's own rules. */
export async function fillDays(client: pg.PoolClient, corpId: number, today: CivilDay): Promise<void> {
  const { rows: leads } = await client.query<LeadRule>(
    `select date_kind as "dateKind", product_line as "productLine", production_days as "productionDays",
            buffer_days as "bufferDays" from lead_rules where corp_id = $1`,
    [corpId],
  )
  const { rows: closures } = await client.query<Closure>(
    `select first_day::text as "firstDay", last_day::text as "lastDay" from workshop_closures where corp_id = $1`,
    [corpId],
  )
  const solar = daysOfYear().map((date): YearlyDate => ({ ...date, calendar: 'solar', isLeapMonth: false }))
  const lunar = Array.from({ length: 156 }, (_, index): YearlyDate => ({
    calendar: 'lunar',
    month: 1 + (index % 12),
    day: 1 + ((index * 5) % 29),
    isLeapMonth: false,
  }))
  const days = [...solar, ...lunar].map(date => {
    // The day before is done with: its reminders are history.
    const occurrence = nextOccurrence(date, today)
    return {
      ...date,
      occurrence,
      ...planLead({ occurrence, dateKind: 'birthday', ownLeadDays: null }, leads, closures),
    }
  })
  await client.query(`
    create unlogged table bench_days (slot integer primary key, calendar text, month smallint, day smallint,
      lead_days smallint, next_on date, remind_on date, last_order_on date)`)
  await client.query(
    `insert into bench_days select * from unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::int[], $6::date[], $7::date[], $8::date[])`,
    [
      days.map((_, index) => index),
      days.map(day => day.calendar),
      days.map(day => day.month),
      days.map(day => day.day),
      days.map(day => day.leadDays),
      days.map(day => day.occurrence),
      days.map(day => day.remindOn),
      days.map(day => day.lastOrderOn),
    ],
  )
}

function daysOfYear(): { month: number; day: number }[] {
  const days: { month: number; day: number }[] = []
  for (let day: CivilDay = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 1)) {
    days.push({ month: Number(day.slice(5, 7)), day: Number(day.slice(8)) })
  }
  return days
}
