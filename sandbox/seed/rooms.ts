import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { StaffActor } from '../../server/actor.ts'
import type { Clock } from '../../server/clock.ts'
import type { Config } from '../../server/config.ts'
import type { Db } from '../../server/db/db.ts'
import type { Intent } from '../../server/db/once.ts'
import type { Queue } from '../../server/jobs/job.ts'
import { createCouponsService } from '../../server/domains/coupons/coupons.service.ts'
import { createCouponTemplatesService } from '../../server/domains/coupons/templates.service.ts'
import { createCustomersService } from '../../server/domains/customers/customers.service.ts'
import { createEngravingsService } from '../../server/domains/engravings/engravings.service.ts'
import { createGroupsService } from '../../server/domains/groups/groups.service.ts'
import { createPeopleService } from '../../server/domains/people/people.service.ts'
import { createMediaService } from '../../server/domains/media/media.service.ts'
import { createPurchasesService } from '../../server/domains/purchases/purchases.service.ts'
import { createRemindersService } from '../../server/domains/reminders/reminders.service.ts'
import { createRestraintService } from '../../server/domains/restraint/restraint.service.ts'
import { createLibraryService } from '../../server/domains/scripts/library.service.ts'
import { createScriptsService } from '../../server/domains/scripts/scripts.service.ts'
import { createAssetsService } from '../../server/domains/scripts/assets.service.ts'
import { createSendsService } from '../../server/domains/sends/sends.service.ts'
import { noLimits } from '../../server/limits/limits.ts'
import type { WecomClient } from '../../server/wecom/client.ts'
import { createSealing } from '../../server/sealing.ts'
import { civilDayOf } from '../../shared/rules/civilDay.ts'

export type SeedConfig = Pick<Config, 'sessionSecret' | 'publicUrl' | 'timeZone'>

export const clockAt = (instant: number): Clock => ({
  now: () => new Date(instant),
  today: timeZone => civilDayOf(instant, timeZone),
})

/** The services the seed speaks to, on whatever clock: what lies in the past is written as it was written then. */
export function openRooms(
  db: Db,
  clock: Clock,
  { sessionSecret, publicUrl, timeZone }: SeedConfig,
  /** where pictures wait for WeCom; without it there are none */
  pictures?: Queue,
) {
  const sealing = createSealing(sessionSecret)
  const customers = createCustomersService({ db, clock, sealing, limits: noLimits, timeZone })
  const reminders = createRemindersService({ db, clock, customers, timeZone })
  const people = createPeopleService({ db, clock, customers, reminders, timeZone })
  const scripts = createScriptsService({ db, clock, timeZone })
  // Never asked for: no message of the past carries a picture, and those of the scripts are the server's to bring there.
  const wecom = {} as WecomClient
  const queue: Queue = { send: () => Promise.reject(new Error('noting purchases queues no work')) }
  const media = createMediaService({ db, clock, log: console, queue: pictures ?? queue, wecom, corpId: 0 })
  const assets = createAssetsService({ db, clock, media })
  const library = createLibraryService({ db, clock, assets, timeZone })
  const engravings = createEngravingsService({ db, clock, customers, media, reminders, timeZone })
  const purchases = createPurchasesService({ db, clock, queue, sealing, customers, timeZone })
  const groups = createGroupsService({ db, clock, timeZone })
  const restraint = createRestraintService({ db, clock, customers, timeZone })
  const sends = createSendsService({
    db,
    clock,
    customers,
    engravings,
    assets,
    reminders,
    groups,
    purchases,
    restraint,
    timeZone,
  })
  const coupons = createCouponsService({ db, clock, customers, restraint, sends, publicUrl, timeZone })
  const couponTemplates = createCouponTemplatesService({ db, clock, media, timeZone })
  return {
    customers,
    people,
    reminders,
    purchases,
    scripts,
    library,
    assets,
    engravings,
    restraint,
    sends,
    coupons,
    couponTemplates,
  }
}

export type Rooms = ReturnType<typeof openRooms>

/** A guide's customer as the product has them after the import. */
export interface Served {
  guide: StaffActor
  externalUserId: string
  salutation: string | null
  profileVersion: number
  addedAt: Date | null
}

/** Every live relation of the corp, oldest first; the guides as the services want them. */
export async function listServed(db: Db, corpId: number): Promise<Served[]> {
  const found = await sql<{
    externalUserId: string
    salutation: string | null
    profileVersion: number
    addedAt: Date | null
    staffId: number
    userId: string
    name: string
    role: StaffActor['role']
    storeId: number | null
    storeName: string | null
    storeAddress: string | null
    storeHours: string | null
    storePhone: string | null
  }>`
    select c.external_user_id as "externalUserId", c.salutation, c.version as "profileVersion", f.added_at as "addedAt",
           s.staff_id as "staffId", s.user_id as "userId", s.name, s.role,
           st.store_id as "storeId", st.name as "storeName", st.address as "storeAddress",
           st.hours as "storeHours", st.phone as "storePhone"
    from follows f
    join customers c on c.customer_id = f.customer_id
    join staff s on s.staff_id = f.staff_id and s.status = 'active'
    left join stores st on st.store_id = s.store_id
    where f.corp_id = ${corpId} and f.status = 'active'
    order by f.added_at, f.follow_id`.execute(db)
  return found.rows.map(row => ({
    guide: {
      kind: 'staff',
      corpId,
      staffId: row.staffId,
      userId: row.userId,
      name: row.name,
      role: row.role,
      store:
        row.storeId === null
          ? null
          : {
              storeId: row.storeId,
              name: row.storeName ?? '',
              address: row.storeAddress,
              hours: row.storeHours,
              phone: row.storePhone,
            },
      managedStoreIds: [],
    },
    externalUserId: row.externalUserId,
    salutation: row.salutation,
    profileVersion: row.profileVersion,
    addedAt: row.addedAt,
  }))
}

export async function findCorpId(db: Db, wecomCorpId: string): Promise<number | undefined> {
  const found = await sql<{ corpId: number }>`
    select corp_id as "corpId" from corps where wecom_corp_id = ${wecomCorpId}`.execute(db)
  return found.rows[0]?.corpId
}

/** The same thing asked again after a broken run is done once. */
export function intentOf(operation: string, ...asked: (string | number)[]): Intent {
  const fingerprint = createHash('sha256')
    .update([operation, ...asked].join('\n'))
    .digest()
  return { operation, key: `demo-${fingerprint.toString('hex').slice(0, 40)}`, fingerprint, isReplay: false }
}
