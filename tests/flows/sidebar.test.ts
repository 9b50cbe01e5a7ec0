import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import {
  makeCustomer,
  openSidebar,
  sentTo,
  tagsAtWecom,
  untilSent,
  type FlowCustomer,
  type Guide,
} from './sidebar.ts'

const guide = 'chenlu'
const names = [
  'opens', 'tags', 'removesTag', 'refusedTag', 'family', 'sends', 'cancels', 'denied', 'doubleTap', 
  'coupon', 'couponCancel', 'switchFrom', 'switchTo', 'slowFrom', 'slowTo', 'sameFrom', 'sameTo', 'profile', 'next', 'putOff', 'unsigned', 'narrow', 'outage',
] as const // prettier-ignore
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
const inChatWith = async (name: Name, options: Parameters<typeof openSidebar>[3] = {}) => {
  const sidebar = await openSidebar(
    browser,
    product,
    { userId: guide, chat: customer(name).externalUserId },
    options,
  )
  open.push(sidebar)
  return sidebar
}
const shown = (sidebar: Guide, name: Name) =>
  sidebar.app.getByRole('heading', { level: 1, name: `客户${name}` }).waitFor()

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => {
      for (const name of names) people.set(name, await makeCustomer(control, guide, `客户${name}`))
    },
  })
  await seedCoupon()
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

/** One running offer; what a manager will one day do in the app. */
async function seedCoupon() {
  await product.query(
    `with template as (
       insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, threshold_fen, valid_days_after_claim, stock,
                                     created_at, changed_at)
       select gen_random_uuid(), corp_id, '足金饰品券', 'amountOff', 20000, 300000, 30, 50, now(), now() from corps
       returning template_id, stock)
     insert into coupon_pools (template_id, pool, stock, is_open) select template_id, 0, stock, true from template`,
  )
}
const liveCoupons = async (who: FlowCustomer) =>
  product.query<{ state: string }>(
    `select state from coupons join customers using (customer_id) where external_user_id = $1 order by reserved_at`,
    [who.externalUserId],
  )
const sendsOf = async (who: FlowCustomer) =>
  product.query<{ title: string; outcome: string | null }>(
    `select title, outcome from sends join customers using (customer_id) where external_user_id = $1 order by started_at`,
    [who.externalUserId],
  )
const outcomeOf = (who: FlowCustomer, outcome: string) =>
  until(
    async () => (await sendsOf(who)).some(send => send.outcome === outcome),
    `a send that ended ${outcome}`,
  )

