import type { NoticeSettings } from '../../../shared/contract/notices.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { digestText, digestTitle, digestTotal } from '../../../shared/rules/digestWords.ts'
import { isCrowded, isQuiet, timeOfDayOf } from '../../../shared/rules/noticeTime.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Invalid } from '../../errors.ts'
import type { OutboxService } from '../outbox/outbox.service.ts'
import { createDigestsRepository, type DueDigest } from './digests.repository.ts'
import type { RemindersService } from './reminders.service.ts'

/** Members told in one transaction. */
const BATCH = 100
const TODAY_PATH = '/sidebar/#/today'
/** 勿扰 lasts at most so long: who is away longer has left her customers to somebody. */
const MAX_QUIET_DAYS = 62

export interface DigestsDeps {
  db: Db
  clock: Clock
  outbox: Pick<OutboxService, 'notify'>
  reminders: Pick<RemindersService, 'run' | 'isDoneFor'>
  corpId: number
  timeZone: string
}

/** The one notice of the morning, and when each member wants it. */
export function createDigestsService({ db, clock, outbox, reminders, corpId, timeZone }: DigestsDeps) {
  const actor: JobActor = { kind: 'job', corpId, name: 'digests' }

  async function tell(due: DueDigest[], today: CivilDay): Promise<void> {
    await db.transaction(async tx => {
      const decided = due.map(({ staffId, counts }) => ({
        staffId,
        outcome: digestTotal(counts) > 0 ? ('told' as const) : ('nothing' as const),
      }))
      const mine = await createDigestsRepository(tx).decide(corpId, today, decided, clock.now())
      for (const { staffId, counts, quietFrom, quietUntil } of due) {
        if (!mine.has(staffId) || digestTotal(counts) === 0) continue
        await outbox.notify(tx, actor, {
          staffIds: [staffId],
          title: digestTitle(counts),
          description: digestText(counts),
          path: TODAY_PATH,
          subject: 'digest',
          goodFor: { timeZone, day: today, quietFrom, quietUntil },
        })
      }
    })
  }

  return {
    getSettings: (who: StaffActor): Promise<NoticeSettings> => createDigestsRepository(db).readSettings(who),

    /** @throws Invalid naming the field */
    async changeSettings(who: StaffActor, settings: NoticeSettings): Promise<NoticeSettings> {
      const { digestAt, doNotDisturbUntil } = settings
      if (isCrowded(digestAt)) {
        throw new Invalid([{ path: 'digestAt', message: '整点和半点企业微信最挤，前后错开 5 分钟' }])
      }
      if (isQuiet(digestAt, settings))
        throw new Invalid([{ path: 'digestAt', message: '这个时间在安静时段里' }])
      if (doNotDisturbUntil !== null && doNotDisturbUntil > addDays(clock.today(timeZone), MAX_QUIET_DAYS)) {
        throw new Invalid([{ path: 'doNotDisturbUntil', message: '最多勿扰两个月' }])
      }
      const repository = createDigestsRepository(db)
      await repository.writeSettings(who, settings)
      return repository.readSettings(who)
    },

    /**
     * Tells every member whose time has come what is due today: once a day, whatever number of servers asks, not in quiet
     * hours, and nothing when there is nothing. A day missed by all servers is not made up on the next (P21).
     */
    async run(signal?: AbortSignal): Promise<void> {
      const today = clock.today(timeZone)
      const time = timeOfDayOf(clock.now().getTime(), timeZone)
      const repository = createDigestsRepository(db)
      await repository.forget(corpId, today)
      const listBehind = (staffId: number) =>
        repository.listDue(corpId, staffId, { today, time, atMost: BATCH })
      let due = await listBehind(0)
      // Counting before the day's work is done would say that there is nothing.
      if (due.length > 0 && !(await reminders.isDoneFor(corpId, today))) {
        await reminders.run(corpId)
        due = await listBehind(0)
      }
      for (let last = due.at(-1); last && !signal?.aborted; last = due.at(-1)) {
        await tell(due, today)
        due = await listBehind(last.staffId)
      }
    },
  }
}

export type DigestsService = ReturnType<typeof createDigestsService>
