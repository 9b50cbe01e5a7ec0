import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import { VersionConflict } from '../../server/errors.ts'
import { wellKnown } from '../world/wellKnown.ts'
import type { Rooms, Served } from './rooms.ts'

/** Who has asked to be left in peace: one for some days, one for longer and only mostly. */
const wishes = [
  { externalUserId: wellKnown.auntWu, level: 'none', reason: '忙', inDays: 10 },
  { externalUserId: wellKnown.wangLiqun, level: 'less', reason: null, inDays: 90 },
] as const

export async function seedQuiet({ restraint }: Rooms, first: Served, today: CivilDay): Promise<void> {
  const wish = wishes.find(({ externalUserId }) => externalUserId === first.externalUserId)
  if (!wish) return
  const { level, reason, inDays, externalUserId } = wish
  const quiet = { level, reason, until: addDays(today, inDays) }
  await restraint.changeQuiet(first.guide, externalUserId, quiet, 0).catch((error: unknown) => {
    // Noted before a broken run ended.
    if (!(error instanceof VersionConflict)) throw error
  })
}
