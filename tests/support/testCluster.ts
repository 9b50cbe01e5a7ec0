import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../server/db/embedded.ts'
import { migrate } from '../../server/db/migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** of the run's cluster; `createTestDb` makes databases in it */
    testClusterUrl: string
    /** the database to copy: all tables, no rows */
    testTemplate: string
  }
}

const TEMPLATE_DATABASE = 'template_guidebar'

const quiet = { info: () => undefined, warn: console.warn, error: console.error }

const FOLDER = 'guidebar-test-'

/** PostgreSQL outlives its parent: removes what killed runs have left. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${FOLDER}(\\d+)-`).exec(name)?.[1]
    if (!pid || isAlive(Number(pid))) continue
    const dataDir = join(tmpdir(), name)
    if (existsSync(join(dataDir, 'postgres', 'postmaster.pid'))) {
      const left = await openEmbedded({ dataDir, log: quiet })
      await left.close()
    }
    await rm(dataDir, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Global setup: one cluster per run, with a template holding our tables and the queue's. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep()
  const dataDir = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`))
  // As root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(dataDir, 0o755)
  const cluster = await openEmbedded({
    dataDir,
    log: quiet,
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' },
  })
  const tearDown = async () => {
    await cluster.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await prepareTemplate(cluster.url)
  } catch (error) {
    await tearDown()
    throw error
  }
  project.provide('testClusterUrl', cluster.url)
  project.provide('testTemplate', TEMPLATE_DATABASE)
  return tearDown
}

async function prepareTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create database ${TEMPLATE_DATABASE}`)
    const template = new URL(url)
    template.pathname = `/${TEMPLATE_DATABASE}`
    await migrate(template.href)
    await installQueue(template.href)
    await client.query(`alter database ${TEMPLATE_DATABASE} with is_template true allow_connections false`)
  } finally {
    await client.end()
  }
}

async function installQueue(url: string): Promise<void> {
  const queue = new PgBoss({ connectionString: url, supervise: false, schedule: false })
  queue.on('error', error => console.error(error))
  await queue.start()
  await queue.stop({ graceful: false, close: true })
}
