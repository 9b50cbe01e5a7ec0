import { createServer, type AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, sentTo, untilSent, type FlowCustomer, type Guide } from './sidebar.ts'

const guide = 'chenlu'
const names = [
  'cancels',
  'isKilled',
  'isKilledLeaving',
  'changesPhone',
  'switches',
  'comesNext',
  'losesNetwork',
  'tapsTwice',
] as const
type Name = (typeof names)[number]
const parts = ['第一句', '第二句', '第三句', '第四句']

let product: Product
let browser: Browser
/** Takes what is sent to it and never answers. */
const silence = createServer(() => undefined)
const people = new Map<Name, FlowCustomer>()
const customer = (name: Name): FlowCustomer => {
  const found = people.get(name)
  if (!found) throw new Error(name)
  return found
}
const open: Guide[] = []
const inChatWith = async (name: Name, options: Parameters<typeof openSidebar>[3] = {}) => {
  const who = { userId: guide, chat: customer(name).externalUserId }
  const sidebar = await openSidebar(browser, product, who, options)
  open.push(sidebar)
  await shown(sidebar, name)
  return sidebar
}
const shown = (sidebar: Guide, name: Name) =>
  sidebar.app.getByRole('heading', { level: 1, name: `客户${name}` }).waitFor()

beforeAll(async () => {
  silence.listen(0, '127.0.0.1')
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => {
      for (const name of names) people.set(name, await makeCustomer(control, guide, `客户${name}`))
    },
  })
  const first = await inChatWith('cancels')
  const written = await first.context.request.post(`${product.url}/api/scripts`, {
    headers: { origin: product.url, 'idempotency-key': 'the-script-of-four-parts' },
    data: {
      title: '四句话',
      occasion: 'daily',
      scope: 'personal',
      parts: parts.map(text => ({ kind: 'text', text })),
    },
  })
  expect(written.status(), await written.text()).toBe(201)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
  silence.close()
})
afterEach(async () => {
  for (const sidebar of open.splice(0)) {
    expect(sidebar.complaints).toEqual([])
    await sidebar.close()
  }
})

/** The row of the script in the list, ready to be tapped. */
async function sendButton(sidebar: Guide) {
  await sidebar.app.getByRole('tab', { name: '话术' }).click()
  await sidebar.app.getByLabel('找话术').fill('四句话')
  return sidebar.app.getByRole('button', { name: /^发送「四句话」/ })
}
const textsTo = async (name: Name) =>
  (await sentTo(product, customer(name))).map(({ body }) =>
    body.msgtype === 'text' ? body.content : body.msgtype,
  )
const sendsTo = (name: Name) =>
  product.query<{ outcome: string | null; states: string[] }>(
    `select s.outcome, array_agg(coalesce(p.outcome, case when p.handed_at is null then 'waiting' else 'leaving' end) order by p.index) as states
     from sends s join send_parts p using (send_id) join customers c using (customer_id)
     where c.external_user_id = $1 group by s.send_id order by s.started_at`,
    [customer(name).externalUserId],
  )
const untilOutcome = (name: Name, states: string[]) =>
  until(async () => {
    const sends = await sendsTo(name)
    return sends.length === 1 && sends[0]?.states.join() === states.join()
  }, `one send whose parts are ${states.join()}`)
const goesOn = (sidebar: Guide, part: number) =>
  sidebar.app.getByRole('button', { name: `从第 ${part} 条接着发` }).first()

/**
 * Holds back what the page would tell the server of the part with this index, from now on. It goes where nobody answers: the
 * browser lets go what is merely held here when its page is closed, and now and then that still reaches the server.
 */
async function holdNotesFrom(sidebar: Guide, next: number): Promise<{ held: () => number }> {
  let held = 0
  const { port } = silence.address() as AddressInfo
  await sidebar.page.route(/\/api\/customers\/[^/]+\/sends\/[^/]+$/, async route => {
    const told = route.request().postDataJSON() as { next?: number }
    if (held === 0 && told.next !== next) return route.continue()
    held++
    return route.continue({ url: `http://127.0.0.1:${port}/` })
  })
  return { held: () => held }
}

