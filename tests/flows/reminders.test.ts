import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { until, type Product } from '../support/startProduct.ts'
import { startProductAt } from './clockedProduct.ts'
import { runJob } from './jobs.ts'
import { makeCustomer, openSidebar, untilSent, type FlowCustomer } from './sidebar.ts'

let product: Product
let browser: Browser
let customer: FlowCustomer

/** After a quarter past nine, so that the morning notice is due, and a fortnight before the day. */
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

it('from a promise and a birthday to the notice, and from its row to the sent words in two taps', async () => {
  const who = { userId: 'chenlu', chat: customer.externalUserId }
  const inChat = await openSidebar(browser, product, who)
  await inChat.app.getByRole('heading', { level: 1, name: '周雨桐' }).waitFor()
  await inChat.app.getByRole('button', { name: '记一件答应她的事' }).click()
  await inChat.app.getByLabel('答应了什么').fill('今天回复价格')
  await inChat.app.getByRole('button', { name: '记下', exact: true }).click()
  await inChat.app.getByRole('heading', { name: '今天回复价格' }).waitFor()

  const noted = await inChat.context.request.post(
    `${product.url}/api/customers/${customer.externalUserId}/dates`,
    {
      headers: { origin: product.url },
      data: {
        person: { relation: 'mother' },
        kind: 'birthday',
        date: { calendar: 'solar', month: 12, day: 3 },
      },
    },
  )
  expect(noted.status()).toBe(201)
  await inChat.close()

  await runJob(product, 'reminders.digests')
  const notice = await until(async () => {
    const notices = await product.control<
      { content: { title?: string; description?: string; url?: string } }[]
    >('GET', '/members/chenlu/notices')
    return notices.at(-1)?.content
  }, 'the morning notice')
  expect(notice.title).toMatch(/^今天 \d+ 件$/)
  expect(notice.description).toMatch(/答应的事 1 件，生日 1 个/)
  expect(notice.description).not.toContain('雨桐')
  expect(new URL(notice.url ?? '').hash).toBe('#/today')

  const today = await openSidebar(browser, product, { userId: 'chenlu' }, { query: '&entry=workbench' })
  const rows = today.app.getByRole('region', { name: '今天', exact: true }).getByRole('listitem')
  const birthday = rows.filter({ hasText: '周雨桐' }).filter({ hasText: '妈妈生日' })
  expect(await birthday.innerText()).toContain('刻字最晚周四（11月26日）下单')
  // The first tap. What was promised for today would stand first on the card, had she not come for this.
  await birthday.getByRole('button', { name: /打开聊天/ }).click()
  await today.app.getByRole('heading', { name: /妈妈生日/ }).waitFor()
  // The second.
  await today.app.getByRole('button', { name: /^发给/ }).click()
  const [message] = await untilSent(product, customer, 1)
  expect(JSON.stringify(message)).toContain('12月3日')
  await today.app.getByRole('heading', { name: '今天回复价格' }).waitFor()
  await today.app.getByRole('button', { name: '做到了' }).click()
  await until(async () => {
    const states = await product.query<{ state: string }>(
      `select state from reminders where about is not null or date_id is not null`,
    )
    return states.length === 2 && states.every(({ state }) => state === 'sent' || state === 'done')
  }, 'both to be done')
  expect(today.complaints).toEqual([])
  await today.close()

  const later = await openSidebar(browser, product, { userId: 'chenlu' }, { query: '&entry=workbench' })
  await later.app.getByRole('button', { name: /今天做完的/ }).click()
  const done = later.app.getByRole('region', { name: '今天做完的' }).getByRole('listitem')
  expect(await done.allInnerTexts()).toEqual(
    expect.arrayContaining([expect.stringContaining('已发出'), expect.stringContaining('说过了')]),
  )
  await later.close()
}, 120_000)
