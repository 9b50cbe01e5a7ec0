import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { openDb, type Db } from '../../server/db/db.ts'

export interface TestDb {
  db: Db
  url: string
  /** every statement sent through `db` so far, oldest first; empty it with `statements.length = 0` */
  statements: string[]
  /** Closes `db`, cuts whoever else is connected, and removes the database. */
  drop(): Promise<void>
}

/** A database of its own in the run's cluster, with every migration and the queue's tables, and no rows. */
export async function createTestDb({ poolSize = 10 }: { poolSize?: number } = {}): Promise<TestDb> {
  const clusterUrl = inject('testClusterUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await onCluster(clusterUrl, `create database ${name} template ${inject('testTemplate')}`)
  const url = new URL(clusterUrl)
  url.pathname = `/${name}`
  const statements: string[] = []
  let isDropping = false
  const db = openDb(url.href, {
    log: { warn: (...told: unknown[]) => isDropping || console.warn(...told) },
    poolSize,
    onStatement: text => statements.push(text),
  })
  return {
    db,
    url: url.href,
    statements,
    async drop() {
      // Connections on their way to closing are cut with the database: no news.
      isDropping = true
      await db.close()
      await onCluster(clusterUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

async function onCluster(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
