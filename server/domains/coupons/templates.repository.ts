import { sql, type RawBuilder } from 'kysely'
import type { CouponHours, CouponOccasion } from '../../../shared/contract/coupons.ts'
import type { CouponTemplateState } from '../../../shared/contract/couponTemplates.ts'
import type { StoreRef } from '../../../shared/contract/staff.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { couponTemplateInScope, couponTemplateToManage } from '../../db/scope.ts'
import { offerColumns, toOffer, type OfferColumns, type TemplateOffer } from './offers.repository.ts'

/** Everything a template says; stores by their own numbers. */
export interface TemplateContent extends TemplateOffer {
  hours: CouponHours[]
  stock: number
  perPerson: number
  perGuidePerDay: number | null
  storeIds: number[]
  tiers: string[]
  occasions: CouponOccasion[]
  isStackable: boolean
  landingText: string
  pictureId: string | null
  terms: string
  sort: number
}

export interface HeldTemplate extends TemplateContent {
  templateId: string
  state: CouponTemplateState
  issuer: string
  version: number
  mayChange: boolean
  /** a piece has been given at some time */
  isIssued: boolean
}

export interface ShownTemplate extends HeldTemplate {
  stores: StoreRef[]
  live: number
  /** the live ones by state; null in a list, and where she may not change the template */
  pieces: { reserved: number; issued: number; claimed: number; redeemed: number } | null
  changedBy: string | null
  changedAt: Date
}

interface TemplateRow extends OfferColumns, Omit<ShownTemplate, keyof TemplateOffer> {}

/** By its index: of a template without any, all coupons of the corp would be gone through for the first one. */
const isIssued = (templateId: RawBuilder<unknown>) => sql<boolean>`coalesce((
  select true from coupons c where c.template_id = ${templateId} order by c.reserved_at desc, c.coupon_id desc limit 1), false)`

const columns = (actor: StaffActor) => sql`
  t.template_id as "templateId", t.state, t.issuer, t.version, ${offerColumns}, t.hours, t.stock, t.per_person as "perPerson",
  t.per_guide_per_day as "perGuidePerDay", t.store_ids as "storeIds", t.tiers, t.occasions, t.is_stackable as "isStackable",
  t.landing_text as "landingText", t.picture_id as "pictureId", t.terms, t.sort,
  ${couponTemplateToManage(actor)} as "mayChange",
  ${isIssued(sql`t.template_id`)} as "isIssued"`

const toContent = (row: OfferColumns & Omit<TemplateContent, keyof TemplateOffer>): TemplateContent => ({
  ...toOffer(row),
  hours: row.hours,
  stock: row.stock,
  perPerson: row.perPerson,
  perGuidePerDay: row.perGuidePerDay,
  storeIds: row.storeIds,
  tiers: row.tiers,
  occasions: row.occasions,
  isStackable: row.isStackable,
  landingText: row.landingText,
  pictureId: row.pictureId,
  terms: row.terms,
  sort: row.sort,
})

const toHeldTemplate = (row: OfferColumns & Omit<HeldTemplate, keyof TemplateOffer>): HeldTemplate => ({
  ...toContent(row),
  templateId: row.templateId,
  state: row.state,
  issuer: row.issuer,
  version: row.version,
  mayChange: row.mayChange,
  isIssued: row.isIssued,
})

/** What a row is written with, new and changed alike. */
const assignments = ({ face, validity, ...rest }: TemplateContent): [string, RawBuilder<unknown>][] => [
  ['name', sql`${rest.name}::text`],
  ['kind', sql`${face.kind}::text`],
  ['amount_fen', sql`${face.amountFen}::int`],
  ['percent', sql`${face.percent}::smallint`],
  ['words', sql`${face.words}::text`],
  ['threshold_fen', sql`${face.thresholdFen}::int`],
  ['goods', sql`${face.goods}::text`],
  ['valid_from', sql`${validity.kind === 'until' ? (validity.from ?? null) : null}::date`],
  ['valid_until', sql`${validity.kind === 'until' ? validity.day : null}::date`],
  ['valid_days_after_claim', sql`${validity.kind === 'daysAfterClaim' ? validity.days : null}::int`],
  ['hours', sql`${JSON.stringify(rest.hours)}::jsonb`],
  ['stock', sql`${rest.stock}::int`],
  ['per_person', sql`${rest.perPerson}::int`],
  ['per_guide_per_day', sql`${rest.perGuidePerDay}::int`],
  ['store_ids', sql`${rest.storeIds}::int[]`],
  ['tiers', sql`${rest.tiers}::text[]`],
  ['occasions', sql`${rest.occasions}::text[]`],
  ['is_stackable', sql`${rest.isStackable}::boolean`],
  ['landing_text', sql`${rest.landingText}::text`],
  ['picture_id', sql`${rest.pictureId}::uuid`],
  ['terms', sql`${rest.terms}::text`],
  ['sort', sql`${rest.sort}::int`],
]

