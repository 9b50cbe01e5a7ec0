import type { Logger } from 'pino'
import type { Counting } from '../metrics/metrics.ts'
import { requestIds } from '../requestIds.ts'
import type { JobWork } from './job.ts'
import { takeRequestId, type OpenQueue } from './queue.ts'

/** A waiting job is announced at once (LISTEN); this is for announcements that were lost. */
const POLL_SECONDS = 2
const STOP_WAIT_MS = 6_000

export interface Runner {
  /** Lets the work in hand end, for at most six seconds; what is cut off then is done again. */
  stop(): Promise<void>
}

/** Works the queue in this process: every kind of job, and the clock of the regular ones in the corp's time zone. */
export async function startRunner(
  queue: OpenQueue,
  works: JobWork<unknown>[],
  {
    log,
    timeZone,
    metrics,
  }: { log: Pick<Logger, 'warn' | 'error' | 'debug'>; timeZone: string; metrics?: Pick<Counting, 'job'> },
): Promise<Runner> {
  const { boss } = queue
  const stopping = new AbortController()
  const planned = new Map((await boss.getSchedules()).map(schedule => [schedule.name, schedule]))
  for (const { job, work } of works) {
    const options = {
      batchSize: 1,
      localConcurrency: job.concurrency ?? 1,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: POLL_SECONDS,
    }
    await boss.work(job.name, options, async ([taken]) => {
      if (!taken) return
      const { requestId, data } = takeRequestId(taken.data)
      const told = { job: job.name, jobId: taken.id }
      const started = performance.now()
      const ended = (outcome: 'done' | 'failed') => {
        const ms = performance.now() - started
        metrics?.job({ name: job.name, outcome, seconds: ms / 1000 })
        return Math.round(ms)
      }
      const attempt = async () => {
        try {
          await work(job.payload.parse(data), AbortSignal.any([taken.signal, stopping.signal]))
          log.debug({ ...told, ms: ended('done') }, 'job done')
        } catch (error) {
          const ms = ended('failed')
          log.warn({ ...told, tries: taken.retryCount + 1, ms, err: error }, 'job did not succeed')
          throw error
        }
      }
      await (requestId === undefined ? attempt() : requestIds.run(requestId, attempt))
    })
    // What was missed while nobody ran is made up once, not once per occasion.
    const { cron, timezone, options: how } = planned.get(job.name) ?? {}
    if (job.cron && (job.cron !== cron || timezone !== timeZone || how?.missed !== 'once'))
      await boss.schedule(job.name, job.cron, {}, { tz: timeZone, missed: 'once' })
  }
  return {
    stop: () => {
      stopping.abort()
      return boss.stop({ graceful: true, close: true, timeout: STOP_WAIT_MS })
    },
  }
}
