import type {
  Card,
  CustomerRow,
  ProfileChange,
  Touch,
  VersionedProfile,
} from '../../../shared/contract/customers.ts'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import type { Reminder } from '../../../shared/contract/reminders.ts'
import type { CustomerTags } from '../../../shared/contract/tags.ts'
import type { Actor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Conflict, NotFound, Unauthenticated, VersionConflict } from '../../errors.ts'
import type { Limits } from '../../limits/limits.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import type { Sealing } from '../../sealing.ts'
import { SESSION_TOUCH_MS, touchSession } from '../session/validSession.ts'
import { createCardRepository } from './card.repository.ts'
import {
  createCustomersRepository,
  type FollowIds,
  type ListedCustomer,
  type ScopedFollow,
} from './customers.repository.ts'
import { minorsOf } from './importantDate.ts'
import { maskPhone, openPhones } from './phones.ts'
import { customerQuery, customerSearchKey, phoneTailHash } from './searchKeys.ts'
import type { NewTouch } from './touch.ts'

export type { FollowIds, ScopedFollow } from './customers.repository.ts'
export type { NewTouch } from './touch.ts'
export { customerSearchKey, nameSound, phoneTailHash, phoneTails } from './searchKeys.ts'

const profileWords: Record<keyof ProfileChange, string> = {
  salutation: '称呼',
  tier: '会员等级',
  ringSize: '戒圈',
  wristSize: '手围',
  neckSize: '项链长度',
  wish: '心愿单',
  note: '备注',
}

export interface CustomersDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  limits: Pick<Limits, 'assertFewMisses' | 'noteMiss'>
  timeZone: string
}

export interface CustomersQuery extends PageQuery {
  q?: string | undefined
  /** WeCom's id of a tag */
  tag?: string | undefined
  /** whose customers; default one's own */
  of?: string | undefined
}