describe('a message of four parts', () => {
  it('stops when one is cancelled, and goes on with that one', async () => {
    const sidebar = await inChatWith('cancels', { device: { switches: { latencyMs: 120 } } })
    await (await sendButton(sidebar)).click()
    await untilSent(product, customer('cancels'), 2)
    await sidebar.device({ switches: { send: 'cancel' } })
    await goesOn(sidebar, 3).waitFor()
    await untilOutcome('cancels', ['ok', 'ok', 'cancelled', 'waiting'])
    expect(await textsTo('cancels')).toEqual(parts.slice(0, 2))

    await sidebar.device({ switches: { send: 'ok', latencyMs: 0 } })
    await goesOn(sidebar, 3).click()
    await untilOutcome('cancels', ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo('cancels')).toEqual(parts)
    await sidebar.app.getByRole('tab', { name: '动态' }).click()
    const lines = sidebar.app
      .getByRole('region', { name: '动态' })
      .getByRole('listitem')
      .filter({ hasText: '四句话' })
    await lines.first().waitFor()
    expect(await lines.count()).toBe(1)
  })

  it('resumes with the third after its page was gone, on the same phone', async () => {
    const sidebar = await inChatWith('isKilled')
    const notes = await holdNotesFrom(sidebar, 2)
    await (await sendButton(sidebar)).click()
    await until(async () => notes.held() > 0, 'the page to come to the third part')
    const url = sidebar.page.url()
    await sidebar.page.close()

    const page = await sidebar.context.newPage()
    await page.goto(url)
    const again = { ...sidebar, page, app: page.frameLocator('iframe[title="导购侧边栏"]') }
    await again.app.getByText('还有 2 条没发').first().waitFor()
    expect(await textsTo('isKilled')).toEqual(parts.slice(0, 2))
    await goesOn(again, 3).click()
    await untilOutcome('isKilled', ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo('isKilled')).toEqual(parts)
  })

  it('whose page was gone while a part was leaving asks for a look, and sends nothing twice', async () => {
    const name = 'isKilledLeaving'
    // As far as the phone of the customer: the client has posted it and answers later.
    const sidebar = await inChatWith(name, { isAlone: true, device: { switches: { latencyMs: 1_500 } } })
    await (await sendButton(sidebar)).click()
    await untilSent(product, customer(name), 2)
    const url = sidebar.page.url()
    await sidebar.page.goto('about:blank')
    await sidebar.device({ switches: { latencyMs: 0 } })

    await sidebar.page.goto(url)
    await sidebar.app.getByText('第 2 条不确定发出没有，看看聊天再继续').first().waitFor()
    expect(await textsTo(name)).toEqual(parts.slice(0, 2))
    await sidebar.app.getByRole('button', { name: '有了，接着发第 3 条' }).first().click()
    await untilOutcome(name, ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo(name)).toEqual(parts)
  })

  it('asks for a look into the chat where nobody knows, on another phone', async () => {
    const sidebar = await inChatWith('changesPhone')
    const notes = await holdNotesFrom(sidebar, 2)
    await (await sendButton(sidebar)).click()
    await until(async () => notes.held() > 0, 'the page to come to the third part')
    await sidebar.page.close()

    const other = await inChatWith('changesPhone')
    await other.app.getByText('第 2 条不确定发出没有，看看聊天再继续').first().waitFor()
    expect(await textsTo('changesPhone')).toEqual(parts.slice(0, 2))
    await other.app.getByRole('button', { name: '有了，接着发第 3 条' }).click()
    await untilOutcome('changesPhone', ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo('changesPhone')).toEqual(parts)
  })

  it('P14 lets nothing into the next chat, and waits in its own', async () => {
    const sidebar = await inChatWith('switches', { isAlone: true, device: { switches: { latencyMs: 120 } } })
    await (await sendButton(sidebar)).click()
    await untilSent(product, customer('switches'), 1)
    await sidebar.openChat(customer('comesNext').externalUserId)
    await shown(sidebar, 'comesNext')
    await until(async () => {
      const [send] = await sendsTo('switches')
      return send && send.states[0] === 'ok' && !send.states.includes('leaving')
    }, 'the stop to be told')
    expect(await textsTo('comesNext')).toEqual([])
    const arrived = (await textsTo('switches')).length
    const whatArrived = arrived > 1 ? `前 ${arrived} 条` : '第 1 条'
    const left = `给刚才那位的${whatArrived}到了，剩下 ${parts.length - arrived} 条没有发`
    await sidebar.app.getByText(left).waitFor()

    await sidebar.device({ switches: { latencyMs: 0 } })
    await sidebar.openChat(customer('switches').externalUserId)
    await sidebar.page.evaluate(() => dispatchEvent(new Event('focus')))
    await goesOn(sidebar, arrived + 1).waitFor()
    expect(await sidebar.app.getByText('聊天换人了').count()).toBe(0)
    await goesOn(sidebar, arrived + 1).click()
    await untilOutcome('switches', ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo('switches')).toEqual(parts)
  })

  it('P18 sends nothing that could not be noted, and goes on when the network is back', async () => {
    const sidebar = await inChatWith('losesNetwork', { device: { switches: { latencyMs: 120 } } })
    await (await sendButton(sidebar)).click()
    await untilSent(product, customer('losesNetwork'), 2)
    const api = /\/api\//
    await sidebar.page.route(api, route => route.abort())
    await sidebar.app.getByText('网络没有通，前 2 条已送到，后面的还没有发').first().waitFor()
    expect(await textsTo('losesNetwork')).toEqual(parts.slice(0, 2))
    await sidebar.page.unroute(api)
    await goesOn(sidebar, 3).click()
    await untilOutcome('losesNetwork', ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo('losesNetwork')).toEqual(parts)
  })

  it('goes out once however often it is tapped', async () => {
    const sidebar = await inChatWith('tapsTwice', { device: { switches: { latencyMs: 60 } } })
    const send = await sendButton(sidebar)
    await send.evaluate((button: HTMLElement) => {
      button.click()
      button.click()
      button.click()
    })
    await untilOutcome('tapsTwice', ['ok', 'ok', 'ok', 'ok'])
    expect(await textsTo('tapsTwice')).toEqual(parts)
  })
})
