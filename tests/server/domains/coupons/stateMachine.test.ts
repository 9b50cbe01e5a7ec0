import fc from 'fast-check'
import { sql, type RawBuilder } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RESERVATION_SECONDS } from '../../../../server/domains/coupons/coupons.service.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'
import { expectNoDifference } from './accounts.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())

type State = 'reserved' | 'issued' | 'claimed' | 'redeemed' | 'released' | 'expired' | 'revoked'
const LAST_DAY = 2
const STOCK = 4

/** Strangers, known by a group's link only, are counted from here on. */
const STRANGERS = 10

interface Modelled {
  who: number
  from: 'chat' | 'welcome' | 'link'
  state: State
  deadline: number
  usedOn: number
  isConfirmed: boolean
}

/** What a few lines say a coupon and its template do: the product has to do the same. */
class Model {
  coupons: Modelled[] = []
  stock = STOCK
  isRunning = true
  /** seconds since the first morning, at 10:20 */
  now = 0

  get day() {
    return Math.floor((this.now + 10 * 3600 + 20 * 60) / 86_400)
  }
  isLive = ({ state }: { state: State }) => ['reserved', 'issued', 'claimed', 'redeemed'].includes(state)
  get live() {
    return this.coupons.filter(this.isLive)
  }
  lapse(who?: number) {
    for (const coupon of this.coupons)
      if (coupon.state === 'reserved' && coupon.deadline <= this.now && (who ?? coupon.who) === coupon.who)
        coupon.state = 'released'
  }
  holds = (who: number) => this.live.filter(coupon => coupon.who === who).length
  take(coupon: Pick<Modelled, 'who' | 'from' | 'state'>): boolean {
    if (this.live.length >= this.stock) this.lapse()
    if (this.live.length >= this.stock) return false
    const isConfirmed = coupon.state !== 'reserved'
    this.coupons.push({ ...coupon, deadline: this.now + RESERVATION_SECONDS, usedOn: -1, isConfirmed })
    return true
  }
  give(who: number, perPerson: number, from: 'chat' | 'welcome'): boolean {
    if (!this.isRunning || this.day > LAST_DAY) return false
    const isWelcomed = this.coupons.some(coupon => coupon.who === who && coupon.from === 'welcome')
    if (from === 'welcome' && isWelcomed) return false
    if (this.holds(who) >= perPerson) this.lapse(who)
    if (this.holds(who) >= perPerson) return false
    return this.take({ who, from, state: from === 'chat' ? 'reserved' : 'issued' })
  }
  /** A link of one piece, claimed by a stranger at once; what she may not have goes back with the link. */
  share(who: number, perPerson: number): boolean {
    if (!this.isRunning || this.day > LAST_DAY) return false
    const state = this.holds(who) < perPerson ? 'claimed' : 'released'
    return this.take({ who, from: 'link', state })
  }
}

const verbs = [
  ...(['reserve', 'reserve', 'confirm', 'release', 'claim', 'redeem', 'undo', 'revoke'] as const),
  ...(['welcome', 'share', 'sweep', 'expire', 'wait', 'tomorrow', 'pause', 'run', 'restock'] as const),
]
const acts = fc.array(fc.record({ verb: fc.constantFrom(...verbs), who: fc.nat(2), which: fc.nat(7) }), {
  minLength: 1,
  maxLength: 30,
})

