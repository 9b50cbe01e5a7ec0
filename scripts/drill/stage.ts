import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openEmbedded, type Embedded } from '../../server/db/embedded.ts'
import { openDb } from '../../server/db/db.ts'
import { createMake, type Make } from '../../tests/support/make.ts'
import { signIn, type SignedIn } from '../../tests/support/signIn.ts'
import { startTwoServers, type TwoServers } from '../../tests/support/twoServers.ts'

export const quietLog = { info: () => undefined, warn: () => undefined, error: () => undefined }
const GUIDES = ['chenlu', 'zhoumin', 'linxiaoyu', 'guoqian', 'zhaoyiming']

export interface Stage {
  product: TwoServers
  databaseUrl: string
  /** Whoever restores a backup wants nobody connected who looks like a server. */
  withMake<T>(work: (make: Make) => Promise<T>): Promise<T>
  corpId: number
  /** through the proxy, as browsers come */
  guides: SignedIn[]
  admin: SignedIn
  signIn(userId: string): Promise<SignedIn>
  /** The database dies as a process that is killed does; its keeper brings it back. */
  crashDatabase(): void
  stop(): Promise<void>
}

/** A folder PostgreSQL can enter, whoever runs it. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guidebar-drill-'))
  await chmod(folder, 0o755)
  return folder
}

/** Beside the one in which the cluster's keeper itself is connected: a restore wants to be alone. */
async function newDatabase(clusterUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: clusterUrl })
  await client.connect()
  await client.query('create database drill')
  await client.end()
  const url = new URL(clusterUrl)
  url.pathname = '/drill'
  return url.href
}

/** PostgreSQL of its own, the stand-in for WeCom, so many servers and a proxy before them. */
export async function openStage(serverCount: number): Promise<Stage> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const dataDir = await newFolder()
    undo.push(() => rm(dataDir, { recursive: true, force: true }))
    const cluster: Embedded = await openEmbedded({
      dataDir,
      log: quietLog,
      settings: { max_connections: String(60 + 20 * serverCount) },
    })
    undo.push(() => cluster.close())
    const databaseUrl = await newDatabase(cluster.url)
    const product = await startTwoServers({
      database: { url: databaseUrl, lookUrl: databaseUrl },
      more: serverCount - 2,
      isPatient: true,
      env: { LOG_LEVEL: 'info', METRICS_TOKEN: 'the-token-of-the-drill-for-metrics' },
      sandbox: { SANDBOX_CALLBACK_RETRY_MS: '1000' },
    })
    undo.push(() => product.stop())
    // When guides may write to whom is its own matter; here they write without end.
    await product.query('update contact_settings set quiet_is_on = false')
    await product.query('update contact_rules set is_on = false')
    const [corp] = await product.query<{ corpId: number }>('select corp_id as "corpId" from corps')
    const enter = (userId: string) => signIn([product.proxyUrl], userId)
    const guides: SignedIn[] = []
    for (const userId of GUIDES) guides.push(await enter(userId))
    return {
      product,
      databaseUrl,
      async withMake(work) {
        const db = openDb(databaseUrl, { log: quietLog, poolSize: 2 })
        try {
          return await work(createMake(db))
        } finally {
          await db.close()
        }
      },
      corpId: corp?.corpId ?? 0,
      guides,
      admin: await enter('hq_admin'),
      signIn: enter,
      crashDatabase() {
        const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
        process.kill(pid, 'SIGQUIT')
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
