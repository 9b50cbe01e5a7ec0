import { sql } from 'kysely'
import type { CouponPieces } from '../../../shared/contract/couponPieces.ts'
import type { CouponState } from '../../../shared/contract/coupons.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db } from '../../db/db.ts'
import { couponTemplateInScope, followInScope, staffInScope } from '../../db/scope.ts'

export interface ListedPiece {
  couponId: string
  code: string
  state: CouponState
  by: string
  isFromGroup: boolean
  /** as the member knows her; null where she may not see her */
  address: string | null
  /** first character of the name, for whoever does not see more */
  initial: string | null
  issuedAt: Date
  claimedAt: Date | null
  expiresOn: string | null
  redeemedAt: Date | null
}

export interface PiecePlace {
  /** ISO 8601 with microseconds, as the database has it */
  reservedAt: string
  couponId: string
}

const STATES = {
  open: ['issued', 'claimed'],
  redeemed: ['redeemed'],
  ended: ['expired', 'revoked'],
} as const satisfies Record<CouponPieces, readonly CouponState[]>
const ALL = [...STATES.open, ...STATES.redeemed, ...STATES.ended]

/** Pieces of a template that went out to somebody. */
export const createPiecesRepository = (db: Db) => ({
  async isTemplateInScope(actor: StaffActor, templateId: string): Promise<boolean> {
    const found = await sql`
      select from coupon_templates t where t.template_id = ${templateId} and ${couponTemplateInScope(actor)}`.execute(
      db,
    )
    return found.rows.length > 0
  },

  /** Given by people of the actor's scope, newest first; of a group's link those that somebody has claimed. */
  async list(
    actor: StaffActor,
    templateId: string,
    { which, code, before }: { which?: CouponPieces; code?: string; before?: PiecePlace },
    count: number,
  ): Promise<(ListedPiece & { place: string })[]> {
    const wanted = sql.join(
      [
        sql`c.template_id = ${templateId} and c.corp_id = ${actor.corpId}`,
        sql`c.state = any(${which === undefined ? ALL : [...STATES[which]]}::text[])`,
        sql`(c.share_id is null or c.holder is not null)`,
        staffInScope(actor, 'giver'),
        ...(code === undefined ? [] : [sql`c.code = ${code}`]),
        ...(before === undefined
          ? []
          : [
              sql`(c.reserved_at, c.coupon_id) < (${before.reservedAt}::timestamptz, ${before.couponId}::uuid)`,
            ]),
      ],
      sql` and `,
    )
    const found = await sql<ListedPiece & { place: string }>`
      select c.coupon_id as "couponId", c.code, c.state, giver.name as by, c.share_id is not null as "isFromGroup",
             (select coalesce(cu.salutation, f.remark, cu.name) from follows f
              where f.customer_id = c.customer_id and ${followInScope(actor)}
              order by f.staff_id = ${actor.staffId} desc limit 1) as address,
             left(coalesce(cu.salutation, cu.name), 1) as initial,
             coalesce(c.issued_at, c.claimed_at, c.reserved_at) as "issuedAt", c.claimed_at as "claimedAt",
             c.expires_on::text as "expiresOn", c.redeemed_at as "redeemedAt", c.reserved_at::text as place
      from coupons c
      join staff giver on giver.staff_id = c.staff_id
      left join customers cu on cu.customer_id = c.customer_id
      where ${wanted}
      order by c.reserved_at desc, c.coupon_id desc
      limit ${count}`.execute(db)
    return found.rows
  },
})
