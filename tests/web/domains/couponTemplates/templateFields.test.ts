import { describe, expect, it } from 'vitest'
import {
  changeOf,
  fieldsOf,
  percentOf,
  readFields,
  type TemplateFields,
} from '../../../../web/domains/couponTemplates/templateFields.ts'
import { makeTemplate } from '../../../support/makeTemplate.ts'

const TODAY = '2026-11-21'
const fields = (given: Partial<TemplateFields> = {}): TemplateFields => ({
  ...fieldsOf(undefined),
  name: '周年庆满减券',
  amount: '200',
  ...given,
})
const troublesOf = (given: Partial<TemplateFields>) =>
  Object.fromEntries(readFields(fields(given), TODAY).troubles)
const contentOf = (given: Partial<TemplateFields>) => readFields(fields(given), TODAY).content

it.each([
  ['9.5', 95],
  ['9.5 折', 95],
  ['95折', 95],
  ['8', 80],
  ['0.5', 5],
  ['９．５', 95],
  ['10', undefined],
  ['0', undefined],
  ['9.55', undefined],
  ['打九折', undefined],
  ['', undefined],
])('%j in 折 is %j percent', (words, percent) => expect(percentOf(words)).toBe(percent))

describe('what the form says', () => {
  it('is money in fen for a 满减, and nothing of the other kinds', () => {
    expect(
      contentOf({ amount: '199.5', threshold: '3,000', rate: '9', words: '免刻字', goods: '' })?.face,
    ).toEqual({
      kind: 'amountOff',
      amountFen: 19_950,
      percent: null,
      words: null,
      thresholdFen: 300_000,
      goods: null,
    })
  })

  it('is a percent for a 折扣 and words for a service', () => {
    expect(contentOf({ kind: 'percentOff', rate: '9.5' })?.face).toMatchObject({
      percent: 95,
      amountFen: null,
    })
    expect(contentOf({ kind: 'service', words: '免刻字' })?.face).toMatchObject({
      words: '免刻字',
      amountFen: null,
    })
  })

  it('takes an empty limit for none', () => {
    expect(contentOf({ perGuidePerDay: '', tiers: ['金卡', '钻石卡'] })).toMatchObject({
      perGuidePerDay: null,
      tiers: ['金卡', '钻石卡'],
    })
  })

  it.each<[string, Partial<TemplateFields>, Record<string, string>]>([
    ['no name', { name: ' ' }, { name: '写上券名，最多 20 个字' }],
    ['no amount', { amount: '' }, { 'face.amountFen': '写明减多少' }],
    ['words for money', { amount: '两百' }, { 'face.amountFen': '写成数字，像 200 或 99.5' }],
    ['a threshold below', { threshold: '100' }, { 'face.thresholdFen': '满的不能比减的少' }],
    ['a rate that is none', { kind: 'percentOff', rate: '12' }, { 'face.percent': '写成几折，像 9.5 或 8' }],
    ['a gift of nothing', { kind: 'gift', words: '' }, { 'face.words': '写明兑换什么、做什么' }],
    ['no days', { days: '' }, { 'validity.days': '写 1 到 3650 天' }],
    ['no last day', { validity: 'until', day: '' }, { 'validity.day': '选最后一天' }],
    ['a day gone by', { validity: 'until', day: '2026-11-20' }, { 'validity.day': '最后一天已经过了' }],
    [
      'a beginning after the end',
      { validity: 'until', from: '2026-12-02', day: '2026-12-01' },
      { 'validity.from': '开始不能晚于最后一天' },
    ],
    [
      'hours of no day',
      { hours: [{ weekdays: [], from: '10:00', until: '18:00' }] },
      { 'hours.0.weekdays': '选上星期几' },
    ],
    [
      'hours without a length',
      { hours: [{ weekdays: [1], from: '10:00', until: '10:00' }] },
      { 'hours.0.until': '开始和结束是同一个时刻' },
    ],
    ['half a piece', { stock: '1.5' }, { stock: '写 0 到 1,000,000 张' }],
    ['nobody may have it', { perPerson: '0' }, { perPerson: '写 1 到 100 张' }],
    [
      'a tier of many letters',
      { tiers: Array.from({ length: 21 }, (_, number) => `${number} 级`) },
      { tiers: '最多选 20 个' },
    ],
  ])('%s is told at its field', (_, given, troubles) => {
    expect(troublesOf(given)).toEqual(troubles)
    expect(contentOf(given)).toBeUndefined()
  })
})

it('changes nothing but what was changed', () => {
  const seen = makeTemplate({ hours: [{ weekdays: [6, 7], from: '10:00', until: '00:00' }] })
  const before = fieldsOf(seen)
  const read = (given: Partial<TemplateFields>) => {
    const { content } = readFields({ ...before, ...given }, TODAY)
    return content && changeOf(seen, content)
  }
  expect(read({})).toEqual({})
  expect(read({ stock: '250', tiers: ['金卡'] })).toEqual({ stock: 250, tiers: ['金卡'] })
})
