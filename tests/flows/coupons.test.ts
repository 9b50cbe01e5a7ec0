import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { until, type Product } from '../support/startProduct.ts'
import { startProductAt } from './clockedProduct.ts'
import { runJob } from './jobs.ts'
import { makeCustomer, openSidebar, sentTo, untilSent, type FlowCustomer, type Guide } from './sidebar.ts'

const guide = 'chenlu'
const names = ['gives', 'cancels', 'silent', 'birthday', 'narrow'] as const
type Name = (typeof names)[number]
/** A fortnight before the day of the birthday. */
const NOW = '2026-11-21T10:20:00+08:00'
const SHOTS = process.env['COUPON_SHOTS']

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
  await sidebar.app.getByRole('heading', { level: 1, name: `客户${name}` }).waitFor()
  return sidebar
}
const shot = async (sidebar: Guide, name: string) => {
  if (SHOTS) await sidebar.page.screenshot({ path: `${SHOTS}/${name}.png` })
}

/** An offer of the shop, running. */
async function template(name: string, given: { occasions?: string[]; stock?: number } = {}): Promise<string> {
  const templateId = randomUUID()
  await product.query(
    `with template as (
       insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, threshold_fen, valid_days_after_claim, stock,
                                     per_person, occasions, created_at, changed_at)
       select $1, corp_id, $2, 'amountOff', 20000, 300000, 10, $3, 1, $4, now(), now() from corps
       returning template_id, stock)
     insert into coupon_pools (template_id, pool, stock, is_open) select template_id, 0, stock, true from template`,
    [templateId, name, given.stock ?? 50, given.occasions ?? []],
  )
  return templateId
}
const live = async (templateId: string) =>
  (
    await product.query<{ live: number }>(
      'select sum(live)::int as live from coupon_pools where template_id = $1',
      [templateId],
    )
  )[0]?.live

let gold: string
beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProductAt(NOW, async control => {
    for (const name of names) people.set(name, await makeCustomer(control, guide, `客户${name}`))
  })
  const first = await openSidebar(browser, product, { userId: guide, chat: customer('gives').externalUserId })
  await first.app.getByRole('heading', { level: 1, name: '客户gives' }).waitFor()
  await first.close()
  gold = await template('足金饰品券')
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})
afterEach(async () => {
  for (const sidebar of open.splice(0)) await sidebar.close()
})

