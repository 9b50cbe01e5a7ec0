import { z } from 'zod'

/** Which of a coupon's rules stands against redeeming it now, in the order in which they are looked at. */
export const RedeemRefusal = z
  .enum(['used', 'expired', 'revoked', 'notSent', 'notYet', 'store', 'hours', 'threshold', 'issuer'])
  .meta({
    description:
      '用过了、过期了、收回了、没有送出、还没开始、这家店不能用、这个时段不能用、没有满、发券方不答应',
  })
export type RedeemRefusal = z.infer<typeof RedeemRefusal>
