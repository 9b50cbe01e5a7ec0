import type { Db } from '../../db/db.ts'
import { createTombstones } from '../../db/tombstones.ts'
import { eraseOne } from './eraseOne.ts'
import { createErasuresRepository } from './erasures.repository.ts'

const CUSTOMERS_AT_A_TIME = 1_000

/**
 * Erases once more whoever a restore has brought back (P29), before anybody sees the data. Also who was to be erased when the backup
 * was taken. Safe to repeat.
 * @returns how many
 */
export async function replayErasures(db: Db): Promise<number> {
  // Nobody is kept waiting, and a server that cannot start helps nobody.
  const patient = db.patient()
  await createErasuresRepository(patient).forgetNumbers()
  let count = 0
  for (const corpId of await createErasuresRepository(db).listCorps()) {
    for (let after = 0; ;) {
      const customers = await createErasuresRepository(db).listCustomers(corpId, after, CUSTOMERS_AT_A_TIME)
      const last = customers.at(-1)
      if (!last) break
      const marks = await createTombstones(db, corpId).marksOf(
        customers.map(({ externalUserId }) => externalUserId),
      )
      const back = await createErasuresRepository(db).reopen(
        customers.map(({ customerId }, place) => ({ customerId, tombstones: marks[place] ?? [] })),
      )
      for (const erasure of back)
        await patient.transaction(tx => eraseOne(tx, erasure, { sealing: undefined, now: new Date() }))
      count += back.length
      after = last.customerId
    }
    // What nobody in the restored data answers to is done.
    for (;;) {
      const left = await createErasuresRepository(db).listWaiting(corpId, 100)
      if (left.length === 0) break
      for (const erasure of left)
        await patient.transaction(tx => eraseOne(tx, erasure, { sealing: undefined, now: new Date() }))
    }
  }
  return count
}