describe('opening', () => {
  it('shows who this is, with one api step and no call to WeCom', async () => {
    await product.control('DELETE', '/calls')
    const sidebar = await inChatWith('opens')
    await shown(sidebar, 'opens')
    const apiSteps = sidebar.requests.filter(request => request.includes(' /api/'))
    expect(apiSteps).toEqual([`GET /api/customers/${customer('opens').externalUserId}/card`])
    const calls = await product.control<{ api: string }[]>('GET', '/calls')
    // Login asks WeCom who came; the card itself asks nothing.
    expect(calls.map(call => call.api).filter(api => !/getuserinfo|gettoken|ticket/.test(api))).toEqual([])
  })

  it('leaves neither code nor state in the address after login', async () => {
    const sidebar = await inChatWith('opens')
    await shown(sidebar, 'opens')
    const address = await sidebar.page.frames()[1]?.evaluate(() => location.href)
    expect(address).toBe(`${product.url}/sidebar/#/`)
  })

  it('says where to open it when the entry shows no customer', async () => {
    const sidebar = await openSidebar(browser, product, { userId: guide }, { query: '&entry=workbench' })
    open.push(sidebar)
    await sidebar.app.getByRole('heading', { name: '今日' }).waitFor()
    await sidebar.page.frames()[1]?.evaluate(() => (location.hash = '#/'))
    await sidebar.app.getByText('在客户的聊天里打开我').waitFor()
  })

  it('says so when the client never answers, and finds its way after a retry', async () => {
    const sidebar = await inChatWith('opens', { device: { switches: { contact: 'silent' } } })
    await sidebar.app.getByText('企业微信没有回应').waitFor({ timeout: 20_000 })
    await sidebar.device({ switches: { contact: 'ok' } })
    await sidebar.app.getByRole('button', { name: '再取一次' }).click()
    await shown(sidebar, 'opens')
  })

  it('refuses a customer somebody else follows exactly as an unknown one', async () => {
    const foreign = await product.query<{ external_user_id: string }>(
      `select external_user_id from customers c where not exists (
         select 1 from follows f join staff s using (staff_id) where f.customer_id = c.customer_id and s.user_id = $1) limit 1`,
      [guide],
    )
    const sidebar = await inChatWith('opens')
    await shown(sidebar, 'opens')
    const answers = await sidebar.page.frames()[1]?.evaluate(
      async ids => {
        const read = async (id: string) => {
          const response = await fetch(`/api/customers/${id}/card`)
          const { requestId: _, ...problem } = (await response.json()) as Record<string, unknown>
          return { status: response.status, problem }
        }
        return Promise.all(ids.map(read))
      },
      [foreign[0]?.external_user_id ?? '', 'wmNOBODYNOBODYNOBODY'],
    )
    expect(answers?.[0]?.status).toBe(404)
    expect(answers?.[0]).toEqual(answers?.[1])
  })

  it('sends a browser without session through login, and refuses its api calls', async () => {
    const answer = await fetch(`${product.serverUrl}/sidebar/`, { redirect: 'manual' })
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toMatch(/^\/auth\/login/)
    const card = await fetch(`${product.serverUrl}/api/customers/${customer('opens').externalUserId}/card`)
    expect(card.status).toBe(401)
    expect(card.headers.get('content-type')).toContain('application/problem+json')
  })
})

describe('tags', () => {
  it('adds from the picker by initials, here at once and at WeCom after', async () => {
    const sidebar = await inChatWith('tags')
    await shown(sidebar, 'tags')
    await sidebar.app.getByRole('button', { name: '更多标签' }).click()
    await sidebar.app.getByLabel('找标签').fill('kzdz')
    await sidebar.app.getByRole('button', { name: '刻字定制', exact: true }).click()
    await sidebar.app.getByRole('button', { name: '关闭' }).click()
    await sidebar.app.getByRole('button', { name: '去掉标签 刻字定制' }).waitFor()
    await until(
      async () => (await tagsAtWecom(product, customer('tags'))).includes('刻字定制'),
      'the tag at WeCom',
    )
  })

  it('removes with one tap and takes it back', async () => {
    const [tag] = await product.query<{ tag_id: number; wecom_id: string }>(
      `select tag_id, wecom_id from tags where name = '足金' limit 1`,
    )
    await product.control('PATCH', `/follows/${guide}/${customer('removesTag').externalUserId}`, {
      tagIds: [tag?.wecom_id],
    })
    await product.query(
      `update follows set tag_ids = array[$2::int] where customer_id = (select customer_id from customers where external_user_id = $1)`,
      [customer('removesTag').externalUserId, tag?.tag_id],
    )
    const sidebar = await inChatWith('removesTag')
    await sidebar.app.getByRole('button', { name: '去掉标签 足金' }).click()
    await until(
      async () => (await tagsAtWecom(product, customer('removesTag'))).length === 0,
      'the tag gone at WeCom',
    )
    await sidebar.app.getByRole('button', { name: '撤销' }).click()
    await sidebar.app.getByRole('button', { name: '去掉标签 足金' }).waitFor()
    await until(
      async () => (await tagsAtWecom(product, customer('removesTag'))).includes('足金'),
      'the tag back at WeCom',
    )
  })

  it('undoes what WeCom refuses and says so', async () => {
    const sidebar = await inChatWith('refusedTag')
    await shown(sidebar, 'refusedTag')
    await product.control('PATCH', `/follows/${guide}/${customer('refusedTag').externalUserId}`, {
      status: 'removed',
    })
    await sidebar.app.getByRole('button', { name: '更多标签' }).click()
    await sidebar.app.getByLabel('找标签').fill('足金')
    await sidebar.app.getByRole('button', { name: '足金', exact: true }).click()
    await until(
      async () => (await product.query('select 1 from tag_changes where state = $1', ['refused'])).length > 0,
      'the refusal',
    )
    await sidebar.page.reload()
    await sidebar.app.getByText('企业微信没收下「足金」').waitFor()
    expect(await sidebar.app.getByRole('button', { name: '去掉标签 足金' }).count()).toBe(0)
  })
})

