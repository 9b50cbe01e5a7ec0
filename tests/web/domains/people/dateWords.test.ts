import { describe, expect, it } from 'vitest'
import { fullDateText, whoIs, yearsText } from '../../../../web/domains/people/dateWords.ts'
import { stepWords } from '../../../../web/domains/reminders/nextStepWords.ts'
import { makeCard, makeDate, makeReminder } from '../../../support/makeCard.ts'

describe('who somebody is', () => {
  it.each([
    ['mother', '阿姨', '妈妈'],
    ['daughter', '小女儿', '小女儿'],
    ['daughter', null, '女儿'],
    ['other', '舅舅', '舅舅'],
    ['other', null, '其他'],
  ])('%s called %s: %s', (relation, callName, words) => {
    expect(whoIs({ relation, callName })).toBe(words)
  })
})

describe('how old on the day', () => {
  it.each([
    [makeDate({ years: 66, nominalYears: 68 }), '虚岁 68'],
    [makeDate({ calendar: 'solar', years: 66 }), '满 66 岁'],
    [makeDate({ kind: 'wedding', years: 10 }), '10 周年'],
    [makeDate({ years: 0, nominalYears: 1 }), '虚岁 1'],
    [makeDate({ kind: 'firstPurchase', years: 2 }), '2 周年'],
    [makeDate({ kind: 'other', label: '孙女满月', years: 1 }), ''],
    [makeDate({ kind: 'wedding', years: 0 }), ''],
    [makeDate(), ''],
  ])('%#', (date, words) => {
    expect(yearsText(date)).toBe(words)
  })

  it('stands in the reminder too', () => {
    const reminder = makeReminder({ date: makeDate({ years: 66, nominalYears: 68 }) })
    expect(stepWords(reminder, makeCard('wmA'), 'Asia/Shanghai').reason).toEqual([
      '12月3日 星期四',
      '农历十月廿五',
      '虚岁 68',
    ])
  })
})

describe('a date in full', () => {
  it.each([
    [{ calendar: 'solar', month: 8, day: 15, isLeapMonth: false, year: 1990 }, '公历1990年8月15日'],
    [{ calendar: 'lunar', month: 4, day: 29, isLeapMonth: true, year: 1990 }, '农历1990年闰四月廿九'],
    [{ calendar: 'lunar', month: 8, day: null, isLeapMonth: false }, '农历八月'],
  ] as const)('%o', (date, words) => {
    expect(fullDateText(date)).toBe(words)
  })
})
