import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { SCRIPT_STATS_DAYS } from '../../db/scriptStatsParts.ts'
import { createScriptDaysRepository, partOf } from './scriptDays.repository.ts'

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
}

/** How far back a night looks: a purchase may count for a message of half a year ago. */
export const NIGHTLY_DAYS = 190
/** How far back an hour looks: within it she answers, or leaves. */
export const HOURLY_DAYS = 9
/** Days counted in one go: at a million messages in three months ten of them took longer than a statement may. */
const CHUNK_DAYS = 1
/** Sums written in one go. */
const CHUNK_SUMS = 5_000
const MAX_PARTS = 256

export type ScriptDaysService = ReturnType<typeof createScriptDaysService>

/** Keeps the days of what came of scripts. Counting a day again is safe: it writes what the messages say, whatever stood there. */
export const createScriptDaysService = ({ db, clock, timeZone }: Deps) => {
  const days = createScriptDaysRepository(db)

  /** The newest days first, so that a run that is cut off has done what is looked at most. */
  async function count(corpId: number, back: number, signal?: AbortSignal): Promise<void> {
    const countedAt = clock.now()
    const today = clock.today(timeZone)
    const first = addDays(today, 1 - back)
    let until: CivilDay = today
    while (until >= first) {
      signal?.throwIfAborted()
      const from = addDays(until, 1 - CHUNK_DAYS)
      const since = from < first ? first : from
      const last = until
      await db.transaction(async tx => {
        const repository = createScriptDaysRepository(tx)
        await repository.lock(corpId)
        await repository.refresh(corpId, since, last, timeZone)
      })
      until = addDays(from, -1)
    }
    signal?.throwIfAborted()
    // A hundred thousand rows may take longer than an answer may: nobody waits for this, and it holds no lock meanwhile.
    const sums = await db.patient().transaction(async tx => {
      const patient = createScriptDaysRepository(tx)
      await patient.giveMemory()
      return patient.readSums(corpId, addDays(today, 1 - SCRIPT_STATS_DAYS))
    })
    const parts = Math.min(MAX_PARTS, Math.ceil(sums.length / CHUNK_SUMS) || 1)
    await db.transaction(async tx => {
      const repository = createScriptDaysRepository(tx)
      await repository.lock(corpId)
      for (let part = 0; part < parts; part++) {
        const ofPart = sums.filter(sum => partOf(sum.script_id, parts) === part)
        await repository.writeSums(corpId, ofPart, { part, parts })
      }
      await repository.chooseWorked(corpId)
      await repository.noteCounted(corpId, countedAt)
    })
  }

  return {
    count,
    async countAll(back: number, signal?: AbortSignal): Promise<void> {
      for (const corpId of await days.listCorps()) await count(corpId, back, signal)
    },
  }
}