/** A mother's solar birthday so many days ahead (in Shanghai), noted in the sheet; answers with the next step's card. */
async function noteMothersBirthday(sidebar: Guide, days: number) {
  const day = new Date(Date.now() + days * 86_400_000 + 8 * 3_600_000)
    .toISOString()
    .slice(5, 10)
    .replace('-', '.')
  await sidebar.app.getByRole('button', { name: '加家人的日子' }).click()
  await sidebar.app.getByRole('button', { name: '妈妈', exact: true }).click()
  await sidebar.app.getByRole('button', { name: '公历' }).click()
  await sidebar.app.getByLabel('几月几日').fill(day)
  await sidebar.app.getByRole('button', { name: '保存', exact: true }).click()
  return sidebar.app.getByRole('region', { name: '下一步' })
}

describe('family and dates', () => {
  it("notes a mother's lunar birthday in three taps and shows it before saving", async () => {
    const sidebar = await inChatWith('family')
    await shown(sidebar, 'family')
    await sidebar.app.getByRole('button', { name: '加家人的日子' }).click()
    await sidebar.app.getByRole('button', { name: '妈妈', exact: true }).click()
    await sidebar.app.getByLabel('几月几日').fill('八月十五')
    await sidebar.app.getByText('农历八月十五').waitFor()
    await sidebar.app.getByRole('button', { name: '保存', exact: true }).click()
    await sidebar.app.getByRole('region', { name: '家人和日子' }).getByText('妈妈').waitFor()
    const rows = await product.query<{ calendar: string; month: number; day: number; relation: string }>(
      `select calendar, month, day, relation from important_dates join people using (person_id)
       join customers c on c.customer_id = important_dates.customer_id where external_user_id = $1`,
      [customer('family').externalUserId],
    )
    expect(rows).toEqual([{ calendar: 'lunar', month: 8, day: 15, relation: 'mother' }])
  })

  it('makes a date that is near the next step, and one tap sends its words', async () => {
    const sidebar = await inChatWith('next')
    await shown(sidebar, 'next')
    const step = await noteMothersBirthday(sidebar, 5)
    await step.getByText('还有 5 天').first().waitFor()
    await step.getByRole('button', { name: /^发给/ }).click()
    const [message] = await untilSent(product, customer('next'), 1)
    expect(message?.body.msgtype).toBe('text')
    expect(JSON.stringify(message?.body)).not.toContain('{称')
    await outcomeOf(customer('next'), 'ok')
    await until(
      async () =>
        (
          await product.query(
            `select 1 from reminders join customers using (customer_id) where state = 'sent' and external_user_id = $1`,
            [customer('next').externalUserId],
          )
        ).length === 1,
      'the reminder to be sent',
    )
  })
})

describe('putting off', () => {
  it('offers other words, waits until tomorrow, comes back by undo, and is skipped with a reason', async () => {
    const sidebar = await inChatWith('putOff')
    await shown(sidebar, 'putOff')
    const step = await noteMothersBirthday(sidebar, 5)
    const words = step.locator('.next__message')
    const before = await words.innerText()
    await step.getByRole('button', { name: '换一条' }).click()
    await until(async () => (await words.innerText()) !== before, 'other words')

    const stateIs = (state: string) =>
      until(
        async () =>
          (
            await product.query(
              `select 1 from reminders join customers using (customer_id) where state = $2 and external_user_id = $1`,
              [customer('putOff').externalUserId, state],
            )
          ).length === 1,
        `the reminder to be ${state}`,
      )
    await step.getByRole('button', { name: '明天提醒' }).click()
    await stateIs('snoozed')
    // The toast of the noted day gives way to this one.
    await sidebar.app.locator('.toast:not(.toast-leave-active)').getByRole('button', { name: '撤销' }).click()
    await stateIs('pending')
    await step.getByRole('button', { name: '跳过' }).click()
    await sidebar.app.getByRole('button', { name: '这阵子不合适' }).click()
    await stateIs('skipped')
    expect(await sentTo(product, customer('putOff'))).toEqual([])
  })
})

