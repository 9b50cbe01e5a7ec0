import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CouponAtTill } from '../../../shared/contract/coupons.ts'
import { couponCode } from '../../../shared/rules/couponCode.ts'
import { noNetwork, ok, problem, type Answer } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const code = couponCode(Uint8Array.from({ length: 16 }, (_, place) => place * 13))
const couponId = '3f5ad1c2-0000-4000-8000-000000000001'
const couponOf = (given: Partial<CouponAtTill> = {}): CouponAtTill => ({
  couponId,
  code,
  name: '周年庆满减券',
  face: {
    kind: 'amountOff',
    amountFen: 20_000,
    percent: null,
    words: null,
    thresholdFen: 300_000,
    goods: '足金饰品',
  },
  state: 'claimed',
  customer: { address: '王**', isMasked: true },
  validFrom: null,
  expiresOn: '2026-11-30',
  hours: [{ weekdays: [1, 2, 3, 4, 5], from: '10:00', until: '18:00' }],
  stores: ['国贸店'],
  isStackable: false,
  terms: '特价款除外',
  refusal: null,
  redemption: null,
  ...given,
})
const redemption = {
  at: '2026-11-21T02:21:00Z',
  by: '陈露',
  store: '国贸店',
  amountFen: 368_000,
  discountFen: 20_000,
  mayUndo: false,
}
const used = (mayUndo = false): CouponAtTill =>
  couponOf({
    state: 'redeemed',
    refusal: { reason: 'used', detail: '这张券已经用过了' },
    redemption: { ...redemption, mayUndo },
  })
const aDay = (coupons: CouponAtTill[]) => ({
  day: '2026-11-21',
  undone: [],
  redemptions: coupons.map(({ name, face, customer, redemption: use, couponId: id }) => ({
    couponId: id,
    name,
    face,
    customer,
    redemption: use,
  })),
  total: { count: coupons.length, amountFen: 368_000 * coupons.length, discountFen: 20_000 * coupons.length },
})

let stand: Stand
let listed: CouponAtTill[]
beforeEach(() => (listed = []))
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(role: 'guide' | 'manager' = 'guide', found: Answer = ok(couponOf())) {
  stand = await standAtWork(role)
  stand.api.on('get', /^\/redemptions$/, () => ok(aDay(listed)))
  stand.api.on('post', /^\/coupons\/find$/, () => found)
  const page = await openPage(stand, '/redeem')
  await whenDrawn(() => page.get('#coupon-code'))
  return page
}
async function typeCode(page: VueWrapper, text: string) {
  await page.get('#coupon-code').setValue(text)
  await flushPromises()
}
async function pressAmount(page: VueWrapper, keys: string) {
  for (const key of keys) await byText(page, '[aria-label=数字键] button', key).trigger('click')
}
const redeemButton = (page: VueWrapper) => page.get('[aria-label=结账] .button--wide')
const say = (page: VueWrapper) => page.text().replace(/\s+/g, ' ')

describe('an answer that was lost at the till', () => {
  it.each([problem('idempotency_in_flight'), problem('rate_limited'), { status: 502, body: '<html>' }])(
    'never says 没有核销 while an earlier attempt is unanswered, and asks with its key',
    async second => {
      const page = await opened()
      const answers = [noNetwork(), second, ok(used())]
      stand.api.on('post', /redeem$/, () => answers.shift() ?? noNetwork())
      await typeCode(page, code)
      await pressAmount(page, '3680')
      for (const _attempt of answers.slice(1)) {
        await redeemButton(page).trigger('click')
        await flushPromises()
        expect(page.get('[aria-label=结账] [role=alert]').text()).toContain('不知道核没核上')
        expect(say(page)).not.toContain('，没有核销')
      }
      await redeemButton(page).trigger('click')
      await flushPromises()
      expect(say(page)).toContain('核销好了')
      expect(new Set(stand.api.sentTo('post', /redeem$/).map(sent => sent.idempotencyKey)).size).toBe(1)
    },
  )

  it('P11 an undo without an answer is not called undone or not: the same is asked for again', async () => {
    listed = [used(true)]
    const page = await opened('manager')
    const answers = [noNetwork(), ok(couponOf())]
    stand.api.on('post', /undo$/, () => {
      const answer = answers.shift() ?? noNetwork()
      if (answer.status === 200) listed = []
      return answer
    })
    await page.get('[aria-label^=撤销]').trigger('click')
    const sheet = () => document.querySelector('[role=dialog]')
    await whenDrawn(() => expect(sheet()?.textContent).toContain('券回到客户手里'))
    sheet()?.querySelector<HTMLElement>('.chip')?.click()
    await flushPromises()
    const act = sheet()?.querySelector<HTMLElement>('.sheet__foot button')
    act?.click()
    await flushPromises()
    expect(sheet()?.querySelector('[role=alert]')?.textContent).toContain('不知道撤没撤成')
    expect(sheet()?.textContent).not.toContain('没有撤销')
    expect(sheet()?.querySelector('textarea')?.readOnly).toBe(true)
    expect(act?.textContent?.trim()).toBe('再问一次')
    act?.click()
    await flushPromises()
    const [first, second] = stand.api.sentTo('post', /undo$/)
    expect([second?.idempotencyKey, second?.body]).toEqual([first?.idempotencyKey, first?.body])
    await vi.waitFor(() => expect(say(page)).toContain('今天还没有核销过券'))
  })
})
