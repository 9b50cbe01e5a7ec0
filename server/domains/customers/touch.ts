import type { Touch, TouchKind } from '../../../shared/contract/customers.ts'

/** One line for the timeline, written with the change it tells of. */
export interface NewTouch {
  customerId: number
  kind: TouchKind
  /** Who did it: a member (then with `staffId`), the customer, or a job of ours. */
  by: 'staff' | 'customer' | 'system'
  staffId?: number | null
  /** the noun: 生日祝福 · 给长辈, 足金饰品券, 喜欢简约 */
  what: string
  detail?: string | null
  outcome?: Touch['outcome']
  /** The purchase it tells of: the line goes and changes with it. */
  purchaseId?: string | null
  /** The send it tells of: one line per send, which follows what becomes of it as long as `at` is the same. */
  sendId?: string
  /** default: now */
  at?: Date
}
