import type { Script } from '../../shared/contract/scripts.ts'
import { fill } from '../../shared/rules/fillScript.ts'
import type { Db } from '../../server/db/db.ts'
import { Conflict } from '../../server/errors.ts'
import { createRandom } from '../world/random.ts'
import { wellKnown } from '../world/wellKnown.ts'
import { dayMs, momentOf } from '../world/calendar.ts'
import { OLDER_COUPON_DAYS } from './olderCoupon.ts'
import { clockAt, intentOf, openRooms, type SeedConfig, type Served } from './rooms.ts'

/** One message of the past: by whom, how many days ago, what of, and how it ended. */
interface PastSend {
  userId?: string
  daysAgo: number
  occasion: Script['occasion']
  outcome: 'ok' | 'cancelled'
}

/** What the design pages tell of: written to long ago, yesterday, lately by a colleague. */
const told: Record<string, PastSend[]> = {
  [wellKnown.liWanqing]: [
    { userId: 'chenlu', daysAgo: 61, occasion: 'festival', outcome: 'ok' },
    { userId: 'zhoumin', daysAgo: 15, occasion: 'care', outcome: 'ok' },
  ],
  [wellKnown.zhangMin]: [{ userId: 'chenlu', daysAgo: 1, occasion: 'visit', outcome: 'ok' }],
  [wellKnown.mrHe]: [{ userId: 'chenlu', daysAgo: 40, occasion: 'afterSales', outcome: 'ok' }],
  [wellKnown.auntWu]: [{ userId: 'chenlu', daysAgo: 30, occasion: 'visit', outcome: 'cancelled' }],
  [wellKnown.mia]: [{ userId: 'zhaoyiming', daysAgo: 3, occasion: 'care', outcome: 'ok' }],
}
/** Whether the design pages say what was written to this customer. */
export const isTold = (externalUserId: string): boolean => externalUserId in told

const occasions = ['care', 'visit', 'festival', 'afterSales'] as const

/** The two thirds of the others whom somebody has written to within two months, mostly with success. */
function invented(externalUserId: string): PastSend[] {
  const random = createRandom(`sends:${externalUserId}`)
  if (random.chance(0.35)) return []
  return Array.from({ length: random.pick([1, 1, 2]) }, () => ({
    daysAgo: random.between(1, 60),
    occasion: random.pick(occasions),
    outcome: random.chance(0.9) ? ('ok' as const) : ('cancelled' as const),
  }))
}

export interface History {
  db: Db
  config: SeedConfig
  now: number
  scripts: Script[]
}

/**
 * Past messages to one customer, written on the days they were sent.
 * @param colleagues every live relation of this customer; the first is who writes when nobody is named
 * @returns how many
 */
export async function seedSends(
  { db, config, now, scripts }: History,
  colleagues: readonly Served[],
  address: string,
): Promise<number> {
  const [first] = colleagues
  if (!first) return 0
  const { externalUserId } = first
  const past = told[externalUserId] ?? invented(externalUserId)
  let written = 0
  for (const [index, { userId, daysAgo, occasion, outcome }] of past.entries()) {
    const guide = (colleagues.find(each => each.guide.userId === userId) ?? first).guide
    const facts = { 称呼: address, 导购姓名: guide.name, 门店: guide.store?.name }
    const message = filledOf(scripts, occasion, facts)
    if (!message) continue
    const clock = clockAt(Math.min(momentOf(now, -daysAgo, 15, 10 + index), now - 3_600_000))
    const { sends } = openRooms(db, clock, config)
    const turn = [externalUserId, index]
    // Guides of the past were asked, too, and wrote all the same.
    const draft = { ...message, reminderId: null, confirmed: true }
    const { sendId, parts } = await sends.start(guide, externalUserId, draft, intentOf('startSend', ...turn))
    const results = parts.map((_, part) => ({ index: part, outcome, reason: null }))
    await sends.finish(guide, externalUserId, sendId, { results }, intentOf('finishSend', ...turn))
    written += 1
  }
  return written
}

/** The first script of an occasion that needs nothing we do not know. */
export function filledOf(
  scripts: Script[],
  occasion: Script['occasion'],
  facts: Record<string, string | undefined>,
) {
  for (const { scriptId, version, title, occasion: its, parts } of scripts) {
    if (its !== occasion) continue
    const texts = parts.flatMap(part => (part.kind === 'text' ? (fill(part.text, facts).text ?? []) : []))
    if (texts.length < parts.length) continue
    return {
      title,
      parts: texts.map(text => ({ kind: 'text' as const, text })),
      script: { scriptId, version },
    }
  }
  return undefined
}

/** Coupons given some days ago, taken by the customer or still waiting for it. */
const given = [
  { externalUserId: wellKnown.liWanqing, offer: 'older', daysAgo: OLDER_COUPON_DAYS, isClaimed: true },
  { externalUserId: wellKnown.zhangMin, offer: 'setStones', daysAgo: 6, isClaimed: true },
  { externalUserId: wellKnown.wangLiqun, offer: 'gold', daysAgo: 4, isClaimed: false },
  { externalUserId: wellKnown.mia, offer: 'gold', daysAgo: 3, isClaimed: true },
] as const

/** A reservation of days ago is overdue at once: whatever looks after deadlines may release it before it is confirmed. */
const MOST_TRIES = 5

/** One after the other, never two customers at a time: a later gift of the same offer releases an earlier one's reservation.
 * @returns how many were given */
export async function seedGivenCoupons(
  { db, config, now }: Omit<History, 'scripts'>,
  served: Served,
  templateIds: Record<(typeof given)[number]['offer'], string>,
): Promise<number> {
  const { guide, externalUserId } = served
  const gift = given.find(each => each.externalUserId === externalUserId)
  if (!gift) return 0
  const at = momentOf(now, -gift.daysAgo, 11, 40)
  const { coupons } = openRooms(db, clockAt(at), config)
  const request = { templateId: templateIds[gift.offer], externalUserId, reminderId: null, confirmed: true }
  const token = await give(0)
  if (gift.isClaimed) {
    const later = openRooms(db, clockAt(Math.min(at + dayMs / 4, now)), config)
    await later.coupons.claim(token)
  }
  return 1

  /** @returns the token of the coupon that is with the customer now */
  async function give(tries: number): Promise<string> {
    const turn = tries === 0 ? [externalUserId] : [externalUserId, tries]
    const { couponId, card } = await coupons.reserve(guide, request, intentOf('reserveCoupon', ...turn))
    try {
      await coupons.confirm(guide, couponId, intentOf('confirmCoupon', ...turn))
    } catch (error) {
      if (!(error instanceof Conflict) || tries + 1 >= MOST_TRIES) throw error
      return give(tries + 1)
    }
    return card.link.slice(card.link.lastIndexOf('/') + 1)
  }
}
