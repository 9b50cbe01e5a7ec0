import type { Browser, FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, untilSent, type FlowCustomer } from './sidebar.ts'

let product: Product
let browser: Browser
let customer: FlowCustomer

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => void (customer = await makeCustomer(control, 'chenlu', '周雨桐')),
  })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

/** What the page's own policy forbids is told on the console only. */
const refusalsOf = (page: Page) => {
  const refusals: string[] = []
  page.on('console', message => {
    if (/Content Security Policy/.test(message.text())) refusals.push(message.text())
  })
  return refusals
}
const barsOf = (app: FrameLocator | Page) => app.locator('figure svg path')

it('from a sent message to a purchase that counts for it, and to the chart; then a file of purchases', async () => {
  const inChat = await openSidebar(browser, product, { userId: 'chenlu', chat: customer.externalUserId })
  const { app } = inChat
  await app.getByRole('heading', { level: 1, name: '周雨桐' }).waitFor()
  await app.getByRole('tab', { name: '话术' }).click()
  await app.getByLabel('找话术').fill('营业')
  await app
    .getByRole('button', { name: /^发送「/ })
    .first()
    .click()
  await untilSent(product, customer, 1)

  await app.getByRole('tab', { name: '档案' }).click()
  await app.getByRole('button', { name: '记一笔' }).click()
  const sheet = app.getByRole('dialog', { name: '记一笔购买' })
  await sheet.getByLabel('买了什么').fill('足金手链')
  await sheet.getByLabel('金额（元）').fill('3,680')
  await sheet.getByRole('button', { name: '妈妈' }).click()
  await sheet.getByRole('button', { name: '定制' }).click()
  await sheet.getByRole('button', { name: '保存' }).click()
  const row = app.getByRole('region', { name: '买过的' }).getByRole('listitem')
  await row.filter({ hasText: /可能相关：/ }).waitFor()
  expect(await row.innerText()).toContain('送妈妈')
  expect(inChat.complaints).toEqual([])
  await inChat.close()

  const mine = await openSidebar(browser, product, { userId: 'chenlu' }, { query: '&entry=workbench' })
  const refusals = refusalsOf(mine.page)
  await mine.app.getByRole('link', { name: '我的' }).click()
  await mine.app.getByRole('link', { name: /我的成效/ }).click()
  await mine.app.getByText('1 件', { exact: true }).first().waitFor()
  await barsOf(mine.app).first().waitFor({ state: 'attached' })
  expect([...mine.complaints, ...refusals]).toEqual([])
  await mine.close()

  const manager = await openSidebar(browser, product, { userId: 'hq_admin' }, { query: '&entry=workbench' })
  await manager.app.getByRole('link', { name: '管理' }).click()
  await manager.app.getByRole('link', { name: /导入购买记录/ }).click()
  const lines = `外部联系人id,日期,商品,金额\n${customer.externalUserId},2026-01-05,金戒指,1200\nwm-nobody,2026-01-05,金戒指,1\n`
  await manager.app
    .locator('input[type=file]')
    .setInputFiles({ name: '1月.csv', mimeType: 'text/csv', buffer: Buffer.from(lines) })
  await manager.app.getByRole('button', { name: '有问题的先不导，导入其余 1 笔' }).click()
  await manager.app.getByText('导好了，新增 1 笔').waitFor()
  await manager.app.getByRole('link', { name: '管理' }).first().click()
  await manager.app.getByRole('link', { name: /成效/ }).click()
  await barsOf(manager.app).first().waitFor({ state: 'attached' })
  expect(manager.complaints).toEqual([])
  await manager.close()
  const bought = await product.query<{ piece: string }>(`select piece from purchases order by piece`)
  expect(bought.map(({ piece }) => piece)).toEqual(['足金手链', '金戒指'])
}, 120_000)
