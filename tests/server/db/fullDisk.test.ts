import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDb, type Db } from '../../../server/db/db.ts'
import { openEmbedded, type Embedded } from '../../../server/db/embedded.ts'
import { isDatabaseUnavailable, isStorageFull } from '../../../server/db/failures.ts'

const DISK = 'size=110m'
const root = mkdtempSync(join(tmpdir(), 'guidebar-disk-'))
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Only root may mount a small disk, and not in every container. */
function canMount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', root], { stdio: 'ignore' })
    chmodSync(root, 0o755)
    return true
  } catch {
    rmSync(root, { recursive: true })
    return false
  }
}

describe.runIf(canMount())('P24 a full disk (needs the right to mount one)', () => {
  const dataDir = join(root, 'data')
  const ballast = join(root, 'ballast')
  let cluster: Embedded
  let db: Db

  beforeAll(async () => {
    mkdirSync(dataDir)
    cluster = await openEmbedded({ dataDir, log: quiet })
    db = openDb(cluster.url, { log: quiet, poolSize: 4 })
    await sql`create table notes (id integer generated always as identity, body text)`.execute(db)
  })
  afterAll(async () => {
    await db.close()
    await cluster.close()
    execFileSync('umount', ['--lazy', root])
    rmSync(root, { recursive: true })
  })

  const fill = () => {
    const block = Buffer.alloc(256 * 1024)
    try {
      for (;;) appendFileSync(ballast, block)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
    }
  }

  const write = async (): Promise<number> => {
    // Random, so that it cannot be compressed; wide, so that the log needs new segments soon.
    const { rows } = await sql<{ id: number }>`insert into notes (body)
      select string_agg(md5(random()::text), '') from generate_series(1, ${2_000}) returning id`.execute(db)
    return rows[0]?.id ?? 0
  }

  it('refuses within 5 s while it lasts, and has everything acknowledged once there is space again', async () => {
    const acknowledged = [await write(), await write()]
    fill()
    const failures: unknown[] = []
    let slowest = 0
    const deadline = Date.now() + 20_000
    while (failures.length < 25 && Date.now() < deadline) {
      const started = performance.now()
      await write().then(
        id => acknowledged.push(id),
        (error: unknown) => failures.push(error),
      )
      slowest = Math.max(slowest, performance.now() - started)
    }
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.filter(error => !isStorageFull(error) && !isDatabaseUnavailable(error))).toEqual([])
    expect(slowest).toBeLessThan(5_000)

    rmSync(ballast)
    await vi.waitUntil(
      () =>
        write().then(
          id => acknowledged.push(id),
          () => 0,
        ),
      { timeout: 15_000, interval: 100 },
    )
    const found = await sql<{ id: number }>`select id from notes`.execute(db)
    expect(found.rows.map(row => row.id)).toEqual(expect.arrayContaining(acknowledged))
  })

  it('comes back by itself when PostgreSQL went down for want of space', async () => {
    const acknowledged = [await write()]
    fill()
    const outcomes: unknown[] = []
    const outcomeOf = (work: Promise<unknown>) => work.catch((error: unknown) => outcomes.push(error))
    // A new log segment that cannot be had is more than PostgreSQL bears.
    await vi.waitUntil(
      async () => {
        await outcomeOf(sql`select pg_switch_wal()`.execute(db))
        await outcomeOf(write().then(id => acknowledged.push(id)))
        return outcomes.some(isDatabaseUnavailable)
      },
      { timeout: 20_000, interval: 10 },
    )
    for (let turn = 0; turn < 20; turn++) {
      const started = performance.now()
      await outcomeOf(write().then(id => acknowledged.push(id)))
      expect(performance.now() - started).toBeLessThan(5_000)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(outcomes.filter(error => !isStorageFull(error) && !isDatabaseUnavailable(error))).toEqual([])

    rmSync(ballast)
    await vi.waitUntil(
      () =>
        write().then(
          id => acknowledged.push(id),
          () => 0,
        ),
      { timeout: 15_000, interval: 100 },
    )
    const found = await sql<{ id: number }>`select id from notes`.execute(db)
    expect(found.rows.map(row => row.id)).toEqual(expect.arrayContaining(acknowledged))
  })

  it('tells a starter what is the matter', async () => {
    await db.close()
    await cluster.close()
    fill()
    await expect(openEmbedded({ dataDir, log: quiet })).rejects.toThrow('磁盘快满了')
    await expect(openEmbedded({ dataDir: join(root, 'another'), log: quiet })).rejects.toThrow('磁盘满了')
    rmSync(ballast)
    cluster = await openEmbedded({ dataDir, log: quiet })
    db = openDb(cluster.url, { log: quiet })
    expect(await write()).toBeGreaterThan(0)
  })
})