export const createTemplatesRepository = (db: Db | Tx) => ({
  /** @returns false when a template of that `seedKey` is there already */
  async insert(
    by: { corpId: number; staffId: number | null },
    template: TemplateContent & { templateId: string; seedKey: string | null; state: CouponTemplateState },
    now: Date,
  ): Promise<boolean> {
    const content = assignments(template)
    const added = await sql<{ templateId: string }>`
      insert into coupon_templates (template_id, corp_id, seed_key, state, created_at, changed_at, changed_by,
                                    ${sql.join(content.map(([name]) => sql.ref(name)))})
      values (${template.templateId}, ${by.corpId}, ${template.seedKey}, ${template.state}, ${now}, ${now}, ${by.staffId},
              ${sql.join(content.map(([, value]) => value))})
      on conflict on constraint coupon_templates__seed_key do nothing
      returning template_id as "templateId"`.execute(db)
    return added.rows.length > 0
  },

  async getIdOfSeed(corpId: number, seedKey: string): Promise<string> {
    const found = await sql<{ templateId: string }>`
      select template_id as "templateId" from coupon_templates
      where corp_id = ${corpId} and seed_key = ${seedKey}`.execute(db)
    const row = found.rows[0]
    if (!row) throw new Error(`no coupon template ${seedKey}`)
    return row.templateId
  },

  /** Those the actor sees: all states for who may change them, what is in use for all others. */
  async list(
    actor: StaffActor,
    which: { state?: CouponTemplateState | undefined; templateId?: string },
    limit: number,
  ): Promise<ShownTemplate[]> {
    const isMeant = sql.join(
      [
        couponTemplateInScope(actor),
        which.state === undefined ? sql`true` : sql`t.state = ${which.state}`,
        which.templateId === undefined
          ? sql`(${couponTemplateToManage(actor)} or t.state in ('running', 'paused'))`
          : sql`t.template_id = ${which.templateId}`,
      ],
      sql` and `,
    )
    const found = await sql<TemplateRow>`
      select ${columns(actor)},
             (select coalesce(json_agg(json_build_object('departmentId', s.department_id, 'name', s.name) order by s.name), '[]')
              from stores s where s.store_id = any(t.store_ids) and s.corp_id = t.corp_id) as stores,
             (select coalesce(sum(p.live), 0)::int from coupon_pools p where p.template_id = t.template_id) as live,
             case when ${which.templateId !== undefined}::boolean and ${couponTemplateToManage(actor)} then (
               select json_build_object(
                 'reserved', count(*) filter (where c.state = 'reserved'), 'issued', count(*) filter (where c.state = 'issued'),
                 'claimed', count(*) filter (where c.state = 'claimed'), 'redeemed', count(*) filter (where c.state = 'redeemed'))
               from coupons c
               where c.template_id = t.template_id and c.state in ('reserved', 'issued', 'claimed', 'redeemed')) end as pieces,
             editor.name as "changedBy", t.changed_at as "changedAt"
      from coupon_templates t
      left join staff editor on editor.staff_id = t.changed_by
      where ${isMeant}
      order by t.sort, t.created_at desc, t.template_id
      limit ${limit}`.execute(db)
    return found.rows.map(row => ({
      ...toHeldTemplate(row),
      stores: row.stores,
      live: row.live,
      pieces: row.pieces,
      changedBy: row.changedBy,
      changedAt: row.changedAt,
    }))
  },

  /** One the actor sees, held until the transaction ends. Takers do not wait for it. */
  async hold(actor: StaffActor, templateId: string): Promise<HeldTemplate | undefined> {
    const found = await sql<OfferColumns & Omit<HeldTemplate, keyof TemplateOffer>>`
      select ${columns(actor)} from coupon_templates t
      where t.template_id = ${templateId} and ${couponTemplateInScope(actor)}
      for no key update of t`.execute(db)
    return found.rows.map(toHeldTemplate)[0]
  },

  /** Whether a piece has ever been given. */
  async isIssued(templateId: string): Promise<boolean> {
    const found = await sql<{ issued: boolean }>`
      select ${isIssued(sql`${templateId}::uuid`)} as issued`.execute(db)
    return found.rows[0]?.issued ?? false
  },

  async change(
    actor: StaffActor,
    templateId: string,
    content: TemplateContent & { state: CouponTemplateState },
    now: Date,
  ): Promise<void> {
    const set = assignments(content).map(([name, value]) => sql`${sql.ref(name)} = ${value}`)
    await sql`
      update coupon_templates
      set ${sql.join(set)}, state = ${content.state}, version = version + 1, changed_by = ${actor.staffId}, changed_at = ${now}
      where template_id = ${templateId} and corp_id = ${actor.corpId}`.execute(db)
  },

  async countOpen(corpId: number): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from coupon_templates where corp_id = ${corpId} and state <> 'stopped'`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  /** Tiers of the corp's customers, those of many first. */
  async listTiers(actor: StaffActor, limit: number): Promise<string[]> {
    const found = await sql<{ tier: string }>`
      select tier from customers where corp_id = ${actor.corpId} and tier is not null
      group by tier order by count(*) desc, tier limit ${limit}`.execute(db)
    return found.rows.map(({ tier }) => tier)
  },

  /** Our numbers of these stores, by WeCom's. */
  async storesOf(actor: StaffActor, departmentIds: readonly number[]): Promise<Map<number, number>> {
    const found = await sql<{ departmentId: number; storeId: number }>`
      select department_id as "departmentId", store_id as "storeId" from stores
      where corp_id = ${actor.corpId} and department_id = any(${departmentIds}::int[])`.execute(db)
    return new Map(found.rows.map(({ departmentId, storeId }) => [departmentId, storeId]))
  },

  async insertPicture(actor: StaffActor, pictureId: string, now: Date): Promise<void> {
    await sql`
      insert into coupon_pictures (picture_id, corp_id, staff_id, created_at)
      values (${pictureId}, ${actor.corpId}, ${actor.staffId}, ${now})`.execute(db)
  },

  async countPictures(actor: StaffActor): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from coupon_pictures where corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0]?.count ?? 0
  },

  /** The corp whose picture it is. */
  async findPicture(pictureId: string): Promise<{ corpId: number } | undefined> {
    const found = await sql<{ corpId: number }>`
      select corp_id as "corpId" from coupon_pictures where picture_id = ${pictureId}`.execute(db)
    return found.rows[0]
  },
})
