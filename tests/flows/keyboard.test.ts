import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { focusName, isInDialog, press, pressBack, tabTo } from '../support/keyboard.ts'
import { until, type Product } from '../support/processes.ts'
import { createStage, openHouse, type House } from '../support/stage.ts'
import { heading } from '../support/state.ts'
import { createTestDb } from '../support/testDb.ts'
import { page as pageOf } from '../support/workbenchStates.ts'
import { sentTo, type FlowCustomer } from './sidebar.ts'

let house: House
let product: Product
let stage: ReturnType<typeof createStage>
beforeAll(async () => {
  house = await openHouse(createTestDb)
  product = house.product
  stage = createStage(house.browser, product)
}, 180_000)
afterAll(async () => {
  await stage?.close()
  await house?.close()
})

describe('by the keyboard alone', () => {
  const liWanqing: FlowCustomer = { userId: 'chenlu', externalUserId: wellKnown.liWanqing }

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

describe('管理 by the keyboard alone', () => {
  /** The list of its pages, as headquarters has it, with nothing focused yet. */
  async function openConsole(): Promise<Page> {
    const { page } = await stage.show(pageOf('键盘 管理', '/console', '管理', 'hq_admin'))
    return page
  }
  /** Opens what is called so, and stands at the head of its page. */
  async function goTo(page: Page, link: RegExp, title: string): Promise<void> {
    await press(page, link)
    await heading(title)(page)
    await until(async () => (await focusName(page)) === title, `the focus at the head of ${title}`)
  }
  /** Back by the link above the title, which stands before everything else of the page. */
  async function goBack(page: Page, link: RegExp, title: string): Promise<void> {
    await pressBack(page, link)
    await heading(title)(page)
    await until(async () => (await focusName(page)) === title, `the focus at the head of ${title}`)
  }
  const chosen = (page: Page) => page.locator('main [aria-pressed=true]').allInnerTexts()

  it('finds a person in 隐私, opens what she may ask for, leaves it and comes back', async () => {
    const page = await openConsole()
    await goTo(page, /^隐私/, '隐私')
    await tabTo(page, /^她要看自己的资料/)
    await page.keyboard.type('婉清')
    await page.keyboard.press('Enter')
    await page
      .getByRole('button', { name: /^导出 / })
      .first()
      .waitFor()
    await press(page, /^导出 .+ 的资料$/)
    await page.getByRole('dialog').waitFor()
    await until(() => isInDialog(page), 'the focus in the sheet')
    await press(page, /^监管要求$/)
    expect(await focusName(page)).toBe('监管要求')
    expect(await page.getByLabel('理由', { exact: true }).inputValue()).toBe('监管要求')
    for (let stop = 0; stop < 8; stop++) {
      await page.keyboard.press('Tab')
      expect(await isInDialog(page)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await focusName(page)).toMatch(/^导出 .+ 的资料$/)
    await goTo(page, /^删除记录/, '删除记录')
    await goBack(page, /^隐私$/, '隐私')
    await goBack(page, /^管理$/, '管理')
    await page.close()
  })

  it('narrows the coupons, opens one, asks what pausing it does, and comes back', async () => {
    const page = await openConsole()
    await goTo(page, /^优惠券/, '优惠券')
    await press(page, /^在发 \d+$/)
    expect(await chosen(page)).toEqual([await focusName(page)])
    const first = page.locator('a.template').first()
    const name = await first.locator('h2').innerText()
    await press(page, new RegExp(name))
    await heading(name)(page)
    await until(async () => (await focusName(page)) === name, 'the focus at the head of the coupon')
    await press(page, /^暂停/)
    await page.getByRole('dialog').waitFor()
    await until(() => isInDialog(page), 'the focus in the sheet')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await focusName(page)).toMatch(/^暂停/)
    await goBack(page, /^优惠券$/, '优惠券')
    await goBack(page, /^管理$/, '管理')
    await page.close()
  })

  it('narrows 操作记录 to one kind and to one member, and takes that back', async () => {
    const page = await openConsole()
    await goTo(page, /^操作记录/, '操作记录')
    const rows = page.locator('ul.audit li')
    await rows.first().waitFor()
    await press(page, /^登录$/)
    await rows.first().waitFor()
    expect(await chosen(page)).toEqual(['登录'])
    expect(await focusName(page)).toBe('登录')
    for (const words of await rows.allInnerTexts()) expect(words).toMatch(/登录|退出/)
    // A day is a field like any other.
    await tabTo(page, /^从/)
    await tabTo(page, /^到/)
    const member = await rows.first().getByRole('link').first().innerText()
    await press(page, new RegExp(`^${member}$`))
    await page.getByRole('link', { name: `只看 ${member}` }).waitFor()
    expect(await focusName(page)).toBe('操作记录')
    await press(page, new RegExp(`^只看 ${member}`))
    await page.getByRole('link', { name: /^只看 / }).waitFor({ state: 'detached' })
    expect(await focusName(page)).toBe('操作记录')
    await press(page, /^登录$/)
    expect(await chosen(page)).toEqual([])
    await goBack(page, /^管理$/, '管理')
    await page.close()
  })
})
