import { randomUUID } from 'node:crypto'
import type {
  PromiseDraft,
  Reminder,
  ReminderAction,
  ReminderState,
  Today,
} from '../../../shared/contract/reminders.ts'
import type { TouchKind } from '../../../shared/contract/customers.ts'
import { addDays, civilDayOf, monthDayText, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { toLunar } from '../../../shared/rules/lunarCalendar.ts'
import { planLead, type Closure } from '../../../shared/rules/leadPlan.ts'
import { nextOccurrence } from '../../../shared/rules/nextOccurrence.ts'
import { yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Invalid, NotFound, Refusal } from '../../errors.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { dateWords, isMinorOn, minorsOf, nextDayOf, yearlyDateOf } from '../customers/importantDate.ts'
import { createPlansRepository, type PlanRules } from './plans.repository.ts'
import { createReasonsRepository, type ReasonPlace } from './reasons.repository.ts'
import {
  createRemindersRepository,
  MAX_LEAD_DAYS,
  type DuePlace,
  type LockedReminder,
  type PassedDate,
  type ReminderPlace,
} from './reminders.repository.ts'

export interface RemindersDeps {
  db: Db
  clock: Clock
  customers: CustomersService
  timeZone: string
}

/** Why a reminder was put away, as the timeline and her own file say it. */
export const skipWords: Record<Extract<ReminderAction, { action: 'skip' }>['reason'], string> = {
  notNeeded: '不需要',
  alreadyKnown: '已经知道了',
  badTime: '时机不合适',
  wrongDate: '日子不对',
  other: '其他原因',
}

/** Open promises to one customer that one member can keep. */
const MAX_PROMISES = 20
/** A promise lies at most a year ahead. */
const MAX_PROMISE_DAYS = 366
/** What has no day of its own can wait this long. */
const MAX_SNOOZE_DAYS = 200
const dateKinds = ['birthday', 'wedding', 'firstPurchase', 'other'] as const

/** Lines of the timeline that an undo takes back. */
const undoable: TouchKind[] = ['reminderSkipped', 'reminderSnoozed', 'promiseKept']

interface Change {
  state: ReminderState
  snoozedUntil: CivilDay | null
  skipReason: string | null
  doneHow: 'inPerson' | 'inChat' | null
  touch: { kind: TouchKind; detail: string | null } | undefined
}

export function createRemindersService({ db, clock, customers, timeZone }: RemindersDeps) {
  /** @throws Invalid (`until`), Conflict when the reminder's state does not allow it. */
  function decide(reminder: LockedReminder, action: ReminderAction, today: CivilDay): Change {
    const still = { snoozedUntil: null, skipReason: null, doneHow: null, touch: undefined }
    if (action.action === 'reopen') {
      const { state, actedAt } = reminder
      const isUndoable = ['done', 'skipped', 'snoozed'].includes(state)
      if (!isUndoable || !actedAt || civilDayOf(actedAt.getTime(), timeZone) !== today) throw new Conflict()
      return { ...still, state: 'pending' }
    }
    if (reminder.state !== 'pending' && reminder.state !== 'snoozed') throw new Conflict()
    if (action.action === 'done') {
      const touch = reminder.kind === 'promise' ? ({ kind: 'promiseKept', detail: null } as const) : undefined
      return { ...still, state: 'done', doneHow: action.how ?? 'inPerson', touch }
    }
    if (action.action === 'skip') {
      const touch = { kind: 'reminderSkipped', detail: skipWords[action.reason] } as const
      return { ...still, state: 'skipped', skipReason: action.reason, touch }
    }
    if (action.until <= today) throw new Invalid([{ path: 'until', message: '要推迟到明天或以后' }])
    const isOfADay = reminder.kind === 'date' || reminder.kind === 'coupon'
    if (isOfADay && action.until > reminder.occurrence) {
      throw new Invalid([
        { path: 'until', message: `不能晚过那一天（${monthDayText(reminder.occurrence)}）` },
      ])
    }
    if (action.until > addDays(today, MAX_SNOOZE_DAYS))
      throw new Invalid([{ path: 'until', message: `最多推迟 ${MAX_SNOOZE_DAYS} 天` }])
    const touch = { kind: 'reminderSnoozed', detail: `到${monthDayText(action.until)}` } as const
    return { ...still, state: 'snoozed', snoozedUntil: action.until, touch }
  }

  /** Where a date goes next, and when to tell of it, by the corp's rules. */
  function rolled(date: PassedDate, nextOn: CivilDay, { leads, closures }: PlanRules) {
    const { dateId, kind: dateKind, ownLeadDays, leadDays: usualLeadDays } = date
    const given = { occurrence: nextOn, dateKind, ownLeadDays, usualLeadDays }
    const { remindOn, lastOrderOn } = planLead(given, leads, closures)
    return { dateId, nextOn, remindOn, lastOrderOn }
  }

  /** Moves every date whose day has passed to its next one, a thousand at a time. */
  async function rollPassedDates(corpId: number, today: CivilDay): Promise<void> {
    const rules = await createPlansRepository(db).readRules(corpId)
    for (;;) {
      const count = await db.transaction(async tx => {
        const repository = createRemindersRepository(tx)
        const passed = await repository.lockPassedDates(corpId, today)
        if (passed.length === 0) return 0
        const moved = passed.map(date => rolled(date, nextDayOf(date, today), rules))
        await repository.rollOn(moved)
        // A lead longer than the way to the next day, as with both months of a leap year.
        const dueAlready = moved.flatMap(({ dateId, remindOn }) => (remindOn <= today ? dateId : []))
        if (dueAlready.length > 0) await repository.insertForDates(dueAlready, today, clock.now())
        return passed.length
      })
      if (count === 0) return
    }
  }

  /** The clock was ahead and has been set right: what was done for days that have not come is taken back. */
  async function rewind(corpId: number, today: CivilDay): Promise<void> {
    const rules = await createPlansRepository(db).readRules(corpId)
    for (let after: string | undefined; ;) {
      const last = await db.transaction(async tx => {
        const repository = createRemindersRepository(tx)
        const coming = await repository.lockComingDates(corpId, after, today)
        const early = coming.flatMap(date => {
          const nextOn = nextOccurrence(yearlyDateOf(date), today)
          return nextOn < date.nextOn ? rolled(date, nextOn, rules) : []
        })
        if (early.length > 0) await repository.rollOn(early)
        return coming.at(-1)?.dateId
      })
      if (last === undefined) break
      after = last
    }
    const repository = createRemindersRepository(db)
    let place: ReminderPlace | undefined
    do {
      place = await repository.forgetFuture(corpId, place, today, clock.now())
    } while (place)
    let guide: number | undefined = 0
    while (guide !== undefined) guide = await repository.reviveExpired(corpId, guide, today)
  }

  /** Stores what the corp's rules say about every date, day by day; what was not sent moves with it. */
  async function replan(corpId: number, today: CivilDay, version: number): Promise<void> {
    const plans = createPlansRepository(db)
    const { leads, closures } = await plans.readRules(corpId)
    for (let day = await plans.findNextDay(corpId, addDays(today, -1)); day !== null;) {
      const occurrence = day
      const ofDay = dateKinds.map(dateKind => ({
        dateKind,
        ...planLead({ occurrence, dateKind, ownLeadDays: null }, leads, closures),
      }))
      let after: number | undefined = 0
      while (after !== undefined)
        after = await plans.writePlansOfDay(corpId, { occurrence, after }, ofDay, today)
      day = await plans.findNextDay(corpId, occurrence)
    }
    await plans.notePlanned(corpId, version)
  }

  /** When to tell of a date just written. */
  async function planOne(tx: Tx, dateId: string): Promise<void> {
    const plans = createPlansRepository(tx)
    const date = await plans.findDate(dateId)
    if (!date) return
    const { leads, closures } = await plans.readRules(date.corpId)
    await plans.writePlan(dateId, planLead(date, leads, closures))
  }

  async function expirePassed(corpId: number, today: CivilDay): Promise<void> {
    while ((await createRemindersRepository(db).expireBatch(corpId, today)) > 0);
  }

  async function remindOfDueDates(corpId: number, from: CivilDay, today: CivilDay): Promise<void> {
    let after: DuePlace | undefined
    do {
      after = await createRemindersRepository(db).insertDueBatch(corpId, { from, after, today }, clock.now())
    } while (after)
  }

  async function settle(corpId: number): Promise<void> {
    while ((await createReasonsRepository(db).settleBatch(corpId)) > 0);
  }

  async function remindOfNewFriends(corpId: number, today: CivilDay): Promise<void> {
    const reasons = createReasonsRepository(db)
    while ((await reasons.insertNewFriends(corpId, { now: clock.now(), today, timeZone })) > 0);
  }

  async function remindOfCoupons(corpId: number, today: CivilDay): Promise<void> {
    let after: ReasonPlace | undefined
    do {
      after = await createReasonsRepository(db).insertCoupons(corpId, after, today, clock.now())
    } while (after)
  }

  async function remindOfCares(corpId: number, today: CivilDay): Promise<void> {
    const reasons = createReasonsRepository(db)
    for (const careRuleId of await reasons.listCareRules(corpId)) {
      let after: ReasonPlace | undefined
      do {
        after = await reasons.insertCares(corpId, careRuleId, after, today, clock.now())
      } while (after)
    }
  }

  async function spreadHeaps(corpId: number, today: CivilDay): Promise<void> {
    const reasons = createReasonsRepository(db)
    if (!(await reasons.hasHeap(corpId, today))) return
    let last: number | undefined = 0
    while (last !== undefined) last = await reasons.spreadHeapsOfNext(corpId, last, today)
  }

  /** A step that fails holds up none behind it. @throws what failed, when everything has been tried */
  async function runOf(corpId: number, today: CivilDay): Promise<void> {
    const plans = createPlansRepository(db)
    const { version, plannedVersion, ranOn } = await plans.readState(corpId)
    const isNewPlan = plannedVersion < version
    // At midnight only what the new day brings: whom somebody else began to follow meanwhile, the hourly runs behind it find.
    const isNextDay = ranOn !== null && ranOn < today && !isNewPlan
    const from = isNextDay ? addDays(ranOn, 1) : addDays(today, -MAX_LEAD_DAYS)
    const { attempt, end } = attempts()
    const isRewound = ranOn === null || ranOn <= today || (await attempt(() => rewind(corpId, today)))
    await attempt(() => expirePassed(corpId, today))
    const isRolled = await attempt(() => rollPassedDates(corpId, today))
    const isPlanned = !isNewPlan || (await attempt(() => replan(corpId, today, version)))
    const isTold = await attempt(() => remindOfDueDates(corpId, from, today))
    await attempt(() => settle(corpId))
    await attempt(() => remindOfNewFriends(corpId, today))
    await attempt(() => remindOfCoupons(corpId, today))
    await attempt(() => remindOfCares(corpId, today))
    // Before the heaps: how many there are on a day keeps nobody from being told that there are some.
    if (isRewound && isRolled && isPlanned && isTold) await plans.noteRun(corpId, today)
    await attempt(() => spreadHeaps(corpId, today))
    end()
  }

  /** @throws Invalid (`day`) */
  function assertPromiseDay(day: CivilDay): void {
    const today = clock.today(timeZone)
    if (day < today) throw new Invalid([{ path: 'day', message: '这一天已经过了' }])
    if (day > addDays(today, MAX_PROMISE_DAYS))
      throw new Invalid([{ path: 'day', message: '一年以内的日子' }])
  }

  /** With its line in the timeline, both of `at`. @throws Refusal('limit_reached') */
  async function insertPromise(
    tx: Tx,
    actor: StaffActor,
    customerId: number,
    { words, day }: PromiseDraft,
    at: Date,
  ): Promise<string> {
    const reminderId = randomUUID()
    const promise = { reminderId, customerId, words, day }
    if (!(await createReasonsRepository(tx).insertPromise(actor, promise, MAX_PROMISES, at))) {
      throw new Refusal('limit_reached', { detail: `一位客户最多同时记 ${MAX_PROMISES} 件答应的事` })
    }
    const detail = `${monthDayText(day)}前`
    const line = { customerId, kind: 'promiseMade', by: 'staff', staffId: actor.staffId } as const
    await customers.recordTouch(tx, actor, { ...line, what: words, detail, at })
    return reminderId
  }

  return {
    /** A message for this reminder went out: it is done with. Nothing happens when it is not open or not theirs. */
    async markSent(tx: Tx, owner: Pick<StaffActor, 'corpId' | 'staffId'>, reminderId: string): Promise<void> {
      await createRemindersRepository(tx).markSent(owner, reminderId, clock.now())
    },

    /** A coupon that had ended is her customer's again. */
    async reopenForCoupon(tx: Tx, couponId: string): Promise<void> {
      await createReasonsRepository(tx).reopenForCoupon(couponId, clock.today(timeZone))
    },

    /** Whether this is a reminder of the member about this customer, in any state. */
    isOwn(
      tx: Db | Tx,
      owner: Pick<StaffActor, 'corpId' | 'staffId'>,
      reminderId: string,
      customerId: number,
    ): Promise<boolean> {
      return createRemindersRepository(tx).isOwn(owner, reminderId, customerId)
    },

    /** A date just noted: when it is due already, everyone who follows the customer is reminded at once. */
    async schedule(tx: Tx, dateId: string): Promise<void> {
      await planOne(tx, dateId)
      await createRemindersRepository(tx).insertForDates([dateId], clock.today(timeZone), clock.now())
    },

    /** A date was changed: what is open and not sent moves with it, and what is due now is made at once. */
    async reschedule(tx: Tx, dateId: string): Promise<void> {
      const repository = createRemindersRepository(tx)
      await planOne(tx, dateId)
      await repository.followDate(dateId, clock.today(timeZone))
      await repository.insertForDates([dateId], clock.today(timeZone), clock.now())
    },

    /** Ends what is open for members who have left. */
    stopOf: (tx: Tx, staffIds: number[]): Promise<void> => createRemindersRepository(tx).stopOf(staffIds),

    /** Takes up again what had been stopped for members who are back. */
    resumeOf: (tx: Tx, staffIds: number[]): Promise<void> =>
      createRemindersRepository(tx).resumeOf(staffIds, clock.today(timeZone)),

    /** Days on which the workshop makes nothing, for whoever tells a customer when a piece is ready. */
    async listClosures({ corpId }: StaffActor): Promise<Closure[]> {
      return (await createPlansRepository(db).readRules(corpId)).closures
    },

    /** 今日 of one member. */
    async getToday(actor: StaffActor): Promise<Today> {
      const today = clock.today(timeZone)
      const sections = await createRemindersRepository(db).readToday(actor, {
        now: clock.now(),
        today,
        timeZone,
      })
      const dates = sections.flatMap(({ rows }) => rows.flatMap(({ date }) => date ?? []))
      await customers.recordMinorReads(db, actor, minorsOf(dates))
      return { today, lunarToday: yearlyDateText({ calendar: 'lunar', ...toLunar(today) }), sections }
    },

    /**
     * Snooze (after today, not beyond the day itself), skip, done, and on the same day back again.
     * @throws NotFound, Invalid (`until`), Conflict('state_conflict') once a message went out or the day has passed.
     */
    async act(
      actor: StaffActor,
      reminderId: string,
      action: ReminderAction,
      intent?: Intent,
    ): Promise<Reminder> {
      await once(db, actor, intent, clock.now(), async tx => {
        const repository = createRemindersRepository(tx)
        const reminder = await repository.lock(actor, reminderId)
        if (!reminder) throw new NotFound()
        const now = clock.now()
        const change = decide(reminder, action, clock.today(timeZone))
        const isReopened = change.state === 'pending'
        await repository.writeState(actor, reminderId, { ...change, actedAt: isReopened ? null : now })
        if (isReopened && reminder.actedAt) {
          const touch = { customerId: reminder.customerId, kinds: undoable, at: reminder.actedAt }
          await customers.forgetTouch(tx, actor, touch)
        }
        if (change.touch) {
          await customers.recordTouch(tx, actor, {
            customerId: reminder.customerId,
            by: 'staff',
            staffId: actor.staffId,
            what: wordsOf(reminder, clock.today(timeZone)),
            at: now,
            ...change.touch,
          })
        }
        return { reminderId }
      })
      return customers.getReminder(db, actor, reminderId)
    },

    /**
     * Something promised, with the day by which: she is reminded on it.
     * @throws NotFound, Invalid (`day`), Refusal('limit_reached')
     */
    async addPromise(
      actor: StaffActor,
      externalUserId: string,
      { words, day }: PromiseDraft,
      intent?: Intent,
    ): Promise<Reminder> {
      assertPromiseDay(day)
      const { customerId } = await customers.findOwnFollow(db, actor, externalUserId)
      const { reminderId } = await once(db, actor, intent, clock.now(), async tx => ({
        reminderId: await insertPromise(tx, actor, customerId, { words, day }, clock.now()),
      }))
      return customers.getReminder(db, actor, reminderId)
    },

    /**
     * A promise noted by mistake, with its line of the timeline.
     * @throws NotFound, Conflict('state_conflict') for what is no promise, is done with, or was noted on another day
     */
    async removePromise(actor: StaffActor, reminderId: string): Promise<void> {
      await db.transaction(async tx => {
        const promise = await createRemindersRepository(tx).lock(actor, reminderId)
        if (!promise) throw new NotFound()
        const isOfToday = civilDayOf(promise.createdAt.getTime(), timeZone) === clock.today(timeZone)
        if (!isOfToday || !isOpenPromise(promise)) throw new Conflict()
        await createReasonsRepository(tx).deletePromise(actor, reminderId)
        const { customerId, createdAt: at } = promise
        await customers.forgetTouch(tx, actor, { customerId, kinds: ['promiseMade'], at })
      })
    },

    /**
     * A promise among other facts noted together; the caller's own follow is sure.
     * @throws Invalid (`day`), Refusal('limit_reached')
     */
    async notePromise(
      tx: Tx,
      actor: StaffActor,
      customerId: number,
      promise: PromiseDraft,
      at: Date,
    ): Promise<string> {
      assertPromiseDay(promise.day)
      return insertPromise(tx, actor, customerId, promise, at)
    },

    /** False when it has been kept or put away since. Its line of the timeline is the caller's to take away. */
    async takeBackPromise(tx: Tx, actor: StaffActor, reminderId: string): Promise<boolean> {
      const promise = await createRemindersRepository(tx).lock(actor, reminderId)
      if (!promise || !isOpenPromise(promise)) return false
      await createReasonsRepository(tx).deletePromise(actor, reminderId)
      return true
    },

    /** The guide is on her way to this chat: there this reminder stands first. @throws NotFound */
    async focus(actor: StaffActor, reminderId: string): Promise<void> {
      if (!(await createReasonsRepository(db).focus(actor, reminderId, clock.now()))) throw new NotFound()
    },

    /** Whether the day's work has been done today, so that what is due can be counted. */
    async isDoneFor(corpId: number, today: CivilDay): Promise<boolean> {
      const { version, plannedVersion, ranOn } = await createPlansRepository(db).readState(corpId)
      return ranOn === today && plannedVersion >= version
    },

    /** The day's work of one corp. */
    run: (corpId: number): Promise<void> => runOf(corpId, clock.today(timeZone)),

    /**
     * The day's work for every corp: old reminders expire, passed dates move on, due ones and other reasons become reminders.
     * Each step may be repeated, broken off and run by several processes at once; what an idle day missed is made up, marked
     * late and spread over days (P20).
     */
    async runDaily(): Promise<void> {
      const today = clock.today(timeZone)
      const { attempt, end } = attempts()
      for (const corpId of await createRemindersRepository(db).listCorps())
        await attempt(() => runOf(corpId, today))
      end()
    },
  }
}

export type RemindersService = ReturnType<typeof createRemindersService>

/** Steps of which one that fails does not keep the others from being tried. */
function attempts() {
  const failures: unknown[] = []
  return {
    /** @returns whether it went well */
    async attempt(step: () => Promise<void>): Promise<boolean> {
      try {
        await step()
        return true
      } catch (error) {
        failures.push(error)
        return false
      }
    },
    /** @throws what failed */
    end(): void {
      if (failures.length === 1) throw failures[0]
      if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('; '))
    },
  }
}

const isOpenPromise = ({ kind, state }: LockedReminder): boolean =>
  kind === 'promise' && (state === 'pending' || state === 'snoozed')

function wordsOf({ relation, minorUntil, dateKind, label, about }: LockedReminder, today: CivilDay): string {
  if (dateKind === null) return about ?? '提醒'
  return dateWords({ relation, isMinor: isMinorOn(minorUntil, today), kind: dateKind, label })
}
