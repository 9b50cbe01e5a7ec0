import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { CouponReservation } from '../../shared/contract/coupons.ts'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, type FlowCustomer, type Guide } from './sidebar.ts'

let product: Product
let browser: Browser
let customer: FlowCustomer
const open: Guide[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => void (customer = await makeCustomer(control, 'chenlu', '周雨桐')),
  })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})
afterEach(async () => {
  for (const guide of open.splice(0)) {
    expect(guide.complaints).toEqual([])
    await guide.close()
  }
})

async function atWork(userId: string): Promise<Guide> {
  const guide = await openSidebar(browser, product, { userId }, { query: '&entry=workbench' })
  open.push(guide)
  return guide
}
let intentions = 0
const headers = () => ({
  origin: product.url,
  'idempotency-key': `of-the-till-${String(++intentions).padStart(8, '0')}`,
})

/** The guide gives one away in the chat, and the customer claims it on her phone. */
async function claimed(guide: Guide, templateId: string): Promise<{ phone: Page; code: string }> {
  const request = { templateId, externalUserId: customer.externalUserId }
  const { request: api } = guide.context
  const answer = await api.post(`${product.url}/api/coupons`, { headers: headers(), data: request })
  expect(answer.ok(), await answer.text()).toBe(true)
  const { couponId, card } = CouponReservation.parse(await answer.json())
  await api.post(`${product.url}/api/coupons/${couponId}/confirm`, { headers: headers(), data: {} })
  const phone = await browser.newPage({ viewport: { width: 360, height: 640 } })
  await phone.goto(card.link)
  await phone.getByRole('button', { name: '领取' }).click()
  await phone.getByRole('img', { name: /核销二维码/ }).waitFor()
  const [coupon] = await product.query<{ code: string }>('select code from coupons where coupon_id = $1', [
    couponId,
  ])
  return { phone, code: coupon?.code ?? '' }
}

it('from the template to the till: written, run, claimed, scanned, redeemed once, undone, and typed', async () => {
  const boss = await atWork('hq_admin')
  await boss.app.getByRole('link', { name: '管理' }).click()
  await boss.app.getByRole('link', { name: /^优惠券/ }).click()
  await boss.app.getByRole('link', { name: '新建一种券' }).click()
  await boss.app.getByLabel('券名，客户看得到').fill('周年庆满减券')
  await boss.app.getByLabel('减多少').fill('200')
  await boss.app.getByLabel('满多少可用').fill('3000')
  await boss.app.getByRole('button', { name: '存成草稿' }).click()
  await boss.app.getByRole('button', { name: '上线' }).click()
  await boss.app.getByRole('dialog').getByRole('button', { name: '上线' }).click()
  await boss.app.getByText('「周年庆满减券」在发了').waitFor()
  const [template] = await product.query<{ templateId: string; state: string }>(
    `select template_id as "templateId", state from coupon_templates where name = '周年庆满减券'`,
  )
  expect(template?.state).toBe('running')

  const guide = await atWork('chenlu')
  await guide.app.getByRole('link', { name: '核销' }).click()
  const { phone, code } = await claimed(guide, template?.templateId ?? '')
  await guide.context.request.post(`${product.url}/sandbox/bridge/scan`, { data: { text: code } })
  await guide.app.getByRole('button', { name: '扫客户的券' }).click()
  await guide.app.getByText('不和别的优惠一起用').waitFor()
  const pad = guide.app.getByRole('group', { name: '数字键' })
  const bill = guide.app.getByRole('region', { name: '结账' })
  const [zero, act] = await Promise.all([
    pad.getByRole('button', { name: '0', exact: true }).boundingBox(),
    bill.getByRole('button', { name: '核销' }).boundingBox(),
  ])
  // The whole pad and the button, on a screen of 360 × 640 and without a scroll.
  expect((zero?.y ?? 0) + (zero?.height ?? 0)).toBeLessThanOrEqual(act?.y ?? 0)
  expect((act?.y ?? 0) + (act?.height ?? 0)).toBeLessThanOrEqual(640 - 52)
  for (const key of '3680') await pad.getByRole('button', { name: key, exact: true }).click()
  await bill.getByText('¥3,480').waitFor()
  await bill.getByRole('button', { name: '核销' }).dblclick()
  await guide.app.getByText('核销好了').waitFor()
  await guide.app.getByRole('list', { name: '今天核销的券' }).getByText('¥3,680 减 ¥200，收 ¥3,480').waitFor()
  const uses = () =>
    product.query<{ to: string }>(
      `select to_state as to from coupon_ledger join coupons using (coupon_id) where code = $1 order by entry_id`,
      [code],
    )
  expect((await uses()).map(({ to }) => to)).toEqual(['reserved', 'issued', 'claimed', 'redeemed'])
  expect(await product.query('select amount_fen from purchases where coupon_id is not null')).toEqual([
    { amount_fen: 348_000 },
  ])
  // Her page is still open, and notices by itself.
  await phone.getByRole('heading', { name: '已使用' }).waitFor({ timeout: 45_000 })
  expect(await phone.getByRole('status').innerText()).toMatch(/^已使用，今天 \d\d:\d\d/)
  expect(await phone.getByRole('img', { name: /核销二维码/ }).count()).toBe(0)

  await boss.app.getByRole('link', { name: '核销' }).click()
  await boss.app.getByRole('button', { name: '撤销周年庆满减券的核销' }).click()
  await boss.app.getByRole('button', { name: '金额输错了' }).click()
  await boss.app.getByRole('button', { name: '撤销这次核销' }).click()
  await boss.app.getByRole('list', { name: '今天核销的券' }).getByText('方致远 撤销').waitFor()
  expect((await uses()).at(-1)).toEqual({ to: 'claimed' })
  expect(await product.query('select 1 from purchases where coupon_id is not null')).toEqual([])
  // Looked at again, her page has the code again.
  await phone.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await phone.getByRole('img', { name: /核销二维码/ }).waitFor()

  // Without a network nothing is redeemed; typed by hand, it is redeemed after all.
  await guide.app.getByRole('button', { name: '下一张' }).click()
  await guide.app.getByLabel('或者输入券码').pressSequentially(code.toLowerCase())
  await expect.poll(() => guide.app.locator('[aria-label=这张券]').count(), { timeout: 10_000 }).toBe(1)
  for (const key of '5000') await pad.getByRole('button', { name: key, exact: true }).click()
  await guide.context.setOffline(true)
  await guide.app.getByText('没有网络，现在核不了券').waitFor()
  expect(await bill.getByRole('button', { name: '核销' }).isDisabled()).toBe(true)
  await guide.context.setOffline(false)
  await bill.getByRole('button', { name: '核销' }).click()
  await guide.app.getByText('核销好了').waitFor()
  expect((await uses()).map(({ to }) => to)).toEqual([
    'reserved',
    'issued',
    'claimed',
    'redeemed',
    'claimed',
    'redeemed',
  ])
  await phone.context().close()
}, 120_000)
