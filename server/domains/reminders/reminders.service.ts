import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { createRemindersRepository } from './reminders.repository.ts'

export interface RemindersDeps {
  db: Db
  clock: Clock
  customers: CustomersService
  timeZone: string
}

export function createRemindersService({ clock }: RemindersDeps) {
  return {
    /** A message for this reminder went out: it is done with. Nothing happens when it is not open or not hers. */
    async markSent(
      tx: Tx,
      actor: Pick<StaffActor, 'corpId' | 'staffId'>,
      reminderId: string,
    ): Promise<void> {
      await createRemindersRepository(tx).markSent(actor, reminderId, clock.now())
    },

    /** Whether this is a reminder of the member about this customer, in any state. */
    isOwn(tx: Db | Tx, actor: StaffActor, reminderId: string, customerId: number): Promise<boolean> {
      return createRemindersRepository(tx).isOwn(actor, reminderId, customerId)
    },
  }
}

export type RemindersService = ReturnType<typeof createRemindersService>
