import type { Logger } from 'pino'
import type { JobWork } from './job.ts'
import type { OpenQueue } from './queue.ts'

/** A waiting job is announced at once (LISTEN); this is for announcements that were lost. */
const POLL_SECONDS = 2
const STOP_WAIT_MS = 10_000

export interface Runner {
  /** Lets the work in hand end, for at most ten seconds; what is cut off then is done again. */
  stop(): Promise<void>
}

/** Works the queue in this process: every kind of job, and the clock of the regular ones in the corp's time zone. */
export async function startRunner(
  queue: OpenQueue,
  works: JobWork<unknown>[],
  { log, timeZone }: { log: Pick<Logger, 'warn' | 'error' | 'debug'>; timeZone: string },
): Promise<Runner> {
  const { boss } = queue
  const stopping = new AbortController()
  for (const { job, work } of works) {
    const options = {
      batchSize: 1,
      localConcurrency: job.concurrency ?? 1,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: POLL_SECONDS,
    }
    await boss.work(job.name, options, async ([taken]) => {
      if (!taken) return
      const started = performance.now()
      try {
        await work(job.payload.parse(taken.data), AbortSignal.any([taken.signal, stopping.signal]))
        log.debug({ job: job.name, ms: Math.round(performance.now() - started) }, 'job done')
      } catch (error) {
        log.warn({ job: job.name, tries: taken.retryCount + 1, err: error }, 'job did not succeed')
        throw error
      }
    })
    // What was missed while nobody ran is made up once, not once per occasion.
    if (job.cron) await boss.schedule(job.name, job.cron, {}, { tz: timeZone, missed: 'once' })
  }
  return {
    stop: () => {
      stopping.abort()
      return boss.stop({ graceful: true, close: true, timeout: STOP_WAIT_MS })
    },
  }
}
