import type { Browser, BrowserContext, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, type FlowCustomer, type Guide } from './sidebar.ts'

const userId = 'chenlu'
let product: Product
let browser: Browser
let customer: FlowCustomer
const open: Guide[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => void (customer = await makeCustomer(control, userId, '客户零件')),
  })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})
afterEach(async () => {
  for (const sidebar of open.splice(0)) {
    expect(sidebar.complaints).toEqual([])
    await sidebar.close()
  }
})

/** The sheet for a date, and what every sheet stands on. */
const SHEET = /\/assets\/(AddDateSheet|UiSheet)-.*\.js/
const SHEET_ALONE = /\/assets\/AddDateSheet-.*\.js/
const without = (answer: (route: Route) => Promise<void>) => (context: BrowserContext) =>
  context.route(SHEET, answer)
const lost = (route: Route) => route.abort('internetdisconnected')

async function inChat(prepare?: (context: BrowserContext) => Promise<unknown>): Promise<Guide> {
  const sidebar = await openSidebar(browser, product, { userId, chat: customer.externalUserId }, { prepare })
  open.push(sidebar)
  await shown(sidebar)
  return sidebar
}
const shown = (sidebar: Guide) => sidebar.app.getByRole('heading', { level: 1, name: '客户零件' }).waitFor()
const tapDates = (sidebar: Guide) => sidebar.app.getByRole('button', { name: '加家人的日子' }).click()
const sheet = (sidebar: Guide) => sidebar.app.getByLabel('几月几日')
const again = (sidebar: Guide) => sidebar.app.getByRole('button', { name: '再试' })

describe('a sheet that did not come', () => {
  it('is told, and comes with another try as soon as there is a network', async () => {
    const sidebar = await inChat(without(lost))
    await tapDates(sidebar)
    await sidebar.app.getByText('这一页没打开').waitFor()
    const asked = () => sidebar.requests.filter(one => /AddDateSheet-.*\.js/.test(one)).length
    const before = asked()
    await again(sidebar).click()
    await until(() => Promise.resolve(asked() > before), 'another try')
    await sidebar.app.getByText('这一页没打开').waitFor()
    expect(await sheet(sidebar).count()).toBe(0)

    await sidebar.context.unroute(SHEET)
    await again(sidebar).click()
    await sheet(sidebar).waitFor()
    expect(await sidebar.app.getByText('这一页没打开').count()).toBe(0)
  })

  it('comes with the next tap on what opens it too', async () => {
    const sidebar = await inChat(without(lost))
    await tapDates(sidebar)
    await sidebar.app.getByText('这一页没打开').waitFor()
    await sidebar.context.unroute(SHEET)
    await tapDates(sidebar)
    await sheet(sidebar).waitFor()
    expect(await sidebar.app.getByText('这一页没打开').count()).toBe(0)
  })

  it('of another release offers to begin anew, and what was written is still there', async () => {
    const sidebar = await inChat(context =>
      context.route(SHEET_ALONE, route => route.fulfill({ status: 404, body: '' })),
    )
    const promised = sidebar.app.getByRole('textbox', { name: '答应了什么' })
    const promise = () => sidebar.app.getByRole('button', { name: /^记一件答应/ }).click()
    await promise()
    await promised.fill('周五前回复价格')
    await sidebar.app.getByRole('button', { name: '关闭' }).click()
    await tapDates(sidebar)
    await sidebar.app.getByText('有新版本').waitFor()
    expect(await sheet(sidebar).count()).toBe(0)

    await sidebar.context.unroute(SHEET_ALONE)
    await sidebar.app.getByRole('button', { name: '刷新', exact: true }).click()
    await until(async () => (await sidebar.app.getByText('有新版本').count()) === 0, 'a new page')
    await shown(sidebar)
    await promise()
    await sidebar.app.getByText('未保存的草稿').waitFor()
    expect(await promised.inputValue()).toBe('周五前回复价格')
    await sidebar.app.getByRole('button', { name: '关闭' }).click()
    await tapDates(sidebar)
    await sheet(sidebar).waitFor()
  })
})

it('opens every sheet without a network once the first screen has stood for a moment', async () => {
  const sidebar = await inChat()
  // They come one after the other; this one is behind those that are opened here.
  const isFarEnough = () => Promise.resolve(sidebar.requests.some(one => /\/DateSheet-.*\.js/.test(one)))
  await until(isFarEnough, 'the parts ahead', 60_000)
  await sidebar.context.route(
    url => url.pathname.startsWith('/assets/') || url.pathname.startsWith('/api/'),
    route => route.abort('internetdisconnected'),
  )
  await tapDates(sidebar)
  await sheet(sidebar).waitFor()
  await sidebar.app.getByRole('button', { name: '关闭' }).click()
  await sidebar.app.getByRole('button', { name: '更多标签' }).click()
  await sidebar.app.getByRole('searchbox', { name: '找标签' }).waitFor()
  expect(await sidebar.app.getByText('这一页没打开').count()).toBe(0)
}, 120_000)
