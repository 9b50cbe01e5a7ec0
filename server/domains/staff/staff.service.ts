import type { Logger } from 'pino'
import type { StaffMember, StoreChoice, StoreList, StoreRow } from '../../../shared/contract/staff.ts'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Conflict, Forbidden, NotFound, Unauthenticated } from '../../errors.ts'
import type { Sealing } from '../../sealing.ts'
import {
  isNoMember,
  WecomError,
  type WecomClient,
  type WecomDepartment,
  type WecomMember,
} from '../../wecom/client.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { OutboxService } from '../outbox/outbox.service.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import type { SessionService } from '../session/session.service.ts'
import { SESSION_IDLE_MS } from '../session/validSession.ts'
import {
  createOrganisationRepository,
  type KnownStaff,
  type Retired,
  type StoreChange,
} from './organisation.repository.ts'
import { createStaffRepository } from './staff.repository.ts'
import { pathOf, storesOf, withBelow } from './storesOf.ts'
import { createTransfersRepository } from './transfers.repository.ts'
import { traceOf } from './transferWords.ts'

/** Where a notice about a leaver leads; the server turns it into the page behind `#`. */
const HANDOVER_PATH = '/handover'
/** Calls of one kind at the same time; WeCom does not say how many it likes (wecom/limits.md). */
const PARALLEL = 3
/** Members one look asks about; with more the rest has its turn at the next one. */
const MOST_ASKED = 500
/** People never seen before, per look; a whole corp is learnt by the first pull. */
const MOST_NEW = 100
/** So many gone at once, and more than half of all, are looked for a second time before they lose anything. */
const MANY_LEAVERS = 5
const LEAVING_AGAIN_MS = 10 * 60_000
/** Twice within the ten minutes of P4, and not at every look. */
const UNLISTED_PAUSE_MS = 4 * 60_000
/** Somebody waits for her act meanwhile; what is known counts after that. */
const CONFIRM_PATIENCE_MS = 1_500
/** After so many calls without an answer the look ends; what it has learnt counts. */
const MOST_FAILURES = 3

export interface StaffDeps {
  db: Db
  clock: Clock
  log: Logger
  sealing: Sealing
  corpId: number
  wecom: Pick<WecomClient, 'getAgent' | 'listDepartments' | 'listDepartmentUserIds' | 'getMember'>
  session: Pick<SessionService, 'writeMembers' | 'refreshRights' | 'revokeOfAbsent' | 'confirm' | 'findActor'>
  outbox: Pick<OutboxService, 'cancelOf' | 'notify'>
  customers: Pick<CustomersService, 'recordTouches'>
  reminders: Pick<RemindersService, 'stopOf' | 'resumeOf'>
}

/** What WeCom said about the people at one moment. */
export interface Organisation {
  /** all departments in the app's range */
  departments: WecomDepartment[]
  /** members who were asked about */
  members: WecomMember[]
  /** those who are still there though nothing could be learnt about them */
  presentUserIds: string[]
  /** when the asking began: what has been learnt since is newer */
  askedAt: Date
}

/** Who is in the app's range by its lists. */
interface Range {
  /** departments whose people were listed */
  departmentIds: number[]
  /** by the userid in lower case; with those of the departments that list her */
  listed: Map<string, { userId: string; departmentIds: number[] }>
}
const UNLISTED: Range = { departmentIds: [], listed: new Map() }

