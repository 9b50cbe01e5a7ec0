import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fillScripts } from '../support/bigLibrary.ts'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, sentTo, tagsAtWecom, type FlowCustomer, type Guide } from './sidebar.ts'

const userId = 'chenlu'
const names = ['survives', 'other', 'sends', 'library', 'tagged'] as const
type Name = (typeof names)[number]

let product: Product
let browser: Browser
const people = new Map<Name, FlowCustomer>()
const customer = (name: Name): FlowCustomer => {
  const found = people.get(name)
  if (!found) throw new Error(name)
  return found
}
const open: Guide[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => {
      for (const name of names) people.set(name, await makeCustomer(control, userId, `客户${name}`))
    },
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

async function inChatWith(name: Name): Promise<Guide> {
  const sidebar = await openSidebar(browser, product, { userId, chat: customer(name).externalUserId })
  open.push(sidebar)
  await shown(sidebar, name)
  return sidebar
}
const shown = (sidebar: Guide, name: Name) =>
  sidebar.app.getByRole('heading', { level: 1, name: `客户${name}` }).waitFor()

/** Our server cannot be reached; the client itself is there, as on a phone in a lift. */
const ours = (url: URL) => url.pathname.startsWith('/api/')
async function loseNetwork(sidebar: Guide): Promise<void> {
  await sidebar.context.route(ours, route => route.abort('internetdisconnected'))
}
/** What is asked comes through, what is written does not: the server's answers know nothing of what waits. */
async function loseWrites(sidebar: Guide): Promise<void> {
  await sidebar.context.route(ours, route =>
    route.request().method() === 'GET' ? route.continue() : route.abort('internetdisconnected'),
  )
}
async function findNetwork(sidebar: Guide): Promise<void> {
  await sidebar.context.unroute(ours)
  await sidebar.app.locator('body').evaluate(() => dispatchEvent(new Event('online')))
}

/** Everything the browser keeps of our page, as text. */
const kept = (sidebar: Guide): Promise<string> =>
  sidebar.app.locator('body').evaluate(async () => {
    // The stand-in notes on the same origin which chat its window shows; that is none of ours.
    const own = (storage: Storage) => Object.entries(storage).filter(([name]) => !name.startsWith('sandbox-'))
    const stores: unknown[] = [own(localStorage), own(sessionStorage)]
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const asked = indexedDB.open(name)
        asked.onsuccess = () => resolve(asked.result)
        asked.onerror = () => reject(new Error(name))
      })
      for (const store of db.objectStoreNames) {
        const objects = db.transaction(store).objectStore(store)
        const all = <T>(request: IDBRequest<T>) =>
          new Promise<T>(resolve => (request.onsuccess = () => resolve(request.result)))
        stores.push(await all(objects.getAllKeys()))
        for (const value of (await all(objects.getAll())) as unknown[]) {
          const box = (value as { box?: ArrayBuffer }).box
          stores.push(box ? new TextDecoder().decode(box) : value)
        }
      }
      db.close()
    }
    return JSON.stringify(stores)
  })

const dayField = (sidebar: Guide) => sidebar.app.getByLabel('几月几日')
const openDates = (sidebar: Guide) => sidebar.app.getByRole('button', { name: '加家人的日子' }).click()
const datesOf = (name: Name) =>
  product.query<{ month: number; day: number }>(
    `select month, day from important_dates join customers using (customer_id) where external_user_id = $1`,
    [customer(name).externalUserId],
  )

