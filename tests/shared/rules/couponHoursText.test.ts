import { expect, it } from 'vitest'
import { couponHoursText } from '../../../shared/rules/couponHoursText.ts'

it.each([
  [[], ''],
  [[{ weekdays: [5, 1, 2, 3, 4], from: '10:00', until: '18:00' }], '周一至周五 10:00–18:00'],
  [[{ weekdays: [7, 6], from: '00:00', until: '00:00' }], '周六、周日 全天'],
  [[{ weekdays: [1, 2, 3, 4, 5, 6, 7], from: '18:00', until: '00:00' }], '每天 18:00–24:00'],
  [
    [{ weekdays: [1, 3, 4, 5, 7, 7], from: '22:00', until: '02:00' }],
    '周一、周三至周五、周日 22:00–次日 02:00',
  ],
  [
    [
      { weekdays: [1, 2], from: '10:00', until: '12:00' },
      { weekdays: [6], from: '14:00', until: '20:30' },
    ],
    '周一、周二 10:00–12:00；周六 14:00–20:30',
  ],
])('tells %j as %s', (hours, words) => expect(couponHoursText(hours)).toBe(words))
