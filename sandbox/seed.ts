import { sql } from 'kysely'
import { pino } from 'pino'
import type { Clock } from '../server/clock.ts'
import type { Config } from '../server/config.ts'
import type { Db } from '../server/db/db.ts'
import { createScriptDaysService } from '../server/domains/scripts/scriptDays.service.ts'
import { createOutboxService } from '../server/domains/outbox/outbox.service.ts'
import { createTagsService } from '../server/domains/tags/tags.service.ts'
import type { Queue } from '../server/jobs/job.ts'
import type { WecomClient } from '../server/wecom/client.ts'
import { createCouponStatsService } from '../server/domains/stats/couponStats.service.ts'
import { seedChannelCode } from './seed/channelCode.ts'
import { seedCouponCampaigns } from './seed/couponCampaigns.ts'
import { seedEngravings } from './seed/engravings.ts'
import { seedGivenCoupons, seedSends } from './seed/history.ts'
import { profileOf, purchaseDraft, seedDates } from './seed/knowledge.ts'
import { seedOffers } from './seed/offers.ts'
import { endOlderOffer, olderOfferMoment, seedOlderOffer } from './seed/olderCoupon.ts'
import { seedOwnScripts } from './seed/ownScripts.ts'
import { seedRememberedDate } from './seed/rememberedDates.ts'
import {
  clockAt,
  findCorpId,
  intentOf,
  listServed,
  openRooms,
  type Rooms,
  type Served,
} from './seed/rooms.ts'
import { seedPromise } from './seed/promises.ts'
import { seedQuiet } from './seed/quiet.ts'
import { seedScriptUse } from './seed/scriptUse.ts'
import { seedSharedScripts } from './seed/sharedScripts.ts'
import { seedStores } from './seed/stores.ts'
import { momentOf } from './world/calendar.ts'
import { generateFamilies, type CustomerKnowledge } from './world/families.ts'

/** Customers written at a time; half of the pool stays free for whoever is using the product meanwhile. */
const PARALLEL = 5
/** How far back the messages of this seed reach. */
const SCRIPT_USE_DAYS = 90
/** How far back its coupons do. */
const COUPON_MONTHS = 6
const usualTags = ['刻字定制', '喜欢简约']
const singleChoiceGroups = ['会员等级', '预算', '到店频次', '生肖']

export interface DemoSeed {
  /** the product's database, the import from WeCom done */
  db: Db
  clock: Clock
  config: Pick<Config, 'sessionSecret' | 'publicUrl' | 'timeZone' | 'wecom'>
  /** the product's own, so that the server brings the pictures to WeCom at once */
  queue: Queue
}

/** What this run has added; all zero when it was done before. */
export interface SeedReport {
  customers: number
  dates: number
  purchases: number
  sends: number
  coupons: number
}

/**
 * Puts into the product what the corp's people know and WeCom does not hold: how to address customers, their families, sizes,
 * purchases, past messages, and what the shop has to give. Everything goes through the product's own services, as the guides
 * would have done it. May be repeated: a customer who has a 称呼 has been told of before.
 * @throws Error when the corp has not been imported.
 */
