import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { CouponOffer } from '../../shared/contract/coupons.ts'
import type { Script } from '../../shared/contract/scripts.ts'
import { couponCode } from '../../shared/rules/couponCode.ts'
import { discountFen } from '../../shared/rules/couponRedeem.ts'
import { addDays, civilDayOf } from '../../shared/rules/civilDay.ts'
import { couponCard } from '../../server/domains/coupons/couponCard.ts'
import { poolCount } from '../../server/domains/coupons/pools.ts'
import { createRandom } from '../world/random.ts'
import { dayMs, momentOf } from '../world/calendar.ts'
import type { CustomerKnowledge } from '../world/families.ts'
import { filledOf, isTold, type History } from './history.ts'
import { clockAt, openRooms, type Served } from './rooms.ts'

/** What the shop gave to many in some days, long enough ago that nothing of it is open any more. */
interface Campaign {
  seedKey: string
  name: string
  face: CouponOffer['face']
  /** when it was given, days ago: from, to */
  given: readonly [number, number]
  /** for so many days from the first on */
  days: number
  /** shares: of the customers who got one, of these who claimed, of these who used it */
  got: number
  claimed: number
  used: number
  /** with these words, if the guide had them */
  words: readonly (Script['occasion'] | null)[]
  /** of a sale, in fen */
  sale: readonly [number, number]
}

const worth = { percent: null, words: null, goods: null } as const
const campaigns: readonly Campaign[] = [
  {
    seedKey: 'demo-past-summer',
    name: '七夕礼券',
    face: { ...worth, kind: 'amountOff', amountFen: 10_000, thresholdFen: 100_000 },
    given: [98, 106],
    days: 22,
    got: 0.3,
    claimed: 0.55,
    used: 0.3,
    words: [null],
    sale: [110_000, 460_000],
  },
  {
    seedKey: 'demo-past-regulars',
    name: '老客满额券',
    face: { ...worth, kind: 'amountOff', amountFen: 30_000, thresholdFen: 300_000 },
    given: [66, 75],
    days: 25,
    got: 0.4,
    claimed: 0.6,
    used: 0.25,
    words: ['visit', 'daily', null],
    sale: [310_000, 1_280_000],
  },
  {
    seedKey: 'demo-past-wedding',
    name: '秋日镶嵌季',
    face: { ...worth, kind: 'percentOff', amountFen: null, percent: 92, thresholdFen: 0, goods: '镶嵌类' },
    given: [36, 46],
    days: 28,
    got: 0.45,
    claimed: 0.65,
    used: 0.3,
    words: ['newFriend', 'visit', null],
    sale: [180_000, 980_000],
  },
  {
    seedKey: 'demo-past-members',
    name: '会员日礼券',
    face: { ...worth, kind: 'amountOff', amountFen: 20_000, thresholdFen: 150_000 },
    given: [13, 20],
    days: 16,
    got: 0.45,
    claimed: 0.7,
    used: 0.4,
    words: ['daily', 'newFriend', null],
    sale: [160_000, 720_000],
  },
]
const STOCK = 150
/** Nobody is given anything in the week she is added, let alone before. */
const SETTLED_DAYS = 7

