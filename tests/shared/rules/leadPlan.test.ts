import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, daysBetween } from '../../../shared/rules/civilDay.ts'
import { planLead, readyAfter, workdaysBefore, type LeadRule } from '../../../shared/rules/leadPlan.ts'
import { fromLunar } from '../../../shared/rules/lunarCalendar.ts'

const engraving: LeadRule = { dateKind: 'birthday', productLine: '刻字', productionDays: 7, bufferDays: 7 }
const ready: LeadRule = { dateKind: 'birthday', productLine: '现货', productionDays: 0, bufferDays: 3 }
const springFestival = { firstDay: '2027-02-04', lastDay: '2027-02-12' }
const birthday = (occurrence: string, ownLeadDays: number | null = null) =>
  ({ occurrence, dateKind: 'birthday', ownLeadDays }) as const

describe('when to remind of a day', () => {
  it('fourteen days ahead for a piece that takes seven', () => {
    expect(planLead(birthday('2026-12-03'), [engraving], [])).toEqual({
      remindOn: '2026-11-19',
      lastOrderOn: '2026-11-26',
      leadDays: 14,
    })
  })

  it('earlier by the days on which the workshop is closed', () => {
    expect(planLead(birthday('2027-02-16'), [engraving], [springFestival])).toEqual({
      remindOn: '2027-01-24',
      lastOrderOn: '2027-01-31',
      leadDays: 14,
    })
  })

  it('a day within the holidays is ordered for before them', () => {
    expect(planLead(birthday('2027-02-06'), [engraving], [springFestival]).lastOrderOn).toBe('2027-01-28')
  })

  it('the line that needs the earliest start counts, and the last day to order is that of the slowest', () => {
    const slow = { ...engraving, productLine: '定制镶嵌', productionDays: 30, bufferDays: 5 }
    expect(planLead(birthday('2026-12-31'), [ready, slow, engraving], [])).toEqual({
      remindOn: '2026-11-26',
      lastOrderOn: '2026-12-01',
      leadDays: 35,
    })
  })

  it('nothing to be made has no last day to order', () => {
    expect(planLead(birthday('2026-12-03'), [ready], [])).toEqual({
      remindOn: '2026-11-30',
      lastOrderOn: null,
      leadDays: 3,
    })
  })

  it('a lead of the date’s own wins over the rules, but not over what a piece takes', () => {
    expect(planLead(birthday('2026-12-03', 2), [engraving], [])).toEqual({
      remindOn: '2026-12-01',
      lastOrderOn: '2026-11-26',
      leadDays: 2,
    })
  })

  it('without a rule the usual lead holds', () => {
    expect(planLead(birthday('2026-12-03'), [], [springFestival]).remindOn).toBe('2026-11-19')
    expect(planLead({ ...birthday('2026-12-03'), usualLeadDays: 5 }, [], []).remindOn).toBe('2026-11-28')
  })

  it('leaves exactly as many open days as asked for, begins on an open one, and never later with more holidays', () => {
    const day = fc.integer({ min: 0, max: 900 }).map(days => addDays('2026-01-01', days))
    const closure = fc.tuple(day, fc.integer({ min: 0, max: 20 })).map(([firstDay, length]) => ({
      firstDay,
      lastDay: addDays(firstDay, length),
    }))
    fc.assert(
      fc.property(
        day,
        fc.integer({ min: 1, max: 60 }),
        fc.array(closure, { maxLength: 5 }),
        (end, days, closures) => {
          const start = workdaysBefore(end, days, closures)
          const isOpen = (at: string) =>
            !closures.some(({ firstDay, lastDay }) => at >= firstDay && at <= lastDay)
          const between = Array.from({ length: daysBetween(start, end) }, (_, index) => addDays(start, index))
          expect(between.filter(isOpen)).toHaveLength(days)
          expect(isOpen(start)).toBe(true)
          expect(start <= workdaysBefore(end, days, closures.slice(1))).toBe(true)
        },
      ),
    )
  })
})

describe('the holidays a corp begins with', () => {
  it.each([2026, 2027, 2028, 2029, 2030])('are around the Spring Festival of %i', year => {
    const newYear = {
      2026: '2026-02-17',
      2027: '2027-02-06',
      2028: '2028-01-26',
      2029: '2029-02-13',
      2030: '2030-02-03',
    }
    expect(fromLunar({ year, month: 1, day: 1, isLeapMonth: false })).toBe(newYear[year as 2026])
  })
})

describe('when a piece is ready', () => {
  it.each([
    ['2026-11-21', 7, '2026-11-28'],
    ['2027-02-02', 2, '2027-02-04'],
    ['2027-02-02', 3, '2027-02-14'],
    ['2027-02-08', 1, '2027-02-14'],
  ])('ordered on %s, %i days of work: %s', (day, workdays, ready) => {
    expect(readyAfter(day, workdays, [springFestival])).toBe(ready)
  })

  it('in time exactly when it was ordered by the last day to order', () => {
    const day = fc.integer({ min: 0, max: 60 }).map(days => addDays('2027-01-01', days))
    const closure = fc
      .record({ firstDay: day, days: fc.integer({ min: 0, max: 9 }) })
      .map(({ firstDay, days }) => ({ firstDay, lastDay: addDays(firstDay, days) }))
    fc.assert(
      fc.property(
        day,
        day,
        fc.integer({ min: 1, max: 20 }),
        fc.array(closure, { maxLength: 3 }),
        (ordered, wanted, workdays, closures) => {
          const isInTime = readyAfter(ordered, workdays, closures) <= wanted
          expect(isInTime).toBe(ordered <= workdaysBefore(wanted, workdays, closures))
        },
      ),
    )
  })
})
