import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { launchBrowser } from '../support/browser.ts'
import { focusName, isInDialog, press, tabTo } from '../support/keyboard.ts'
import { until, type Product } from '../support/processes.ts'
import { createStage, startStage } from '../support/stage.ts'
import { createTestDb, type TestDb } from '../support/testDb.ts'
import { sentTo, type FlowCustomer } from './sidebar.ts'

let database: TestDb
let dataDir: string
let product: Product
let browser: Browser
beforeAll(async () => {
  database = await createTestDb()
  dataDir = await mkdtemp(join(tmpdir(), 'guidebar-keyboard-'))
  product = await startStage(database.url, dataDir)
  browser = await launchBrowser()
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
  await database?.drop()
  await rm(dataDir, { recursive: true, force: true })
})

describe('by the keyboard alone', () => {
  const liWanqing: FlowCustomer = { userId: 'chenlu', externalUserId: wellKnown.liWanqing }
  let stage: ReturnType<typeof createStage>
  beforeAll(() => {
    stage = createStage(browser, product)
  })
  afterAll(() => stage.close())

  /** Her sidebar in the chat, with nothing focused yet. */
  async function open(chat: keyof typeof wellKnown): Promise<Page> {
    const { page } = await stage.show({
      name: '键盘',
      who: 'chenlu',
      at: { chat },
      stands: shown => shown.locator('.customer__quick').waitFor(),
    })
    return page
  }
  const labelled = (page: Page, label: string) => page.getByRole('button', { name: label, exact: true })

  it('skips to the tabs, and turns and opens them', async () => {
    const page = await open('liWanqing')
    await page.keyboard.press('Tab')
    expect(await focusName(page)).toBe('跳到页签')
    await page.keyboard.press('Enter')
    expect(await focusName(page)).toBe('话术')
    await page.keyboard.press('ArrowRight')
    expect(await focusName(page)).toMatch(/^优惠券/)
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowRight')
    expect(await focusName(page)).toBe('话术')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Enter')
    await page.getByRole('tabpanel', { name: '动态' }).waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Tab')
    expect(await focusName(page)).toBe('动态')
    await page.close()
  })

  it('puts a known tag on, takes one off and takes that back', async () => {
    const page = await open('zhangMin')
    await tabTo(page, /^加标签 /)
    const offered = (await focusName(page)).replace('加标签 ', '')
    await page.keyboard.press('Enter')
    await labelled(page, `去掉标签 ${offered}`).waitFor()
    expect(await focusName(page)).toBe(`去掉标签 ${offered}`)
    const worn = offered
    await page.keyboard.press('Enter')
    await labelled(page, `去掉标签 ${worn}`).waitFor({ state: 'detached' })
    expect(await focusName(page)).toMatch(/标签/)
    expect(
      await page
        .getByRole('status')
        .filter({ hasText: `已去掉「${worn}」` })
        .count(),
    ).toBe(1)
    await page.keyboard.press('Control+z')
    await labelled(page, `去掉标签 ${worn}`).waitFor()
    await page.close()
  })

  it('opens the rule behind the budget, is kept in the sheet, and comes back', async () => {
    const page = await open('liWanqing')
    await tabTo(page, /^(可以写|缓一缓|先别写)/)
    const opener = await focusName(page)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await until(() => isInDialog(page), 'the focus in the sheet')
    for (let stop = 0; stop < 20; stop++) {
      await page.keyboard.press('Tab')
      expect(await isInDialog(page)).toBe(true)
    }
    await page.keyboard.press('Shift+Tab')
    expect(await isInDialog(page)).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await focusName(page)).toBe(opener)
    await page.close()
  })

  it("adds a relative's birthday", async () => {
    const page = await open('zhangMin')
    await press(page, /^加家人的日子$/)
    await page.getByRole('dialog').waitFor()
    await press(page, /^爸爸$/)
    await tabTo(page, /^几月几日/)
    await page.keyboard.type('九月初九')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByText('记下了，爸爸的日子').waitFor()
    await page.close()
  })

  it('sends the suggested words, from the reminder', async () => {
    await product.query('update contact_rules set is_on = false')
    const before = (await sentTo(product, liWanqing)).length
    const page = await open('liWanqing')
    await press(page, /^发给/)
    await until(async () => (await sentTo(product, liWanqing)).length > before, 'the words in the chat')
    await page.close()
  })

  it('sends words from the list', async () => {
    const customer = { userId: 'chenlu', externalUserId: wellKnown.wangLiqun }
    const before = (await sentTo(product, customer)).length
    const page = await open('wangLiqun')
    await press(page, /^跳到页签$/)
    await page.keyboard.press('Enter')
    await page.getByRole('tabpanel', { name: '话术' }).locator('article').first().waitFor()
    await press(page, /^发送「/)
    await until(async () => (await sentTo(product, customer)).length > before, 'the words in the chat')
    await page.close()
  })

  it('sends a coupon', async () => {
    const customer = { userId: 'chenlu', externalUserId: wellKnown.mrHe }
    const before = (await sentTo(product, customer)).length
    const page = await open('mrHe')
    await press(page, /^跳到页签$/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.getByRole('tabpanel', { name: '优惠券' }).locator('.ticket').first().waitFor()
    await press(page, /^发送.+给/)
    await until(async () => (await sentTo(product, customer)).length > before, 'the coupon in the chat')
    await page.close()
  })

  it('puts a reminder off', async () => {
    const page = await open('mrHe')
    await press(page, /^明天提醒$/)
    await page.getByRole('button', { name: '撤销' }).waitFor()
    await page.close()
  })

  it('goes from 今日 to the chat of a reminder', async () => {
    const { page } = await stage.show({
      name: '键盘 今日',
      who: 'chenlu',
      at: { hash: '/today' },
      stands: shown => shown.locator('.row').first().waitFor(),
    })
    const row = await page.locator('.row b').first().innerText()
    await press(page, new RegExp(`^\\S*\\s*${row}`))
    await until(async () => {
      const device = await page.request.get(`${product.url}/sandbox/api/device`)
      return ((await device.json()) as { conversationId: string }).conversationId.startsWith('single:chenlu:')
    }, 'the chat to be open')
    await page.close()
  })
})
