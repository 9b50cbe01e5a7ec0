import { describe, expect, it } from 'vitest'
import {
  budgetOf,
  colleaguesText,
  isNewFriendWithoutTags,
  pieceFacts,
} from '../../../../web/domains/customers/customerFacts.ts'
import { addressOf } from '../../../../web/domains/customers/customerNames.ts'
import { makeCard } from '../../../support/makeCard.ts'

const card = makeCard('wmA')
const zone = 'Asia/Shanghai'
const now = Date.parse('2026-11-21T10:20:00+08:00')

it('addresses by 称呼, then the remark, then the name', () => {
  const { customer, follow } = card
  expect(addressOf(card)).toBe('婉清姐')
  const nameless = { ...card, customer: { ...customer, profile: { ...customer.profile, salutation: null } } }
  expect(addressOf({ ...nameless, follow: { ...follow, remark: '婉清 国贸' } })).toBe('婉清 国贸')
  expect(addressOf(nameless)).toBe('李婉清')
})

it.each([
  [[], ''],
  [['周敏', '赵一鸣'], '周敏、赵一鸣也在服务'],
  [['一', '二', '三', '四', '五'], '一、二、三等 5 位同事也在服务'],
])('names the colleagues %j', (names, text) => expect(colleaguesText(names)).toBe(text))

it('leaves out sizes and purchases that are not known', () => {
  expect(pieceFacts(card)).toEqual(['戒圈 13'])
  const bought = { ...card.customer, lastPurchase: { day: '2024-05-18', piece: '足金手链' } }
  expect(pieceFacts({ ...card, customer: bought })).toEqual(['戒圈 13', '2024年5月买过足金手链'])
})

describe('whether we may write', () => {
  it('says yes, and who wrote last', () => {
    const contact = {
      ...card.contact,
      lastAt: '2026-11-06T10:00:00+08:00',
      lastByName: '周敏',
      lastWhat: '保养提醒',
    }
    expect(budgetOf({ ...card, contact }, zone, now)).toEqual({
      level: 'open',
      word: '可以写',
      reason: '上次联系 11月6日 · 周敏发的保养提醒',
      bypass: [],
    })
  })

  it('names a message by its occasion alone', () => {
    const contact = { ...card.contact, lastAt: '2026-11-06T10:00:00+08:00', lastByName: '周敏' }
    const last = { ...card, contact: { ...contact, lastWhat: '保养 · 半年一次' } }
    expect(budgetOf(last, zone, now).reason).toBe('上次联系 11月6日 · 周敏发的保养')
  })

  it('speaks of him as he', () => {
    const quiet = { level: 'none' as const, until: '2026-12-01', reason: null }
    const contact = { ...card.contact, quiet }
    const his = { ...card, contact, customer: { ...card.customer, gender: 'male' as const } }
    expect(budgetOf(his, zone, now).reason).toContain('他')
    expect(budgetOf(his, zone, now).level).toBe('stop')
  })
})

describe('a new friend without tags', () => {
  const added = (addedAt: string | null) => ({ ...card, follow: { ...card.follow, addedAt } })
  it.each([
    ['2026-11-20T10:00:00+08:00', true],
    ['2026-11-15T00:10:00+08:00', true],
    ['2026-11-14T23:50:00+08:00', false],
    [null, false],
  ])('added at %s: %s', (addedAt, isNew) => expect(isNewFriendWithoutTags(added(addedAt), zone)).toBe(isNew))

  it('is none any more with a tag', () => {
    const tagged = {
      ...added('2026-11-20T10:00:00+08:00'),
      tags: { ...card.tags, tags: [{ tagId: 't', groupId: 'g', name: '足金', sync: 'done' as const }] },
    }
    expect(isNewFriendWithoutTags(tagged, zone)).toBe(false)
  })
})