describe('P9 P10 the state machine', () => {
  it('does what the model does, and keeps every account equal', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 3 })
    const admin = await world.make.staff(corp, { role: 'admin' })
    const chatId = 'wr-of-the-model'
    const job = { kind: 'job', corpId: corp.corpId, name: 'test' } as const
    const members = [{ id: guide.userId, kind: 'staff' as const }]
    const pulled = { chatId, name: '老友群', ownerUserId: guide.userId, members }
    await world.groups.upsertGroup(test.db, job, pulled, world.clock.now())
    await fc.assert(
      fc.asyncProperty(acts, fc.integer({ min: 1, max: 2 }), async (sequence, perPerson) => {
        world.resetClock()
        const validUntil = '2026-11-23'
        const { templateId } = await world.make.couponTemplate(corp, { stock: STOCK, perPerson, validUntil })
        const model = new Model()
        const given: { couponId: string; token: string; code: string }[] = []

        const tokenOf = ({ link }: { link: string }) => link.slice(`${PUBLIC_URL}/c/`.length)
        const note = async (which: RawBuilder<unknown>, token: string) => {
          const [row] = await world.rows(
            sql<{ couponId: string; code: string }>`
              select coupon_id as "couponId", code from coupons where ${which}`,
          )
          given.push({ couponId: row?.couponId ?? '', code: row?.code ?? '', token })
        }
        const reserve = async (who: number) => {
          const externalUserId = customers[who]?.externalUserId ?? ''
          const request = { templateId, externalUserId, reminderId: null, confirmed: true }
          const { couponId, card } = await world.coupons.reserve(
            guide,
            request,
            intentOf('reserveCoupon', request),
          )
          await note(sql`coupon_id = ${couponId}`, tokenOf(card))
        }
        const welcome = async (who: number) => {
          const customerId = customers[who]?.customerId ?? 0
          const { corpId, staffId } = guide
          const to = { corpId, staffId, templateId, customerId }
          const issued = await test.db.transaction(tx => world.coupons.issueWelcome(tx, to))
          if ('refusal' in issued) return false
          await note(sql`coupon_id = ${issued.couponId}`, tokenOf(issued.card))
          return true
        }
        const share = async (who: number) => {
          const request = { templateId, chatId, count: 1, hours: 1, confirmed: true }
          const { shareId, card } = await world.couponShares.reserve(
            guide,
            request,
            intentOf('reserveCouponShare', request),
          )
          await world.couponShares.confirm(guide, shareId, intentOf('confirmCouponShare', shareId))
          const stranger = { hash: Buffer.from([who]), externalUserId: null }
          const token = await world.couponShares.claimShare(tokenOf(card), stranger)
          await world.couponShares.withdraw(guide, shareId, intentOf('withdrawCouponShare', shareId))
          await note(sql`share_id = ${shareId}`, token ?? '')
        }
        const change = async (what: { state?: 'paused' | 'running'; stock?: number }) => {
          const { version } = await world.couponTemplates.get(admin, templateId)
          await world.couponTemplates.change(admin, templateId, what, version)
        }
        const did = (act: Promise<unknown>) =>
          act.then(
            () => true,
            (error: { code?: string }) => {
              expect(error.code, String(error)).toMatch(/^(state_conflict|coupon_\w+|validation_failed)$/)
              return false
            },
          )

        for (const { verb, who, which } of sequence) {
          const place = which % Math.max(1, given.length)
          const [real, seen] = [given[place], model.coupons[place]]
          const isOver = model.day > LAST_DAY
          if (verb === 'reserve')
            expect(await did(reserve(who)), verb).toBe(model.give(who, perPerson, 'chat'))
          else if (verb === 'welcome')
            expect(await welcome(who), verb).toBe(model.give(who, perPerson, 'welcome'))
          else if (verb === 'share')
            expect(await did(share(STRANGERS + who)), verb).toBe(model.share(STRANGERS + who, perPerson))
          else if (verb === 'sweep') {
            await world.coupons.sweep()
            model.lapse()
          } else if (verb === 'expire') {
            await world.coupons.expire()
            for (const coupon of model.coupons)
              if (isOver && (coupon.state === 'issued' || coupon.state === 'claimed'))
                coupon.state = 'expired'
          } else if (verb === 'wait' || verb === 'tomorrow') {
            const seconds = verb === 'wait' ? RESERVATION_SECONDS : 86_400
            world.travel(seconds)
            model.now += seconds
          } else if (verb === 'pause' || verb === 'run') {
            // Running on after the last day makes no sense; pausing always may.
            const may = verb === 'pause' || !isOver
            expect(await did(change({ state: verb === 'pause' ? 'paused' : 'running' })), verb).toBe(may)
            if (may) model.isRunning = verb === 'run'
          } else if (verb === 'restock') {
            const may = !isOver && which >= model.live.length
            expect(await did(change({ stock: which })), verb).toBe(may)
            if (may) model.stock = which
          } else if (real && seen) {
            const { couponId, code } = real
            const wasLive = seen.state
            const isLinks = seen.from === 'link'
            // Of a link's pieces nobody says so one by one, and one that nobody has claimed has no token of anybody's.
            if (isLinks && (verb === 'confirm' || verb === 'release' || wasLive === 'released')) continue
            if (verb === 'confirm') {
              const isLate = (wasLive === 'claimed' || wasLive === 'redeemed') && !seen.isConfirmed
              const may = wasLive === 'reserved' || isLate
              const intent = intentOf('confirmCoupon', couponId)
              expect(await did(world.coupons.confirm(guide, couponId, intent)), verb).toBe(may)
              if (may) seen.isConfirmed = true
              if (wasLive === 'reserved') seen.state = 'issued'
            } else if (verb === 'release') {
              const outcome = { outcome: 'cancelled', reason: null } as const
              const may = wasLive === 'reserved'
              const intent = intentOf('releaseCoupon', couponId)
              expect(await did(world.coupons.release(guide, couponId, outcome, intent)), verb).toBe(may)
              if (may) seen.state = 'released'
            } else if (verb === 'claim') {
              const may = (wasLive === 'reserved' || wasLive === 'issued') && !isOver
              const isHers = may || wasLive === 'claimed' || wasLive === 'redeemed'
              expect(await world.coupons.claim(real.token), verb).toBe(isHers ? 'claimed' : 'closed')
              if (may) seen.state = 'claimed'
            } else if (verb === 'redeem') {
              const may = (wasLive === 'issued' || wasLive === 'claimed') && !isOver
              const draft = { code, amountFen: 300_000, piece: null }
              const intent = intentOf('redeemCoupon', draft)
              expect(await did(world.till.redeem(guide, couponId, draft, intent)), verb).toBe(may)
              if (may) Object.assign(seen, { state: 'redeemed', usedOn: model.day })
            } else if (verb === 'undo') {
              const may = wasLive === 'redeemed' && seen.usedOn === model.day
              const why = { reason: '退货' }
              expect(await did(world.till.undo(admin, couponId, why, intentOf('undoRedeem'))), verb).toBe(may)
              if (may) seen.state = 'claimed'
            } else if (verb === 'revoke') {
              const may = wasLive === 'issued' || wasLive === 'claimed'
              const why = { reason: '发错' }
              expect(await did(world.till.revoke(admin, couponId, why, intentOf('revokeCoupon'))), verb).toBe(
                may,
              )
              if (may) seen.state = 'revoked'
            }
          }
          const rows = await world.rows(sql<{ id: string; state: State }>`
            select coupon_id as id, state from coupons where template_id = ${templateId}`)
          const states = given.map(({ couponId }) => rows.find(({ id }) => id === couponId)?.state)
          expect(states, verb).toEqual(model.coupons.map(({ state }) => state))
        }
        await expectNoDifference(test.db)
      }),
      { numRuns: 40 },
    )
  }, 120_000)
})