describe('when something is missing', () => {
  it('signs in again by itself when the session has ended, and opens the same customer', async () => {
    const sidebar = await inChatWith('unsigned')
    await shown(sidebar, 'unsigned')
    await sidebar.context.clearCookies({ name: 'guidebar' })
    await sidebar.app.getByRole('tab', { name: '话术' }).click()
    await until(
      async () => sidebar.requests.filter(request => request.startsWith('GET /auth/callback')).length >= 2,
      'a second login',
    )
    await shown(sidebar, 'unsigned')
  })

  it('says what is safe when the server cannot answer, and loads on a second try', async () => {
    const path = `**/${customer('outage').externalUserId}/card`
    const sidebar = await openSidebar(browser, product, {
      userId: guide,
      chat: customer('opens').externalUserId,
    })
    open.push(sidebar)
    await shown(sidebar, 'opens')
    await sidebar.page.route(path, route =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        headers: { 'retry-after': '2' },
        body: JSON.stringify({
          type: 'urn:guidebar:problem:database_unavailable',
          title: '数据暂时取不到，马上就好',
          status: 503,
          code: 'database_unavailable',
          requestId: 'test-request',
        }),
      }),
    )
    await sidebar.openChat(customer('outage').externalUserId)
    const again = sidebar.app.getByRole('button', { name: '再取一次' })
    await again.waitFor()
    await sidebar.page.unroute(path)
    await again.click()
    await shown(sidebar, 'outage')
  })

  it('stays within 300 px at 125 % text, without sideways scroll', async () => {
    const sidebar = await inChatWith('narrow', { width: 300 })
    await shown(sidebar, 'narrow')
    const frame = sidebar.page.frames()[1]
    await frame?.evaluate(() => (document.documentElement.style.fontSize = '20px'))
    for (const tab of ['话术', '优惠券', '档案', '动态']) {
      await sidebar.app.getByRole('tab', { name: tab }).click()
      await sidebar.app.getByRole('tabpanel').waitFor()
      const overflow = await frame?.evaluate(() => {
        const wide = document.querySelector('.customer__scroller')
        return wide ? wide.scrollWidth - wide.clientWidth : Number.NaN
      })
      expect(overflow, tab).toBe(0)
    }
  })
})

describe('sending a script', () => {
  const openScripts = async (name: Name, options: Parameters<typeof openSidebar>[3] = {}) => {
    const sidebar = await inChatWith(name, options)
    await shown(sidebar, name)
    await sidebar.app.getByRole('tab', { name: '话术' }).click()
    await sidebar.app.getByLabel('找话术').fill('营业')
    return { sidebar, send: sidebar.app.getByRole('button', { name: /^发送「/ }).first() }
  }

  it('arrives on the customer’s phone and stands in the timeline', async () => {
    const { sidebar, send } = await openScripts('sends')
    await send.click()
    const [message] = await untilSent(product, customer('sends'), 1)
    expect(message?.from).toEqual({ kind: 'member', id: guide })
    await outcomeOf(customer('sends'), 'ok')
    await sidebar.app.getByRole('tab', { name: '动态' }).click()
    await sidebar.app.getByRole('region', { name: '动态' }).getByText('营业').first().waitFor()
  })

  it('records a cancel as cancelled and claims nothing', async () => {
    const { sidebar, send } = await openScripts('cancels', { device: { switches: { send: 'cancel' } } })
    await send.click()
    await sidebar.app.getByText('你取消了，没有发出').waitFor()
    await outcomeOf(customer('cancels'), 'cancelled')
    expect(await sentTo(product, customer('cancels'))).toEqual([])
  })

  it('records a refusal of the client as failed', async () => {
    const { send } = await openScripts('denied', { device: { switches: { send: 'deny' } } })
    await send.click()
    await outcomeOf(customer('denied'), 'failed')
    expect(await sentTo(product, customer('denied'))).toEqual([])
  })

  it('sends once however often it is tapped', async () => {
    const { send } = await openScripts('doubleTap', { device: { switches: { latencyMs: 150 } } })
    await send.evaluate((button: HTMLElement) => {
      button.click()
      button.click()
      button.click()
    })
    await outcomeOf(customer('doubleTap'), 'ok')
    expect(await sentTo(product, customer('doubleTap'))).toHaveLength(1)
    expect(await sendsOf(customer('doubleTap'))).toHaveLength(1)
  })
})

