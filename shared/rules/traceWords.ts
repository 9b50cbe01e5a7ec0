import type { TraceStrength } from '../contract/purchases.ts'

export const strengthWords: Record<TraceStrength, string> = {
  replied: '客户回过',
  couponUsed: '用了券',
  sent: '可能相关',
}
