import type { Clock } from '../../../server/clock.ts'
import { createSealing } from '../../../server/sealing.ts'
import { createWecomClient, type WecomClient } from '../../../server/wecom/client.ts'
import type { WecomError } from '../../../server/wecom/errors.ts'
import { fixedClock, type FixedClock } from '../../support/fixedClock.ts'
import { createMake, type MadeCorp } from '../../support/make.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'
import { startWecomServer, type Reply, type WecomServer } from './wecomServer.ts'

export const SECRET = 'the-secret-of-the-app'
const sealing = createSealing('a secret of the tests, long enough for anything')

export interface ClientOptions {
  apiBase?: string
  limits?: { totalMs?: number; connectMs?: number }
  clock?: Clock
  secret?: string
}

/** A corp with a WeCom of its own, and as many servers of ours as a test wants. */
export interface WecomClients {
  test: TestDb
  server: WecomServer
  clock: FixedClock
  corp: MadeCorp
  /** everything logged */
  lines: unknown[]
  /** one more server process */
  open(options?: ClientOptions): WecomClient
  close(): Promise<void>
}

/** The database is made once per file (`createTestDb`); everything else is new. */
export async function openWecomClients(test: TestDb): Promise<WecomClients> {
  const server = await startWecomServer()
  const clock = fixedClock()
  const corp = await createMake(test.db).corp()
  const lines: unknown[] = []
  const record = (...said: unknown[]) => void lines.push(said)
  const opened: WecomClient[] = []
  return {
    test,
    server,
    clock,
    corp,
    lines,
    open({ apiBase = server.apiBase, limits, clock: own, secret = SECRET } = {}) {
      const client = createWecomClient({
        config: { corpId: corp.wecomCorpId, agentId: '1000002', secret, apiBase },
        corpId: corp.corpId,
        db: test.db,
        clock: own ?? clock,
        sealing,
        log: { warn: record, error: record },
        limits,
      })
      opened.push(client)
      return client
    },
    async close() {
      for (const client of opened) client.close()
      await server.close()
    },
  }
}

export { createTestDb, type TestDb }

export const ok = (): Reply => ({ json: { errcode: 0, errmsg: 'ok' } })
export const refusing = (errcode: number) => (): Reply => ({
  json: {
    errcode,
    errmsg: `bad, hint: [1576065934_28], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
  },
})
export const failureOf = (work: Promise<unknown>): Promise<WecomError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as WecomError,
  )
