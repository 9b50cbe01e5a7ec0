import { describe, expect, it } from 'vitest'
import {
  canBecome,
  promiseTroubles,
  templateTroubles,
  type TemplateSense,
} from '../../../shared/rules/couponTemplate.ts'

const face = {
  kind: 'amountOff',
  amountFen: 20_000,
  percent: null,
  words: null,
  thresholdFen: 300_000,
  goods: null,
} as const
const sense = (given: Partial<TemplateSense> = {}): TemplateSense => ({
  name: '足金饰品券',
  face,
  validity: { kind: 'until', day: '2026-12-31' },
  hours: [],
  stock: 100,
  perPerson: 1,
  storeIds: [],
  isStackable: false,
  terms: '',
  ...given,
})
const today = '2026-11-21'

describe('a template', () => {
  it.each<[string, Partial<TemplateSense>, string[]]>([
    ['makes sense', {}, []],
    ['满减 without an amount', { face: { ...face, amountFen: null } }, ['face.amountFen']],
    ['满减 with a percentage', { face: { ...face, percent: 95 } }, ['face.percent']],
    ['a threshold below the amount', { face: { ...face, thresholdFen: 10_000 } }, ['face.thresholdFen']],
    ['no threshold', { face: { ...face, thresholdFen: 0 } }, []],
    [
      '折扣 without a percentage',
      { face: { ...face, kind: 'percentOff', amountFen: null } },
      ['face.percent'],
    ],
    ['兑换 without words', { face: { ...face, kind: 'gift', amountFen: null } }, ['face.words']],
    ['服务 with words', { face: { ...face, kind: 'service', amountFen: null, words: '免刻字' } }, []],
    ['a last day that is over', { validity: { kind: 'until', day: '2026-11-20' } }, ['validity.day']],
    ['a last day that is today', { validity: { kind: 'until', day: today } }, []],
    [
      'a first day after the last',
      { validity: { kind: 'until', from: '2027-01-01', day: '2026-12-31' } },
      ['validity.from'],
    ],
    ['hours that are none', { hours: [{ weekdays: [1], from: '10:00', until: '10:00' }] }, ['hours.0.until']],
    ['a whole day', { hours: [{ weekdays: [1], from: '00:00', until: '00:00' }] }, []],
  ])('%s', (_, given, paths) => {
    expect(templateTroubles(sense(given), today).map(({ path }) => path)).toEqual(paths)
  })
})

describe('what was promised', () => {
  it.each<[string, Partial<TemplateSense>, Partial<TemplateSense>, string[]]>([
    ['nothing changed', {}, {}, []],
    ['more stock', {}, { stock: 200 }, []],
    ['another name', {}, { name: '别的' }, ['name']],
    ['less worth', {}, { face: { ...face, amountFen: 10_000 } }, ['face.amountFen']],
    ['a lower threshold', {}, { face: { ...face, thresholdFen: 0 } }, ['face.thresholdFen']],
    ['another last day', {}, { validity: { kind: 'until', day: '2027-12-31' } }, ['validity']],
    ['hours', {}, { hours: [{ weekdays: [1], from: '10:00', until: '11:00' }] }, ['hours']],
    ['terms', {}, { terms: '每单一张' }, ['terms']],
    ['stackable', {}, { isStackable: true }, ['isStackable']],
    ['more for each', {}, { perPerson: 2 }, []],
    ['less for each', { perPerson: 2 }, { perPerson: 1 }, ['perPerson']],
    ['one store more', { storeIds: [1] }, { storeIds: [1, 2] }, []],
    ['all stores', { storeIds: [1] }, { storeIds: [] }, []],
    ['another store', { storeIds: [1] }, { storeIds: [2] }, ['storeIds']],
    ['one store of all', {}, { storeIds: [1] }, ['storeIds']],
  ])('%s', (_, before, change, paths) => {
    const after = sense({ ...before, ...change })
    expect(promiseTroubles(sense(before), after).map(({ path }) => path)).toEqual(paths)
  })
})

describe('states of a template', () => {
  it.each([
    ['draft', 'running', true],
    ['draft', 'paused', false],
    ['draft', 'stopped', true],
    ['running', 'paused', true],
    ['paused', 'running', true],
    ['running', 'stopped', true],
    ['paused', 'stopped', true],
    ['stopped', 'running', false],
    ['stopped', 'paused', false],
    ['running', 'draft', false],
    ['running', 'running', true],
  ] as const)('%s → %s', (from, to, expected) => {
    expect(canBecome(from, to)).toBe(expected)
  })
})
