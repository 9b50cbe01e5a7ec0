import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLimits, type SharedLimits } from '../../../server/limits/limits.ts'
import { createSealing } from '../../../server/sealing.ts'
import { fixedClock, type FixedClock } from '../../support/fixedClock.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

let test: TestDb
let clock: FixedClock
beforeAll(async () => {
  test = await createTestDb({ poolSize: 12 })
})
afterAll(() => test.drop())
beforeEach(() => {
  clock = fixedClock()
})

const sealing = createSealing('a secret of the tests, long enough for anything')
const warned: unknown[] = []
const log = { warn: (...told: unknown[]) => void warned.push(told) }
/** One server's limits; time stands still for its paces. */
function server(settings = { requestsPerSecond: 10, loginsPerMinute: 10 }): SharedLimits {
  return createLimits({ db: test.db, clock, log, sealing, settings, paces: { now: () => 0 } })
}
const codeOf = (work: () => void) => {
  try {
    work()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'goes on'
}

describe('P2 a quota', () => {
  it('is one for all servers, and never lets through more, however they race', async () => {
    const servers = [server(), server(), server()]
    const waits = await Promise.all(
      Array.from({ length: 90 }, (_, turn) => servers[turn % 3]?.quota('jsapi', 'lin')),
    )
    expect(waits.filter(wait => wait === 0)).toHaveLength(60)
    expect(new Set(waits)).toEqual(new Set([0, 3600]))
    expect(await servers[0]?.quota('jsapi', 'chen')).toBe(0)
  })

  it('looks back over its period: there is room as the earliest goes out of it', async () => {
    const limits = server()
    const exported = async () => (await limits.quota('export', 'lin')) === 0
    for (const expected of [true, true, true, false]) {
      expect(await exported()).toBe(expected)
      clock.advance({ hours: 1 })
    }
    // The first was at zero hours; it is four now.
    clock.advance({ hours: 19 })
    expect(await exported()).toBe(false)
    clock.advance({ hours: 1, seconds: 1 })
    expect([await exported(), await exported()]).toEqual([true, false])
  })

  it('is not used up by a clock that was ahead and has been set right', async () => {
    const limits = server()
    clock.advance({ hours: 30 })
    for (let time = 0; time < 3; time++) await limits.quota('export', 'clock')
    expect(await limits.left('export', 'clock')).toBe(0)
    clock.advance({ hours: -30 })
    expect(await limits.left('export', 'clock')).toBe(3)
    expect(await limits.quota('export', 'clock')).toBe(0)
  })

  it('refuses with how long to wait', async () => {
    const limits = server({ requestsPerSecond: 10, loginsPerMinute: 1 })
    await limits.admit('login', '203.0.113.9')
    clock.advance({ seconds: 20 })
    await expect(limits.admit('login', '203.0.113.9')).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 40,
    })
  })

  it('leaves neither an address nor a link in the database, and nothing in its log', async () => {
    await server().quota('login', '203.0.113.77')
    const rows = await sql<{ key: Buffer }>`select key from limit_quotas`.execute(test.db)
    for (const { key } of rows.rows) expect(key).toHaveLength(16)
    const all = JSON.stringify(await sql`select q.* from limit_quotas q`.execute(test.db))
    expect(all).not.toContain('203.0.113')
    const kept = await sql<{ persistence: string }>`
      select relpersistence as persistence from pg_class where relname in ('limit_quotas', 'limit_paces')`.execute(
      test.db,
    )
    expect(kept.rows.map(({ persistence }) => persistence)).toEqual(['u', 'u'])
  })
})

