import type { MonthResult, ResultRow, Results, TeamResults } from '../../../shared/contract/stats.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden } from '../../errors.ts'
import { createStatsRepository, type GroupResults, type Split } from './stats.repository.ts'

/** Customers of all members together; more than these are counted at night. */
const LIVE_FOLLOWS = 50_000

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
  /** so many are counted while the page waits; default 50,000 */
  liveFollows?: number
}

export type StatsService = ReturnType<typeof createStatsService>

/** What came of reminders and messages. Reads across rooms and writes nothing but what it has counted ahead. */
export const createStatsService = ({ db, clock, timeZone, liveFollows = LIVE_FOLLOWS }: Deps) => {
  const stats = createStatsRepository(db)

  async function count(by: Split, who: StaffActor | JobActor, from = stats): Promise<TeamResults> {
    const today = clock.today(timeZone)
    const { groups, custom } = await from.read(who, by, today, timeZone)
    const rows = groups.filter(({ key }) => key !== 'all').flatMap(rowOf)
    return { today, months: monthsOf(groups), custom, rows: rows.some(row => !row.isRest) ? rows : [] }
  }

  return {
    /** The member's own results. */
    async mine(actor: StaffActor): Promise<Results> {
      const today = clock.today(timeZone)
      const { groups, custom } = await stats.read(actor, 'mine', today, timeZone)
      return { today, months: monthsOf(groups), custom }
    },

    /**
     * Results of the members in her scope; groups of fewer than five customers are not told apart. Those of a big corp are of
     * the night before, as their `today` says. @throws Forbidden for guides
     */
    async team(actor: StaffActor, by: Split): Promise<TeamResults> {
      if (actor.role === 'guide') throw new Forbidden()
      const counted = actor.role === 'admin' ? await stats.findCounted(actor.corpId, by) : undefined
      return counted ?? count(by, actor)
    },

    /** Counts big corps ahead, the whole of each once by store and once by guide; others are counted when somebody asks. */
    async countAhead(): Promise<void> {
      const patient = createStatsRepository(db.patient())
      for (const corpId of await stats.listCorps()) {
        if (!(await stats.isBig(corpId, liveFollows))) {
          await stats.forgetCounted(corpId)
          continue
        }
        const actor: JobActor = { kind: 'job', corpId, name: 'stats' }
        for (const by of ['store', 'guide'] as const) {
          await stats.writeCounted(corpId, by, await count(by, actor, patient), clock.now())
        }
      }
    },
  }
}

function monthsOf(groups: readonly GroupResults[]): MonthResult[] {
  const all = groups.find(({ key }) => key === 'all')
  if (!all) throw new Error('a member counts nobody, not even herself')
  return all.months
}

function rowOf({ key, name, store, months }: GroupResults): ResultRow[] {
  const [lastMonth, thisMonth] = months.slice(-2)
  if (!lastMonth || !thisMonth) return []
  const isRest = key === 'rest'
  return [{ name: isRest ? '其余' : (name ?? ''), store, isRest, thisMonth, lastMonth }]
}
