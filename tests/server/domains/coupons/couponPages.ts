import { createHolders } from '../../../../server/domains/coupons/couponHolder.ts'
import {
  couponPageRoutes,
  type CouponPageDoors,
} from '../../../../server/domains/coupons/couponPage.routes.ts'
import { createVisitorsService } from '../../../../server/domains/session/visitors.service.ts'
import { createFakeWecom } from '../../../support/fakeWecom.ts'
import { PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'

export type CouponPages = ReturnType<typeof openCouponPages>

/** The customer's pages over a world, without the rest of the app; `given` replaces single verbs. */
export function openCouponPages(world: GuideWorld, given: Partial<CouponPageDoors['pages']> = {}) {
  const wecom = createFakeWecom()
  const config = {
    publicUrl: PUBLIC_URL,
    wecom: {
      corpId: 'ww-of-the-tests',
      agentId: '1000002',
      oauthBase: 'https://open.weixin.qq.com',
    },
  }
  const { db, clock, sealing, limits } = world
  const holders = createHolders(sealing, clock)
  const visitors = createVisitorsService({ db, clock, wecom, config })
  const pages = { ...world.couponPages, ...given }
  const app = couponPageRoutes({ pages, visitors, holders, limits, config })
  return { app, wecom, holders }
}
