import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WecomError } from '../../../../server/wecom/client.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
import { openCouponPages, type CouponPages } from './couponPages.ts'

let test: TestDb
let world: GuideWorld
let pages: CouponPages

beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
beforeEach(() => void (pages = openCouponPages(world)))
afterEach(() => world.resetClock())

/** A link with so many pieces, sent to a group of the guide's. */
async function shared(count = 2, given: { validUntil?: string | null; hours?: number } = {}) {
  const shop = await world.shop()
  const chatId = `wr${randomUUID().slice(0, 8)}`
  const now = world.clock.now()
  const { corpId, staffId, userId } = shop.guide
  await world.rows(sql`
    with chat as (
      insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at)
      values (${corpId}, ${chatId}, '老友群', ${staffId}, 2, ${now}) returning group_chat_id)
    insert into group_members (group_chat_id, member_id, kind) select group_chat_id, ${userId}, 1 from chat`)
  const { templateId } = await world.make.couponTemplate(shop.corp, given)
  const request = { templateId, chatId, count, hours: given.hours ?? 48 }
  const reservation = await world.couponShares.reserve(
    shop.guide,
    request,
    intentOf('reserveCouponShare', request),
  )
  const { shareId } = reservation
  await world.couponShares.confirm(shop.guide, shareId, intentOf('confirmCouponShare', { shareId }))
  return { ...shop, chatId, templateId, shareId, path: new URL(reservation.card.link).pathname }
}

/** One person's phone: keeps cookies, follows nothing by itself. */
function phoneOf(openId: string | undefined, externalUserId: string | null = null) {
  const jar = new Map<string, string>()
  const ask = async (path: string, init: RequestInit = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await pages.app.request(path, { ...init, headers: { cookie, ...init.headers } })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      jar.set(name, value)
    }
    return answer
  }
  const post = (path: string) => ask(path, { method: 'POST', headers: { origin: PUBLIC_URL } })
  return {
    jar,
    ask,
    post,
    /** WeChat's part: back with a code. @returns the answer and the address it came back to */
    async comeBack(asked: Response) {
      const login = new URL(asked.headers.get('location') ?? '')
      const code = randomUUID()
      pages.wecom.visitors.set(
        code,
        openId === undefined ? undefined : { kind: 'outsider', openId, externalUserId },
      )
      const address = `/c/back?code=${code}&state=${login.searchParams.get('state')}`
      return { address, answer: await ask(address) }
    },
    /** Taps 领取, is named, and lets the page's own form go. @returns where it ends */
    async claim(path: string): Promise<string> {
      const { answer } = await this.comeBack(await post(path))
      const back = (answer.headers.get('location') ?? '').replace(/#$/, '')
      const page = await ask(back)
      if (page.status === 303) return page.headers.get('location') ?? ''
      const words = await page.text()
      if (words.includes('已经领完')) return back
      expect(words).toContain('data-go="1"')
      return (await post(back)).headers.get('location') ?? ''
    },
    read: async (path: string) => (await ask(path)).text(),
  }
}
const claimed = (shareId: string) =>
  world.rows(sql<{ token: string; holder: Buffer; customerId: number | null }>`
    select token, holder, customer_id as "customerId" from coupons where share_id = ${shareId} and holder is not null`)

