import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, type Guide } from './sidebar.ts'

let product: Product
let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => void (await makeCustomer(control, 'chenlu', '周雨桐')),
  })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

const heading = ({ app }: Guide, name: string) => app.getByRole('heading', { level: 1, name }).waitFor()
const openConsole = async (theme: 'light' | 'dark' = 'light') => {
  const boss = await openSidebar(
    browser,
    product,
    { userId: 'hq_admin' },
    { query: '&entry=workbench', device: { theme } },
  )
  await boss.app.getByRole('link', { name: '管理' }).click()
  return boss
}
const openSessions = async ({ app }: Guide) => {
  await app.getByRole('button', { name: /陈露的登录/ }).click()
  await app.getByRole('dialog').waitFor()
}

it.each(['light', 'dark'] as const)(
  'by keyboard it is seen where one is, also once a sheet has been open, on a %s ground',
  async theme => {
    const boss = await openConsole(theme)
    await boss.app.getByRole('link', { name: /^成员/ }).click()
    await openSessions(boss)
    await boss.page.keyboard.press('Escape')
    await boss.app.getByRole('dialog').waitFor({ state: 'hidden' })
    const focused = boss.app.locator(':focus')
    for (let stop = 0; stop < 4; stop++) {
      await boss.page.keyboard.press('Tab')
      expect(await focused.evaluate(element => getComputedStyle(element).outlineStyle)).toBe('solid')
    }
    await boss.app.getByRole('button', { name: '跳到页签' }).focus()
    await boss.page.keyboard.press('Shift')
    expect(await focused.evaluate(element => getComputedStyle(element).outlineStyle)).toBe('solid')
    expect(boss.complaints).toEqual([])
    await boss.close()
  },
)

it('a link inside a sheet leads to its page, and back from there to the one below the sheet', async () => {
  const boss = await openConsole()
  await boss.app.getByRole('link', { name: /^成员/ }).click()
  // The second time its page is there at once, and the sheet goes with the page below it.
  for (let time = 0; time < 2; time++) {
    await openSessions(boss)
    await boss.app
      .getByRole('dialog')
      .getByRole('link', { name: /操作记录/ })
      .click()
    await heading(boss, '操作记录')
    await boss.app.getByText('只看').waitFor()
    await boss.app.locator('body').evaluate(() => history.back())
    await heading(boss, '成员')
  }
  await boss.close()
})

it('P29 after an erasing the admin reads how far it is, and finds her no more', async () => {
  const boss = await openConsole()
  const { app } = boss
  const find = async () => {
    await app.getByRole('searchbox').fill('周雨桐')
    await app.getByRole('button', { name: '找人' }).click()
  }
  await app.getByRole('link', { name: /^隐私/ }).click()
  await find()
  await app.getByRole('button', { name: '删除 周雨桐 的资料' }).click()
  await app.getByRole('button', { name: '她要求删除' }).click()
  await app.getByRole('button', { name: '删除全部资料' }).click()
  await app.getByRole('button', { name: '确定删除 周雨桐' }).click()
  await heading(boss, '删除记录')
  await app.getByText('删完了').waitFor()
  await heading(boss, '删除记录')
  await app.locator('body').evaluate(() => history.back())
  await heading(boss, '隐私')
  await find()
  await app.getByText('没有找到“周雨桐”').waitFor()
  expect(boss.complaints).toEqual([])
  await boss.close()
})
