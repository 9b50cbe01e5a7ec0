import { randomUUID } from 'node:crypto'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CouponReservation } from '../../shared/contract/coupons.ts'
import { CouponShareReservation } from '../../shared/contract/couponShares.ts'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, type FlowCustomer, type Guide } from './sidebar.ts'

const guide = 'chenlu'
const names = ['claims', 'taps', 'bare', 'reads', 'one', 'two'] as const
type Name = (typeof names)[number]

let product: Product
let browser: Browser
let sidebar: Guide
const templateId = randomUUID()
const people = new Map<Name, FlowCustomer>()
const customer = (name: Name): FlowCustomer => {
  const found = people.get(name)
  if (!found) throw new Error(name)
  return found
}
const open: Page[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => {
      for (const name of names) people.set(name, await makeCustomer(control, guide, `客户${name}`))
    },
  })
  sidebar = await openSidebar(browser, product, { userId: guide, chat: customer('claims').externalUserId })
  await sidebar.app.getByRole('heading', { level: 1, name: '客户claims' }).waitFor()
  await product.query(
    `with template as (
       insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, threshold_fen, valid_days_after_claim, stock,
                                     per_person, terms, landing_text, created_at, changed_at)
       select $1, corp_id, '足金饰品券', 'amountOff', 20000, 300000, 30, 50, 3, '每人一张', '凭券到店', now(), now()
       from corps returning template_id, stock)
     insert into coupon_pools (template_id, pool, stock, is_open) select template_id, 0, stock, true from template`,
    [templateId],
  )
}, 120_000)
afterAll(async () => {
  await sidebar?.close()
  await browser?.close()
  await product?.stop()
})
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close()
})

let intentions = 0
/** What the guide's app asks of the server when she gives a coupon away. */
async function give(path: string, data: object): Promise<unknown> {
  const answer = await sidebar.context.request.post(`${product.url}/api${path}`, {
    headers: {
      origin: product.url,
      'idempotency-key': `of-the-flow-${String(++intentions).padStart(8, '0')}`,
    },
    data,
  })
  expect(answer.ok(), await answer.text()).toBe(true)
  return answer.json()
}
async function linkFor(name: Name): Promise<string> {
  const { externalUserId } = customer(name)
  const reserved = CouponReservation.parse(await give('/coupons', { templateId, externalUserId }))
  await give(`/coupons/${reserved.couponId}/confirm`, {})
  return reserved.card.link
}

/** The customer's phone as WeChat opens links: small, and she is who holds it. */
async function phone(link: string, { holder, ...options }: BrowserContextOptions & { holder?: Name } = {}) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, ...options })
  if (holder)
    await context.addCookies([
      { name: 'sandbox_phone', value: customer(holder).externalUserId, url: product.url },
    ])
  const page = await context.newPage()
  open.push(page)
  const trouble: string[] = []
  page.on('console', message => message.type() === 'error' && trouble.push(message.text()))
  page.on('pageerror', error => trouble.push(error.message))
  await page.goto(link)
  return { page, trouble, qr: page.getByRole('img', { name: '核销二维码，给店员扫' }) }
}
const claimsOf = async (name: Name) =>
  (
    await product.query<{ count: number }>(
      `select count(*)::int as count from coupon_ledger l join coupons c using (coupon_id) join customers cu using (customer_id)
       where cu.external_user_id = $1 and l.to_state = 'claimed'`,
      [customer(name).externalUserId],
    )
  )[0]?.count

describe('the customer’s page in a browser', () => {
  it('claims with one tap and has the code on the screen without scrolling', async () => {
    const { page, qr, trouble } = await phone(await linkFor('claims'))
    await page.getByRole('button', { name: '领取' }).click()
    await qr.waitFor()
    const box = await qr.boundingBox()
    expect(box && box.y + box.height).toBeLessThanOrEqual(640)
    expect(await page.locator('.code').innerText()).toMatch(/^\w{4} \w{4} \w{4}$/)
    expect(await page.title()).toContain('已领取，可使用')
    expect(await page.getByRole('timer').innerText()).toMatch(/\d+ (天|小时|分)/)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    expect(trouble).toEqual([])
  })

  it('P10 takes two quick taps as one', async () => {
    const { page, qr } = await phone(await linkFor('taps'))
    await page.getByRole('button', { name: '领取' }).dblclick()
    await qr.waitFor()
    expect(await claimsOf('taps')).toBe(1)
  })

  it('works without scripts', async () => {
    const { page, qr } = await phone(await linkFor('bare'), { javaScriptEnabled: false })
    await page.getByRole('button', { name: '领取' }).click()
    await qr.waitFor()
    expect(await page.getByText('有效期').isVisible()).toBe(true)
  })

  it('stays readable at twice the text size on the narrowest screen, also in the dark', async () => {
    const link = await linkFor('reads')
    const { page, qr } = await phone(link, { viewport: { width: 300, height: 640 }, colorScheme: 'dark' })
    await page.getByRole('button', { name: '领取' }).click()
    await qr.waitFor()
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
    const seen = await page.evaluate(() => ({
      sideways: document.documentElement.scrollWidth > innerWidth,
      cut: [...document.querySelectorAll('.code span')].some(part => part.scrollWidth > part.clientWidth + 1),
      ground: getComputedStyle(document.querySelector('.qr') ?? document.body).backgroundColor,
    }))
    expect(seen).toEqual({ sideways: false, cut: false, ground: 'rgb(255, 255, 255)' })
  })
})

describe('a group’s link in a browser', () => {
  it('knows who holds the phone and gives each one piece, until there are no more', async () => {
    const [group] = await product.query<{ chat_id: string }>(
      `select g.chat_id from group_chats g join group_members m using (group_chat_id) where m.member_id = $1 limit 1`,
      [guide],
    )
    const share = CouponShareReservation.parse(
      await give('/coupon-shares', { templateId, chatId: group?.chat_id, count: 1 }),
    )
    await give(`/coupon-shares/${share.shareId}/confirm`, {})
    const { link } = share.card

    const first = await phone(link, { holder: 'one' })
    expect(await first.page.getByText('一人一张，还有 1 张').isVisible()).toBe(true)
    await first.page.getByRole('button', { name: '领取' }).click()
    await first.qr.waitFor()
    const own = first.page.url()
    expect(own).not.toBe(link)
    expect(first.trouble).toEqual([])
    await first.page.goto(link)
    await first.qr.waitFor()
    expect(first.page.url()).toBe(own)

    const second = await phone(link, { holder: 'two' })
    await second.page.getByRole('heading', { name: '这次的券已经领完' }).waitFor()
    await second.page.getByRole('button', { name: '我领过，打开我的券' }).click()
    await second.page.getByRole('button').waitFor({ state: 'detached' })
    expect(second.page.url().replace(/#$/, '')).toBe(link)

    const elsewhere = await phone(link, { holder: 'one' })
    await elsewhere.page.getByRole('button', { name: '我领过，打开我的券' }).click()
    await elsewhere.page.waitForURL(own)
    expect(await claimsOf('one')).toBe(1)
  })
})
