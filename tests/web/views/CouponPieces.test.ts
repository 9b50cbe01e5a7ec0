import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CouponPiece } from '../../../shared/contract/couponPieces.ts'
import type { CouponAtTill } from '../../../shared/contract/coupons.ts'
import type { CouponShare } from '../../../shared/contract/couponShares.ts'
import { couponCode } from '../../../shared/rules/couponCode.ts'
import { router } from '../../../web/router.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { ok, problem } from '../../support/fakeApi.ts'
import { makeTemplate } from '../../support/makeTemplate.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const template = makeTemplate({ state: 'running' })
let made = 0
const pieceOf = (given: Partial<CouponPiece> = {}): CouponPiece => ({
  couponId: `6d0c1c9e-0000-4000-8000-${String(++made).padStart(12, '0')}`,
  codeEnd: '7K2M',
  state: 'claimed',
  customer: { address: '婉清姐', isMasked: false },
  by: '陈露',
  isFromGroup: false,
  issuedAt: '2026-11-20T10:00:00+08:00',
  claimedAt: '2026-11-20T11:00:00+08:00',
  expiresOn: '2026-12-20',
  redeemedAt: null,
  mayRevoke: true,
  ...given,
})
const share: CouponShare = {
  shareId: '6d0c1c9e-0000-4000-8000-00000000aaaa',
  templateId: template.templateId,
  name: template.name,
  face: template.face,
  state: 'issued',
  count: 10,
  claimed: 3,
  by: '陈露',
  endsAt: '2026-11-23T10:30:00+08:00',
  mayWithdraw: true,
}

const revoked: CouponAtTill = {
  couponId: '6d0c1c9e-0000-4000-8000-00000000bbbb',
  code: 'Q7QQQ7QQQ7QQQ7K2M',
  name: template.name,
  face: template.face,
  state: 'revoked',
  customer: null,
  validFrom: null,
  expiresOn: null,
  hours: [],
  stores: [],
  isStackable: false,
  terms: '',
  refusal: null,
  redemption: null,
}

let stand: Stand
let items: CouponPiece[]
let shares: CouponShare[]
beforeEach(() => {
  items = [pieceOf()]
  shares = []
})
afterEach(async () => {
  stand.leave()
  await router.push('/today').catch(() => undefined)
  vi.unstubAllGlobals()
})

const asked = () =>
  stand.api.sentTo('get', /\/pieces$/).map(({ query }) => Object.fromEntries(Object.entries(query ?? {})))
async function opened(nextCursor: string | null = null): Promise<VueWrapper> {
  stand = await standAtWork('manager')
  stand.api.on('get', /^\/coupon-templates\/[^/]+$/, () => ok(template))
  stand.api.on('get', /\/pieces$/, ({ query }) =>
    ok({
      items,
      shares,
      nextCursor: (query as { cursor?: string } | undefined)?.cursor === undefined ? nextCursor : null,
    }),
  )
  const page = await openPage(stand, `/console/coupons/${template.templateId}/pieces`)
  await whenDrawn(() => page.get('[aria-label=看哪些]'))
  await flushPromises()
  return page
}
const dialog = () => document.querySelector('[role=dialog]')
const press = async (words: string) => {
  const button = [...(dialog()?.querySelectorAll('button') ?? [])].find(
    each => each.textContent?.trim() === words,
  )
  if (!button) throw new Error(`no ${words} in ${dialog()?.textContent ?? 'nothing'}`)
  button.click()
  await flushPromises()
}

