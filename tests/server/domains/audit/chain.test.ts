import { execFile } from 'node:child_process'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { appendAudit } from '../../../../server/domains/audit/appendAudit.ts'
import { createAuditChainService } from '../../../../server/domains/audit/auditChain.service.ts'
import { openDb } from '../../../../server/db/db.ts'
import { logOptions } from '../../../../server/log.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { fixedClock } from '../../../support/fixedClock.ts'
import { createMake, TEST_NOW, type MadeCorp } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

const opened: TestDb[] = []
let test: TestDb
let corp: MadeCorp
let guide: StaffActor
const logged: unknown[] = []
const log = { info: (line: unknown) => logged.push(line), error: (line: unknown) => logged.push(line) }
beforeEach(async () => {
  test = await createTestDb()
  opened.push(test)
  const make = createMake(test.db)
  corp = await make.corp()
  guide = await make.staff(corp)
})
afterAll(() => Promise.all(opened.map(each => each.drop())))

const chainOn = (db = test.db, clock = fixedClock()) =>
  createAuditChainService({ db, clock, log, corpId: corp.corpId })
const append = (count: number, at = TEST_NOW) =>
  test.db.transaction(tx =>
    appendAudit(
      tx,
      ...Array.from({ length: count }, (_, index) => ({
        actor: guide,
        at,
        action: 'couponRedeemed' as const,
        customerId: 7,
        subject: { kind: 'coupon' as const, id: `coupon ${index}` },
        detail: { amountFen: 100 * index, 名: ['一', 2] },
      })),
    ),
  )
const seqs = async () =>
  (
    await sql<{ seq: number | null }>`
      select seq from audit_entries where corp_id = ${corp.corpId} order by seq nulls last`.execute(test.db)
  ).rows.map(row => row.seq)
/** What somebody with all rights over the database does. */
const tamper = (statement: ReturnType<typeof sql>) =>
  test.db.transaction(async tx => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await statement.execute(tx)
  })
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('the audit record', () => {
  it('is written with what it tells of, or not at all', async () => {
    const failed = test.db.transaction(async tx => {
      await appendAudit(tx, { actor: guide, at: TEST_NOW, action: 'loggedIn' })
      throw new Error('the rest went wrong')
    })
    await expect(failed).rejects.toThrow('the rest went wrong')
    expect(await seqs()).toEqual([])
  })

  it('holds nobody up: an open transaction that wrote into it leaves others free to write, and to chain', async () => {
    const chain = chainOn()
    await test.db.transaction(async open => {
      await appendAudit(open, { actor: guide, at: TEST_NOW, action: 'couponRedeemed' })
      await append(2)
      expect(await chain.chain()).toBe(2)
    })
    expect(await seqs()).toEqual([1, 2, null])
    expect(await chain.chain()).toBe(1)
    // The row written first was seen last: it comes last.
    const last = await sql<{ seq: number }>`
      select seq from audit_entries where subject_id is null and corp_id = ${corp.corpId}`.execute(test.db)
    expect(last.rows).toEqual([{ seq: 3 }])
    expect((await chain.verify()).broken).toBeNull()
  })

  it.each(['update', 'delete', 'truncate', 'unchain'])('refuses to be changed: %s', async how => {
    await append(2)
    const statements = {
      update: sql`update audit_entries set detail = '{}' where subject_id = 'coupon 1'`,
      delete: sql`delete from audit_entries where subject_id = 'coupon 1'`,
      truncate: sql`truncate audit_entries`,
      unchain: sql`update audit_entries set seq = null, hash = null, previous_hash = null`,
    }
    const statement = statements[how as keyof typeof statements]
    const refused = { message: 'the audit record is only added to' }
    if (how !== 'unchain') await expect(statement.execute(test.db)).rejects.toMatchObject(refused)
    await chainOn().chain()
    await expect(statement.execute(test.db)).rejects.toMatchObject(refused)
    expect(await seqs()).toEqual([1, 2])
  })
})

