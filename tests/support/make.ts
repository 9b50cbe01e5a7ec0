import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Role, Store } from '../../shared/contract/session.ts'
import type { Occasion, ScriptPart } from '../../shared/contract/scripts.ts'
import type { CountedRule } from '../../shared/rules/contactBudget.ts'
import { couponCode } from '../../shared/rules/couponCode.ts'
import type { StaffActor } from '../../server/actor.ts'
import type { Db } from '../../server/db/db.ts'
import { poolCount } from '../../server/domains/coupons/pools.ts'
import { customerSearchKey, nameSound } from '../../server/domains/customers/searchKeys.ts'
import { digest, randomToken } from '../../server/sealing.ts'

/** The instant of all tests: 10:20 of 2026-11-21 in Shanghai. */
export const TEST_NOW = new Date('2026-11-21T02:20:00Z')
export const TEST_TODAY = '2026-11-21'
export const TEST_TIME_ZONE = 'Asia/Shanghai'

const unique = (prefix: string) => `${prefix}${randomBytes(6).toString('hex')}`

export interface MadeCorp {
  corpId: number
  wecomCorpId: string
}
export type MadeStore = Store & { storeId: number }
export interface MadeCustomer {
  customerId: number
  externalUserId: string
  name: string
  salutation: string | null
}
export interface MadeFollow {
  followId: number
  customerId: number
  staffId: number
}
export interface MadeTag {
  /** ours, as `follows.tag_ids` holds it */
  id: number
  /** WeCom's, as the contract names it */
  tagId: string
  name: string
}
export interface MadeTagGroup {
  id: number
  groupId: string
  tags: MadeTag[]
}

interface NewCustomer {
  name?: string
  externalUserId?: string
  salutation?: string | null
  kind?: 1 | 2
  gender?: 0 | 1 | 2
  avatarUrl?: string | null
  tier?: string | null
  quietUntil?: string | null
  quietLevel?: 'less' | 'none'
}

interface NewFollow {
  status?: 'active' | 'lost' | 'removed' | 'transferring'
  remark?: string | null
  addedAt?: Date
  endedAt?: Date | null
  addWay?: number
  channel?: string | null
  tags?: MadeTag[]
  phoneTails?: Buffer[]
  /** as the server seals them */
  phonesSealed?: Buffer
}

type DateKind = 'birthday' | 'wedding' | 'firstPurchase' | 'other'

/**
 * Factories of rows with sensible defaults, straight into the database; each test makes a corp of its own.
 * `make.staff(corp)` returns the actor that services take.
 */
