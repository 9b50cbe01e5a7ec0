import type { CouponState } from '../../../shared/contract/coupons.ts'
import { couponState } from '../../../shared/rules/coupon.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { NotFound } from '../../errors.ts'
import type { ShareHolder } from './couponHolder.ts'
import { createCouponPageRepository, type CouponSheet, type ShareSheet } from './couponPage.repository.ts'
import type { CouponsService } from './coupons.service.ts'
import type { CouponSharesService } from './shares.service.ts'
import type { CouponTemplatesService } from './templates.service.ts'

/** What the customer's page of one coupon shows; `today` is the day by which it was judged. */
export interface CouponPage extends CouponSheet {
  kind: 'coupon'
  today: string
  timeZone: string
}

/** What the page of a group's link shows. */
export interface SharePage extends ShareSheet {
  kind: 'share'
  today: string
  status: 'open' | 'paused' | 'soldOut' | 'tier' | 'over' | 'withdrawn' | 'expired' | 'notSent'
  /** whoever looks has been made known */
  isKnown: boolean
}

interface Deps {
  db: Db
  clock: Clock
  coupons: Pick<CouponsService, 'claim'>
  shares: Pick<CouponSharesService, 'claimShare'>
  templates: Pick<CouponTemplatesService, 'findPicture'>
  timeZone: string
}

export type CouponPageService = ReturnType<typeof createCouponPageService>

/** The customer's side: what the link shows, and the claim. Whoever holds the link of a coupon holds the coupon (P6). */
export const createCouponPageService = ({ db, clock, coupons, shares, templates, timeZone }: Deps) => {
  const repository = createCouponPageRepository(db, timeZone)

  async function findCoupon(token: string): Promise<CouponPage | undefined> {
    const sheet = await repository.findCoupon(token, clock.now())
    if (!sheet) return undefined
    const today = clock.today(timeZone)
    return { ...sheet, kind: 'coupon', today, timeZone, state: stateOn(today, sheet) }
  }

  async function findShare(token: string, holder: ShareHolder | undefined): Promise<SharePage | undefined> {
    const sheet = await repository.findShare(token, holder, clock.now())
    if (!sheet) return undefined
    const today = clock.today(timeZone)
    return {
      ...sheet,
      kind: 'share',
      today,
      status: statusOf(sheet, today, holder !== undefined),
      isKnown: holder !== undefined,
    }
  }

  return {
    /**
     * What the link shows; undefined for a token that is none of ours. Changes nothing.
     * @param holder whoever looks at a group's link, where she is known
     */
    find: async (token: string, holder?: ShareHolder): Promise<CouponPage | SharePage | undefined> =>
      (await findCoupon(token)) ?? (await findShare(token, holder)),

    /** What an open page of a coupon would show by now; undefined for a token that is no coupon's. Changes nothing. */
    async stateOf(token: string): Promise<CouponState | undefined> {
      const found = await repository.findState(token)
      return found && stateOn(clock.today(timeZone), found)
    },

    kindOf: (token: string) => repository.kindOf(token),

    /** @throws NotFound for a token that is none of ours. */
    claim: coupons.claim,

    /** @returns the token of her own piece; undefined when the link's page says why there is none */
    async claimShare(token: string, holder: ShareHolder): Promise<string | undefined> {
      const page = await findShare(token, holder)
      if (!page) throw new NotFound()
      if (page.ownToken !== null || page.status !== 'open') return page.ownToken ?? undefined
      return shares.claimShare(token, holder)
    },

    /** The bytes of a template's picture; undefined when there is none of that number. */
    findPicture: templates.findPicture,
  }
}

function stateOn(today: string, { state, lastDay }: Pick<CouponSheet, 'state' | 'lastDay'>): CouponState {
  // A reservation nobody has confirmed may still be claimed, but not after its day.
  const isPast = lastDay !== null && lastDay < today && state === 'reserved'
  return isPast ? 'expired' : couponState(state, lastDay ?? undefined, today)
}

/** @param isKnown whoever looks has been made known: only then is it said that it is not for her */
function statusOf(sheet: ShareSheet, today: string, isKnown: boolean): SharePage['status'] {
  if (sheet.state === 'released') return 'notSent'
  if (sheet.lastDay !== null && sheet.lastDay < today) return 'expired'
  // It ends by itself only with its hours.
  if (sheet.state === 'ended' && sheet.secondsLeft > 0) return 'withdrawn'
  if (sheet.state === 'ended' || sheet.secondsLeft <= 0 || sheet.templateState === 'stopped') return 'over'
  if (sheet.free === 0) return 'soldOut'
  if (sheet.templateState === 'paused') return 'paused'
  return isKnown && !sheet.isOfTier ? 'tier' : 'open'
}
