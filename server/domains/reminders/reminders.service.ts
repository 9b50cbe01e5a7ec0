import type { Reminder, ReminderAction, ReminderState, Today } from '../../../shared/contract/reminders.ts'
import type { TouchKind } from '../../../shared/contract/customers.ts'
import { civilDayOf, monthDayText, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { toLunar } from '../../../shared/rules/lunarCalendar.ts'
import { remindOn } from '../../../shared/rules/reminderDue.ts'
import { yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Invalid, NotFound } from '../../errors.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { dateWords, nextDayOf } from '../customers/importantDate.ts'
import { createRemindersRepository, type DuePlace, type LockedReminder } from './reminders.repository.ts'

export interface RemindersDeps {
  db: Db
  clock: Clock
  customers: CustomersService
  timeZone: string
}

const skipWords: Record<Extract<ReminderAction, { action: 'skip' }>['reason'], string> = {
  notNeeded: '不需要',
  alreadyKnown: '已经知道了',
  badTime: '时机不合适',
  wrongDate: '日子不对',
  other: '其他原因',
}

/** Lines of the timeline that an undo takes back. */
const undoable: TouchKind[] = ['reminderSkipped', 'reminderSnoozed']

interface Change {
  state: ReminderState
  snoozedUntil: CivilDay | null
  skipReason: string | null
  touch: { kind: TouchKind; detail: string } | undefined
}

export function createRemindersService({ db, clock, customers, timeZone }: RemindersDeps) {
  /** @throws Invalid (`until`), Conflict when the reminder's state does not allow it. */
  function decide(reminder: LockedReminder, action: ReminderAction, today: CivilDay): Change {
    const still = { snoozedUntil: null, skipReason: null, touch: undefined }
    if (action.action === 'reopen') {
      const { state, actedAt } = reminder
      const isUndoable = ['done', 'skipped', 'snoozed'].includes(state)
      if (!isUndoable || !actedAt || civilDayOf(actedAt.getTime(), timeZone) !== today) throw new Conflict()
      return { ...still, state: 'pending' }
    }
    if (reminder.state !== 'pending' && reminder.state !== 'snoozed') throw new Conflict()
    if (action.action === 'done') return { ...still, state: 'done' }
    if (action.action === 'skip') {
      const touch = { kind: 'reminderSkipped', detail: skipWords[action.reason] } as const
      return { ...still, state: 'skipped', skipReason: action.reason, touch }
    }
    if (action.until <= today) throw new Invalid([{ path: 'until', message: '要推迟到明天或以后' }])
    if (action.until > reminder.occurrence) {
      throw new Invalid([
        { path: 'until', message: `不能晚过那一天（${monthDayText(reminder.occurrence)}）` },
      ])
    }
    const touch = { kind: 'reminderSnoozed', detail: `到${monthDayText(action.until)}` } as const
    return { ...still, state: 'snoozed', snoozedUntil: action.until, touch }
  }

  /** Moves every date whose day has passed to its next one, a thousand at a time. */
  async function rollPassedDates(corpId: number, today: CivilDay): Promise<void> {
    for (;;) {
      const rolled = await db.transaction(async tx => {
        const repository = createRemindersRepository(tx)
        const passed = await repository.lockPassedDates(corpId, today)
        if (passed.length === 0) return 0
        await repository.rollOn(
          passed.map(date => {
            const nextOn = nextDayOf(date, today)
            return { dateId: date.dateId, nextOn, remindOn: remindOn(nextOn, date.leadDays) }
          }),
        )
        return passed.length
      })
      if (rolled === 0) return
    }
  }

  async function expirePassed(corpId: number, today: CivilDay): Promise<void> {
    while ((await createRemindersRepository(db).expireBatch(corpId, today)) > 0);
  }

  async function remindOfDueDates(corpId: number, today: CivilDay): Promise<void> {
    let place: DuePlace | undefined
    do {
      place = await createRemindersRepository(db).insertDueBatch(corpId, place, today, clock.now())
    } while (place)
  }

  return {
    /** A message for this reminder went out: it is done with. Nothing happens when it is not open or not theirs. */
    async markSent(tx: Tx, owner: Pick<StaffActor, 'corpId' | 'staffId'>, reminderId: string): Promise<void> {
      await createRemindersRepository(tx).markSent(owner, reminderId, clock.now())
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
      await createRemindersRepository(tx).insertForDate(dateId, clock.today(timeZone), clock.now())
    },

    /** Ends what is open for members who have left. */
    stopOf: (tx: Tx, staffIds: number[]): Promise<void> => createRemindersRepository(tx).stopOf(staffIds),

    /** Takes up again what had been stopped for members who are back. */
    resumeOf: (tx: Tx, staffIds: number[]): Promise<void> =>
      createRemindersRepository(tx).resumeOf(staffIds, clock.today(timeZone)),

    /** 今日 of one member. */
    async getToday(actor: StaffActor): Promise<Today> {
      const today = clock.today(timeZone)
      const sections = await createRemindersRepository(db).readToday(actor, {
        now: clock.now(),
        today,
        timeZone,
      })
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
            what: wordsOf(reminder),
            at: now,
            ...change.touch,
          })
        }
        return { reminderId }
      })
      return customers.getReminder(db, actor, reminderId)
    },

    /**
     * The day's work for every corp: old reminders expire, passed dates move on, due ones become reminders. Each step may be
     * repeated, broken off and run by several processes at once; what an idle day missed is made up and marked late (P20).
     */
    async runDaily(): Promise<void> {
      const today = clock.today(timeZone)
      for (const corpId of await createRemindersRepository(db).listCorps()) {
        await expirePassed(corpId, today)
        await rollPassedDates(corpId, today)
        await remindOfDueDates(corpId, today)
      }
    },
  }
}

export type RemindersService = ReturnType<typeof createRemindersService>

function wordsOf(reminder: LockedReminder): string {
  const { relation, dateKind, label } = reminder
  return dateKind === null ? '提醒' : dateWords({ relation, kind: dateKind, label })
}
