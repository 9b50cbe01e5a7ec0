import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDb, type Db } from '../../../server/db/db.ts'
import { openEmbedded, type Embedded } from '../../../server/db/embedded.ts'
import { migrate } from '../../../server/db/migrate.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../support/createTestApp.ts'

const root = mkdtempSync(join(tmpdir(), 'guidebar-full-'))
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Only root may mount a small disk, and not in every container. */
function canMount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', root], { stdio: 'ignore' })
    chmodSync(root, 0o755)
    return true
  } catch {
    rmSync(root, { recursive: true })
    return false
  }
}

describe.runIf(canMount())('P24 the app on a full disk (needs the right to mount one)', () => {
  const ballast = join(root, 'ballast')
  let cluster: Embedded
  let db: Db
  let app: TestApp
  let guide: SignedIn
  let externalUserId: string
  beforeAll(async () => {
    const dataDir = join(root, 'data')
    mkdirSync(dataDir)
    cluster = await openEmbedded({ dataDir, log: quiet })
    await migrate(cluster.url)
    db = openDb(cluster.url, { log: quiet, poolSize: 4 })
    app = await createTestApp({
      test: { db, url: cluster.url, statements: [], drop: async () => undefined },
    })
    guide = await app.signIn(await app.make.staff(app.corp))
    externalUserId = (await app.make.followed(app.corp, guide.actor)).externalUserId
  }, 120_000)
  afterAll(async () => {
    await app?.close()
    await db?.close()
    await cluster?.close()
    execFileSync('umount', ['--lazy', root])
    rmSync(root, { recursive: true })
  })

  let keys = 0
  const note = () =>
    guide.fetch(`/api/customers/${externalUserId}/purchases`, {
      method: 'POST',
      // Wide, so that a new page is needed soon.
      json: { day: '2026-11-20', piece: '金'.repeat(30), amountFen: 100_00, engraving: '字'.repeat(20) },
      key: `key-of-a-purchase-${++keys}`,
    })
  const fill = () => {
    const block = Buffer.alloc(64 * 1024)
    try {
      for (;;) appendFileSync(ballast, block)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
    }
  }

  it('answers 507 storage_full and goes on reading; with space again all that was acknowledged is there', async () => {
    let acknowledged = 0
    const outcomes = new Set<string>()
    const tryOne = async () => {
      const answer = await note()
      if (answer.status === 201) acknowledged++
      const { code } = (await answer.json()) as { code?: string }
      outcomes.add(`${answer.status} ${code ?? ''}`.trim())
      return answer
    }
    expect((await tryOne()).status).toBe(201)
    fill()
    let refused: Response | undefined
    for (let turn = 0; turn < 1_000 && !refused; turn++) {
      const answer = await tryOne()
      if (answer.status === 507) refused = answer
    }
    expect(refused?.headers.get('retry-after')).toBe('30')
    // Where PostgreSQL has to go down for want of space it is 503, and comes back by itself.
    for (const outcome of outcomes)
      expect(['201', '507 storage_full', '503 database_unavailable']).toContain(outcome)
    expect((await app.fetch('/healthz')).status).toBe(200)
    await expect
      .poll(async () => (await guide.fetch(`/api/customers/${externalUserId}/card`)).status, {
        timeout: 15_000,
      })
      .toBe(200)

    rmSync(ballast)
    await expect.poll(async () => (await tryOne()).status, { timeout: 15_000 }).toBe(201)
    const { rows } = await db.pool.query<{ n: number }>('select count(*)::int as n from purchases')
    expect(rows[0]?.n).toBe(acknowledged)
  }, 120_000)
})
