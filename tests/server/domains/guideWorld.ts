import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock } from '../../../server/clock.ts'
import type { Db } from '../../../server/db/db.ts'
import type { Intent } from '../../../server/db/once.ts'
import { createCouponPageService } from '../../../server/domains/coupons/couponPage.service.ts'
import { createCouponsService } from '../../../server/domains/coupons/coupons.service.ts'
import type { Issuers } from '../../../server/domains/coupons/issuer.ts'
import { createCouponPiecesService } from '../../../server/domains/coupons/pieces.service.ts'
import { createCouponSharesService } from '../../../server/domains/coupons/shares.service.ts'
import { createCouponTemplatesService } from '../../../server/domains/coupons/templates.service.ts'
import { createTillService } from '../../../server/domains/coupons/till.service.ts'
import { createCustomersService } from '../../../server/domains/customers/customers.service.ts'
import { createEngravingsService } from '../../../server/domains/engravings/engravings.service.ts'
import { createGroupsService } from '../../../server/domains/groups/groups.service.ts'
import { createMediaService } from '../../../server/domains/media/media.service.ts'
import { createPurchasesService } from '../../../server/domains/purchases/purchases.service.ts'
import { createRemindersService } from '../../../server/domains/reminders/reminders.service.ts'
import { createRestraintService } from '../../../server/domains/restraint/restraint.service.ts'
import { createAssetsService } from '../../../server/domains/scripts/assets.service.ts'
import { createScriptsService } from '../../../server/domains/scripts/scripts.service.ts'
import { createSendsService } from '../../../server/domains/sends/sends.service.ts'
import { createSealing } from '../../../server/sealing.ts'
import { createLimits, noLimits } from '../../../server/limits/limits.ts'
import { civilDayOf } from '../../../shared/rules/civilDay.ts'
import { createFakeWecom } from '../../support/fakeWecom.ts'
import { createMake, TEST_NOW, TEST_TIME_ZONE } from '../../support/make.ts'

export const PUBLIC_URL = 'https://guidebar.example'

/** The real services from customers up to coupons on one database, with a clock the test moves. */
export function createGuideWorld(db: Db, given: { issuers?: Issuers } = {}) {
  let now = TEST_NOW.getTime()
  const clock: Clock = { now: () => new Date(now), today: timeZone => civilDayOf(now, timeZone) }
  const sealing = createSealing('0123456789abcdef0123456789abcdef')
  const timeZone = TEST_TIME_ZONE
  const customers = createCustomersService({ db, clock, sealing, limits: noLimits, timeZone })
  const reminders = createRemindersService({ db, clock, customers, timeZone })
  const groups = createGroupsService({ db, clock, timeZone })
  const scripts = createScriptsService({ db, clock, timeZone })
  const queue = { send: async () => undefined }
  const log = { warn: () => undefined }
  const settings = { requestsPerSecond: 10, loginsPerMinute: 10 }
  // Time stands still for paces: what is tested is the number, not how quick the machine is.
  const limits = createLimits({ db, clock, log, sealing, settings, paces: { now: () => 0 } })
  const media = createMediaService({ db, clock, log, queue, wecom: createFakeWecom(), corpId: 0 })
  const engravings = createEngravingsService({ db, clock, customers, media, reminders, timeZone })
  const purchases = createPurchasesService({ db, clock, queue, sealing, customers, timeZone })
  const restraint = createRestraintService({ db, clock, customers, timeZone })
  const sends = createSendsService({
    db,
    clock,
    customers,
    reminders,
    groups,
    engravings,
    assets: createAssetsService({ db, clock, media }),
    purchases,
    restraint,
    timeZone,
  })
  const coupons = createCouponsService({
    db,
    clock,
    customers,
    restraint,
    sends,
    ...given,
    publicUrl: PUBLIC_URL,
    timeZone,
  })
  const couponTemplates = createCouponTemplatesService({ db, clock, media, timeZone })
  const couponShares = createCouponSharesService({
    db,
    clock,
    customers,
    groups,
    restraint,
    sends,
    coupons,
    publicUrl: PUBLIC_URL,
    timeZone,
  })
  const till = createTillService({ db, clock, limits, customers, purchases, reminders, ...given, timeZone })
  const couponPages = createCouponPageService({
    db,
    clock,
    coupons,
    shares: couponShares,
    templates: couponTemplates,
    timeZone,
  })
  const make = createMake(db)

  return {
    db,
    limits,
    clock,
    make,
    sealing,
    customers,
    reminders,
    purchases,
    scripts,
    groups,
    restraint,
    sends,
    coupons,
    couponPages,
    couponTemplates,
    till,
    couponPieces: createCouponPiecesService({ db, clock, sealing, shares: couponShares, timeZone }),
    couponShares,
    travel: (seconds: number) => {
      now += seconds * 1000
    },
    resetClock: () => {
      now = TEST_NOW.getTime()
    },
    /** A corp with a guide of a store and one customer of hers. */
    async shop(given: { customers?: number } = {}) {
      const corp = await make.corp()
      const store = await make.store(corp)
      const guide = await make.staff(corp, { store })
      const followed = []
      for (let count = 0; count < (given.customers ?? 1); count++)
        followed.push(await make.followed(corp, guide))
      const [customer] = followed
      if (!customer) throw new Error('a shop has at least one customer')
      return { corp, store, guide, customer, customers: followed }
    },
    async rows<Row>(query: { execute(db: Db): Promise<{ rows: Row[] }> }): Promise<Row[]> {
      return (await query.execute(db)).rows
    },
    touchesOf: async (customerId: number) =>
      (
        await sql<{
          kind: string
          actor: string
          what: string
          detail: string | null
          outcome: string | null
        }>`
          select kind, actor, what, detail, outcome from touches where customer_id = ${customerId} order by touch_id`.execute(
          db,
        )
      ).rows,
    reminderState: async (reminderId: string) =>
      (
        await sql<{ state: string }>`select state from reminders where reminder_id = ${reminderId}`.execute(
          db,
        )
      ).rows[0]?.state,
  }
}

export type GuideWorld = ReturnType<typeof createGuideWorld>

/** What a request with an `Idempotency-Key` becomes at the door. */
export function intentOf(
  operation: string,
  asked: unknown = {},
  key = randomBytes(12).toString('hex'),
): Intent {
  const fingerprint = createHash('sha256').update(JSON.stringify(asked)).digest()
  return { operation, key, fingerprint, isReplay: false }
}