export function createMake(db: Db) {
  async function one<Row>(query: { execute: (db: Db) => Promise<{ rows: Row[] }> }): Promise<Row> {
    const [row] = (await query.execute(db)).rows
    if (row === undefined) throw new Error('the factory made no row')
    return row
  }

  const make = {
    async corp(
      given: { wecomCorpId?: string; rule?: { periodDays: number; maxCount: number } } = {},
    ): Promise<MadeCorp> {
      const wecomCorpId = given.wecomCorpId ?? unique('ww')
      const { corpId } = await one(sql<{ corpId: number }>`
        insert into corps (wecom_corp_id, name, created_at) values (${wecomCorpId}, '云锦珠宝', ${TEST_NOW})
        returning corp_id as "corpId"`)
      if (given.rule) await make.contactRule({ corpId }, given.rule)
      return { corpId, wecomCorpId }
    },

    /** A row of restraint; a corp made here has none of its own accord. */
    async contactRule(
      corp: Pick<MadeCorp, 'corpId'>,
      given: Partial<Omit<CountedRule, 'used' | 'freeOn'>> & { isOn?: boolean } = {},
    ): Promise<{ ruleId: number }> {
      const bypass = given.bypass ?? ['orderReady', 'afterSales', 'answer']
      return one(sql<{ ruleId: number }>`
        insert into contact_rules (corp_id, scope, channel, period_days, max_count, hardness, bypass, is_on, source, source_date)
        values (${corp.corpId}, ${given.scope ?? 'customer'}, ${given.channel ?? 'private'}, ${given.periodDays ?? 7},
                ${given.maxCount ?? 1}, ${given.hardness ?? 'soft'}, ${[...bypass]}::text[], ${given.isOn ?? true}, '店规',
                '2026-01-01')
        returning rule_id as "ruleId"`)
    },

    async store(corp: MadeCorp, given: Partial<Store> = {}): Promise<MadeStore> {
      const name = given.name ?? '国贸店'
      const address = given.address === undefined ? '建国门外大街 1 号' : given.address
      const { hours = null, phone = null } = given
      const departmentId = randomBytes(4).readUInt32BE() >>> 1
      const { storeId } = await one(sql<{ storeId: number }>`
        insert into stores (corp_id, department_id, name, address, hours, phone)
        values (${corp.corpId}, ${departmentId}, ${name}, ${address}, ${hours}, ${phone})
        returning store_id as "storeId"`)
      return { storeId, name, address, hours, phone }
    },

    async staff(
      corp: MadeCorp,
      given: {
        name?: string
        userId?: string
        role?: Role
        store?: MadeStore | null
        status?: 'active' | 'disabled' | 'left'
        /** the stores she manages */
        manages?: MadeStore[]
      } = {},
    ): Promise<StaffActor> {
      const userId = given.userId ?? unique('guide_')
      const name = given.name ?? '陈露'
      const role = given.role ?? 'guide'
      const store = given.store ?? null
      const { staffId } = await one(sql<{ staffId: number }>`
        insert into staff (corp_id, user_id, name, store_id, role, status, synced_at, confirmed_at)
        values (${corp.corpId}, ${userId}, ${name}, ${store?.storeId ?? null}, ${role}, ${given.status ?? 'active'}, ${TEST_NOW},
                ${TEST_NOW})
        returning staff_id as "staffId"`)
      const managedStoreIds = (given.manages ?? []).map(({ storeId }) => storeId)
      await sql`
        insert into store_managers (store_id, staff_id, corp_id, source)
        select store_id, ${staffId}, ${corp.corpId}, 'manual' from unnest(${managedStoreIds}::integer[]) as store_id`.execute(
        db,
      )
      return { kind: 'staff', corpId: corp.corpId, staffId, userId, name, role, store, managedStoreIds }
    },

    /** A live session; `hash` is what the middlewares hand on, `token` what the cookie holds. */
    async session(
      actor: StaffActor,
      given: { createdAt?: Date; lastSeenAt?: Date; expiresAt?: Date; revokedAt?: Date | null } = {},
    ): Promise<{ token: string; hash: Buffer }> {
      const token = randomToken(32)
      const hash = digest(token)
      const createdAt = given.createdAt ?? TEST_NOW
      await sql`
        insert into sessions (token_hash, corp_id, staff_id, created_at, last_seen_at, expires_at, revoked_at)
        values (${hash}, ${actor.corpId}, ${actor.staffId}, ${createdAt}, ${given.lastSeenAt ?? createdAt},
                ${given.expiresAt ?? new Date(createdAt.getTime() + 12 * 3_600_000)}, ${given.revokedAt ?? null})`.execute(
        db,
      )
      return { token, hash }
    },

    async customer(corp: MadeCorp, given: NewCustomer = {}): Promise<MadeCustomer> {
      const name = given.name ?? '林婉清'
      const externalUserId = given.externalUserId ?? unique('wm')
      const salutation = given.salutation ?? null
      const { customerId } = await one(sql<{ customerId: number }>`
        insert into customers (corp_id, external_user_id, kind, gender, name, avatar_url, salutation, tier, quiet_level, quiet_until, synced_at)
        values (${corp.corpId}, ${externalUserId}, ${given.kind ?? 1}, ${given.gender ?? 2}, ${name}, ${given.avatarUrl ?? null},
                ${salutation}, ${given.tier ?? null}, ${given.quietUntil ? (given.quietLevel ?? 'none') : null},
                ${given.quietUntil ?? null}, ${TEST_NOW})
        returning customer_id as "customerId"`)
      return { customerId, externalUserId, name, salutation }
    },

    async follow(actor: StaffActor, customer: MadeCustomer, given: NewFollow = {}): Promise<MadeFollow> {
      const remark = given.remark ?? null
      const { searchKey, sortKey } = customerSearchKey({
        remark,
        name: customer.name,
        salutation: customer.salutation,
      })
      const { followId } = await one(sql<{ followId: number }>`
        insert into follows (corp_id, staff_id, customer_id, status, added_at, ended_at, add_way, channel, remark, tag_ids,
                             search_key, sort_key, phone_tails, phones_sealed, synced_at)
        values (${actor.corpId}, ${actor.staffId}, ${customer.customerId}, ${given.status ?? 'active'},
                ${given.addedAt ?? new Date('2026-03-02T03:00:00Z')}, ${given.endedAt ?? null}, ${given.addWay ?? 1},
                ${given.channel ?? null}, ${remark}, ${(given.tags ?? []).map(tag => tag.id)}::integer[],
                ${searchKey}, ${sortKey}, ${given.phoneTails ?? []}::bytea[], ${given.phonesSealed ?? null},
                ${TEST_NOW})
        returning follow_id as "followId"`)
      return { followId, customerId: customer.customerId, staffId: actor.staffId }
    },

    /** A customer with an active follow by `actor`. */
    async followed(
      corp: MadeCorp,
      actor: StaffActor,
      given: NewCustomer & NewFollow = {},
    ): Promise<MadeCustomer & MadeFollow> {
      const customer = await make.customer(corp, given)
      return { ...customer, ...(await make.follow(actor, customer, given)) }
    },

    async tagGroup(
      corp: MadeCorp,
      given: { name?: string; choice?: 'single' | 'multi'; tags?: string[]; sort?: number } = {},
    ): Promise<MadeTagGroup> {
      const groupId = unique('etg')
      const { id } = await one(sql<{ id: number }>`
        insert into tag_groups (corp_id, wecom_id, name, sort, choice)
        values (${corp.corpId}, ${groupId}, ${given.name ?? '风格'}, ${given.sort ?? 0}, ${given.choice ?? 'multi'})
        returning group_id as id`)
      const tags: MadeTag[] = []
      for (const [index, name] of (given.tags ?? ['简约', '古法', '国潮']).entries()) {
        const tagId = unique('et')
        const { pinyin, initials } = nameSound(name)
        const tag = await one(sql<{ id: number }>`
          insert into tags (corp_id, group_id, wecom_id, name, sort, pinyin, initials)
          values (${corp.corpId}, ${id}, ${tagId}, ${name}, ${1000 - index}, ${pinyin}, ${initials}) returning tag_id as id`)
        tags.push({ id: tag.id, tagId, name })
      }
      return { id, groupId, tags }
    },

    async person(
      corp: MadeCorp,
      customer: { customerId: number },
      given: {
        relation?: string
        callName?: string | null
        /** a child's data until this day */
        minorUntil?: string | null
        avoids?: string | null
      } = {},
    ): Promise<{ personId: string }> {
      const personId = randomUUID()
      await sql`
        insert into people (person_id, corp_id, customer_id, relation, call_name, minor_until, avoids, created_at)
        values (${personId}, ${corp.corpId}, ${customer.customerId}, ${given.relation ?? 'mother'}, ${given.callName ?? null},
                ${given.minorUntil ?? null}::date, ${given.avoids ?? null}, ${TEST_NOW})`.execute(db)
      return { personId }
    },

    /** A yearly date with the day it next falls on, as it stands stored. */
    async date(
      corp: MadeCorp,
      customer: { customerId: number },
      given: {
        nextOn: string
        remindOn?: string
        personId?: string | null
        kind?: DateKind
        label?: string | null
        calendar?: 'solar' | 'lunar'
        month?: number
        day?: number | null
        isLeapMonth?: boolean
        year?: number | null
        leadDays?: number
        lastOrderOn?: string | null
      },
    ): Promise<{ dateId: string }> {
      const dateId = randomUUID()
      const [, month, day] = given.nextOn.split('-').map(Number)
      const leadDays = given.leadDays ?? 14
      await sql`
        insert into important_dates (date_id, corp_id, customer_id, person_id, kind, label, calendar, month, day, is_leap_month,
                                     year, lead_days, next_on, last_order_on, remind_on, created_at)
        values (${dateId}, ${corp.corpId}, ${customer.customerId}, ${given.personId ?? null}, ${given.kind ?? 'birthday'},
                ${given.label ?? null}, ${given.calendar ?? 'solar'}, ${given.month ?? month ?? 1}, ${given.day === undefined ? (day ?? 1) : given.day},
                ${given.isLeapMonth ?? false}, ${given.year ?? null}, ${leadDays}, ${given.nextOn}::date, ${given.lastOrderOn ?? null}::date,
                coalesce(${given.remindOn ?? null}::date, ${given.nextOn}::date - ${leadDays}::integer), ${TEST_NOW})`.execute(
        db,
      )
      return { dateId }
    },

    /** A guardian's consent for a child, on record. */
    async consent(actor: StaffActor, customer: { customerId: number }, personId: string): Promise<void> {
      await sql`
        insert into guardian_consents (consent_id, corp_id, customer_id, person_id, guardian, how, given_on, recorded_by, recorded_at)
        values (gen_random_uuid(), ${actor.corpId}, ${customer.customerId}, ${personId}, 'customer', 'inPerson', ${TEST_TODAY},
                ${actor.staffId}, ${TEST_NOW})`.execute(db)
    },

    async reminder(
      actor: StaffActor,
      customer: { customerId: number },
      given: {
        dateId?: string | null
        kind?: 'date' | 'newFriend' | 'lost'
        occurrence: string
        dueOn?: string
        state?: 'pending' | 'snoozed' | 'sent' | 'done' | 'skipped' | 'expired'
        snoozedUntil?: string | null
        actedAt?: Date | null
      },
    ): Promise<{ reminderId: string }> {
      const reminderId = randomUUID()
      await sql`
        insert into reminders (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, state,
                               snoozed_until, acted_at, created_at)
        values (${reminderId}, ${actor.corpId}, ${customer.customerId}, ${actor.staffId}, ${given.dateId ?? null},
                ${given.kind ?? 'date'}, ${given.occurrence}, ${given.dueOn ?? TEST_TODAY}, ${given.state ?? 'pending'},
                ${given.snoozedUntil ?? null}, ${given.actedAt ?? null}, ${TEST_NOW})`.execute(db)
      return { reminderId }
    },

    async script(
      corp: MadeCorp,
      given: {
        title?: string
        occasion?: Occasion
        text?: string
        parts?: ScriptPart[]
        sort?: number
        scope?: 'company' | 'store' | 'personal'
        store?: MadeStore
        owner?: StaffActor
        archivedAt?: Date | null
      } = {},
    ): Promise<{ scriptId: string }> {
      const scriptId = randomUUID()
      const title = given.title ?? '生日祝福 · 给长辈'
      const { pinyin, initials } = nameSound(title)
      const parts = given.parts ?? [{ kind: 'text', text: given.text ?? '{称呼}，{家人称呼}的生日快到了。' }]
      await sql`
        insert into scripts (script_id, corp_id, scope, store_id, staff_id, title, occasion, parts, sort, pinyin, initials,
                             archived_at, updated_at)
        values (${scriptId}, ${corp.corpId}, ${given.scope ?? 'company'}, ${given.store?.storeId ?? null},
                ${given.owner?.staffId ?? null}, ${title}, ${given.occasion ?? 'birthdayElder'}, ${JSON.stringify(parts)}::jsonb,
                ${given.sort ?? 0}, ${pinyin}, ${initials}, ${given.archivedAt ?? null}, ${TEST_NOW})`.execute(
        db,
      )
      return { scriptId }
    },

    async send(
      actor: StaffActor,
      customer: { customerId: number },
      given: {
        title?: string
        startedAt?: Date
        outcome?: 'ok' | 'cancelled' | 'failed' | 'unknown' | 'partial' | null
        reminderId?: string | null
        script?: { scriptId: string; version?: number }
        reasonClass?: 'orderReady' | 'afterSales' | 'answer' | null
      } = {},
    ): Promise<{ sendId: string }> {
      const sendId = randomUUID()
      const startedAt = given.startedAt ?? TEST_NOW
      const outcome = given.outcome === undefined ? 'ok' : given.outcome
      await sql`
        insert into sends (send_id, corp_id, staff_id, customer_id, title, reminder_id, script_id, script_version, reason_class,
                           started_at, finished_at, outcome)
        values (${sendId}, ${actor.corpId}, ${actor.staffId}, ${customer.customerId}, ${given.title ?? '生日祝福 · 给长辈'},
                ${given.reminderId ?? null}, ${given.script?.scriptId ?? null},
                ${given.script ? (given.script.version ?? 1) : null}, ${given.reasonClass ?? null}, ${startedAt},
                ${outcome === null ? null : startedAt}, ${outcome})`.execute(db)
      return { sendId }
    },

    /** A code to add a friend, which WeCom has not been told of. */
    async channelCode(
      corp: MadeCorp,
      guides: StaffActor[],
      given: { name?: string; welcomeText?: string; templateId?: string | null } = {},
    ): Promise<{ channelCodeId: string; state: string }> {
      const [channelCodeId, state] = [randomUUID(), unique('gb')]
      await sql`
        insert into channel_codes (channel_code_id, corp_id, state, name, staff_ids, welcome_text, template_id, skip_verify,
          created_at, changed_at)
        values (${channelCodeId}, ${corp.corpId}, ${state}, ${given.name ?? '国贸店收银台'},
          ${guides.map(guide => guide.staffId)}::integer[], ${given.welcomeText ?? ''}, ${given.templateId ?? null}, true,
          ${TEST_NOW}, ${TEST_NOW})`.execute(db)
      return { channelCodeId, state }
    },

    async couponTemplate(
      corp: MadeCorp,
      given: {
        name?: string
        stock?: number
        live?: number
        perPerson?: number
        validUntil?: string | null
        state?: 'draft' | 'running' | 'paused' | 'stopped'
        /** empty: all of them */
        stores?: MadeStore[]
        issuer?: string
        /** into how many pools the stock is divided; by default as the product does it */
        pools?: number
      } = {},
    ): Promise<{ templateId: string }> {
      const templateId = randomUUID()
      const { stock = 100, live = 0, state = 'running' } = given
      const count = given.pools ?? poolCount(stock)
      const validUntil = given.validUntil === undefined ? '2026-12-31' : given.validUntil
      await sql`
        with template as (
          insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, threshold_fen, valid_until,
                                        valid_days_after_claim, stock, per_person, state, store_ids, issuer, created_at, changed_at)
          values (${templateId}, ${corp.corpId}, ${given.name ?? '足金饰品券'}, 'amountOff', 20000, 300000, ${validUntil},
                  ${validUntil === null ? 30 : null}, ${stock}, ${given.perPerson ?? 1}, ${state},
                  ${(given.stores ?? []).map(store => store.storeId)}::int[], ${given.issuer ?? 'own'}, ${TEST_NOW}, ${TEST_NOW}))
        insert into coupon_pools (template_id, pool, stock, live, is_open)
        select ${templateId}::uuid, place, ${stock}::int / ${count}::int + (place < ${stock}::int % ${count}::int)::int,
               case when place = 0 then ${live}::int else 0 end, ${state === 'running'}::boolean
        from generate_series(0, ${count}::int - 1) as place`.execute(db)
      return { templateId }
    },

    async coupon(
      actor: StaffActor,
      template: { templateId: string },
      customer: { customerId: number },
      given: {
        state?: 'reserved' | 'issued' | 'claimed' | 'redeemed' | 'released' | 'expired' | 'revoked'
        slot?: number
        expiresOn?: string | null
      } = {},
    ): Promise<{ couponId: string; token: string; code: string }> {
      const couponId = randomUUID()
      const token = randomToken(16)
      const code = couponCode(randomBytes(16))
      await sql`
        with piece as (
          update coupon_pools set live = live + 1
          where template_id = ${template.templateId} and pool = 0
            and ${given.state ?? 'issued'} in ('reserved', 'issued', 'claimed', 'redeemed'))
        insert into coupons (coupon_id, corp_id, template_id, customer_id, staff_id, token, code, state, slot, reserved_at,
                             deadline, expires_on)
        values (${couponId}, ${actor.corpId}, ${template.templateId}, ${customer.customerId}, ${actor.staffId}, ${token},
                ${code}, ${given.state ?? 'issued'}, ${given.slot ?? 1}, ${TEST_NOW},
                ${new Date(TEST_NOW.getTime() + 600_000)}, ${given.expiresOn ?? null})`.execute(db)
      return { couponId, token, code }
    },
  }
  return make
}

export type Make = ReturnType<typeof createMake>
