import { describe, expect, it } from 'vitest'
import { becauseText, NEW_FRIEND_DAYS, orderText } from '../../../shared/rules/becauseText.ts'
import { addDays } from '../../../shared/rules/civilDay.ts'

const today = '2026-11-21'
const none = { about: null, care: null, cared: null }

describe('why this customer, today', () => {
  it.each([
    [0, '今天加的好友，还没有标签'],
    [1, '加好友一天多了，还没有标签'],
    [2, '加好友一天多了，还没有标签'],
    [3, '加好友 3 天了，还没有标签'],
    [7, '加好友 7 天了，还没有标签'],
  ])('a friend of %i days', (days, words) => {
    const occurrence = addDays(today, NEW_FRIEND_DAYS - days)
    expect(becauseText({ kind: 'newFriend', occurrence, ...none }, today)).toBe(words)
  })

  it.each([
    ['2026-11-02', null, '11月2日买的足金手链，该保养了'],
    ['2025-11-02', '妈妈', '2025年11月2日买给妈妈的足金手链，该保养了'],
  ])('a care of what was bought on %s for %s', (day, recipient, words) => {
    const cared = { piece: '足金手链', day, recipient }
    expect(
      becauseText({ kind: 'care', occurrence: today, about: '足金手链', care: '保养', cared }, today),
    ).toBe(words)
  })

  it('calls nobody 她 where only a deadline is spoken of', () => {
    const order = { productLine: '刻字', productionDays: 7, lastOrderOn: '2026-11-20' }
    expect(orderText(order, today)).toBe('来不及刻字了，换现货也来得及')
  })
})
