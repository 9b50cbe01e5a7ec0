import type { Device } from '../../../shared/contract/session.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import { createSessionRepository } from './session.repository.ts'

/** Where a member is signed in, and the end of it: her own doing, or an admin's. Sessions end with the next request (P4). */
export function createDevicesService({ db, clock }: { db: Db; clock: Clock }) {
  const repository = createSessionRepository(db)

  async function endAllOf(actor: StaffActor, staffId: number, kept?: Buffer): Promise<number> {
    const at = clock.now()
    return db.transaction(async tx => {
      const count = await createSessionRepository(tx).revokeAll({ corpId: actor.corpId, staffId }, at, kept)
      const subject = { kind: 'staff', id: staffId } as const
      if (count > 0) await appendAudit(tx, { actor, at, action: 'sessionsEnded', subject, detail: { count } })
      return count
    })
  }

  /** @throws Forbidden for everybody but admins, NotFound */
  async function findMember(actor: StaffActor, userId: string): Promise<number> {
    if (actor.role !== 'admin') throw new Forbidden()
    const staffId = await repository.findMemberInScope(actor, userId)
    if (staffId === undefined) throw new NotFound()
    return staffId
  }

  return {
    list: (actor: StaffActor, hash: Buffer): Promise<Device[]> =>
      repository.listSessions(actor, hash, clock.now()),

    /** Somebody's. @throws Forbidden for everybody but admins, NotFound */
    async listOfMember(actor: StaffActor, hash: Buffer, userId: string): Promise<Device[]> {
      const staffId = await findMember(actor, userId)
      return repository.listSessions({ corpId: actor.corpId, staffId }, hash, clock.now())
    },

    /** Ends the session she acts by. */
    async endThis(actor: StaffActor, hash: Buffer): Promise<void> {
      const at = clock.now()
      await db.transaction(async tx => {
        const sessionId = await createSessionRepository(tx).revokeSession(hash, at)
        if (sessionId === undefined) return
        const subject = { kind: 'session', id: sessionId } as const
        await appendAudit(tx, { actor, at, action: 'loggedOut', subject })
      })
    },

    /** @throws NotFound when it is none of hers, or has ended */
    async endOne(actor: StaffActor, sessionId: string): Promise<void> {
      const at = clock.now()
      await db.transaction(async tx => {
        if (!(await createSessionRepository(tx).revokeOwn(actor, sessionId, at))) throw new NotFound()
        const subject = { kind: 'session', id: sessionId } as const
        await appendAudit(tx, { actor, at, action: 'sessionsEnded', subject, detail: { count: 1 } })
      })
    },

    /** All of her sessions but the one she acts by. @returns how many */
    endOthers: (actor: StaffActor, kept: Buffer): Promise<number> => endAllOf(actor, actor.staffId, kept),

    /** All of somebody's. @throws Forbidden for everybody but admins, NotFound */
    endAllOfMember: async (actor: StaffActor, userId: string): Promise<number> =>
      endAllOf(actor, await findMember(actor, userId)),
  }
}

export type DevicesService = ReturnType<typeof createDevicesService>
