import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays } from '../../../shared/rules/civilDay.ts'
import {
  DEFAULT_LEAD_DAYS,
  compareDue,
  isDue,
  isOverdue,
  nextDue,
  remindOn,
} from '../../../shared/rules/reminderDue.ts'

const today = '2026-11-21'

describe('remindOn', () => {
  it.each([
    ['2026-12-03', 14, '2026-11-19'],
    ['2027-01-05', 14, '2026-12-22'],
    ['2028-03-01', 1, '2028-02-29'],
    ['2026-11-21', 0, '2026-11-21'],
  ])('for %s with %d days of lead is %s', (occurrence, leadDays, day) => {
    expect(remindOn(occurrence, leadDays)).toBe(day)
  })

  it('leaves two weeks for what has to be engraved', () => {
    expect(DEFAULT_LEAD_DAYS).toEqual({ birthday: 14, wedding: 14, firstPurchase: 7, other: 7 })
  })

  it('refuses a lead that is none', () => {
    expect(() => remindOn(today, -1)).toThrow(RangeError)
    expect(() => remindOn(today, 1.5)).toThrow(RangeError)
  })
})

describe('nextDue', () => {
  const thing = (name: string, occurrence: string, dueOn = '2026-11-01') => ({ name, occurrence, dueOn })

  it.each([
    ['the nearest of what is due', [thing('b', '2026-12-03'), thing('a', '2026-11-23')], 'a'],
    [
      'what was missed before what comes',
      [thing('soon', '2026-11-21'), thing('missed', '2026-11-20')],
      'missed',
    ],
    ['the latest missed first', [thing('older', '2026-11-15'), thing('missed', '2026-11-20')], 'missed'],
    [
      'not what is not due yet',
      [thing('early', '2026-11-22', '2026-11-22'), thing('due', '2026-12-03')],
      'due',
    ],
    ['the first of two on one day', [thing('first', '2026-12-03'), thing('second', '2026-12-03')], 'first'],
    ['nothing', [thing('early', '2026-12-24', '2026-12-10')], undefined],
    ['nothing of nothing', [], undefined],
  ])('shows %s', (_case, things, name) => {
    expect(nextDue(things, today)?.name).toBe(name)
  })

  it('is the first of the sorted list, and the order is a strict one', () => {
    const anyThing = fc.record({
      occurrence: fc.integer({ min: -20, max: 20 }).map(days => addDays(today, days)),
      dueOn: fc.integer({ min: -20, max: 5 }).map(days => addDays(today, days)),
    })
    fc.assert(
      fc.property(fc.array(anyThing), things => {
        const sorted = things
          .filter(one => isDue(one, today))
          .sort((one, other) => compareDue(one, other, today))
        expect(nextDue(things, today)).toBe(sorted[0])
        sorted.forEach((one, index) => {
          for (const later of sorted.slice(index + 1)) {
            expect(compareDue(one, later, today)).toBeLessThanOrEqual(0)
            expect(compareDue(later, one, today)).toBe(0 - compareDue(one, later, today))
            if (isOverdue(later, today)) expect(isOverdue(one, today)).toBe(true)
          }
        })
      }),
    )
  })
})
