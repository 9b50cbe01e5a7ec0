import { sql } from 'kysely'

/** A date with its person as JSON, an `ImportantDateRow`: `d` is the date, `p` its person. */
export const importantDateJson = sql`json_build_object(
  'dateId', d.date_id, 'personId', p.person_id, 'relation', p.relation, 'callName', p.call_name,
  'minorUntil', p.minor_until::text, 'kind', d.kind, 'label', d.label, 'calendar', d.calendar, 'month', d.month,
  'day', d.day, 'isLeapMonth', d.is_leap_month, 'year', d.year, 'leapPolicy', d.leap_policy,
  'leadDays', d.lead_days, 'ownLeadDays', d.own_lead_days, 'nextOn', d.next_on::text, 'version', d.version)`