export function createStaffService(deps: StaffDeps) {
  const { db, clock, log, sealing, corpId, wecom, session, outbox, customers, reminders } = deps
  const cursors = createPageCursors(sealing)
  const jobActor: JobActor = { kind: 'job', corpId, name: 'staff' }

  const assertManages = (actor: StaffActor) => {
    if (actor.role === 'guide') throw new Forbidden()
  }
  const assertAdmin = (actor: StaffActor) => {
    if (actor.role !== 'admin') throw new Forbidden()
  }

  /** Departments and the stores they stand for. */
  async function writeDepartments(tx: Tx, departments: WecomDepartment[]): Promise<void> {
    const organisation = createOrganisationRepository(tx, corpId)
    await organisation.upsertDepartments(departments)
    await organisation.hideOtherDepartments(departments.map(({ id }) => id))
    await writeStores(tx)
  }

  async function writeStores(tx: Tx): Promise<void> {
    const organisation = createOrganisationRepository(tx, corpId)
    const departments = await organisation.listDepartments()
    const stores = storesOf(departments, new Map(departments.map(({ id, choice }) => [id, choice])))
    await organisation.upsertStores(stores)
    await organisation.closeOtherStores(stores.map(({ id }) => id))
  }

  /**
   * Ends what people who have left had here: sessions, what waits to be told to WeCom in their name, reminders, transfers not
   * begun. Their customers wait; who manages them is told once.
   */
  async function retire(tx: Tx, staffIds: number[], askedAt: Date): Promise<void> {
    const retired = await createOrganisationRepository(tx, corpId).retire(staffIds, askedAt, clock.now())
    await session.revokeOfAbsent(tx)
    if (retired.length === 0) return
    const goneIds = retired.map(({ staffId }) => staffId)
    await outbox.cancelOf(tx, jobActor, goneIds, '这位同事已不在这里')
    await reminders.stopOf(tx, goneIds)
    await cancelTransfersOf(tx, goneIds)
    for (const { staffId, waiting } of retired) log.info({ staffId, waiting }, 'a member has left')
    await tellManagers(tx, retired, askedAt)
  }

  /** One notice for each manager, however many have left at once. */
  async function tellManagers(tx: Tx, retired: Retired[], askedAt: Date): Promise<void> {
    const leavers = retired.filter(({ waiting }) => waiting > 0)
    for (const managerId of new Set(leavers.flatMap(({ tellStaffIds }) => tellStaffIds))) {
      const hers = leavers.filter(({ tellStaffIds }) => tellStaffIds.includes(managerId))
      const waiting = hers.reduce((sum, leaver) => sum + leaver.waiting, 0)
      const who = hers.length === 1 ? `${hers[0]?.name}已离职，` : `${hers.length} 位同事已离职，共 `
      await outbox.notify(tx, jobActor, {
        staffIds: [managerId],
        title: `${who}${waiting} 位客户待接替`,
        description: '请为这些客户安排新的导购。客户在企业微信里会收到提示，24 小时内可以拒绝。',
        path: HANDOVER_PATH,
        subject: `leavers:${askedAt.getTime()}`,
      })
    }
  }

  async function cancelTransfersOf(tx: Tx, staffIds: number[]): Promise<void> {
    const transfers = createTransfersRepository(tx, corpId)
    const waiting = await transfers.listWaitingOf(staffIds)
    if (waiting.length === 0) return
    const cancelled = waiting.map(transferId => ({
      transferId,
      state: 'cancelled' as const,
      reason: '安排或接替的同事已不在这里',
      takenOverAt: null,
    }))
    await customers.recordTouches(tx, (await transfers.end(cancelled, clock.now())).flatMap(traceOf))
  }

  /** Writes what was learnt; safe to repeat, and later knowledge is never overwritten by earlier. */
  async function write(learnt: {
    departments?: WecomDepartment[]
    members: WecomMember[]
    goneStaffIds: (organisation: ReturnType<typeof createOrganisationRepository>) => Promise<number[]>
    askedAt: Date
  }): Promise<void> {
    await db.transaction(async tx => {
      const organisation = createOrganisationRepository(tx, corpId)
      await organisation.lock()
      await session.writeMembers(tx, learnt.members, learnt.askedAt)
      if (learnt.departments) {
        await writeDepartments(tx, learnt.departments)
        await session.refreshRights(tx, null)
      }
      const back = await organisation.welcomeBack()
      if (back.length > 0) await reminders.resumeOf(tx, back)
      const gone = await learnt.goneStaffIds(organisation)
      const look = { atLeast: MANY_LEAVERS, againMs: LEAVING_AGAIN_MS, now: clock.now() }
      const isBelieved = await organisation.isLeavingBelieved(gone, look)
      if (!isBelieved)
        log.error({ leaving: gone.length }, '一半以上的成员不见了，可能是可见范围改错了：下一次再看')
      await retire(tx, isBelieved ? gone : [], learnt.askedAt)
    })
  }

  /** Asks about one member after the other, a few at a time, until WeCom stops answering. */
  async function askAbout(
    userIds: string[],
    signal: AbortSignal,
  ): Promise<{ members: WecomMember[]; goneUserIds: string[] }> {
    const members: WecomMember[] = []
    const goneUserIds: string[] = []
    let failures = 0
    const rest = userIds.values()
    await Promise.all(
      Array.from({ length: Math.min(PARALLEL, userIds.length) }, async () => {
        for (const userId of rest) {
          if (signal.aborted || failures >= MOST_FAILURES) return
          try {
            members.push(await wecom.getMember(userId))
          } catch (error) {
            if (isNoMember(error)) goneUserIds.push(userId)
            else if (!(error instanceof WecomError)) throw error
            // A refusal of another kind says nothing about her; the rest of WeCom's silence concerns everybody.
            else if (error.retry === 'stop' || error.retry === 'breaker') failures = MOST_FAILURES
            else if (error.retry !== 'final') failures++
          }
        }
      }),
    )
    return { members, goneUserIds }
  }

  /** Who is in the app's range by its lists: departments, and those members listed in them or by name. */
  async function listRange(): Promise<Range & { departments: WecomDepartment[] }> {
    const departments = await wecom.listDepartments()
    const agent = await wecom.getAgent()
    const listed: Range['listed'] = new Map(
      agent.userIds.map(userId => [userId.toLowerCase(), { userId, departmentIds: [] }]),
    )
    const departmentIds = withBelow(departments, agent.departmentIds)
    for (const departmentId of departmentIds) {
      for (const userId of await wecom.listDepartmentUserIds(departmentId)) {
        const known = listed.get(userId.toLowerCase())
        if (known) known.departmentIds.push(departmentId)
        else listed.set(userId.toLowerCase(), { userId, departmentIds: [departmentId] })
      }
    }
    return { departments, departmentIds, listed }
  }

  async function findStoreRow(tx: Db | Tx, actor: StaffActor, departmentId: number): Promise<StoreRow> {
    const organisation = createOrganisationRepository(tx, corpId)
    const [row] = await organisation.listStoreRows(actor, departmentId)
    if (!row) throw new NotFound()
    return { ...row, path: pathOf(await organisation.listDepartments(), departmentId) }
  }

  /** The two an admin names. @throws NotFound; Conflict when the department is no store */
  async function findStoreAndMember(tx: Tx, actor: StaffActor, departmentId: number, userId: string) {
    const { isStore } = await findStoreRow(tx, actor, departmentId)
    if (!isStore) throw new Conflict('state_conflict', { detail: '这个部门还不是门店，先把它设为门店' })
    const found = await createOrganisationRepository(tx, corpId).findStoreAndMember(departmentId, userId)
    if (!found) throw new NotFound()
    return found
  }

  /**
   * Before an act on which much depends: WeCom is asked whether she may still do it, unless it said so within ten minutes. When
   * WeCom is away, what is known counts.
   * @returns her as she is now
   * @throws Unauthenticated when she works here no more
   */
  async function confirm(actor: StaffActor): Promise<StaffActor> {
    const askedAt = clock.now()
    if ((await session.confirm(actor.userId, CONFIRM_PATIENCE_MS)) === 'gone') {
      // Whom WeCom calls disabled is written down as that already, and has not left.
      const isUnknown = (await session.findActor(actor.staffId)) !== undefined
      await write({ members: [], goneStaffIds: async () => (isUnknown ? [actor.staffId] : []), askedAt })
    }
    const present = await session.findActor(actor.staffId)
    if (!present) throw new Unauthenticated('session_revoked')
    return present
  }

  return {
    confirm,

    /**
     * Everything WeCom told about the people, at once. Whoever is at work here and was not met is asked about: she may be in range
     * by a tag, which no list shows.
     */
    async applyOrganisation({ departments, members, presentUserIds, askedAt }: Organisation): Promise<void> {
      const met = new Set(
        [...presentUserIds, ...members.map(({ userId }) => userId)].map(id => id.toLowerCase()),
      )
      const known = await createOrganisationRepository(db, corpId).listKnownStaff(clock.now(), idleSince())
      const missing = known
        .filter(({ status, userId }) => status !== 'left' && !met.has(userId.toLowerCase()))
        .map(({ userId }) => userId)
      const asked = await askAbout(missing, new AbortController().signal)
      await write({
        departments,
        members: [...members, ...asked.members],
        askedAt,
        goneStaffIds: knownAmong(new Set(asked.goneUserIds.map(userId => userId.toLowerCase()))),
      })
    },

    /**
     * Asks about some members, known or not, and writes what WeCom says.
     * @throws WecomError when WeCom does not answer
     */
    async learnMembers(userIds: string[]): Promise<void> {
      const askedAt = clock.now()
      const members: WecomMember[] = []
      const goneUserIds = new Set<string>()
      for (const userId of userIds) {
        try {
          members.push(await wecom.getMember(userId))
        } catch (error) {
          if (!isNoMember(error)) throw error
          goneUserIds.add(userId.toLowerCase())
        }
      }
      await write({ members, askedAt, goneStaffIds: knownAmong(goneUserIds) })
    },

    /**
     * Looks who is still there (P4): those no list shows, those signed in and those who manage are asked about one by one.
     * Members never seen before are added. While WeCom does not answer nothing changes; where it refuses the lists themselves
     * (an app without a department in its range), everybody known is asked about.
     */
    async poll(signal: AbortSignal): Promise<void> {
      const askedAt = clock.now()
      const range = await listRange().catch((error: unknown) => {
        if (!(error instanceof WecomError)) throw error
        log.warn({ api: error.api, errcode: error.errcode }, 'WeCom did not tell who is in range')
        return error.retry === 'final' ? UNLISTED : undefined
      })
      if (!range || signal.aborted) return
      const organisation = createOrganisationRepository(db, corpId)
      const known = await organisation.listKnownStaff(askedAt, idleSince())
      const { members, goneUserIds } = await askAbout(whomToAsk(known, range, askedAt), signal)
      await write({
        ...('departments' in range && { departments: range.departments }),
        members,
        askedAt,
        goneStaffIds: knownAmong(new Set(goneUserIds.map(userId => userId.toLowerCase()))),
      })
    },

    /** Members of the actor's stores, for an admin of the corp. @throws Forbidden for guides */
    async list(
      actor: StaffActor,
      { store, cursor, limit }: PageQuery & { store?: number | undefined },
    ): Promise<Page<StaffMember>> {
      assertManages(actor)
      const listed = `staff:${store ?? ''}`
      const [hasLeft, name, staffId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const found = await createStaffRepository(db).list(
        actor,
        store,
        cursor === undefined
          ? undefined
          : { hasLeft: hasLeft === 1, name: String(name), staffId: Number(staffId) },
        limit + 1,
      )
      const { rows, nextCursor } = cutPage(found, limit, last =>
        cursors.write(actor, listed, [last.hasLeft ? 1 : 0, last.member.name, last.staffId]),
      )
      return { items: rows.map(({ member }) => member), nextCursor }
    },

    /** A manager's stores; for an admin every department, with what it stands for. @throws Forbidden for guides */
    async listStores(actor: StaffActor): Promise<StoreList> {
      assertManages(actor)
      const organisation = createOrganisationRepository(db, corpId)
      const rows = await organisation.listStoreRows(actor)
      const departments = await organisation.listDepartments()
      return { stores: rows.map(row => ({ ...row, path: pathOf(departments, row.departmentId) })) }
    },

    /**
     * Whether a department is a store, what it is called, where it is, when it is open, how it is rung.
     * @throws Forbidden, NotFound; Conflict when words are given to a department that is no store
     */
    async changeStore(
      actor: StaffActor,
      departmentId: number,
      change: StoreChange & { choice?: StoreChoice | undefined },
    ): Promise<StoreRow> {
      assertAdmin(actor)
      assertAdmin(await confirm(actor))
      return db.transaction(async tx => {
        const organisation = createOrganisationRepository(tx, corpId)
        await organisation.lock()
        await findStoreRow(tx, actor, departmentId)
        if (change.choice !== undefined) {
          await organisation.writeChoice(departmentId, change.choice)
          await writeStores(tx)
          await session.refreshRights(tx, null)
        }
        const { choice: _, ...words } = change
        const isDescribing = Object.values(words).some(given => given !== undefined)
        if (isDescribing && !(await organisation.writeStore(departmentId, change)))
          throw new Conflict('state_conflict', { detail: '这个部门还不是门店，先把它设为门店' })
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'storeChanged',
          subject: { kind: 'store', id: departmentId },
          detail: {
            fields: Object.entries(change).flatMap(([name, given]) => (given === undefined ? [] : [name])),
            ...(change.choice === undefined ? {} : { choice: change.choice }),
          },
        })
        return findStoreRow(tx, actor, departmentId)
      })
    },

    /** @throws Forbidden, NotFound, Conflict */
    async addManager(actor: StaffActor, departmentId: number, userId: string): Promise<StoreRow> {
      assertAdmin(actor)
      assertAdmin(await confirm(actor))
      return db.transaction(async tx => {
        const { storeId, staffId } = await findStoreAndMember(tx, actor, departmentId, userId)
        await createOrganisationRepository(tx, corpId).insertManager(storeId, staffId)
        await session.refreshRights(tx, [staffId])
        await auditManager(tx, actor, 'managerAdded', staffId, departmentId)
        return findStoreRow(tx, actor, departmentId)
      })
    },

    /** Who leads the department in WeCom stays a manager. @throws Forbidden, NotFound, Conflict */
    async removeManager(actor: StaffActor, departmentId: number, userId: string): Promise<StoreRow> {
      assertAdmin(actor)
      assertAdmin(await confirm(actor))
      return db.transaction(async tx => {
        const { storeId, staffId } = await findStoreAndMember(tx, actor, departmentId, userId)
        await createOrganisationRepository(tx, corpId).deleteManager(storeId, staffId)
        await session.refreshRights(tx, [staffId])
        await auditManager(tx, actor, 'managerRemoved', staffId, departmentId)
        return findStoreRow(tx, actor, departmentId)
      })
    },
  }

  function auditManager(
    tx: Tx,
    actor: StaffActor,
    action: 'managerAdded' | 'managerRemoved',
    staffId: number,
    departmentId: number,
  ): Promise<void> {
    const subject = { kind: 'staff', id: staffId } as const
    return appendAudit(tx, { actor, at: clock.now(), action, subject, detail: { departmentId } })
  }

  function idleSince(): Date {
    return new Date(clock.now().getTime() - SESSION_IDLE_MS)
  }

  function knownAmong(userIds: ReadonlySet<string>) {
    return async (organisation: ReturnType<typeof createOrganisationRepository>) => {
      const known = await organisation.listKnownStaff(clock.now(), idleSince())
      return known.filter(({ userId }) => userIds.has(userId.toLowerCase())).map(({ staffId }) => staffId)
    }
  }
}

