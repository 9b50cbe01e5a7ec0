import type { Role, Store } from '../shared/contract/session.ts'

/** Who acts: every verb of a service and every statement takes one, and scope comes from it alone. */
export type Actor = StaffActor | JobActor

export interface StaffActor {
  kind: 'staff'
  corpId: number
  staffId: number
  userId: string
  name: string
  role: Role
  store: (Store & { storeId: number }) | null
  /** the stores whose members and customers a manager sees; empty for guides */
  managedStoreIds: number[]
}

/** A job or a start-up task acting for the corp. */
export interface JobActor {
  kind: 'job'
  corpId: number
  name: string
}