describe('in a chat', () => {
  it('two taps: the card is in the chat; her card says 已发, after her claim 已领', async () => {
    const before = await live(gold)
    const sidebar = await inChatWith('gives')
    await sidebar.app.getByRole('tab', { name: '优惠券' }).click()
    await sidebar.app.getByRole('button', { name: '发送足金饰品券给客户gives' }).click()
    const [message] = await untilSent(product, customer('gives'), 1)
    await sidebar.app.getByText('足金饰品券已发').waitFor()
    await sidebar.app.getByText('等她领取').waitFor()
    await sidebar.app.getByText('每人限 1 张').waitFor()
    expect(await live(gold)).toBe((before ?? 0) + 1)

    const link = /http[^"\\]+\/c\/[\w-]+/.exec(JSON.stringify(message))?.[0] ?? ''
    const phone = await browser.newContext({ viewport: { width: 360, height: 640 } })
    const page = await phone.newPage()
    await page.goto(link)
    await page.getByRole('button', { name: '领取' }).click()
    await page.getByRole('img', { name: '核销二维码，给店员扫' }).waitFor()
    await phone.close()
    const again = await inChatWith('gives')
    await again.app.getByText('足金饰品券还有 10 天到期').waitFor()
    await again.app.getByRole('tab', { name: '优惠券' }).click()
    await again.app.getByText('已领取').waitFor()
    await shot(again, 'held')
    expect(sidebar.complaints).toEqual([])
  })

  it('P10 a cancelled send leaves no trace in stock', async () => {
    const before = await live(gold)
    const sidebar = await inChatWith('cancels', { device: { switches: { send: 'cancel' } } })
    await sidebar.app.getByRole('tab', { name: '优惠券' }).click()
    await sidebar.app.getByRole('button', { name: '发送足金饰品券给客户cancels' }).click()
    await sidebar.app.getByText('你取消了，券退回了').waitFor()
    await until(async () => (await live(gold)) === before, 'the piece to be back')
    expect(await sentTo(product, customer('cancels'))).toEqual([])
  })

  it('P10 a client that never answers: it says so, and the deadline gives the piece back', async () => {
    const before = (await live(gold)) ?? 0
    const sidebar = await inChatWith('silent', { device: { switches: { send: 'silent' } } })
    await sidebar.app.getByRole('tab', { name: '优惠券' }).click()
    await sidebar.app.getByRole('button', { name: '发送足金饰品券给客户silent' }).click()
    await sidebar.app.getByText('10 分钟后自动退回').waitFor({ timeout: 60_000 })
    expect(await live(gold)).toBe(before + 1)
    await product.query(
      `update coupons set deadline = deadline - interval '11 minutes' where state = 'reserved'`,
    )
    await runJob(product, 'coupons.sweep')
    await until(async () => (await live(gold)) === before, 'the piece to be back')
  }, 90_000)
})

describe('on a reminder', () => {
  it('one tap sends the words and the coupon as one message', async () => {
    const birthday = await template('生日礼券', { occasions: ['birthday'] })
    const opened = await inChatWith('birthday')
    const noted = await opened.context.request.post(
      `${product.url}/api/customers/${customer('birthday').externalUserId}/dates`,
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
    const sidebar = await inChatWith('birthday')
    await sidebar.app.getByText('带一张「生日礼券」').waitFor()
    await shot(sidebar, 'reminder')
    const narrow = await inChatWith('birthday', { width: 300, device: { theme: 'dark' } })
    await narrow.app.getByText('带一张「生日礼券」').waitFor()
    await shot(narrow, 'reminder-300-dark')
    await narrow.close()
    await sidebar.app.getByRole('button', { name: /^发给/ }).click()
    const sent = await untilSent(product, customer('birthday'), 2)
    expect(JSON.stringify(sent.at(-1))).toContain('/c/')
    await until(
      async () =>
        (
          await product.query<{ state: string; outcome: string; parts: number }>(
            `select r.state, s.outcome, (select count(*)::int from send_parts p where p.send_id = s.send_id) as parts
             from sends s join reminders r using (reminder_id) join coupons c on c.coupon_id = s.coupon_id
             where c.template_id = $1 and c.state = 'issued'`,
            [birthday],
          )
        ).some(one => one.state === 'sent' && one.outcome === 'ok' && one.parts === sent.length),
      'one send of words and card, and its reminder done',
    )
    expect(await live(birthday)).toBe(1)
    await product.query(`update coupon_templates set state = 'stopped' where template_id = $1`, [birthday])
    await product.query('update coupon_pools set is_open = false where template_id = $1', [birthday])
  })
})

describe('in a group', () => {
  it('a link with as many pieces as were chosen, and how many were taken', async () => {
    const [group] = await product.query<{ chat_id: string; name: string }>(
      `select g.chat_id, g.name from group_chats g join group_members m using (group_chat_id) where m.member_id = $1 limit 1`,
      [guide],
    )
    if (!group) throw new Error('she is in no group')
    const before = (await live(gold)) ?? 0
    const sidebar = await openSidebar(browser, product, { userId: guide, chat: group.chat_id })
    open.push(sidebar)
    await sidebar.app.getByRole('heading', { name: group.name }).waitFor()
    await sidebar.app.getByRole('tab', { name: '优惠券' }).click()
    const count = sidebar.app.getByRole('textbox', { name: '足金饰品券发几张' })
    await count.fill('3')
    await count.press('Enter')
    await shot(sidebar, 'group')
    await sidebar.app.getByRole('button', { name: /^发送 3 张足金饰品券到群里/ }).click()
    await sidebar.app.getByText('已领 0 / 3').waitFor()
    expect(await live(gold)).toBe(before + 3)
    await shot(sidebar, 'group-sent')
    expect(sidebar.complaints).toEqual([])
  })
})

describe('on the narrowest screen', () => {
  /** Parts in which something does not fit, at the given size of text. */
  const cutIn = (sidebar: Guide, parts: string, size: string) =>
    sidebar.app.locator('body').evaluate(
      (element, asked) => {
        const root = element.ownerDocument.documentElement
        root.style.fontSize = asked.size
        return [root, ...element.querySelectorAll(asked.parts)]
          .filter(part => part.scrollWidth > part.clientWidth + 1)
          .map(part => part.className || part.tagName)
      },
      { parts, size },
    )

  it.each([
    [300, 'light'],
    [360, 'dark'],
  ] as const)('%i px, %s: nothing is cut, also in large text', async (width, theme) => {
    const sidebar = await inChatWith('narrow', { width, device: { theme } })
    await sidebar.app.getByRole('tab', { name: '优惠券' }).click()
    await sidebar.app.getByRole('button', { name: '发送足金饰品券给客户narrow' }).waitFor()
    const [group] = await product.query<{ chat_id: string }>(
      `select g.chat_id from group_chats g join group_members m using (group_chat_id) where m.member_id = $1 limit 1`,
      [guide],
    )
    const who = { userId: guide, ...(group ? { chat: group.chat_id } : {}) }
    const inGroup = await openSidebar(browser, product, who, { width, device: { theme } })
    open.push(inGroup)
    await inGroup.app.getByRole('tab', { name: '优惠券' }).click()
    await inGroup.app.getByRole('textbox', { name: '足金饰品券发几张' }).waitFor()
    for (const size of ['100%', '125%']) {
      expect(await cutIn(sidebar, '.coupons, .ticket__face > *, .ticket__body', size)).toEqual([])
      expect(await cutIn(inGroup, '.shares, .ticket__face > *, .ticket__body, .shares__count', size)).toEqual(
        [],
      )
      await shot(sidebar, `tab-${width}-${theme}-${size.slice(0, 3)}`)
      await shot(inGroup, `group-${width}-${theme}-${size.slice(0, 3)}`)
    }
  })
})
