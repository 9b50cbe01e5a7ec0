/**
 * One server's share of the outbox as a process of its own, on a database given as argument. Its WeCom is a slow table: a call
 * is a row in `calls`, written before it answers and marked when it has.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { pino } from 'pino'
import { openDb } from '../../../../server/db/db.ts'
import { createDeliveryService } from '../../../../server/domains/outbox/delivery.service.ts'
import { outboxJobs } from '../../../../server/domains/outbox/outbox.jobs.ts'
import { openQueue } from '../../../../server/jobs/queue.ts'
import { startRunner } from '../../../../server/jobs/runner.ts'

const [, , url = '', callMs = '10'] = process.argv
const log = pino({ level: 'silent' })
const clock = { now: () => new Date() }
const db = openDb(url, { log })
const queue = await openQueue({ url, log, clock })
const delivery = createDeliveryService({
  db,
  clock: { ...clock, today: () => '2026-11-21' },
  log,
  queue,
  wecom: { listBrakes: async () => [] },
  handlers: {
    tags: {
      async deliver(row) {
        const begun = await sql<{ call_id: number }>`
          insert into calls (lane, subject, version, by) values (${row.lane}, ${row.subject}, ${row.version}, ${process.pid})
          returning call_id`.execute(db)
        await wait(Number(callMs) * (0.5 + Math.random()))
        await sql`update calls set ended_at = clock_timestamp() where call_id = ${begun.rows[0]?.call_id}`.execute(
          db,
        )
        return { end: 'done' }
      },
    },
  },
})
const works = outboxJobs(delivery)
await queue.declare(works.map(({ job }) => job))
await startRunner(queue, works, { log, timeZone: 'Asia/Shanghai' })
process.stdout.write('at work\n')
