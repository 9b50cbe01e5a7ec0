import type { Health } from '../../../shared/contract/health.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden } from '../../errors.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { runChecks } from './runChecks.ts'

export { runChecks, type HealthParts } from './runChecks.ts'

/** Several people looking at once, or one tapping again and again, are one look. */
const KEPT_MS = 3_000

export interface HealthDeps {
  db: Db
  wecom: WecomClient
  corpId: number
  config: Config
  clock: Clock
}

export function createHealthService({ db, wecom, corpId, config, clock }: HealthDeps) {
  let running: Promise<Health> | undefined
  let kept: { health: Health; at: number } | undefined

  async function look(): Promise<Health> {
    const health = await runChecks({
      config,
      clock,
      openDatabase: async () => db,
      openWecom: async () => ({ corpId, wecom }),
    })
    kept = { health, at: performance.now() }
    return health
  }

  return {
    /** @throws Forbidden for everybody but admins */
    async check(actor: StaffActor): Promise<Health> {
      if (actor.role !== 'admin') throw new Forbidden()
      if (kept && performance.now() - kept.at < KEPT_MS) return kept.health
      running ??= look().finally(() => (running = undefined))
      return running
    },
  }
}
export type HealthService = ReturnType<typeof createHealthService>