describe('coupons', () => {
  const openCoupons = async (name: Name, options: Parameters<typeof openSidebar>[3] = {}) => {
    const sidebar = await inChatWith(name, options)
    await shown(sidebar, name)
    await sidebar.app.getByRole('tab', { name: '优惠券' }).click()
    return { sidebar, send: sidebar.app.getByRole('button', { name: /^发送足金饰品券/ }) }
  }

  it('goes out as a link card whose page shows the coupon and lets her claim it', async () => {
    const { send } = await openCoupons('coupon')
    await send.click()
    const [message] = await untilSent(product, customer('coupon'), 1)
    const body = message?.body
    if (body?.msgtype !== 'news') throw new Error('not a link card')
    await until(
      async () => (await liveCoupons(customer('coupon')))[0]?.state === 'issued',
      'the coupon to be issued',
    )

    const phone = await browser.newContext({ viewport: { width: 360, height: 640 } })
    try {
      const page = await phone.newPage()
      await page.goto(body.link)
      await page.getByText('¥200').first().waitFor()
      expect((await liveCoupons(customer('coupon')))[0]?.state).toBe('issued')
      await page.getByRole('button', { name: '领取' }).click()
      await page.getByText('已领取').first().waitFor()
      expect((await liveCoupons(customer('coupon')))[0]?.state).toBe('claimed')
    } finally {
      await phone.close()
    }
  })

  it('gives the piece back when the guide cancels', async () => {
    const { sidebar, send } = await openCoupons('couponCancel', { device: { switches: { send: 'cancel' } } })
    await send.click()
    await sidebar.app.getByText('你取消了，券退回了').waitFor()
    await until(
      async () => (await liveCoupons(customer('couponCancel')))[0]?.state === 'released',
      'the piece to be back in stock',
    )
    expect(await sentTo(product, customer('couponCancel'))).toEqual([])
  })
})

