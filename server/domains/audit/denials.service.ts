import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { requestIds } from '../../requestIds.ts'
import { createDenialsRepository } from './denials.repository.ts'

/** What was refused, and to whose session. */
export interface Refused {
  sessionHash: Buffer | undefined
  code: string
  operation: string
}

export interface DenialsDeps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'warn'>
  corpId: number
}

/**
 * Refusals, written down: the first few of a session in an hour one by one, the others as a number, so that whoever tries every
 * id there is fills no disk.
 */
export const createDenialsService = ({ db, clock, log, corpId }: DenialsDeps) => ({
  /** Never throws: the answer is a refusal already, and stays the same one. */
  async note(refused: Refused): Promise<void> {
    try {
      await createDenialsRepository(db).note({
        ...refused,
        corpId,
        at: clock.now(),
        requestId: requestIds.getStore() ?? null,
      })
    } catch (error) {
      log.warn({ err: error }, 'a refusal could not be written down')
    }
  },

  closeHours: (): Promise<void> => createDenialsRepository(db).closeHoursBefore(corpId, clock.now()),
})

export type DenialsService = ReturnType<typeof createDenialsService>
