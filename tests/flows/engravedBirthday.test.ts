import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { until, type Product } from '../support/startProduct.ts'
import { startProductAt } from './clockedProduct.ts'
import { runJob } from './jobs.ts'
import { makeCustomer, openSidebar, untilSent, type FlowCustomer } from './sidebar.ts'

/** The case the product exists for, as a whole and by hand: a mother's lunar birthday, in time for an engraved piece. */
let product: Product
let browser: Browser
let customer: FlowCustomer

/** Twelve days before 农历十月廿五 (3 December), after the hour of the morning notice. */
const NOW = '2026-11-21T10:20:00+08:00'

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProductAt(
    NOW,
    async control => void (customer = await makeCustomer(control, 'chenlu', '周雨桐')),
  )
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

it('from the noted day to the notice, the sent picture, the purchase and the chart', async () => {
  const chat = { userId: 'chenlu', chat: customer.externalUserId }
  const noting = await openSidebar(browser, product, chat)
  await noting.app.getByRole('button', { name: '加家人的日子' }).click()
  const dates = noting.app.getByRole('dialog', { name: '加家人的日子' })
  await dates.locator('input').first().fill('农历十月廿五')
  await dates.getByText('12月3日').first().waitFor()
  await dates.getByRole('button', { name: '保存' }).click()
  await noting.app.getByRole('heading', { name: /妈妈生日/ }).waitFor()
  expect(noting.complaints).toEqual([])
  await noting.close()

  await runJob(product, 'reminders.digests')
  const notice = await until(async () => {
    const notices = await product.control<{ content: { url?: string } }[]>('GET', '/members/chenlu/notices')
    return notices.at(-1)?.content
  }, 'the morning notice')
  expect(new URL(notice.url ?? '').hash).toBe('#/today')

  const acting = await openSidebar(browser, product, { userId: 'chenlu' }, { query: '&entry=workbench' })
  const { app } = acting
  const rows = app.getByRole('region', { name: '今天', exact: true }).getByRole('listitem')
  await rows
    .filter({ hasText: '周雨桐' })
    .getByRole('button', { name: /打开聊天/ })
    .click()
  await app.getByRole('heading', { name: /妈妈生日/ }).waitFor()
  await app.getByRole('region', { name: '下一步' }).getByRole('button', { name: '刻字预览' }).click()
  const engraving = app.getByRole('dialog', { name: '刻字预览' })
  await engraving.getByRole('img', { name: '足金圆牌吊坠，刻着妈妈' }).waitFor()
  await engraving.locator('.engrave__message').getByText('妈妈的生日前能拿到').waitFor()
  await engraving.getByRole('button', { name: /^发给/ }).click()
  const [picture, words] = await untilSent(product, customer, 2)
  expect([picture?.body.msgtype, words?.body.msgtype]).toEqual(['image', 'text'])
  await until(async () => {
    const [reminder] = await product.query<{ state: string }>('select state from reminders')
    return reminder?.state === 'sent'
  }, 'the reminder to be done by it')

  await app.getByRole('tab', { name: '档案' }).click()
  await app.getByRole('button', { name: '记一笔' }).click()
  const purchase = app.getByRole('dialog', { name: '记一笔购买' })
  await purchase.getByRole('button', { name: /^用11月21日发的刻字/ }).click()
  await purchase.getByLabel('金额（元）').fill('4280')
  await purchase.getByRole('button', { name: '保存' }).click()
  const bought = app.getByRole('region', { name: '买过的' }).getByRole('listitem')
  await bought.filter({ hasText: /可能相关：.*刻字预览/ }).waitFor()
  expect(acting.complaints).toEqual([])
  await acting.close()

  const results = await openSidebar(browser, product, { userId: 'chenlu' }, { query: '&entry=workbench' })
  await results.app.getByRole('link', { name: '我的' }).click()
  await results.app.getByRole('link', { name: /我的成效/ }).click()
  await results.app.getByText('1 件', { exact: true }).first().waitFor()
  await results.app.locator('figure svg path').first().waitFor({ state: 'attached' })
  expect(results.complaints).toEqual([])
  await results.close()
}, 180_000)
