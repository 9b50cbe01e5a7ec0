import type { ScriptResults, WatchedScript } from '../../../shared/contract/scriptResults.ts'
import { addDays } from '../../../shared/rules/civilDay.ts'
import { watchReason, type WatchLimits } from '../../../shared/rules/scriptWatch.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { SCRIPT_STATS_DAYS } from '../../db/scriptStatsParts.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import { createScriptStatsRepository, type Whose } from './scriptStats.repository.ts'

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
}

/** What a corp begins with. */
const DEFAULT_LIMITS: WatchLimits = { minSends: 30, lostPercent: 2, cancelledPercent: 40 }

export type ScriptStatsService = ReturnType<typeof createScriptStatsService>

/** What came of scripts, and which of them do not do well. Writes nothing. */
export const createScriptStatsService = ({ db, clock, timeZone }: Deps) => {
  const stats = createScriptStatsRepository(db)
  const firstDay = () => addDays(clock.today(timeZone), 1 - SCRIPT_STATS_DAYS)

  async function read(
    actor: StaffActor,
    whose: Whose,
    stores: ScriptResults['stores'],
  ): Promise<ScriptResults> {
    const [counted, limits = DEFAULT_LIMITS, countedAt] = await Promise.all([
      stats.read(actor, whose, firstDay()),
      stats.findLimits(actor),
      stats.findCountedAt(actor),
    ])
    return {
      from: firstDay(),
      today: clock.today(timeZone),
      countedAt: countedAt?.toISOString() ?? null,
      stores,
      rows: counted.map(({ now, ...row }) => ({
        ...row,
        watch: (now && !row.isArchived && watchReason(now, limits)) || null,
      })),
    }
  }

  return {
    /** Of what the member sent herself. */
    mine: (actor: StaffActor): Promise<ScriptResults> => read(actor, 'mine', []),

    /** Of what the members in her scope sent. @throws Forbidden for guides, NotFound for a store out of her scope */
    async team(actor: StaffActor, store: number | undefined): Promise<ScriptResults> {
      if (actor.role === 'guide') throw new Forbidden()
      const stores = await stats.listStores(actor)
      if (store === undefined) return read(actor, 'team', stores)
      if (!stores.some(one => one.store === store)) throw new NotFound()
      return read(actor, { departmentId: store }, stores)
    },

    /** Scripts she may change that do not do well. */
    async listWatched(actor: StaffActor): Promise<WatchedScript[]> {
      const [managed, limits = DEFAULT_LIMITS] = await Promise.all([
        stats.listManaged(actor),
        stats.findLimits(actor),
      ])
      return managed.flatMap(script => {
        const watch = watchReason(script, limits)
        return watch ? [{ ...script, watch }] : []
      })
    },
  }
}