describe('P2 misses', () => {
  it('cost nothing until there are twenty; then every server that meets her once knows', async () => {
    const [here, there] = [server(), server()]
    for (let turn = 0; turn < 20; turn++) {
      expect(codeOf(() => here.assertFewMisses('unknownId', 'guesser'))).toBe('goes on')
      await here.noteMiss('unknownId', 'guesser')
    }
    test.statements.length = 0
    expect(codeOf(() => here.assertFewMisses('unknownId', 'guesser'))).toBe('rate_limited')
    expect(test.statements).toEqual([])
    expect(codeOf(() => there.assertFewMisses('unknownId', 'guesser'))).toBe('goes on')
    await there.noteMiss('unknownId', 'guesser')
    expect(codeOf(() => there.assertFewMisses('unknownId', 'guesser'))).toBe('rate_limited')
    expect(codeOf(() => here.assertFewMisses('unknownId', 'another'))).toBe('goes on')
    expect(codeOf(() => here.assertFewMisses('unknownCode', 'guesser'))).toBe('goes on')
    clock.advance({ seconds: 61 })
    expect(codeOf(() => here.assertFewMisses('unknownId', 'guesser'))).toBe('goes on')
  })
})

describe('P26 a pace', () => {
  it('is one for all servers after one round', async () => {
    const [here, there] = [
      server({ requestsPerSecond: 1, loginsPerMinute: 1 }),
      server({ requestsPerSecond: 1, loginsPerMinute: 1 }),
    ]
    const took = (limits: SharedLimits) =>
      [1, 2, 3, 4].filter(() => limits.pace('session', 'noisy') === 0).length
    expect([took(here), took(there)]).toEqual([3, 3])
    await here.share()
    await there.share()
    // Six were taken where three may be: the one who told last knows of all six, and waits for three of them and one more.
    expect(there.pace('session', 'noisy')).toBeGreaterThan(2)
    expect(there.pace('session', 'quiet')).toBe(0)
  })

  it('costs one statement for everybody together, and none when nobody came', async () => {
    const limits = server()
    for (let guide = 0; guide < 200; guide++) limits.pace('session', `guide ${guide}`)
    limits.pace('look', 'a link')
    test.statements.length = 0
    await limits.share()
    await limits.share()
    expect(test.statements).toHaveLength(1)
  })

  it('of servers that tell at the same time comes to the sum, and none stands in the other’s way', async () => {
    const servers = Array.from({ length: 6 }, () => server({ requestsPerSecond: 1, loginsPerMinute: 1 }))
    const guides = Array.from({ length: 50 }, (_, guide) => `crowd ${guide}`)
    for (const [turn, limits] of servers.entries())
      for (const guide of turn % 2 ? guides : [...guides].reverse()) limits.pace('session', guide)
    await Promise.all(servers.map(limits => limits.share()))
    expect(warned).toEqual([])
    const last = server({ requestsPerSecond: 1, loginsPerMinute: 1 })
    for (const guide of guides) last.pace('session', guide)
    await last.share()
    for (const guide of guides) expect(last.pace('session', guide)).toBeGreaterThan(0)
  })

  it('goes on by itself without a database, says so once, and tells later what it kept', async () => {
    let isAway = true
    const broken = new Proxy(test.db, {
      get(db, name, receiver) {
        if (isAway && (name === 'getExecutor' || name === 'executeQuery')) throw new Error('away')
        return Reflect.get(db, name, receiver) as unknown
      },
    })
    const settings = { requestsPerSecond: 1, loginsPerMinute: 1 }
    const limits = createLimits({ db: broken, clock, log, sealing, settings, paces: { now: () => 0 } })
    for (let turn = 0; turn < 3; turn++) expect(limits.pace('session', 'cut off')).toBe(0)
    warned.length = 0
    await limits.share()
    await limits.share()
    expect(warned).toHaveLength(1)
    warned.length = 0
    expect(limits.pace('session', 'cut off')).toBeGreaterThan(0)
    isAway = false
    await limits.share()
    const other = server(settings)
    other.pace('session', 'cut off')
    await other.share()
    expect(other.pace('session', 'cut off')).toBeGreaterThan(0)
  })

  it('takes away what says nothing any more', async () => {
    const limits = server()
    await limits.quota('claim', 'a link of yesterday')
    await sql`update limit_paces set busy_until = now() - interval '1 hour'`.execute(test.db)
    clock.advance({ hours: 96 })
    await limits.sweep()
    const left = await sql<{ count: number }>`
      select (select count(*) from limit_paces)::int + (select count(*) from limit_quotas)::int as count`.execute(
      test.db,
    )
    expect(left.rows[0]?.count).toBe(0)
  })
})