describe('what was begun', () => {
  it('survives another chat, a page built anew and a dead network, and is written exactly once', async () => {
    const sidebar = await inChatWith('survives')
    await openDates(sidebar)
    await sidebar.app.getByRole('button', { name: '爸爸', exact: true }).click()
    await dayField(sidebar).fill('八月十五')

    await sidebar.openChat(customer('other').externalUserId)
    await shown(sidebar, 'other')
    await openDates(sidebar)
    await dayField(sidebar).waitFor()
    expect(await dayField(sidebar).inputValue()).toBe('')
    await sidebar.app.getByRole('button', { name: '关闭' }).click()

    await sidebar.openChat(customer('survives').externalUserId)
    await shown(sidebar, 'survives')
    await openDates(sidebar)
    await sidebar.app.getByText('未保存的草稿').waitFor()
    expect(await dayField(sidebar).inputValue()).toBe('八月十五')

    await sidebar.page.reload()
    await shown(sidebar, 'survives')
    await openDates(sidebar)
    await sidebar.app.getByText('未保存的草稿').waitFor()
    expect(await dayField(sidebar).inputValue()).toBe('八月十五')

    await loseNetwork(sidebar)
    await sidebar.app.getByRole('button', { name: '保存', exact: true }).click()
    await sidebar.app.getByText('没有网络，已记在手机上，连上就存').waitFor()
    await sidebar.app.getByText('1 处改动已记在手机上，连上就存').waitFor()
    expect(await datesOf('survives')).toEqual([])

    const lying = await kept(sidebar)
    expect(lying).toContain('write/')
    for (const word of ['八月', 'father', '爸爸', customer('survives').externalUserId])
      expect(lying).not.toContain(word)

    await findNetwork(sidebar)
    await sidebar.app.getByText('已存好').waitFor()
    expect(await datesOf('survives')).toEqual([{ month: 8, day: 15 }])
    expect(sidebar.requests.filter(one => /^POST .*\/dates$/.test(one)).length).toBeGreaterThanOrEqual(2)
    await sidebar.app.getByText('农历八月十五').first().waitFor()

    // Another page has nothing left to write.
    await sidebar.page.reload()
    await shown(sidebar, 'survives')
    expect(await datesOf('survives')).toHaveLength(1)
  })

  it('a tag put on without a network waits in sight, and reaches WeCom once, of nobody else', async () => {
    const sidebar = await inChatWith('tagged')
    await sidebar.app.getByRole('button', { name: '更多标签' }).click()
    const choice = sidebar.app.getByRole('dialog').getByRole('group').first().getByRole('button').first()
    const name = (await choice.textContent())?.trim() ?? ''
    await loseWrites(sidebar)
    await choice.click()
    await sidebar.app.getByText('1 处改动已记在手机上，连上就存').waitFor()
    await sidebar.app.getByRole('button', { name: '关闭' }).click()
    const worn = sidebar.app.getByRole('button', { name: `去掉标签 ${name}`, exact: true })
    await worn.getByText('未同步').waitFor()

    await sidebar.openChat(customer('other').externalUserId)
    await shown(sidebar, 'other')
    expect(await worn.count()).toBe(0)
    await sidebar.openChat(customer('tagged').externalUserId)
    await shown(sidebar, 'tagged')
    await worn.getByText('未同步').waitFor()
    expect(await tagsAtWecom(product, customer('tagged'))).toEqual([])

    await sidebar.page.reload()
    await shown(sidebar, 'tagged')
    await worn.getByText('未同步').waitFor()
    expect(await tagsAtWecom(product, customer('tagged'))).toEqual([])

    await findNetwork(sidebar)
    await until(
      async () => (await tagsAtWecom(product, customer('tagged'))).includes(name),
      'the tag at WeCom',
    )
    expect(await tagsAtWecom(product, customer('tagged'))).toEqual([name])
    expect(await tagsAtWecom(product, customer('other'))).toEqual([])
    await sidebar.page.reload()
    await shown(sidebar, 'tagged')
    await worn.waitFor()
    expect(await kept(sidebar)).not.toContain('write/')
  })

  it('never keeps a message for later', async () => {
    const sidebar = await inChatWith('sends')
    await sidebar.app.getByRole('tab', { name: '话术' }).click()
    const send = sidebar.app.getByRole('button', { name: /^发送「保养 · 在家怎么洗」/ })
    await sidebar.app.getByLabel('找话术').fill('在家怎么洗')
    await send.waitFor()
    await loseNetwork(sidebar)
    await send.click()
    await sidebar.app.locator('.script [role=alert]').first().waitFor()
    expect(await kept(sidebar)).not.toContain('write/')
    await findNetwork(sidebar)
    await sidebar.page.reload()
    await shown(sidebar, 'sends')
    expect(await sentTo(product, customer('sends'))).toEqual([])
  })
})

describe('a long library', () => {
  it('costs no more DOM with 5,000 scripts than with 50, asks nothing per key, and is there at once again', async () => {
    await fillScripts(product.query, 0, 50)
    const sidebar = await inChatWith('library')
    const nodesNow = () => sidebar.app.locator('.rows *').count()
    const openTab = async (count: number) => {
      await sidebar.app.getByRole('tab', { name: '话术' }).click()
      // As many rows as it says itself, whatever stands in the page.
      await until(
        async () =>
          Number(await sidebar.app.locator('.rows li').first().getAttribute('aria-setsize')) >= count,
        `${count} scripts`,
      )
    }
    await openTab(50)
    const few = await nodesNow()
    await fillScripts(product.query, 50, 5_000)
    await sidebar.page.reload()
    await shown(sidebar, 'library')
    await openTab(5_000)
    expect(Math.abs((await nodesNow()) - few)).toBeLessThanOrEqual(few * 0.1)

    const before = sidebar.requests.length
    const field = sidebar.app.getByRole('searchbox', { name: '找话术' })
    await field.fill('feicuishouzhuo')
    await sidebar.app.locator('.rows mark', { hasText: '翡翠手镯' }).first().waitFor()
    expect(await nodesNow()).toBeLessThanOrEqual(few * 1.5)
    await field.fill('第 4999 款')
    await sidebar.app.locator('.rows mark', { hasText: '第 4999 款' }).waitFor()
    expect(sidebar.requests.slice(before).filter(one => one.includes(' /api/'))).toEqual([])

    // Without a network it is there as well.
    await sidebar.page.reload()
    await shown(sidebar, 'library')
    await sidebar.context.route(
      url => url.pathname === '/api/scripts',
      route => route.abort('internetdisconnected'),
    )
    await openTab(5_000)
  })
})
