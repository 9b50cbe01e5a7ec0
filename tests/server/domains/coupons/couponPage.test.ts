import { brotliCompressSync, brotliDecompressSync, inflateSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { couponIcon } from '../../../../server/domains/coupons/couponIcon.ts'
import { couponCodeText } from '../../../../shared/rules/couponCode.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
import { openCouponPages, type CouponPages } from './couponPages.ts'

let test: TestDb
let world: GuideWorld
let app: CouponPages['app']

beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  app = openCouponPages(world).app
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

async function reserved(given: { validUntil?: string | null; stock?: number } = {}) {
  const shop = await world.shop()
  const { templateId } = await world.make.couponTemplate(shop.corp, given)
  await world.rows(sql`update coupon_templates set terms = '每人一张<b>' where template_id = ${templateId}`)
  const request = { templateId, externalUserId: shop.customer.externalUserId, reminderId: null }
  const reservation = await world.coupons.reserve(shop.guide, request, intentOf('reserveCoupon', request))
  const path = new URL(reservation.card.link).pathname
  return { ...shop, ...reservation, templateId, path }
}
const confirm = (given: Awaited<ReturnType<typeof reserved>>) =>
  world.coupons.confirm(given.guide, given.couponId, intentOf('confirmCoupon'))
const open = async (path: string) => (await app.request(path)).text()
const claim = (path: string, headers: Record<string, string> = { origin: PUBLIC_URL }) =>
  app.request(path, { method: 'POST', headers })
const stateOf = async (couponId: string) =>
  (await world.rows(sql<{ state: string }>`select state from coupons where coupon_id = ${couponId}`))[0]
    ?.state

describe('the customer’s page of a coupon', () => {
  it('offers to claim, names giver and shop, and nothing of the customer', async () => {
    const given = await reserved()
    await confirm(given)
    const page = await open(given.path)
    expect(page).toContain('<form method="post"')
    expect(page).toContain('¥200')
    expect(page).toContain('足金饰品券')
    expect(page).toContain('满 3000 可用')
    expect(page).toContain(`${given.guide.name}送给您的`)
    expect(page).toContain('国贸店')
    expect(page).toContain('至12月31日 星期四，当天可用')
    expect(page).toContain('等您领取')
    for (const personal of [given.customer.name, given.customer.externalUserId, given.guide.userId])
      expect(page).not.toContain(personal)
  })

  it('escapes what the shop wrote', async () => {
    const { path } = await reserved()
    const page = await open(path)
    expect(page).toContain('每人一张&lt;b&gt;')
  })

  it('P6 is remembered by nobody: no-store, noindex, no referrer, only our own script', async () => {
    const { path } = await reserved()
    const answer = await app.request(path)
    const page = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-robots-tag')).toContain('noindex')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    const policy = answer.headers.get('content-security-policy') ?? ''
    const nonce = /style-src 'nonce-([\w-]+)'/.exec(policy)?.[1]
    expect(policy).toContain("default-src 'none'")
    expect(page).toContain(`<style nonce="${nonce}">`)
    expect(policy).toContain(`script-src 'nonce-${nonce}'`)
    expect(page.match(/<script[^>]*>/g)).toEqual([`<script nonce="${nonce}">`])
    expect(page).not.toMatch(/<[^>]+ (style=|on\w+=)/)
    const other = (await app.request(path)).headers.get('content-security-policy')
    expect(other).not.toBe(policy)
  })

  it('P6 changes nothing when it is only looked at', async () => {
    const given = await reserved()
    const before = await world.rows(sql`select * from coupons where coupon_id = ${given.couponId}`)
    await open(given.path)
    await app.request(given.path, { method: 'HEAD' })
    expect(await world.rows(sql`select * from coupons where coupon_id = ${given.couponId}`)).toEqual(before)
  })

  it('shows QR and code in groups of four after the claim, in at most 12 KB', async () => {
    const given = await reserved({ validUntil: null })
    const answer = await claim(given.path)
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe(given.path)
    const page = await open(given.path)
    const [coupon] = await world.rows(
      sql<{ code: string }>`select code from coupons where coupon_id = ${given.couponId}`,
    )
    expect(couponCodeText(coupon!.code)).toMatch(/^.{4} .{4} .{4}$/)
    const groups = couponCodeText(coupon!.code).split(' ')
    const shown = groups.map(group => `<span>${group}</span>`).join(' ')
    expect(page).toContain(`<p class="code" aria-hidden="true">${shown}</p>`)
    expect(page).toContain(`核销码：${groups.map(group => [...group].join(' ')).join('，')}</p>`)
    expect(page).toContain('<svg class="qr"')
    const [, width = 0, padding = 0] = (/\.qr\{[^}]*width:(\d+)px[^}]*padding:(\d+)px/.exec(page) ?? []).map(
      Number,
    )
    const modules = Number(/class="qr" viewBox="0 0 (\d+)/.exec(page)?.[1])
    // The norm's quiet zone, which a dark card around it does not give.
    expect(padding / ((width - 2 * padding) / modules)).toBeGreaterThanOrEqual(4)
    expect(page).toContain('已领取，可使用')
    expect(page).toContain('至12月21日 星期一，当天可用')
    expect(page).toContain('点右上角「···」收藏')
    expect(page).not.toContain('<form')
    expect(brotliCompressSync(page).length).toBeLessThanOrEqual(12 * 1024)
  })

  it('comes packed as the client takes it', async () => {
    const { path } = await reserved()
    const packed = await app.request(path, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed.headers.get('content-encoding')).toBe('br')
    expect(brotliDecompressSync(Buffer.from(await packed.arrayBuffer())).toString()).toContain('¥200')
    const plain = await app.request(path)
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(plain.headers.get('vary')).toContain('Accept-Encoding')
  })

  it('tells how long it still holds, from the corp’s midnight', async () => {
    const given = await reserved({ validUntil: '2026-11-23' })
    const left = /data-seconds="(\d+)"[^>]*>([^<]+)</.exec(await open(given.path))
    const midnight = Date.parse('2026-11-24T00:00:00+08:00')
    expect(Number(left?.[1])).toBe(Math.floor((midnight - world.clock.now().getTime()) / 1000))
    expect(left?.[2]).toMatch(/^2 天 \d+ 小时$/)
  })

  it('claims once, however often the form is sent', async () => {
    const given = await reserved()
    const answers = await Promise.all([claim(given.path), claim(given.path), claim(given.path)])
    expect(answers.map(answer => answer.status)).toEqual([303, 303, 303])
    const touches = await world.touchesOf(given.customer.customerId)
    expect(touches.filter(touch => touch.kind === 'couponClaimed')).toHaveLength(1)
  })

  it.each([
    ['a foreign site', { origin: 'https://elsewhere.example' }],
    ['a foreign site that hides itself', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['nobody', {}],
  ])('refuses a form of %s', async (_, headers) => {
    const given = await reserved()
    const answer = await claim(given.path, headers)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('请从聊天里点开这张券')
    expect(await stateOf(given.couponId)).toBe('reserved')
  })

  it.each([
    ['a browser that hides the referrer, by its word', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['an old web view that can say no more', { origin: 'null' }],
  ])('takes a form of %s', async (_, headers) => {
    const given = await reserved()
    const answer = await claim(given.path, headers)
    expect(answer.status).toBe(303)
    expect(await stateOf(given.couponId)).toBe('claimed')
  })

  it('P6 slows down who posts to one link again and again', async () => {
    const { path } = await reserved()
    const statuses = []
    for (let turn = 0; turn < 11; turn++) statuses.push((await claim(path)).status)
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(303))
    expect(statuses[10]).toBe(429)
    expect(Number((await claim(path)).headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('P6 tells an open page its state in one word, kept by nobody, and changes nothing', async () => {
    const given = await reserved()
    await confirm(given)
    const stateNow = async () => (await app.request(`${given.path}/state`)).text()
    expect(await stateNow()).toBe('issued')
    await claim(given.path)
    const before = await world.rows(sql`select * from coupons where coupon_id = ${given.couponId}`)
    const answer = await app.request(`${given.path}/state`)
    expect(await answer.text()).toBe('claimed')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(await world.rows(sql`select * from coupons where coupon_id = ${given.couponId}`)).toEqual(before)
    world.travel(60 * 24 * 3600)
    expect(await stateNow()).toBe('expired')
    expect(await open(given.path)).toContain('data-state="expired"')
  })

  it('P6 knows no other states: not of an unknown link, and not of what is no link at all', async () => {
    for (const token of ['A'.repeat(22), 'x', 'A'.repeat(200)]) {
      const answer = await app.request(`/c/${token}/state`)
      expect([answer.status, await answer.text()]).toEqual([404, ''])
    }
  })

  it('P6 slows down whoever asks for one state again and again, and lets her claim all the same', async () => {
    const given = await reserved()
    await confirm(given)
    const statuses = []
    for (let look = 0; look < 61; look++) statuses.push((await app.request(`${given.path}/state`)).status)
    expect(statuses.filter(status => status === 429)).toHaveLength(1)
    expect(Number((await app.request(`${given.path}/state`)).headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await claim(given.path)).status).toBe(303)
  })

  it('says how a coupon ended and whom to ask', async () => {
    const released = await reserved()
    await world.coupons.release(
      released.guide,
      released.couponId,
      { outcome: 'cancelled', reason: null },
      intentOf('releaseCoupon'),
    )
    expect(await open(released.path)).toContain('这张券没有送出')
    await world.rows(sql`update coupon_pools set stock = 0 where template_id = ${released.templateId}`)
    expect(await open(released.path)).toContain('这张券已经发完')

    const expired = await reserved({ validUntil: '2026-11-21' })
    await confirm(expired)
    world.travel(24 * 3600)
    const over = await open(expired.path)
    expect(over).toContain('这张券已经过期')
    expect(over).toContain('至11月21日 星期六<')
    expect((await claim(expired.path)).status).toBe(303)
    expect(await stateOf(expired.couponId)).toBe('issued')
    world.resetClock()

    const redeemed = await reserved()
    await world.coupons.claim(redeemed.path.slice('/c/'.length))
    await world.rows(sql`
      update coupons set state = 'redeemed', redeemed_at = ${world.clock.now()} where coupon_id = ${redeemed.couponId}`)
    const page = await open(redeemed.path)
    expect(page).toMatch(/已使用<\/h2><p>今天 \d\d:\d\d<\/p>/)
    expect(page).not.toContain('class="qr"')

    await world.rows(sql`update coupons set state = 'revoked' where coupon_id = ${redeemed.couponId}`)
    const revoked = await open(redeemed.path)
    expect(revoked).toContain('这张券已经收回')
    for (const page of [revoked, await open(released.path)]) expect(page).not.toMatch(/有效期|<dt>门店/)
  })

  it('tells in words when and where it may be used, and what the shop says of it', async () => {
    const given = await reserved()
    await world.rows(sql`
      update coupon_templates
      set hours = '[{"weekdays": [1, 2, 3, 4, 5], "from": "10:00", "until": "18:00"}]', landing_text = '把心意刻进金里',
          is_stackable = true
      where template_id = ${given.templateId}`)
    const everywhere = await open(given.path)
    expect(everywhere).toContain('周一至周五 10:00–18:00')
    expect(everywhere).toContain('<p>把心意刻进金里</p>')
    expect(everywhere).toContain('可与其他优惠一起用')
    expect(everywhere).toContain('其他门店也可用')

    const stores = [given.store]
    for (const name of ['亦庄店', '三里屯店', '西单店'])
      stores.push(await world.make.store(given.corp, { name, address: `${name}的街` }))
    await world.rows(sql`
      update coupon_templates set store_ids = ${stores.map(({ storeId }) => storeId)}::int[]
      where template_id = ${given.templateId}`)
    const somewhere = await open(given.path)
    expect(somewhere).not.toContain('其他门店')
    expect(somewhere).toContain('另有 1 家门店')
    expect(somewhere).toContain('三里屯店的街')
    expect(somewhere.indexOf('<li>国贸店')).toBeLessThan(somewhere.indexOf('<li>三里屯店'))
  })

  it('says why the code would not be taken now, and when it will', async () => {
    const given = await reserved()
    const change = (set: ReturnType<typeof sql>) =>
      world.rows(sql`update coupon_templates set ${set} where template_id = ${given.templateId}`)
    await claim(given.path)
    expect(await open(given.path)).not.toContain('class="sub wait"')
    // The tests' now is a Saturday.
    await change(sql`hours = '[{"weekdays": [1], "from": "10:00", "until": "18:00"}]'`)
    const outside = await open(given.path)
    expect(outside).toContain('现在不在可用时间，周一 10:00–18:00 可用')
    expect(outside).toContain('class="qr"')
    await change(sql`valid_from = '2026-12-01'`)
    const later = await open(given.path)
    expect(later).toContain('12月1日起可用，先收藏好')
    // Below its first day a count to the last one would be read as one to the first.
    expect(later).not.toContain('role="timer"')
    await change(sql`valid_from = '2026-11-21'`)
    expect(await open(given.path)).toContain('role="timer"')
  })

  it('shows the template’s picture to whoever has its number', async () => {
    const given = await reserved()
    const bytes = couponIcon()
    const manager = await world.make.staff(given.corp, { role: 'admin' })
    const upload = { bytes: new Uint8Array(bytes), name: 'card.png' }
    const { pictureId, url } = await world.couponTemplates.addPicture(manager, upload, undefined)
    await world.rows(
      sql`update coupon_templates set picture_id = ${pictureId} where template_id = ${given.templateId}`,
    )
    expect(await open(given.path)).toContain(`<img src="${url}"`)
    const picture = await app.request(url)
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff')
    expect(Buffer.from(await picture.arrayBuffer()).equals(bytes)).toBe(true)
    for (const other of ['nothing', given.templateId])
      expect((await app.request(`/c/picture/${other}`)).status).toBe(404)
  })

  it.each(['/c/x', `/c/${'A'.repeat(22)}`, `/c/${'A'.repeat(23)}`, '/c/%00%00'])(
    'has a friendly page for the unknown link %s',
    async path => {
      for (const answer of [await app.request(path), await claim(path)]) {
        expect(answer.status).toBe(404)
        expect(await answer.text()).toContain('没有找到这张券')
        expect(answer.headers.get('cache-control')).toBe('no-store')
      }
    },
  )

  it('P22 has a friendly page while the database is away', async () => {
    const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const { app: away } = openCouponPages(world, { find: () => Promise.reject(lost) })
    const answer = await away.request(`/c/${'A'.repeat(22)}`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('3')
    expect(await answer.text()).toContain('过一会儿再点开')
  })
})

describe('the picture of the cards', () => {
  it('is a small PNG that may be kept', async () => {
    const answer = await app.request('/c/icon.png')
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(answer.headers.get('cache-control')).toContain('max-age')
    expect((await answer.arrayBuffer()).byteLength).toBeLessThan(8 * 1024)
  })

  it('has garnet corners and the white ring on its axis', () => {
    const icon = couponIcon()
    expect(icon.subarray(1, 4).toString()).toBe('PNG')
    const size = icon.readUInt32BE(16)
    const start = icon.indexOf('IDAT') + 4
    const rows = inflateSync(icon.subarray(start, start + icon.readUInt32BE(start - 8)))
    expect(rows.length).toBe(size * (size + 1))
    const at = (x: number, y: number) => rows[y * (size + 1) + 1 + x]
    expect([at(0, 0), at(size - 1, size - 1)]).toEqual([0, 0])
    const middle = Array.from({ length: size }, (_, y) => at(size / 2, y))
    expect(middle.filter(shade => shade === 9).length).toBeGreaterThan(20)
  })
})
