import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Refusal } from '../../errors.ts'
import type { Sealing } from '../../sealing.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { CustomersService } from './customers.service.ts'
import { openPhones } from './phones.ts'
import { createRevealRepository } from './reveal.repository.ts'

const WINDOW_MS = 60 * 60_000
export const REVEALS_PER_HOUR = 30

export interface RevealDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  customers: Pick<CustomersService, 'findFollow'>
}

/** Masked by default; to see a number is a deliberate act, counted over all servers by the record of it (P27). */
export const createRevealService = ({ db, clock, sealing, customers }: RevealDeps) => {
  /**
   * Counts a look at somebody's numbers and writes it down, in the transaction of what shows them.
   * @throws Refusal('rate_limited') after thirty in an hour
   */
  async function spend(
    tx: Tx,
    actor: StaffActor,
    { customerId, reason, count }: { customerId: number; reason: string; count: number },
  ): Promise<void> {
    const repository = createRevealRepository(tx)
    await repository.lock(actor)
    const now = clock.now()
    const since = new Date(now.getTime() - WINDOW_MS)
    const earliest = await repository.findLast(actor, REVEALS_PER_HOUR, since)
    if (earliest)
      throw new Refusal('rate_limited', {
        detail: `一小时最多看 ${REVEALS_PER_HOUR} 次号码`,
        retryAfterSeconds: Math.max(1, Math.ceil((earliest.getTime() + WINDOW_MS - now.getTime()) / 1000)),
      })
    await appendAudit(tx, {
      actor,
      at: now,
      action: 'phoneRevealed',
      customerId,
      detail: { reason, count },
    })
  }

  return {
    spend,

    /**
     * The numbers of a customer in scope, as the member on whose follow they stand noted them.
     * @throws NotFound; Refusal('rate_limited') after thirty in an hour
     */
    revealPhones: (
      actor: StaffActor,
      externalUserId: string,
      { reason }: { reason: string },
    ): Promise<{ phones: string[] }> =>
      db.transaction(async tx => {
        const { followId, customerId } = await customers.findFollow(tx, actor, externalUserId)
        const phones = openPhones(sealing, await createRevealRepository(tx).findPhones(followId))
        await spend(tx, actor, { customerId, reason, count: phones.length })
        return { phones }
      }),
  }
}

export type RevealService = ReturnType<typeof createRevealService>