/** The same for the same thing, so that a second run adds none. */
const bytesOf = (...what: string[]): Buffer => createHash('sha256').update(what.join('\n')).digest()
function idOf(...what: string[]): string {
  const hash = bytesOf(...what).toString('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

type Told = Pick<History, 'db' | 'config' | 'now' | 'scripts'>

function couponsOf(
  { config, now, scripts }: Told,
  campaign: Campaign,
  templateId: string,
  { guide, externalUserId, addedAt }: Served,
  address: string,
) {
  const random = createRandom(`${campaign.seedKey}:${externalUserId}`)
  const isGiven = random.chance(campaign.got)
  const issuedAt = momentOf(
    now,
    -random.between(...campaign.given),
    random.between(10, 19),
    random.between(0, 59),
  )
  const isClaimed = random.chance(campaign.claimed)
  const claimedAt = issuedAt + (dayMs / 24) * random.between(1, 40)
  const lastDay = addDays(civilDayOf(momentOf(now, -campaign.given[1], 12), config.timeZone), campaign.days)
  const isUsed = isClaimed && random.chance(campaign.used)
  const redeemedAt = Math.min(
    claimedAt + dayMs * random.between(1, 9),
    // the last evening
    Date.parse(`${lastDay}T19:30:00+08:00`),
  )
  const amountFen = random.between(campaign.sale[0] / 10_000, campaign.sale[1] / 10_000) * 10_000
  const occasion = random.pick(campaign.words)
  if (!isGiven || !addedAt || issuedAt < addedAt.getTime() + SETTLED_DAYS * dayMs) return []
  const facts = { 称呼: address, 导购姓名: guide.name, 门店: guide.store?.name }
  const message = occasion === null ? undefined : filledOf(scripts, occasion, facts)
  const secret = bytesOf('coupon', config.sessionSecret, templateId, externalUserId)
  const token = secret.subarray(0, 16).toString('base64url')
  const offer = {
    name: campaign.name,
    face: campaign.face,
    validity: { kind: 'until' as const, day: lastDay },
    pictureId: null,
  }
  const discount = discountFen(campaign.face, amountFen)
  const at = (instant: number) => new Date(instant).toISOString()
  return [
    {
      couponId: idOf('coupon', templateId, externalUserId),
      sendId: idOf('coupon send', templateId, externalUserId),
      purchaseId: idOf('coupon sale', templateId, externalUserId),
      templateId,
      pool: (secret[16] ?? 0) % poolCount(STOCK),
      externalUserId,
      staffId: guide.staffId,
      storeId: guide.store?.storeId ?? null,
      token,
      code: couponCode(secret.subarray(16)),
      name: campaign.name,
      scriptId: message?.script.scriptId ?? null,
      version: message?.script.version ?? null,
      parts: [...(message?.parts ?? []), { kind: 'news', ...couponCard(offer, config.publicUrl, token) }],
      state: isUsed ? 'redeemed' : 'expired',
      expiresOn: lastDay,
      issuedAt: at(issuedAt),
      claimedAt: isClaimed ? at(claimedAt) : null,
      redeemedAt: isUsed ? at(redeemedAt) : null,
      redeemedOn: isUsed ? civilDayOf(redeemedAt, config.timeZone) : null,
      endedAt: isUsed ? null : `${addDays(lastDay, 1)}T00:20:00+08:00`,
      amountFen: isUsed ? amountFen : null,
      discountFen: isUsed ? discount : null,
    },
  ]
}

/**
 * Some hundred coupons of the shop's last months, so that there is something to be seen in what came of them; all used or past,
 * so that nobody's coupons of today differ. Written as they would stand there now, in one go, the ledger with them.
 * @returns how many coupons and sales
 */
export async function seedCouponCampaigns(
  told: Told,
  corpId: number,
  byCustomer: ReadonlyMap<string, readonly Served[]>,
  known: readonly CustomerKnowledge[],
): Promise<{ coupons: number; purchases: number }> {
  const { db, config, now } = told
  const given: ReturnType<typeof couponsOf> = []
  for (const [place, campaign] of campaigns.entries()) {
    const first = momentOf(now, -campaign.given[1], 9)
    const { couponTemplates } = openRooms(db, clockAt(first), config)
    const lastDay = addDays(civilDayOf(first, config.timeZone), campaign.days)
    const actor = { kind: 'job', corpId, name: 'demo' } as const
    const templateId = await couponTemplates.install(actor, {
      seedKey: campaign.seedKey,
      name: campaign.name,
      face: campaign.face,
      validity: { kind: 'until', day: lastDay },
      terms: '每人一张，每单一张，不与其他优惠同享。金条、金币除外。',
      stock: STOCK,
      perPerson: 1,
      sort: 100 + place,
    })
    await sql`
      with stopped as (update coupon_templates set state = 'stopped' where template_id = ${templateId} returning template_id)
      update coupon_pools set is_open = false where template_id in (select template_id from stopped)`.execute(
      db,
    )
    for (const { externalUserId, address } of known) {
      const [served] = byCustomer.get(externalUserId) ?? []
      if (served && !isTold(externalUserId))
        given.push(...couponsOf(told, campaign, templateId, served, address))
    }
  }
  const written = await sql<{ customerId: number; isUsed: boolean }>`
    with given as materialized (
      select g.*, c.customer_id, c.corp_id
      from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as g(
        "couponId" uuid, "sendId" uuid, "purchaseId" uuid, "templateId" uuid, pool smallint, "externalUserId" text,
        "staffId" integer, "storeId" integer, token text, code text, name text, "scriptId" uuid, version integer, parts jsonb,
        state text, "expiresOn" date, "issuedAt" timestamptz, "claimedAt" timestamptz, "redeemedAt" timestamptz,
        "redeemedOn" date, "endedAt" timestamptz, "amountFen" integer, "discountFen" integer)
      join customers c on c.corp_id = ${corpId} and c.external_user_id = g."externalUserId"),
    added as (
      insert into coupons (coupon_id, corp_id, template_id, pool, customer_id, staff_id, token, code, state, slot, reserved_at,
                           deadline, issued_at, claimed_at, expires_on, redeemed_at, redeemed_by, redeemed_store_id, amount_fen,
                           discount_fen)
      select "couponId", corp_id, "templateId", pool, customer_id, "staffId", token, code, state, 1, "issuedAt",
             "issuedAt" + interval '10 minutes', "issuedAt", "claimedAt", "expiresOn", "redeemedAt",
             case when state = 'redeemed' then "staffId" end, case when state = 'redeemed' then "storeId" end, "amountFen",
             "discountFen"
      from given
      on conflict do nothing
      returning coupon_id),
    fresh as materialized (select given.* from given join added on added.coupon_id = given."couponId"),
    kept as (
      update coupon_pools p set live = p.live + used.count
      from (select "templateId", pool, count(*)::int as count from fresh where state = 'redeemed' group by 1, 2) used
      where p.template_id = used."templateId" and p.pool = used.pool),
    noted as (
      insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at,
                                 store_id, amount_fen, discount_fen)
      select corp_id, "couponId", "templateId", pool, step.before, step.after, step.actor, step.reason, step.at,
             case when step.after = 'redeemed' then "storeId" end, case when step.after = 'redeemed' then "amountFen" end,
             case when step.after = 'redeemed' then "discountFen" end
      from fresh
      cross join lateral (values
        (1, null, 'reserved', 'staff:' || "staffId", null, "issuedAt"),
        (2, 'reserved', 'issued', 'staff:' || "staffId", null, "issuedAt"),
        (3, 'issued', 'claimed', 'customer', null, "claimedAt"),
        (4, 'claimed', 'redeemed', 'staff:' || "staffId", null, "redeemedAt"),
        (5, case when "claimedAt" is null then 'issued' else 'claimed' end, 'expired', 'job:coupons.expire', 'past', "endedAt")
      ) as step (place, before, after, actor, reason, at)
      where step.at is not null
      order by "couponId", step.place),
    sent as (
      insert into sends (send_id, corp_id, staff_id, customer_id, title, script_id, script_version, coupon_id, started_at,
                         finished_at, outcome)
      select "sendId", corp_id, "staffId", customer_id, '优惠券 · ' || name, "scriptId", version, "couponId", "issuedAt",
             "issuedAt", 'ok'
      from fresh),
    worded as (
      insert into send_parts (send_id, index, body, handed_at, outcome, answered_at)
      select "sendId", part.place - 1, part.body, "issuedAt", 'ok', "issuedAt"
      from fresh, jsonb_array_elements(parts) with ordinality as part (body, place)),
    sold as (
      insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_by, created_at, coupon_id)
      select "purchaseId", corp_id, customer_id, "redeemedOn", '用券 · ' || name, "amountFen" - "discountFen", "staffId",
             "redeemedAt", "couponId"
      from fresh where state = 'redeemed'),
    lines as (
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what, outcome, send_id, purchase_id)
      select corp_id, customer_id, line.at, line.kind, line.actor, line.by, line.what, line.outcome, line.send, line.purchase
      from fresh
      cross join lateral (values
        (1, "issuedAt", 'send', 'staff', "staffId", '优惠券 · ' || name, 'ok', "sendId", null::uuid),
        (2, "issuedAt", 'couponIssued', 'staff', "staffId", name, 'ok', null, null),
        (3, "claimedAt", 'couponClaimed', 'customer', null, name, null, null, null),
        (4, "redeemedAt", 'couponRedeemed', 'staff', "staffId", name, null, null, null),
        (5, "redeemedAt", 'purchase', 'staff', "staffId", '用券 · ' || name, null, null, "purchaseId")
      ) as line (place, at, kind, actor, by, what, outcome, send, purchase)
      where line.at is not null
      order by line.at, line.place)
    select customer_id as "customerId", state = 'redeemed' as "isUsed" from fresh`.execute(db)
  const buyers = [...new Set(written.rows.flatMap(({ customerId, isUsed }) => (isUsed ? [customerId] : [])))]
  const { purchases } = openRooms(db, clockAt(now), config)
  await db.transaction(tx => purchases.trace(tx, buyers))
  return { coupons: written.rows.length, purchases: written.rows.filter(({ isUsed }) => isUsed).length }
}