export type StaffService = ReturnType<typeof createStaffService>

/**
 * Whom one look asks about: first those whose rights may have to end, the longest unasked first, then new faces. Who is disabled
 * has no rights to end; a login asks about her.
 */
function whomToAsk(known: KnownStaff[], { listed, departmentIds }: Range, now: Date): string[] {
  const present = known.filter(({ status }) => status !== 'left')
  const inRange = new Set(departmentIds)
  /** As the lists have it: elsewhere than when she was last asked about, or nowhere at all. */
  const hasMoved = (member: KnownStaff) => {
    const found = listed.get(member.userId.toLowerCase())
    if (!found) return true
    const before = member.departmentIds.filter(id => inRange.has(id))
    return (
      before.length !== found.departmentIds.length || !before.every(id => found.departmentIds.includes(id))
    )
  }
  const isDoubtful = (member: KnownStaff) => {
    const { role, status, isSignedIn, confirmedAt } = member
    if (!confirmedAt || isSignedIn || (role !== 'guide' && status === 'active')) return true
    // Lists and her own word may differ for good (in range by a tag): she is asked about again, but not each time.
    return now.getTime() - confirmedAt.getTime() > UNLISTED_PAUSE_MS && hasMoved(member)
  }
  const doubted = present
    .filter(isDoubtful)
    .sort((one, other) => (one.confirmedAt?.getTime() ?? 0) - (other.confirmedAt?.getTime() ?? 0))
    .map(({ userId }) => userId)
  const atWork = new Set(present.map(({ userId }) => userId.toLowerCase()))
  const fresh = [...listed].filter(([key]) => !atWork.has(key)).map(([, { userId }]) => userId)
  return [...doubted.slice(0, MOST_ASKED), ...fresh.slice(0, MOST_NEW)]
}
