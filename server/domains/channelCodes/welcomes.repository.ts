import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

export interface NewWelcome {
  welcomeId: string
  corpId: number
  codeHash: Buffer
  codeSealed: Buffer
  channelCodeId: string
  staffId: number
  externalUserId: string
  receivedAt: Date
}

/** A welcome that has not been claimed, with what its words need. */
export interface WaitingWelcome {
  corpId: number
  codeSealed: Buffer
  channelCodeId: string
  codeName: string
  welcomeText: string
  templateId: string | null
  staffId: number
  guide: string
  store: string | null
  externalUserId: string
  salutation: string | null
  receivedAt: Date
}

export type WelcomeEnd = 'sent' | 'refused' | 'unknown'

export interface OpenWelcome {
  welcomeId: string
  corpId: number
  state: 'waiting' | 'sending'
  channelCodeId: string
  codeName: string
  templateId: string | null
  staffId: number
  customerId: number | null
  externalUserId: string
  couponId: string | null
}

export const createWelcomesRepository = (db: Db | Tx) => ({
  /** The code that greets, when there is something to say or to give. */
  async findCode(
    corpId: number,
    state: string,
    userId: string,
  ): Promise<{ channelCodeId: string; staffId: number } | undefined> {
    const found = await sql<{ channelCodeId: string; staffId: number }>`
      select k.channel_code_id as "channelCodeId", s.staff_id as "staffId"
      from channel_codes k
      join staff s on s.corp_id = k.corp_id and lower(s.user_id) = lower(${userId})
      where k.corp_id = ${corpId} and k.state = ${state} and k.deleted_at is null
        and (k.welcome_text <> '' or k.template_id is not null)`.execute(db)
    return found.rows[0]
  },

  /** @returns false for a code that is known already */
  async insert(welcome: NewWelcome): Promise<boolean> {
    const written = await sql`
      insert into welcomes (welcome_id, corp_id, code_hash, code_sealed, channel_code_id, staff_id, external_user_id, received_at)
      values (${welcome.welcomeId}, ${welcome.corpId}, ${welcome.codeHash}, ${welcome.codeSealed}, ${welcome.channelCodeId},
        ${welcome.staffId}, ${welcome.externalUserId}, ${welcome.receivedAt})
      on conflict on constraint welcomes__code_key do nothing
      returning 1`.execute(db)
    return written.rows.length > 0
  },

  async findWaiting(welcomeId: string): Promise<WaitingWelcome | undefined> {
    const found = await sql<WaitingWelcome>`
      select w.corp_id as "corpId", w.code_sealed as "codeSealed", w.channel_code_id as "channelCodeId", k.name as "codeName",
             k.welcome_text as "welcomeText", k.template_id as "templateId", w.staff_id as "staffId", s.name as guide,
             store.name as store, w.external_user_id as "externalUserId", c.salutation, w.received_at as "receivedAt"
      from welcomes w
      join channel_codes k on k.channel_code_id = w.channel_code_id
      join staff s on s.staff_id = w.staff_id
      left join stores store on store.store_id = s.store_id
      left join customers c on c.corp_id = w.corp_id and c.external_user_id = w.external_user_id
      where w.welcome_id = ${welcomeId} and w.state = 'waiting'`.execute(db)
    return found.rows[0]
  },

  /** Of all who want to send it one may. */
  async claim(welcomeId: string, now: Date): Promise<boolean> {
    const claimed = await sql`
      update welcomes set state = 'sending', claimed_at = ${now} where welcome_id = ${welcomeId} and state = 'waiting'
      returning 1`.execute(db)
    return claimed.rows.length > 0
  },

  async noteCoupon(
    welcomeId: string,
    noted: { customerId: number; couponId: string | null; refusal: string | null },
  ): Promise<void> {
    await sql`
      update welcomes
      set customer_id = ${noted.customerId}, coupon_id = ${noted.couponId}, coupon_refusal = ${noted.refusal}
      where welcome_id = ${welcomeId}`.execute(db)
  },

  /** Held until the transaction ends; undefined when it has ended already. */
  async lockOpen(welcomeId: string): Promise<OpenWelcome | undefined> {
    const found = await sql<OpenWelcome>`
      select w.welcome_id as "welcomeId", w.corp_id as "corpId", w.state, w.channel_code_id as "channelCodeId",
             k.name as "codeName", k.template_id as "templateId", w.staff_id as "staffId", w.customer_id as "customerId",
             w.external_user_id as "externalUserId", w.coupon_id as "couponId"
      from welcomes w
      join channel_codes k on k.channel_code_id = w.channel_code_id
      where w.welcome_id = ${welcomeId} and w.state in ('waiting', 'sending')
      for update of w`.execute(db)
    return found.rows[0]
  },

  /** What is sealed in it is of no use any more; whose it was stays, also of one that nobody had claimed. */
  async end(
    welcomeId: string,
    { state, errcode, customerId }: { state: WelcomeEnd; errcode: number | null; customerId: number },
    now: Date,
  ): Promise<void> {
    await sql`
      update welcomes
      set state = ${state}, errcode = ${errcode}, customer_id = ${customerId}, ended_at = ${now},
          code_sealed = null, external_user_id = null
      where welcome_id = ${welcomeId}`.execute(db)
  },

  /** Those whose time has run out without a word from whoever had them. */
  async listOverdue(before: Date, count: number): Promise<string[]> {
    const found = await sql<{ welcomeId: string }>`
      select welcome_id as "welcomeId" from welcomes
      where state in ('waiting', 'sending') and received_at < ${before}
      order by received_at limit ${count}`.execute(db)
    return found.rows.map(row => row.welcomeId)
  },

  // Once per person ever ------------------------------------------------------------------------------------------------

  /** @returns false when she has had this coupon as a welcome before; waits for another welcome of hers that is under way */
  async markGiven(given: {
    corpId: number
    templateId: string
    personHash: Buffer
    channelCodeId: string
    at: Date
  }): Promise<boolean> {
    const written = await sql`
      insert into welcome_coupons (corp_id, template_id, person_hash, channel_code_id, given_at)
      values (${given.corpId}, ${given.templateId}, ${given.personHash}, ${given.channelCodeId}, ${given.at})
      on conflict (template_id, person_hash) do nothing
      returning 1`.execute(db)
    return written.rows.length > 0
  },

  /** Which coupon it was that `markGiven` has marked. */
  async noteGiven(given: { templateId: string; personHash: Buffer; couponId: string }): Promise<void> {
    await sql`
      update welcome_coupons set coupon_id = ${given.couponId}
      where template_id = ${given.templateId} and person_hash = ${given.personHash} and coupon_id is null`.execute(
      db,
    )
  },

  /** It has certainly not reached her: she may have it another time. */
  async unmarkGiven(given: { couponId: string } | { templateId: string; personHash: Buffer }): Promise<void> {
    const which =
      'couponId' in given
        ? sql`coupon_id = ${given.couponId}`
        : sql`template_id = ${given.templateId} and person_hash = ${given.personHash}`
    await sql`delete from welcome_coupons where ${which}`.execute(db)
  },
})