describe('a link for a group', () => {
  it('offers one piece to each, and GET changes nothing', async () => {
    const { path, shareId } = await shared(3)
    const page = await phoneOf('o1').read(path)
    expect(page).toContain('一人一张，还有 3 张')
    expect(page).toContain('<form method="post"')
    expect(page).not.toContain('data-go="1"')
    expect(await claimed(shareId)).toEqual([])
  })

  it('asks once who it is, silently, and comes back to claim', async () => {
    const { path, shareId } = await shared()
    const phone = phoneOf('o-lin')
    const asked = await phone.post(path)
    expect(asked.status).toBe(303)
    const login = new URL(asked.headers.get('location') ?? '')
    expect(login.origin + login.pathname).toBe('https://open.weixin.qq.com/connect/oauth2/authorize')
    expect(login.searchParams.get('scope')).toBe('snsapi_base')
    expect(login.searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/c/back`)
    expect(login.href).not.toContain(path.slice('/c/'.length))
    const { answer } = await phone.comeBack(asked)
    expect(answer.headers.get('location')).toBe(`${path}#`)
    expect(await phone.read(path)).toContain('data-go="1"')
    expect(await claimed(shareId)).toEqual([])
    expect(await phone.read(path), 'goes by itself only once').not.toContain('data-go="1"')

    const own = (await phone.post(path)).headers.get('location') ?? ''
    const [piece] = await claimed(shareId)
    expect(own).toBe(`/c/${piece?.token}`)
    expect(await phone.read(own)).toContain('已领取，可使用')
    expect((await phone.ask(path)).headers.get('location')).toBe(own)
  })

  it('lets the form go on to the login and nowhere else', async () => {
    const { path } = await shared()
    const policy = (await phoneOf('o1').ask(path)).headers.get('content-security-policy')
    expect(policy).toContain("form-action 'self' https://open.weixin.qq.com https://*.weixin.qq.com;")
  })

  it('gives one person one piece, however often and from whichever phone she asks', async () => {
    const { path, shareId } = await shared(3)
    const first = await phoneOf('o-lin').claim(path)
    const phone = phoneOf('o-lin')
    expect(await phone.claim(path)).toBe(first)
    const again = await Promise.all([phone.post(path), phone.post(path), phone.post(path)])
    expect(again.map(answer => answer.headers.get('location'))).toEqual([first, first, first])
    expect(await claimed(shareId)).toHaveLength(1)
  })

  it('P9 leads one stranger with two links of a template to the one piece she may have', async () => {
    const { path, guide, templateId, chatId } = await shared(3)
    const request = { templateId, chatId, count: 3, hours: 48, confirmed: true }
    const intent = intentOf('reserveCouponShare', request)
    const second = await world.couponShares.reserve(guide, request, intent)
    const first = await phoneOf('o-lin').claim(path)
    expect(await phoneOf('o-lin').claim(new URL(second.card.link).pathname)).toBe(first)
    expect(await claimed(second.shareId)).toEqual([])
  })

  it('P6 keeps nothing of the person but sealed in her cookie and hashed with the piece', async () => {
    const { path, shareId } = await shared()
    const phone = phoneOf('o-the-open-id', 'wm-the-customer')
    await phone.claim(path)
    const cookie = phone.jar.get('__Host-guidebar-holder') ?? ''
    for (const text of [cookie, Buffer.from(cookie, 'base64url').toString('latin1')])
      expect(text).not.toMatch(/the-open-id|the-customer/)
    const [piece] = await claimed(shareId)
    expect(piece?.holder.toString('latin1')).not.toContain('o-the-open-id')
    const answer = await phone.post(path)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it('P6 takes no cookie that is altered or old', async () => {
    const { path } = await shared()
    const phone = phoneOf('o-lin')
    await phone.claim(path)
    const kept = phone.jar.get('__Host-guidebar-holder') ?? ''
    phone.jar.set('__Host-guidebar-holder', `${kept.startsWith('A') ? 'B' : 'A'}${kept.slice(1)}`)
    expect((await phone.post(path)).headers.get('location')).toContain('open.weixin.qq.com')
    phone.jar.set('__Host-guidebar-holder', kept)
    expect((await phone.post(path)).headers.get('location')).toMatch(/^\/c\//)
    world.travel(31 * 60)
    expect((await phone.post(path)).headers.get('location')).toContain('open.weixin.qq.com')
  })

  it('knows the customer when WeCom tells who she is', async () => {
    const { path, shareId, customer } = await shared()
    await phoneOf('o-lin', customer.externalUserId).claim(path)
    await phoneOf('o-stranger').claim(path)
    const customers = (await claimed(shareId)).map(piece => piece.customerId)
    expect(customers).toHaveLength(2)
    expect(customers).toEqual(expect.arrayContaining([customer.customerId, null]))
  })

  it('says when others have taken all, and still shows their own to those who have one', async () => {
    const { path, shareId } = await shared(1)
    const own = await phoneOf('o-first').claim(path)
    const late = phoneOf('o-late')
    const page = await late.read(path)
    expect(page).toContain('这次的券已经领完')
    expect(page).toContain('我领过，打开我的券')
    const { answer } = await late.comeBack(await late.post(path))
    expect(await late.read(answer.headers.get('location') ?? '')).not.toContain('<form')
    expect((await late.post(path)).headers.get('location')).toBe(path)

    const first = phoneOf('o-first')
    expect(await first.claim(path)).toBe(own)
    expect(await claimed(shareId)).toHaveLength(1)
  })

  it('P9 gives as many pieces as there are to a crowd', async () => {
    const { path, shareId } = await shared(5)
    const ends = await Promise.all(
      Array.from({ length: 12 }, (_, place) => phoneOf(`o-${place}`).claim(path)),
    )
    expect(ends.filter(end => end !== path)).toHaveLength(5)
    expect(new Set(ends.filter(end => end !== path)).size).toBe(5)
    expect(await claimed(shareId)).toHaveLength(5)
  })

  it('is over at its end, pauses with its template, and ends with its last day', async () => {
    const open = await shared(2, { hours: 1 })
    const setState = (state: string) =>
      world.rows(sql`update coupon_templates set state = ${state} where template_id = ${open.templateId}`)
    await setState('paused')
    expect(await phoneOf('o1').read(open.path)).toContain('现在暂停领取')
    const known = phoneOf('o1')
    const { answer } = await known.comeBack(await known.post(open.path))
    expect((await known.post(answer.headers.get('location') ?? '')).headers.get('location')).toBe(open.path)
    expect(await claimed(open.shareId)).toEqual([])
    await setState('running')
    world.travel(3601)
    expect(await phoneOf('o1').read(open.path)).toContain('领取时间已经过了')

    world.resetClock()
    const short = await shared(2, { validUntil: '2026-11-21', hours: 48 })
    world.travel(24 * 3600)
    expect(await phoneOf('o1').read(short.path)).toContain('这些券已经过期')
  })

  it('asks who has not sent it to send it again', async () => {
    const { path, shareId } = await shared()
    await world.rows(sql`update coupon_shares set state = 'released' where share_id = ${shareId}`)
    expect(await phoneOf('o1').read(path)).toContain('这些券没有送出')
  })

  it('taken back, tells nobody any more when and where they could be used', async () => {
    const { guide, path, shareId } = await shared()
    expect(await phoneOf('o1').read(path)).toMatch(/有效期.*门店/s)
    await world.couponShares.withdraw(guide, shareId, intentOf('withdrawCouponShare', shareId))
    const page = await phoneOf('o1').read(path)
    expect(page).toContain('这些券已经收回')
    expect(page).not.toMatch(/有效期|<dt>门店/)
  })

  it('P6 slows down one person, not the group', async () => {
    const { path } = await shared()
    const crowd = await Promise.all(Array.from({ length: 15 }, () => phoneOf('o-any').post(path)))
    expect(new Set(crowd.map(({ status }) => status))).toEqual(new Set([303]))
    const eager = phoneOf('o-eager')
    await eager.claim(path)
    const statuses = []
    for (let turn = 0; turn < 10; turn++) statuses.push((await eager.post(path)).status)
    expect(statuses.slice(0, 9)).toEqual(Array(9).fill(303))
    expect(statuses[9]).toBe(429)
  })

  it('shows nothing of a piece nobody has claimed yet', async () => {
    const { shareId } = await shared()
    const [free] = await world.rows(
      sql<{ token: string }>`select token from coupons where share_id = ${shareId} limit 1`,
    )
    for (const answer of [
      await phoneOf('o1').ask(`/c/${free?.token}`),
      await phoneOf('o1').post(`/c/${free?.token}`),
    ])
      expect(answer.status).toBe(404)
  })
})

describe('P5 the way back from WeChat', () => {
  it('may be repeated', async () => {
    const { path } = await shared()
    const phone = phoneOf('o-lin')
    const { address } = await phone.comeBack(await phone.post(path))
    const repeated = await phone.ask(address)
    expect([repeated.status, repeated.headers.get('location')]).toEqual([303, `${path}#`])
  })

  it('takes no foreign, invented or late one', async () => {
    const { path } = await shared()
    const phone = phoneOf('o-lin')
    const asked = await phone.post(path)
    const foreign = await phoneOf('o-thief').comeBack(asked)
    expect(foreign.answer.status).toBe(400)
    expect(foreign.answer.headers.getSetCookie()).toEqual([])
    for (const query of ['', '?code=x', '?code=x&state=y']) {
      const answer = await phone.ask(`/c/back${query}`)
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('从聊天里重新点开')
    }
    world.travel(601)
    expect((await phone.comeBack(asked)).answer.status).toBe(400)
  })

  it('says what to do when WeCom names nobody, or a colleague', async () => {
    const { path } = await shared()
    const nobody = phoneOf(undefined)
    const unnamed = await nobody.comeBack(await nobody.post(path))
    expect(unnamed.answer.status).toBe(403)
    const words = await unnamed.answer.text()
    expect(words).toContain('请她单独发给您')
    expect(words).toContain(`href="${path}"`)

    const colleague = phoneOf('o-any')
    const login = new URL((await colleague.post(path)).headers.get('location') ?? '')
    pages.wecom.visitors.set('member', { kind: 'member', userId: 'chenlu' })
    const answer = await colleague.ask(`/c/back?code=member&state=${login.searchParams.get('state')}`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('请客人在微信里点开')
  })

  it('is kept friendly while WeCom is away', async () => {
    const { path } = await shared()
    const phone = phoneOf('o-lin')
    const asked = await phone.post(path)
    pages.wecom.fail('findVisitor', new WecomError('auth/getuserinfo', { trouble: 'timeout' }), 1)
    const { answer } = await phone.comeBack(asked)
    expect(answer.status).toBe(503)
    expect(await answer.text()).toContain('微信暂时没有回应')
  })
})
