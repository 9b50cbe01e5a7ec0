import type { Tx } from '../../db/db.ts'
import { deleteJobsOfKey } from '../../db/queueTable.ts'
import { createTombstones } from '../../db/tombstones.ts'
import type { Sealing } from '../../sealing.ts'
import { eraseCoupons } from '../coupons/eraseCoupons.ts'
import { createErasuresRepository, type WaitingErasure } from './erasures.repository.ts'
import { createErasingRepository } from './erasing.repository.ts'

const EVENTS_AT_A_TIME = 500

/**
 * Erases one person in one transaction: all of it or nothing, so that whoever is killed in the middle leaves her whole, and the
 * next try finds her so. Nothing WeCom tells is written meanwhile.
 * @returns false when somebody else has done it
 * @param sealing undefined where the secret is not at hand (a restore): then stored news of groups goes altogether
 */
export async function eraseOne(
  tx: Tx,
  { erasureId, corpId, customerId }: WaitingErasure,
  { sealing, now }: { sealing: Sealing | undefined; now: Date },
): Promise<boolean> {
  const erasures = createErasuresRepository(tx)
  await createTombstones(tx, corpId).holdAlone()
  if (!(await erasures.lockWaiting(erasureId))) return false
  const erasing = createErasingRepository(tx)
  const her = customerId === null ? undefined : await erasing.hold(customerId)
  if (customerId === null || her?.corpId !== corpId) {
    await erasures.finish(erasureId, {}, now)
    return true
  }

  const { externalUserId } = her
  const pseudonymId = await erasing.makePseudonym(corpId, now)
  const personHash = sealing?.keyedHash(`welcome ${corpId} ${externalUserId}`) ?? null
  const erasee = { corpId, customerId, externalUserId, pseudonymId, personHash }
  const counts = await erasing.erase(erasee)
  const coupons = await eraseCoupons(tx, erasee, now)
  counts['coupons'] = coupons.count
  counts['callback_events'] =
    (counts['callback_events'] ?? 0) + (await eraseGroupNews(tx, corpId, externalUserId, sealing))
  counts['jobs'] = await deleteJobsOfKey(tx, `customer:${externalUserId}`)
  counts['customers'] = await erasing.eraseSelf(customerId)
  const found = Object.entries(counts).filter(([, count]) => count > 0)
  await erasures.finish(erasureId, Object.fromEntries(found), now)
  await coupons.giveBack()
  return true
}

/** News of groups names members inside what is sealed; what cannot be opened any more is not kept either. */
async function eraseGroupNews(
  tx: Tx,
  corpId: number,
  externalUserId: string,
  sealing: Sealing | undefined,
): Promise<number> {
  const erasing = createErasingRepository(tx)
  const names = (sealed: Buffer) => {
    try {
      return sealing === undefined || sealing.open(sealed).includes(externalUserId)
    } catch {
      return true
    }
  }
  let count = 0
  for (let after: string | number = 0; ;) {
    const events = await erasing.listGroupEvents(corpId, after, EVENTS_AT_A_TIME)
    const hers = events.filter(({ bodySealed }) => names(bodySealed))
    count += await erasing.deleteEvents(hers.map(({ eventId }) => eventId))
    const last = events.at(-1)
    if (!last || events.length < EVENTS_AT_A_TIME) return count
    after = last.eventId
  }
}
