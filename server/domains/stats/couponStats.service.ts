import type { CouponCounts, CouponResults, CouponSplit } from '../../../shared/contract/couponResults.ts'
import { civilDay, civilDayParts, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import { createCouponStatsRepository, type Which } from './couponStats.repository.ts'
import { createCouponCountRepository } from './couponStatsCount.repository.ts'

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
}

/** Months of the chart. */
const SHOWN_MONTHS = 6
/** How far back a night counts: what a page can be asked for. */
export const NIGHTLY_MONTHS = 12
/** Into the new month the one before is counted as well: what happened last is written a little later. */
const SETTLING_DAYS = 2
/** Cells written in one go. */
const CHUNK_CELLS = 5_000

export interface CouponStatsQuery {
  from?: string | undefined
  until?: string | undefined
  by: CouponSplit
  templateId?: string | undefined
  store?: number | undefined
}

export type CouponStatsService = ReturnType<typeof createCouponStatsService>

/** `2026-11-01`, 2 → `2026-09-01` */
function monthsBefore(month: CivilDay, count: number): CivilDay {
  const { year, month: number } = civilDayParts(month)
  const place = year * 12 + number - 1 - count
  return civilDay(Math.floor(place / 12), (place % 12) + 1, 1)
}
const monthOf = (day: CivilDay): CivilDay => `${day.slice(0, 7)}-01`

/** What came of coupons: given, claimed, used, sold with. Writes nothing but what it has counted ahead. */
export const createCouponStatsService = ({ db, clock, timeZone }: Deps) => {
  const stats = createCouponStatsRepository(db)
  const today = () => clock.today(timeZone)

  async function read(actor: StaffActor, which: Which, query: CouponStatsQuery): Promise<CouponResults> {
    const until = query.until === undefined ? monthOf(today()) : `${query.until}-01`
    const from = query.from === undefined ? monthsBefore(until, SHOWN_MONTHS - 1) : `${query.from}-01`
    const chart = monthsBefore(until, SHOWN_MONTHS - 1)
    const [months, { rows, unlisted }, countedAt] = await Promise.all([
      stats.readMonths(actor, which, from < chart ? from : chart, until),
      stats.readRows(actor, which, query.by, { from, until }),
      stats.findCountedAt(actor),
    ])
    return {
      from: from.slice(0, 7),
      until: until.slice(0, 7),
      today: today(),
      countedAt: countedAt?.toISOString() ?? null,
      total: sumOf(months.filter(({ month }) => `${month}-01` >= from)),
      months: months.slice(-SHOWN_MONTHS),
      // when nothing can be told apart there is nothing to list: the total says it all
      rows: rows.every(({ kind }) => kind === 'rest') ? [] : rows,
      unlisted,
    }
  }

  async function assertTemplate(actor: StaffActor, templateId: string | undefined): Promise<void> {
    if (templateId !== undefined && !(await stats.hasTemplate(actor, templateId))) throw new NotFound()
  }

  /** One month anew; doing so again is safe, it writes what the ledger says. */
  async function countMonth(corpId: number, month: CivilDay): Promise<void> {
    // Nobody waits for this, and it holds no lock meanwhile.
    const cells = await db.patient().transaction(async tx => {
      const patient = createCouponCountRepository(tx)
      await patient.giveMemory()
      return patient.readMonth(corpId, month, monthsBefore(month, -1), timeZone)
    })
    const parts = Math.ceil(cells.length / CHUNK_CELLS) || 1
    await db.transaction(async tx => {
      const repository = createCouponCountRepository(tx)
      await repository.lock(corpId)
      for (let part = 0; part < parts; part++) {
        const ofPart = cells.filter(({ staffId }) => staffId % parts === part)
        await repository.writeMonth(corpId, month, ofPart, { part, parts })
      }
    })
  }

  /** The newest months first, so that a run that is cut off has done what is looked at most. */
  async function count(corpId: number, back: number, signal?: AbortSignal): Promise<void> {
    const countedAt = clock.now()
    const month = monthOf(today())
    for (let ago = 0; ago < back; ago++) {
      signal?.throwIfAborted()
      await countMonth(corpId, monthsBefore(month, ago))
    }
    await createCouponCountRepository(db).noteCounted(corpId, countedAt)
  }

  async function countAll(back: number, signal?: AbortSignal): Promise<void> {
    for (const corpId of await createCouponCountRepository(db).listCorps()) await count(corpId, back, signal)
  }

  return {
    /** What came of the coupons the member gave herself. @throws NotFound for a template of nobody's */
    async mine(actor: StaffActor, query: CouponStatsQuery): Promise<CouponResults> {
      await assertTemplate(actor, query.templateId)
      return read(actor, { whose: 'mine', templateId: query.templateId, departmentId: undefined }, query)
    },

    /**
     * What came of the coupons given by the members in her scope, wherever they were used; groups of fewer than five customers
     * are not told apart. @throws Forbidden for guides, NotFound for a store out of her scope
     */
    async team(actor: StaffActor, query: CouponStatsQuery): Promise<CouponResults> {
      if (actor.role === 'guide') throw new Forbidden()
      await assertTemplate(actor, query.templateId)
      if (query.store !== undefined && !(await stats.hasStore(actor, query.store))) throw new NotFound()
      return read(actor, { whose: 'team', templateId: query.templateId, departmentId: query.store }, query)
    },

    count,

    /** The present month, and the one before while it settles. */
    async countHourly(signal?: AbortSignal): Promise<void> {
      await countAll(civilDayParts(today()).day <= SETTLING_DAYS ? 2 : 1, signal)
    },

    async countNightly(signal?: AbortSignal): Promise<void> {
      await countAll(NIGHTLY_MONTHS, signal)
    },
  }
}

function sumOf(months: readonly CouponCounts[]): CouponCounts {
  const total = { issued: 0, claimed: 0, redeemed: 0, paidFen: 0, discountFen: 0 }
  for (const month of months) {
    total.issued += month.issued
    total.claimed += month.claimed
    total.redeemed += month.redeemed
    total.paidFen += month.paidFen
    total.discountFen += month.discountFen
  }
  return total
}
