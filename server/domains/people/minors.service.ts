import type { MinorReport } from '../../../shared/contract/people.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden } from '../../errors.ts'
import { createMinorsRepository } from './minors.repository.ts'
import { createPeopleRepository } from './people.repository.ts'
import { UNDO_MINUTES } from './undo.ts'

const MINUTE_MS = 60_000

/** How the data of children is treated (P28): the yearly report, and what is kept no longer. */
export function createMinorsService({ db, clock, timeZone }: { db: Db; clock: Clock; timeZone: string }) {
  const minors = createMinorsRepository(db)
  return {
    /** @throws Forbidden for everybody but admins */
    async report(actor: StaffActor, year: number): Promise<MinorReport> {
      if (actor.role !== 'admin') throw new Forbidden()
      const asked = { year, timeZone }
      const staff = await minors.listStaff(actor, asked)
      const sumOf = (name: 'consents' | 'withdrawals' | 'reads') =>
        staff.reduce((sum, member) => sum + member[name], 0)
      return {
        year,
        heldNow: await minors.countHeld(actor, clock.today(timeZone)),
        consents: {
          recorded: sumOf('consents'),
          withdrawn: sumOf('withdrawals'),
          byHow: await minors.countConsents(actor, asked),
        },
        reads: sumOf('reads'),
        staff,
      }
    },

    /** Ways back that nobody took. */
    async sweep(): Promise<void> {
      const repository = createPeopleRepository(db)
      await repository.deleteUndosBefore(new Date(clock.now().getTime() - UNDO_MINUTES * MINUTE_MS))
    },
  }
}

export type MinorsService = ReturnType<typeof createMinorsService>
