import { z } from 'zod'
import { CouponAtTill } from './coupons.ts'
import { endpoint } from './endpoint.ts'
import { CivilDay } from './time.ts'

/** A use of today, as the till's list shows it: whose only as far as the reader may know her. */
export const Redemption = CouponAtTill.pick({ couponId: true, name: true, face: true, customer: true })
  .extend({ redemption: CouponAtTill.shape.redemption.unwrap() })
  .meta({ id: 'Redemption' })
export type Redemption = z.infer<typeof Redemption>

export const listRedemptions = endpoint({
  id: 'listRedemptions',
  method: 'get',
  path: '/redemptions',
  summary: '今天核销的券，新的在前：导购看自己门店和自己核的，店长看自己门店的，管理员看全部',
  answer: z.object({
    day: CivilDay,
    redemptions: z.array(Redemption).meta({ description: '最多 100 条，合计算的是全部' }),
    total: z.object({
      count: z.number().int(),
      amountFen: z.number().int().meta({ description: '用券前的金额' }),
      discountFen: z.number().int(),
    }),
  }),
  status: 200,
})