describe('the pieces of a template', () => {
  it('say whose, by whom, and what became of each', async () => {
    items = [
      pieceOf(),
      pieceOf({
        state: 'redeemed',
        customer: null,
        isFromGroup: true,
        redeemedAt: '2026-11-20T15:20:00+08:00',
        mayRevoke: false,
      }),
    ]
    const page = await opened()
    const [first, second] = page.findAll('.piece')
    expect(first?.text()).toContain('婉清姐')
    expect(first?.text()).toContain('尾号 7K2M')
    expect(first?.find('button').attributes('aria-label')).toBe('收回婉清姐的券，尾号 7K2M')
    expect(second?.text()).toContain('群里领的客人')
    expect(second?.text()).toContain('15:20 核销')
    expect(second?.find('button').exists()).toBe(false)
  })

  it('are looked for by the whole code only, and a slip is told without asking', async () => {
    const page = await opened()
    const code = couponCode(new Uint8Array(16).fill(3))
    const search = page.get('input[type=search]')
    await search.setValue(code.slice(0, 10))
    expect(page.text()).toContain('再输 2 位')
    await search.setValue(`${code.slice(0, 11)}${code.endsWith('A') ? 'B' : 'A'}`)
    expect(page.text()).toContain('券码不对')
    expect(asked()).toHaveLength(1)
    stand.api.on('post', /\/pieces\/find$/, () => problem('not_found'))
    await search.setValue(`${code.slice(0, 4)} ${code.slice(4, 8)} ${code.slice(8)}`.toLowerCase())
    await flushPromises()
    expect(asked()).toHaveLength(1)
    expect(stand.api.sentTo('post', /\/pieces\/find$/).map(({ body }) => body)).toEqual([{ code }])
    expect(page.text()).toContain('这种券里没有这个券码')
  })

  it('are chosen by what became of them, and come page by page', async () => {
    const page = await opened('next-page')
    await byText(page, 'button', '再看早一些的').trigger('click')
    await flushPromises()
    expect(asked().at(-1)).toMatchObject({ cursor: 'next-page' })
    await byText(page, '[aria-label=看哪些] button', '用掉的').trigger('click')
    await flushPromises()
    expect(asked().at(-1)).toEqual({ which: 'redeemed' })
  })

  it('are taken back with a reason', async () => {
    const page = await opened()
    stand.api.on('post', /\/revoke$/, () => ok(revoked))
    await page.get('.piece button').trigger('click')
    await whenDrawn(() => expect(dialog()?.textContent).toContain('收回这张券'))
    await press('收回')
    expect(dialog()?.textContent).toContain('写一句原因')
    expect(stand.api.sentTo('post', /\/revoke$/)).toEqual([])
    await press('发错了人')
    await press('收回')
    const [sent] = stand.api.sentTo('post', /\/revoke$/)
    expect(sent?.body).toEqual({ reason: '发错了人' })
  })

  it('stay as far as they were read when one is taken back, which is told in its place', async () => {
    items = [pieceOf(), pieceOf({ codeEnd: 'QQQQ' })]
    const page = await opened('next-page')
    items = [pieceOf({ codeEnd: 'WWWW' })]
    await byText(page, 'button', '再看早一些的').trigger('click')
    await flushPromises()
    const second = page.findAll('.piece')[1]!
    stand.api.on('post', /\/revoke$/, ({ path }) => ok({ ...revoked, couponId: path.split('/').at(-2) }))
    second.get<HTMLElement>('button').element.focus()
    await second.get('button').trigger('click')
    await whenDrawn(() => expect(dialog()?.textContent).toContain('收回这张券'))
    await press('发错了人')
    await press('收回')
    expect(toast.value?.text).toBe('尾号 QQQQ 收回了，退回库存')
    expect(page.findAll('.piece').map(piece => piece.find('button').exists())).toEqual([true, false, true])
    expect(second.text()).toContain('已收回')
    expect(document.activeElement).toBe(second.element)
    expect(asked()).toHaveLength(2)
  })

  it('show what lies in groups, to withdraw what nobody has claimed', async () => {
    shares = [share]
    const page = await opened()
    stand.api.on('post', /\/withdraw$/, () => ok({ ...share, state: 'ended', mayWithdraw: false }))
    await page.get('[aria-label="撤回陈露发到群里的券"]').trigger('click')
    await whenDrawn(() => expect(dialog()?.textContent).toContain('没人领的 7 张退回库存，已领的 3 张还能用'))
    await press('撤回')
    expect(stand.api.sentTo('post', /\/withdraw$/)).toHaveLength(1)
    expect(toast.value?.text).toBe('群里的券撤回了，退回 7 张')
    expect(page.find('[aria-label="撤回陈露发到群里的券"]').exists()).toBe(false)
  })
})