describe('the chain of the record', () => {
  it('has no gap and no fork when two servers chain at once while others write', async () => {
    const second = openDb(test.url, { log: { warn: () => undefined }, poolSize: 3 })
    try {
      const chains = [chainOn(), chainOn(second)]
      for (let round = 0; round < 6; round++)
        await Promise.all([append(40), ...chains.map(each => each.chain()), append(40)])
      await chains[0]?.chain()
      expect(await seqs()).toEqual(upTo(480))
      expect(await chains[1]?.verify()).toMatchObject({ broken: null, through: { seq: 480 } })
    } finally {
      await second.close()
    }
  })

  it.each([
    [
      'a changed value',
      sql`update audit_entries set detail = '{"amountFen": 1}' where seq = 5`,
      5,
      'altered',
    ],
    ['a changed doer', sql`update audit_entries set staff_id = staff_id + 1 where seq = 5`, 5, 'altered'],
    [
      'another time',
      sql`update audit_entries set at = at + interval '1 microsecond' where seq = 5`,
      5,
      'altered',
    ],
    ['a row that is gone', sql`delete from audit_entries where seq = 5`, 5, 'missing'],
    ['its first rows gone', sql`delete from audit_entries where seq < 5`, 1, 'missing'],
    [
      'two rows changed over',
      sql`update audit_entries e set detail = (
        select o.detail from audit_entries o where o.seq = 11 - e.seq) where seq in (5, 6)`,
      5,
      'altered',
    ],
    [
      'a row made to look like a link',
      sql`update audit_entries set hash = sha256(hash) where seq = 5`,
      5,
      'altered',
    ],
  ] as const)('shows %s', async (_what, statement, seq, trouble) => {
    const chain = chainOn()
    await append(10)
    await chain.chain()
    expect((await chain.verify()).broken).toBeNull()
    await tamper(statement)
    expect((await chain.verify()).broken).toEqual({ seq, trouble })
  })

  it('is proven on from where it was found whole, and once broken stays so until it is walked whole', async () => {
    const chain = chainOn()
    const check = async () =>
      (await sql`select through_seq, broken_seq from audit_checks`.execute(test.db)).rows[0]
    await append(3)
    await chain.checkOn()
    expect(await check()).toEqual({ through_seq: 3, broken_seq: null })
    await append(3)
    await chain.checkOn()
    expect(await check()).toEqual({ through_seq: 6, broken_seq: null })
    await tamper(sql`update audit_entries set customer_id = 8 where seq = 2`)
    await append(1)
    await chain.checkWhole()
    expect(await check()).toEqual({ through_seq: 1, broken_seq: 2 })
    await chain.checkOn()
    expect(await check()).toEqual({ through_seq: 1, broken_seq: 2 })
  })

  it('lets go what is older than three years, from its beginning, and stays whole', async () => {
    const chain = chainOn()
    const day = (text: string) => new Date(`${text}T00:00:00Z`)
    await append(4, day('2019-01-01'))
    await append(2, day('2026-11-20'))
    await append(1, day('2019-06-01'))
    await chain.chain()
    await chain.trim()
    await chain.chain()
    // Row 7 is old too, but stands behind young ones.
    expect(await seqs()).toEqual([5, 6, 7, 8])
    expect((await chain.verify()).broken).toBeNull()
    await tamper(sql`delete from audit_entries where seq = 5`)
    expect((await chain.verify()).broken).toEqual({ seq: 5, trouble: 'missing' })
  })
})

describe('npm run audit:verify', () => {
  const run = (...more: string[]) =>
    new Promise<{ code: number; said: string }>(resolve => {
      const env = { ...process.env, DATABASE_URL: test.url }
      execFile(process.execPath, ['server/auditVerify.ts', ...more], { env }, (error, said) =>
        resolve({ code: Number(error?.code ?? 0), said }),
      )
    })

  it('says that all is whole, and where the chain breaks', async () => {
    await append(3)
    await chainOn().chain()
    await append(1)
    const whole = await run()
    expect(whole.code).toBe(0)
    expect(whole.said).toMatch(/：3 行，另有 1 行刚写下、几秒内入链，末尾 3:[0-9a-f]{64}\n记录完整\n$/)
    const end = /末尾 (\S+)/.exec(whole.said)?.[1] ?? ''
    expect((await run('--end', end)).code).toBe(0)
    await tamper(sql`update audit_entries set at = at + interval '1 hour' where seq = 2`)
    const broken = await run()
    expect([broken.code, broken.said.split('\n')[1]]).toEqual([1, '✗ 第 2 行断了：内容被改过'])
  }, 60_000)

  it('stands in the log with its end as the proof takes it, and says where it broke', async () => {
    const lines: string[] = []
    const written = pino(logOptions('info'), { write: (line: string) => void lines.push(line) })
    const chain = createAuditChainService({
      db: test.db,
      clock: fixedClock(),
      log: written,
      corpId: corp.corpId,
    })
    await append(3)
    await chain.checkWhole()
    const { end } = JSON.parse(lines[0] ?? '') as { end: string }
    expect((await run('--end', end)).code).toBe(0)
    await tamper(sql`update audit_entries set detail = '{}' where seq = 2`)
    await chain.checkWhole()
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      seq: 2,
      trouble: 'altered',
      through: expect.stringMatching(/^1:[0-9a-f]{64}$/) as string,
    })
  })

  it('knows a chain that was made anew by the end noted before', async () => {
    await append(3)
    await chainOn().chain()
    const end = /末尾 (\S+)/.exec((await run()).said)?.[1] ?? ''
    await tamper(sql`update audit_entries set seq = null, hash = null, previous_hash = null`)
    await tamper(sql`delete from audit_entries where subject_id = 'coupon 1'`)
    await append(1)
    await chainOn().chain()
    expect((await run()).code).toBe(0)
    const renewed = await run('--end', end)
    expect([renewed.code, renewed.said]).toEqual([1, expect.stringContaining('和记下的不是同一条链')])
  }, 60_000)
})

describe('the job that chains', () => {
  it('takes up what is free until it is told to stop, and walks a chain that nobody has walked yet', async () => {
    await append(3)
    const stop = new AbortController()
    const chain = chainOn()
    const working = chain.chainForAMinute(stop.signal)
    await expect.poll(seqs, { timeout: 10_000 }).toEqual([1, 2, 3])
    await append(1)
    await expect.poll(seqs, { timeout: 10_000 }).toEqual([1, 2, 3, 4])
    stop.abort()
    await working
    const check = await sql<{ seq: number }>`select through_seq as seq from audit_checks`.execute(test.db)
    expect(check.rows).toEqual([{ seq: 3 }])
  }, 30_000)
})
