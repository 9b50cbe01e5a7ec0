import type { ReminderRules, ReminderRulesDraft } from '../../../shared/contract/reminderRules.ts'
import { addDays } from '../../../shared/rules/civilDay.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden, Invalid, VersionConflict } from '../../errors.ts'
import type { Queue } from '../../jobs/job.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import { createPlansRepository } from './plans.repository.ts'
import { remindersDue } from './reminders.jobs.ts'

/** A holiday is at most so long. */
const MAX_CLOSED_DAYS = 60

/** The corp's own rules of reminding, for admins. */
export function createReminderRulesService({ db, clock, queue }: { db: Db; clock: Clock; queue: Queue }) {
  const assertAdmin = (actor: StaffActor) => {
    if (actor.role !== 'admin') throw new Forbidden()
  }

  async function read(corpId: number): Promise<ReminderRules> {
    const plans = createPlansRepository(db)
    const { version, plannedVersion } = await plans.readState(corpId)
    return { ...(await plans.readAll(corpId)), version, isPlanned: plannedVersion >= version }
  }

  return {
    /** For everybody: the sheets of a date say on which day they will remind. */
    async get(actor: StaffActor): Promise<ReminderRules> {
      return read(actor.corpId)
    },

    /**
     * Every date is planned anew afterwards, by a job; what was not sent moves along.
     * @param version the one that was seen
     * @throws Forbidden, Invalid naming the row, VersionConflict when somebody changed them since
     */
    async change(actor: StaffActor, draft: ReminderRulesDraft, version: number): Promise<ReminderRules> {
      assertAdmin(actor)
      assertSound(draft)
      await db.transaction(async tx => {
        const plans = createPlansRepository(tx)
        if (!(await plans.bumpVersion(actor.corpId, version))) throw new VersionConflict()
        await plans.replaceRules(actor.corpId, draft)
        await queue.send(tx, remindersDue, {})
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'reminderRulesChanged',
          detail: { version: version + 1 },
        })
      })
      return read(actor.corpId)
    },
  }
}

export type ReminderRulesService = ReturnType<typeof createReminderRulesService>

/** @throws Invalid */
function assertSound({ leads, closures, cares }: ReminderRulesDraft): void {
  const wrong: { path: string; message: string }[] = []
  const repeats = <Row>(rows: Row[], keyOf: (row: Row) => string) =>
    rows.flatMap((row, place) =>
      rows.findIndex(other => keyOf(other) === keyOf(row)) < place ? [place] : [],
    )
  for (const place of repeats(leads, rule => `${rule.dateKind} ${rule.productLine}`))
    wrong.push({ path: `leads.${place}.productLine`, message: '同一种日子里这条产品线写了两遍' })
  for (const place of repeats(cares, rule => rule.name))
    wrong.push({ path: `cares.${place}.name`, message: '同一件事写了两遍' })
  for (const place of repeats(closures, closure => closure.firstDay))
    wrong.push({ path: `closures.${place}.firstDay`, message: '同一天写了两次放假' })
  closures.forEach(({ firstDay, lastDay }, place) => {
    if (lastDay < firstDay) wrong.push({ path: `closures.${place}.lastDay`, message: '最后一天在第一天前面' })
    else if (lastDay >= addDays(firstDay, MAX_CLOSED_DAYS))
      wrong.push({ path: `closures.${place}.lastDay`, message: `一次放假最多 ${MAX_CLOSED_DAYS} 天` })
  })
  if (wrong.length > 0) throw new Invalid(wrong)
}