export async function seedDemo({ db, clock, config, queue }: DemoSeed): Promise<SeedReport> {
  const corpId = await findCorpId(db, config.wecom.corpId)
  if (corpId === undefined) throw new Error('客户还没有从企业微信取来，演示数据放不进去')
  const now = clock.now().getTime()
  const rooms = openRooms(db, clock, config, queue)
  await seedStores(db, corpId)
  const served = await listServed(db, corpId)
  await rooms.scripts.installStarter({ kind: 'job', corpId, name: 'demo' })
  await chooseSingle(db, clock, rooms, served)
  await rememberUsualTags(db, corpId, clock.now())
  const templateIds = await seedOffers(
    openRooms(db, clockAt(momentOf(now, -10, 10)), config),
    corpId,
    clock.today(config.timeZone),
  )
  const older = await seedOlderOffer(openRooms(db, clockAt(olderOfferMoment(now)), config), corpId)

  await seedEngravings(rooms, served, clock.today(config.timeZone))
  await seedChannelCode({ db, clock, customers: rooms.customers }, served, templateIds.engraving)

  const report: SeedReport = { customers: 0, dates: 0, purchases: 0, sends: 0, coupons: 0 }
  const firstGuide = served[0]
  const { scripts } = firstGuide ? await rooms.scripts.list(firstGuide.guide) : { scripts: [] }
  const byCustomer = new Map<string, Served[]>()
  for (const each of served)
    byCustomer.set(each.externalUserId, [...(byCustomer.get(each.externalUserId) ?? []), each])
  const known = Object.values(generateFamilies(now))
  // Before the purchases, some of which follow from them.
  report.sends += await seedScriptUse({ db, now, scripts }, byCustomer, known)
  const campaigns = await seedCouponCampaigns({ db, config, now, scripts }, corpId, byCustomer, known)
  report.coupons += campaigns.coupons
  report.purchases += campaigns.purchases

  const tell = async (knowledge: CustomerKnowledge) => {
    const colleagues = byCustomer.get(knowledge.externalUserId) ?? []
    const [first] = colleagues
    if (!first || first.salutation !== null) return
    const dates = await seedDates(rooms, first, knowledge, clock.today(config.timeZone))
    const purchases = await seedPurchases(db, config, first, knowledge)
    await seedPromise(rooms, colleagues, clock.today(config.timeZone))
    const history = { db, config, now, scripts }
    const remembered = await seedRememberedDate(history, colleagues, knowledge.address)
    const sends = await seedSends(history, colleagues, knowledge.address)
    await seedQuiet(rooms, first, clock.today(config.timeZone))
    // Last, because it tells that all the rest is there.
    await rooms.customers.changeProfile(
      first.guide,
      first.externalUserId,
      profileOf(knowledge),
      first.profileVersion,
    )
    report.customers += 1
    report.dates += dates + remembered.dates
    report.purchases += purchases + remembered.purchases
    report.sends += sends + remembered.sends
  }
  for (const { externalUserId } of known) {
    const first = byCustomer.get(externalUserId)?.[0]
    if (first?.salutation === null)
      report.coupons += await seedGivenCoupons({ db, config, now }, first, { ...templateIds, older })
  }
  await endOlderOffer(db, older)
  await inParallel(known, PARALLEL, tell)
  // After the messages of the past: those were chosen among what the product brings along.
  await seedSharedScripts(db, rooms, served)
  await seedOwnScripts(rooms, served, clock.today(config.timeZone))
  // What the night before would have found: new friends without tags, coupons about to end, pieces to be cleaned.
  await rooms.reminders.run(corpId)
  await createScriptDaysService({ db, clock, timeZone: config.timeZone }).count(corpId, SCRIPT_USE_DAYS)
  await createCouponStatsService({ db, clock, timeZone: config.timeZone }).count(corpId, COUPON_MONTHS)
  return report
}

async function seedPurchases(
  db: Db,
  config: DemoSeed['config'],
  { guide, externalUserId }: Served,
  { purchases }: CustomerKnowledge,
): Promise<number> {
  for (const [index, purchase] of purchases.entries()) {
    const { purchases: room } = openRooms(
      db,
      clockAt(Date.parse(`${purchase.day}T17:00:00+08:00`) + index * 60_000),
      config,
    )
    const intent = intentOf('addPurchase', externalUserId, index)
    await room.add(guide, externalUserId, purchaseDraft(purchase), intent)
  }
  return purchases.length
}

/** Who has used the product for a while finds her usual tags ghosted beside those a customer has. */
async function rememberUsualTags(db: Db, corpId: number, now: Date): Promise<void> {
  await sql`
    insert into recent_tags (staff_id, tag_id, corp_id, used_at)
    select s.staff_id, t.tag_id, s.corp_id, ${now}::timestamptz - array_position(${usualTags}::text[], t.name) * interval '1 day'
    from staff s
    join tags t on t.corp_id = s.corp_id and t.name = any(${usualTags}::text[]) and not t.is_deleted
    where s.corp_id = ${corpId} and not exists (select from recent_tags r where r.staff_id = s.staff_id)`.execute(
    db,
  )
}

/** As a manager does it in the settings. Nothing of WeCom's is touched by it, so nothing is queued either. */
async function chooseSingle(db: Db, clock: Clock, { customers }: Rooms, served: Served[]): Promise<void> {
  const manager = served.find(({ guide }) => guide.role !== 'guide')?.guide
  if (!manager) return
  const queue: Queue = { send: () => Promise.reject(new Error('choosing queues no work')) }
  const tags = createTagsService({
    db,
    clock,
    log: pino({ level: 'silent' }),
    outbox: createOutboxService({ db, clock, queue }),
    // Never asked for, as said above.
    wecom: {} as WecomClient,
    customers,
  })
  const { groups } = await tags.list(manager)
  for (const group of groups) {
    if (singleChoiceGroups.includes(group.name) && group.choice !== 'single')
      await tags.setChoice(manager, group.groupId, 'single')
  }
}

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const lane = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}
