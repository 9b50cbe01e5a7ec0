import { z } from 'zod'
import { CouponAtTill } from './coupons.ts'
import { endpoint } from './endpoint.ts'
import { CivilDay, Instant } from './time.ts'

/** A use of today, as the till's list shows it: whose only as far as the reader may know her. */
export const Redemption = CouponAtTill.pick({ couponId: true, name: true, face: true, customer: true })
  .extend({ redemption: CouponAtTill.shape.redemption.unwrap() })
  .meta({ id: 'Redemption' })
export type Redemption = z.infer<typeof Redemption>

/** A use that was taken back today: nothing in the sums, and still something that happened at the till. */
export const UndoneRedemption = Redemption.omit({ redemption: true })
  .extend({
    at: Instant.meta({ description: '什么时候撤销的' }),
    by: z.string().meta({ description: '谁撤销的' }),
    store: z.string().nullable().meta({ description: '在哪家店核销的' }),
    amountFen: z.number().int().meta({ description: '用券前的金额' }),
    discountFen: z.number().int(),
  })
  .meta({ id: 'UndoneRedemption' })
export type UndoneRedemption = z.infer<typeof UndoneRedemption>

export const listRedemptions = endpoint({
  id: 'listRedemptions',
  method: 'get',
  path: '/redemptions',
  summary: '今天核销的券，新的在前：导购看自己门店和自己核的，店长看自己门店的，管理员看全部',
  answer: z.object({
    day: CivilDay,
    redemptions: z.array(Redemption).meta({ description: '最多 100 条，合计算的是全部' }),
    undone: z.array(UndoneRedemption).meta({ description: '今天撤销的，新的在前，最多 100 条，不在合计里' }),
    total: z.object({
      count: z.number().int(),
      amountFen: z.number().int().meta({ description: '用券前的金额' }),
      discountFen: z.number().int(),
    }),
  }),
  status: 200,
})
