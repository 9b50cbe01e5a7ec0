import type { Actor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { NotFound } from '../../errors.ts'
import type { Sealing } from '../../sealing.ts'
import { createCustomersRepository, type FollowIds } from './customers.repository.ts'
import type { NewTouch } from './touch.ts'

export type { FollowIds } from './customers.repository.ts'
export type { NewTouch } from './touch.ts'
export { customerSearchKey, nameSound, phoneTails } from './searchKeys.ts'

export interface CustomersDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  timeZone: string
}

export function createCustomersService({ clock }: CustomersDeps) {
  return {
    /**
     * Scope of everything done for one customer: the member's own active follow.
     * @throws NotFound also for customers of other members; the two are never told apart.
     */
    async findFollow(tx: Db | Tx, actor: StaffActor, externalUserId: string): Promise<FollowIds> {
      const follow = await createCustomersRepository(tx).findFollow(actor, externalUserId)
      if (!follow) throw new NotFound()
      return follow
    },

    /** A line of the timeline, in the transaction of the change it tells of. */
    async recordTouch(tx: Tx, actor: Actor, touch: NewTouch): Promise<void> {
      await createCustomersRepository(tx).insertTouch(actor.corpId, { ...touch, at: touch.at ?? clock.now() })
    },
  }
}

export type CustomersService = ReturnType<typeof createCustomersService>
