import { expect, it } from 'vitest'
import { addWayText, channelFacts } from '../../../shared/rules/customerWords.ts'

const today = '2026-11-21'
/** Every `add_way` that the open API documents, 0 aside. */
const DOCUMENTED = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 24, 201, 202]

it('has its own short word for every documented way', () => {
  const words = DOCUMENTED.map(addWayText)
  expect(new Set(words).size).toBe(DOCUMENTED.length)
  for (const word of words) expect(word).toMatch(/^\p{Script=Han}{2,9}$/u)
})

it('says nothing of unknown ways', () => {
  for (const addWay of [0, 7, 999, -1]) expect(addWayText(addWay)).toBe('')
})

it('tells how somebody became a customer, without what nobody knows', () => {
  const addedAt = '2026-03-02T09:00:00+08:00'
  expect(channelFacts({ addWay: 1, channel: '国贸店收银台', addedAt }, today, 'Asia/Shanghai')).toEqual([
    '扫码',
    '国贸店收银台',
    '3月2日',
  ])
  expect(
    channelFacts({ addWay: 0, channel: null, addedAt: '2025-12-31T17:00:00Z' }, today, 'Asia/Shanghai'),
  ).toEqual(['1月1日'])
  expect(
    channelFacts({ addWay: 3, channel: null, addedAt: '2025-12-31T15:00:00Z' }, today, 'Asia/Shanghai'),
  ).toEqual(['名片分享', '2025年12月31日'])
  expect(channelFacts({ addWay: 0, channel: null, addedAt: null }, today, 'Asia/Shanghai')).toEqual([])
})