describe('never to the wrong person', () => {
  it('sends nothing when the chat changed unnoticed, and follows the new chat', async () => {
    const sidebar = await inChatWith('sameFrom', { isAlone: true })
    await shown(sidebar, 'sameFrom')
    await sidebar.app.getByRole('tab', { name: '话术' }).click()
    await sidebar.app.getByLabel('找话术').fill('营业')
    const send = sidebar.app.getByRole('button', { name: /^发送「/ }).first()
    await send.waitFor()
    // The chat changes without the page being told: the client's answer is the only truth.
    await sidebar.openChat(customer('sameTo').externalUserId)
    await send.click()
    await shown(sidebar, 'sameTo')
    await sidebar.app.getByText('聊天换人了').waitFor()
    expect(await sentTo(product, customer('sameFrom'))).toEqual([])
    expect(await sentTo(product, customer('sameTo'))).toEqual([])
  })

  it('stops a message when the chat changes while the request is under way', async () => {
    const sidebar = await inChatWith('slowFrom', { device: { onChatSwitch: 'samePage' } })
    await shown(sidebar, 'slowFrom')
    await sidebar.app.getByRole('tab', { name: '话术' }).click()
    await sidebar.app.getByLabel('找话术').fill('营业')
    let release = () => {}
    const held = new Promise<void>(resolve => (release = resolve))
    let begun = () => {}
    const underWay = new Promise<void>(resolve => (begun = resolve))
    await sidebar.page.route('**/sends', async route => {
      begun()
      await held
      await route.continue()
    })
    await sidebar.app
      .getByRole('button', { name: /^发送「/ })
      .first()
      .click()
    await underWay
    await sidebar.openChat(customer('slowTo').externalUserId)
    await sidebar.page.frames()[1]?.evaluate(() => dispatchEvent(new Event('focus')))
    await shown(sidebar, 'slowTo')
    release()
    await outcomeOf(customer('slowFrom'), 'failed')
    expect(await sentTo(product, customer('slowFrom'))).toEqual([])
    expect(await sentTo(product, customer('slowTo'))).toEqual([])
  })

  it('does not leave the former customer standing while the client is slow to say who is in view', async () => {
    const sidebar = await inChatWith('switchFrom', { device: { onChatSwitch: 'samePage' } })
    await shown(sidebar, 'switchFrom')
    await sidebar.device({ switches: { latencyMs: 2_000 } })
    await sidebar.openChat(customer('switchTo').externalUserId)
    await sidebar.app
      .getByRole('heading', { level: 1, name: '客户switchFrom' })
      .waitFor({ state: 'hidden', timeout: 1_900 })
    await shown(sidebar, 'switchTo')
  })

  it('never paints a late answer of the former customer', async () => {
    const sidebar = await inChatWith('switchFrom', { device: { onChatSwitch: 'samePage' } })
    await shown(sidebar, 'switchFrom')
    let release = () => {}
    const held = new Promise<void>(resolve => (release = resolve))
    await sidebar.page.route(`**/${customer('switchFrom').externalUserId}/card`, async route => {
      await held
      await route.continue()
    })
    const frame = sidebar.page.frames()[1]
    await frame?.evaluate(() => dispatchEvent(new Event('focus')))
    await sidebar.openChat(customer('switchTo').externalUserId)
    await frame?.evaluate(() => dispatchEvent(new Event('focus')))
    await shown(sidebar, 'switchTo')
    release()
    await sidebar.app.getByRole('tab', { name: '动态' }).click()
    await sidebar.app.getByRole('region', { name: '动态' }).waitFor()
    expect(await sidebar.app.getByRole('heading', { level: 1 }).innerText()).toBe('客户switchTo')
  })
})

describe('workbench and group', () => {
  it('finds my customers by pinyin and opens the chat', async () => {
    const sidebar = await openSidebar(browser, product, { userId: guide }, { query: '&entry=workbench' })
    open.push(sidebar)
    await sidebar.app.getByRole('link', { name: '客户' }).click()
    await sidebar.app.getByLabel('找客户').fill('zhangmin')
    await sidebar.app.getByRole('button', { name: /张敏/ }).first().click()
    await sidebar.app.getByRole('heading', { level: 1, name: /张敏/ }).waitFor()
  })

  it('shows which members of a group are my customers', async () => {
    const groups = await product.query<{ chat_id: string; name: string }>(
      `select g.chat_id, g.name from group_chats g join group_members m using (group_chat_id) where m.member_id = $1 limit 1`,
      [guide],
    )
    const sidebar = await openSidebar(browser, product, { userId: guide, chat: groups[0]?.chat_id ?? '' })
    open.push(sidebar)
    await sidebar.app.getByRole('heading', { name: groups[0]?.name ?? '' }).waitFor()
    await sidebar.app.getByRole('list', { name: '群里我的客户' }).getByRole('listitem').first().waitFor()
  })
})

describe('the profile', () => {
  it('saves a fact where it stands', async () => {
    const sidebar = await inChatWith('profile')
    await shown(sidebar, 'profile')
    await sidebar.app.getByRole('tab', { name: '档案' }).click()
    await sidebar.app.getByRole('button', { name: '改称呼' }).click()
    await sidebar.app.getByLabel('称呼', { exact: true }).fill('小雨姐')
    await sidebar.app.getByLabel('称呼', { exact: true }).press('Enter')
    await sidebar.app.getByRole('heading', { level: 1, name: '小雨姐' }).waitFor()
    await until(
      async () =>
        (await product.query('select 1 from customers where salutation = $1', ['小雨姐'])).length === 1,
      'the salutation to be saved',
    )
  })
})
