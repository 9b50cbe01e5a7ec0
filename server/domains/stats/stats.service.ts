import type { MonthResult, ResultRow, Results, TeamResults } from '../../../shared/contract/stats.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden } from '../../errors.ts'
import { createStatsRepository, type GroupResults, type Split } from './stats.repository.ts'

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
}

export type StatsService = ReturnType<typeof createStatsService>

/** What came of reminders and messages. Reads across rooms and writes nothing. */
export const createStatsService = ({ db, clock, timeZone }: Deps) => {
  const stats = createStatsRepository(db)

  return {
    /** The member's own results. */
    async mine(actor: StaffActor): Promise<Results> {
      const today = clock.today(timeZone)
      const { groups, custom } = await stats.read(actor, 'mine', today, timeZone)
      return { today, months: monthsOf(groups), custom }
    },

    /** Results of the members in her scope; groups of fewer than five customers are not told apart. @throws Forbidden for guides */
    async team(actor: StaffActor, by: Split): Promise<TeamResults> {
      if (actor.role === 'guide') throw new Forbidden()
      const today = clock.today(timeZone)
      const { groups, custom } = await stats.read(actor, by, today, timeZone)
      const rows = groups.filter(({ key }) => key !== 'all').flatMap(rowOf)
      return { today, months: monthsOf(groups), custom, rows: rows.some(row => !row.isRest) ? rows : [] }
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