export function createCustomersService({ db, clock, sealing, limits, timeZone }: CustomersDeps) {
  const cursors = createPageCursors(sealing)
  const customers = createCustomersRepository(db)
  const cards = createCardRepository(db)

  /**
   * Scope of everything done for one customer: the member's own active follow, else that of somebody she manages.
   * @throws NotFound also for customers of other members; the two are never told apart.
   */
  async function findFollow(tx: Db | Tx, actor: StaffActor, externalUserId: string): Promise<ScopedFollow> {
    const follow = await createCustomersRepository(tx).findFollow(actor, externalUserId)
    if (!follow) throw new NotFound()
    return follow
  }

  /**
   * Scope of what only the guide in the chat may do: write to the customer, give a coupon.
   * @throws NotFound as findFollow, also for customers of those she manages
   */
  async function findOwnFollow(tx: Db | Tx, actor: StaffActor, externalUserId: string): Promise<FollowIds> {
    const follow = await createCustomersRepository(tx).findOwnFollow(actor, externalUserId)
    if (!follow) throw new NotFound()
    return follow
  }

  /** Whose customers are asked for. @throws NotFound for members not in scope */
  async function guideOf(actor: StaffActor, userId: string | undefined): Promise<number> {
    if (userId === undefined) return actor.staffId
    const staffId = await customers.findGuide(actor, userId)
    if (staffId === undefined) throw new NotFound()
    return staffId
  }

  /** A line of the timeline, in the transaction of the change it tells of. */
  async function recordTouch(tx: Tx, actor: Actor, touch: NewTouch): Promise<void> {
    await recordTouches(tx, [{ corpId: actor.corpId, ...touch }])
  }

  /** Lines of many timelines in one statement, for what a job does to many customers at once. */
  async function recordTouches(tx: Tx, touches: (NewTouch & { corpId: number })[]): Promise<void> {
    if (touches.length === 0) return
    const now = clock.now()
    await createCustomersRepository(tx).insertTouches(
      touches.map(touch => ({ ...touch, at: touch.at ?? now })),
    )
  }

  async function refreshSearchKeys(tx: Tx, customerId: number): Promise<void> {
    const repository = createCustomersRepository(tx)
    const names = await repository.listNames(customerId)
    await repository.writeSearchKeys(
      names.map(each => ({ followId: each.followId, ...customerSearchKey(each) })),
    )
  }

  /**
   * In a transaction of the caller's, who has the follow in scope.
   * @param version the one the member saw
   * @param at of its line in the timeline; default now
   * @throws VersionConflict when somebody changed the profile since.
   */
  async function writeProfile(
    tx: Tx,
    actor: StaffActor,
    customerId: number,
    change: ProfileChange,
    version: number,
    at?: Date,
  ): Promise<VersionedProfile> {
    const repository = createCustomersRepository(tx)
    const words = (Object.keys(change) as (keyof ProfileChange)[]).map(field => profileWords[field])
    if (words.length === 0) return repository.getProfile(customerId)
    const changed = await repository.changeProfile(customerId, change, version)
    if (!changed) throw new VersionConflict()
    if (change.salutation !== undefined) await refreshSearchKeys(tx, customerId)
    // Which fields, never their values: the timeline is read by every colleague who serves her.
    await recordTouch(tx, actor, {
      customerId,
      kind: 'profileChanged',
      by: 'staff',
      staffId: actor.staffId,
      what: words.join('、'),
      ...(at ? { at } : {}),
    })
    return changed
  }

  /** Each access to a child's data is recorded; nothing happens without children (P28). */
  async function recordMinorReads(tx: Db | Tx, actor: StaffActor, personIds: string[]): Promise<void> {
    if (personIds.length === 0) return
    const repository = createCustomersRepository(tx)
    await repository.insertMinorReads(actor, personIds, clock.today(timeZone), clock.now())
  }

  return {
    findFollow,
    findOwnFollow,
    recordTouch,
    recordTouches,
    recordMinorReads,
    writeProfile,

    getProfile: (tx: Tx, customerId: number): Promise<VersionedProfile> =>
      createCustomersRepository(tx).getProfile(customerId),

    /**
     * The first screen of a customer. The session is checked in the same, only statement.
     * @throws Unauthenticated, or NotFound when that customer is not in the member's scope (now).
     */
    async openCard(sessionHash: Buffer | undefined, externalUserId: string): Promise<Card> {
      if (!sessionHash) throw new Unauthenticated()
      const now = clock.now()
      const today = clock.today(timeZone)
      const opened = await cards.open({ sessionHash, externalUserId, now, today, timeZone })
      if (!opened) throw new Unauthenticated()
      if (opened.session !== 'valid') throw new Unauthenticated(`session_${opened.session}`)
      const isMarkDue = now.getTime() - opened.lastSeenAt.getTime() > SESSION_TOUCH_MS
      if (isMarkDue) await touchSession(db, sessionHash, now)
      if (!opened.card) throw new NotFound()
      const phones = openPhones(sealing, opened.phonesSealed).map(maskPhone)
      return { ...opened.card, follow: { ...opened.card.follow, phones } }
    },

    /**
     * The member's own customers, or those of one she manages, in pinyin order. `q` finds 汉字 anywhere in 称呼, remark and name, pinyin and initials
     * from any syllable on, and a phone number by its last four digits or by all of them.
     * @throws Refusal rate_limited after many whole numbers that end as hers do and are not: they are tried, not known (P27)
     */
    async list(actor: StaffActor, { q, tag, of, cursor, limit }: CustomersQuery): Promise<Page<CustomerRow>> {
      const guideId = await guideOf(actor, of)
      const listed = `customers:${guideId}:${q ?? ''}:${tag ?? ''}`
      const [sortKey, followId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const query = q ? customerQuery(q) : undefined
      if (q && !query) return { items: [], nextCursor: null }
      if (query?.wholePhone) limits.assertFewMisses('wrongPhone', String(actor.staffId))
      const found = await customers.list(
        actor,
        guideId,
        {
          pattern: query?.pattern ?? null,
          phoneTail: query?.phoneTail ? phoneTailHash(sealing, query.phoneTail) : null,
          tagId: tag || null,
        },
        cursor === undefined ? undefined : { sortKey: String(sortKey), followId: Number(followId) },
        limit + 1,
      )
      const { rows, nextCursor } = cutPage(found, limit, last =>
        cursors.write(actor, listed, [last.sortKey, last.followId]),
      )
      // The hash knows the last four digits only: a whole number finds no other one that ends alike.
      const wholePhone = query?.wholePhone
      if (!wholePhone) return { items: rows.map(row => row.customer), nextCursor }
      const isMeant = (row: ListedCustomer) =>
        row.isNamed ||
        openPhones(sealing, row.phonesSealed).some(
          phone => phone.replace(/\D/g, '').replace(/^86(?=1\d{10}$)/, '') === wholePhone,
        )
      const items = rows.filter(isMeant).map(row => row.customer)
      if (items.length === 0 && rows.length > 0) await limits.noteMiss('wrongPhone', String(actor.staffId))
      return { items, nextCursor }
    },

    /**
     * @param version the one the member saw
     * @throws VersionConflict when somebody changed the profile since.
     */
    async changeProfile(
      actor: StaffActor,
      externalUserId: string,
      change: ProfileChange,
      version: number,
    ): Promise<VersionedProfile> {
      return db.transaction(async tx => {
        const { customerId } = await findFollow(tx, actor, externalUserId)
        return writeProfile(tx, actor, customerId, change, version)
      })
    },

    /** 动态, newest first. */
    async listTimeline(
      actor: StaffActor,
      externalUserId: string,
      { cursor, limit }: PageQuery,
    ): Promise<Page<Touch>> {
      const follow = await findFollow(db, actor, externalUserId)
      const listed = `timeline:${follow.customerId}`
      const [exactAt, touchId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const found = await customers.listTouches(
        actor,
        follow,
        cursor === undefined ? undefined : { exactAt: String(exactAt), touchId: Number(touchId) },
        limit + 1,
        clock.today(timeZone),
      )
      const { rows, nextCursor } = cutPage(found, limit, last =>
        cursors.write(actor, listed, [last.exactAt, last.touchId]),
      )
      return { items: rows.map(row => row.touch), nextCursor }
    },

    /**
     * Tags of a follow in the member's scope, as the card shows them.
     * @throws NotFound when it is not (any more).
     */
    async getTags(tx: Db | Tx, actor: StaffActor, followId: number): Promise<CustomerTags> {
      const tags = await createCardRepository(tx).readTags(actor, followId)
      if (!tags) throw new NotFound()
      return tags
    },

    /**
     * One reminder of the member with the scripts offered for it, as the card shows it, in any state.
     * @throws NotFound when it is not hers, or she does not follow that customer now.
     */
    async getReminder(tx: Db | Tx, actor: StaffActor, reminderId: string): Promise<Reminder> {
      const reminder = await createCardRepository(tx).readReminder(actor, reminderId, {
        now: clock.now(),
        today: clock.today(timeZone),
        timeZone,
      })
      if (!reminder) throw new NotFound()
      await recordMinorReads(tx, actor, minorsOf(reminder.date ? [reminder.date] : []))
      return reminder
    },

    /** Somebody of whom WeCom has only told the id: her row, made with this name when there is none. */
    ensure: (tx: Tx, corpId: number, externalUserId: string, name: string): Promise<number> =>
      createCustomersRepository(tx).ensure(corpId, externalUserId, name, clock.now()),

    /** Takes back the line of an action that was undone; `at` is when it was written. */
    async forgetTouch(
      tx: Tx,
      actor: StaffActor,
      touch: { customerId: number; kinds: Touch['kind'][]; at: Date },
    ): Promise<void> {
      await createCustomersRepository(tx).deleteTouch(actor, touch)
    },
  }
}

export type CustomersService = ReturnType<typeof createCustomersService>

/** @throws Conflict for what hangs on a friendship that WeCom does not know yet, or whose guide has left */
export function assertTakenByWecom({ isWaiting, isHalfAdded }: ScopedFollow): void {
  if (isWaiting) throw new Conflict('state_conflict', { detail: '这位同事已离职，接替后才能改' })
  if (isHalfAdded) throw new Conflict('state_conflict', { detail: '对方已加你，在企业微信里通过后才能改' })
}
