import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Card } from '../../shared/contract/customers.ts'
import CustomerHeader from '../../web/domains/customers/CustomerHeader.vue'
import type * as FirstLook from '../../web/firstLook.ts'
import Icon from '../../web/ui/Icon.vue'
import { makeCard } from '../support/makeCard.ts'

const zone = 'Asia/Shanghai'
const card = makeCard('wmA')
const { customer, follow } = card

// It is over once per page: each test has a page of its own.
let page: typeof FirstLook
beforeEach(async () => {
  vi.resetModules()
  page = await import('../../web/firstLook.ts')
})
afterEach(() => {
  page.endFirstLook()
  location.hash = ''
})
const look = () => document.querySelector('.first-look')

/** Tags, classes, colours and words, without what no eye or ear meets. */
function shape(node: Element): string {
  const copy = node.cloneNode(true) as Element
  for (const element of [copy, ...copy.querySelectorAll('*')]) {
    for (const { name } of [...element.attributes])
      if (!['class', 'style', 'src', 'href', 'aria-hidden'].includes(name)) element.removeAttribute(name)
  }
  return copy.outerHTML.replace(/<!--.*?-->/gs, '').replace(/\s+(?=<)|(?<=>)\s+/g, '')
}

function asTheAppDraws(of: Card): string {
  const view = mount(CustomerHeader, {
    props: { card: of, timeZone: zone, isUpdating: false },
    slots: of.follow.isMine ? { default: '<span class="round"><Icon name="bell" /></span>' } : {},
    global: { components: { Icon } },
  })
  return shape(view.element as Element)
}

const latest = { name: '足金饰品券', state: 'claimed', expiresOn: '2026-11-30' } as const
it.each<[string, Card]>([
  ['as she is', card],
  ['with a picture', { ...card, customer: { ...customer, avatarUrl: 'https://wework.qpic.cn/a.png' } }],
  ['of another corp', { ...card, customer: { ...customer, corpName: '金禾' } }],
  ['without a name', { ...card, customer: { ...customer, name: '❤' } }],
  ['a colleague’s', { ...card, follow: { ...follow, isMine: false, guide: '周敏' }, colleagues: ['周敏'] }],
  [
    'with much to say',
    {
      ...card,
      customer: {
        ...customer,
        profile: { ...customer.profile, tier: '金卡', wristSize: '15', neckSize: '45' },
        lastPurchase: { day: '2024-05-18', piece: '足金手链' },
      },
      coupons: { ...card.coupons, latest },
      follow: { ...follow, channel: '国贸店收银台' },
    },
  ],
  ['with signs of HTML', { ...card, customer: { ...customer, corpName: '<b>&amp;</b>' } }],
])('draws her just as the app will: %s', (_what, of) => {
  expect(shape(page.drawnHeader(of, zone))).toBe(asTheAppDraws(of))
})

it('a picture that does not come leaves the letter', () => {
  const header = page.drawnHeader(
    { ...card, customer: { ...customer, avatarUrl: 'https://gone/a.png' } },
    zone,
  )
  header.querySelector('img')?.dispatchEvent(new Event('error'))
  expect(header.querySelector('img')).toBeNull()
  expect(header.querySelector('.avatar')?.textContent).not.toBe('')
})

describe('who is in view, before the app is there', () => {
  it('stands there when the card is handed on, until the app shows her', async () => {
    expect(await page.lookFirst(Promise.resolve(card), zone)).toBe(card)
    expect(look()?.querySelector('h1')?.textContent).toBe('婉清姐')
    page.endFirstLook()
    expect(look()).toBeNull()
  })

  it('P14 somebody else is in view by the time her card comes: nothing of her is drawn', async () => {
    let come = (_found: Card) => {}
    const handed = page.lookFirst(new Promise(resolve => (come = resolve)), zone)
    page.endFirstLook()
    come(card)
    expect(await handed).toBe(card)
    expect(look()).toBeNull()
  })

  it('is not drawn over a page of the workbench', async () => {
    location.hash = '#/today'
    expect(await page.lookFirst(Promise.resolve(card), zone)).toBe(card)
    expect(look()).toBeNull()
  })

  it('is nobody where no customer is, and a refusal is handed on', async () => {
    expect(await page.lookFirst(Promise.resolve(undefined), zone)).toBeUndefined()
    await expect(page.lookFirst(Promise.reject(new Error('no')), zone)).rejects.toThrow('no')
    expect(look()).toBeNull()
  })
})
