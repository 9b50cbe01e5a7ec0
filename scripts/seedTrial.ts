import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createClock } from '../server/clock.ts'
import { readConfig } from '../server/config.ts'
import { openDb } from '../server/db/db.ts'
import { openEmbedded } from '../server/db/embedded.ts'
import { openQueue } from '../server/jobs/queue.ts'
import { seedDemo } from '../sandbox/seed.ts'

const IMPORT_PATIENCE_MS = 120_000
const quiet = { info: () => undefined, warn: console.warn, error: console.error }

/**
 * Waits for the server's first import and puts the demo's own knowledge beside it. Joins the database the server uses.
 * @param isEnding stops the waiting
 */
export async function seedTrial(env: Record<string, string>, isEnding: () => boolean): Promise<void> {
  const config = readConfig(env)
  const embedded = config.databaseUrl
    ? undefined
    : await openEmbedded({ dataDir: resolve(config.dataDir), log: quiet })
  const url = config.databaseUrl ?? embedded?.url ?? ''
  const db = openDb(url, { log: quiet, poolSize: 8 })
  try {
    const importState = async () => {
      const found = await db.pool.query<{ state: string; reason: string | null }>(
        `select state, reason from sync_runs join corps using (corp_id) where wecom_corp_id = $1`,
        [config.wecom.corpId],
      )
      return found.rows[0]
    }
    for (const deadline = Date.now() + IMPORT_PATIENCE_MS; ; await wait(200)) {
      const run = await importState()
      if (isEnding()) return
      if (run?.state === 'done') break
      if (run?.state === 'stopped') throw new Error(`客户没有导入：${run.reason ?? ''}`)
      if (Date.now() > deadline) throw new Error('客户还没有导入完，演示数据没有放进去')
    }
    const clock = createClock(config.clockFile)
    const queue = await openQueue({ url, log: quiet, clock, isWorking: false })
    const report = await seedDemo({ db, clock, config, queue }).finally(() => queue.close())
    if (report.customers > 0) {
      console.log(
        `演示数据：${report.customers} 位客户的称呼与尺寸，${report.dates} 个日子，${report.purchases} 笔购买，${report.sends} 次联系，${report.coupons} 张券`,
      )
    }
  } finally {
    await db.close()
    await embedded?.close()
  }
}
