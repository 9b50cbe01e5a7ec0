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

/** The day's work that has failed is not tried again by the notices for so long; its own job does that. */
const RETRY_MS = 10 * 60_000
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

  let failedAt = -Infinity

  /** Whether what is due today has all been found. Work that fails keeps nobody from being told of the rest. */
  async function isCounted(today: CivilDay): Promise<{ isAll: boolean; failure?: unknown }> {
    if (await reminders.isDoneFor(corpId, today)) return { isAll: true }
    const now = clock.now().getTime()
    if (Math.abs(now - failedAt) < RETRY_MS) return { isAll: false }
    try {
      await reminders.run(corpId)
      return { isAll: true }
    } catch (failure) {
      failedAt = now
      return { isAll: await reminders.isDoneFor(corpId, today), failure }
    }
  }

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
      if (due.length === 0) return
      const { isAll, failure } = await isCounted(today)
      due = await listBehind(0)
      for (let last = due.at(-1); last && !signal?.aborted; last = due.at(-1)) {
        // Before all of it is found, having nothing is not sure yet.
        await tell(isAll ? due : due.filter(({ counts }) => digestTotal(counts) > 0), today)
        due = await listBehind(last.staffId)
      }
      if (failure !== undefined) throw failure
    },
  }
}

export type DigestsService = ReturnType<typeof createDigestsService>
