import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../../support/createTestApp.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

const cookiesOf = (answer: Response) =>
  new Map(
    answer.headers.getSetCookie().map(line => {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      return [name, value] as const
    }),
  )
const inHeader = (cookies: ReadonlyMap<string, string>) =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

let codes = 0
/** A login from a browser that has these cookies already. @returns the token of the session it got */
async function logIn(userId: string, planted: ReadonlyMap<string, string> = new Map()): Promise<string> {
  const code = `CODE-OF-A-SESSION-${codes++}`
  test.wecom.codes.set(code, userId)
  const begun = await test.fetch('/auth/login', { headers: { Cookie: inHeader(planted) } })
  const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
  const cookies = new Map([...planted, ...cookiesOf(begun)])
  const back = await test.fetch(`/auth/callback?code=${code}&state=${state}`, {
    headers: { Cookie: inHeader(cookies) },
  })
  return cookiesOf(back).get('__Host-guidebar') ?? ''
}
const isIn = async (token: string) =>
  (await test.fetch('/api/session', { headers: { Cookie: `__Host-guidebar=${token}` } })).status === 200

describe('P5 a session', () => {
  it('that somebody planted in her browser does not become hers', async () => {
    const guide = await test.make.staff(test.corp)
    const planted = 'A'.repeat(43)
    const token = await logIn(guide.userId, new Map([['__Host-guidebar', planted]]))
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(token).not.toBe(planted)
    expect([await isIn(token), await isIn(planted)]).toEqual([true, false])
  })

  it('of somebody else, planted, ends with her login and never shows her', async () => {
    const [attacker, guide] = [await test.make.staff(test.corp), await test.make.staff(test.corp)]
    const planted = await logIn(attacker.userId)
    const token = await logIn(guide.userId, new Map([['__Host-guidebar', planted]]))
    expect([await isIn(token), await isIn(planted)]).toEqual([true, false])
  })

  it('is new with every login, and each has 256 random bits', async () => {
    const guide = await test.make.staff(test.corp)
    const tokens = new Set<string>()
    for (let turn = 0; turn < 5; turn++) tokens.add(await logIn(guide.userId))
    expect(tokens.size).toBe(5)
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  })

  it('is found by its name only, not by another cookie, a header or the address', async () => {
    const guide = await test.make.staff(test.corp)
    const token = await logIn(guide.userId)
    const tries: [string, Record<string, string>][] = [
      ['/api/session', { Cookie: `guidebar=${token}` }],
      ['/api/session', { Cookie: `__Secure-guidebar=${token}` }],
      ['/api/session', { Authorization: `Bearer ${token}` }],
      ['/api/session', { 'X-Session': token }],
      [`/api/session?session=${token}`, {}],
    ]
    for (const [path, headers] of tries)
      expect([path, Object.keys(headers), (await test.fetch(path, { headers })).status]).toEqual([
        path,
        Object.keys(headers),
        401,
      ])
  })

  it('lies in the database as a hash, and ends twelve hours after its login however much it is used', async () => {
    const guide = await test.make.staff(test.corp)
    const token = await logIn(guide.userId)
    const found = await sql<{ seconds: number; row: string }>`
      select extract(epoch from expires_at - created_at)::int as seconds, s::text as row from sessions s
      where staff_id = ${guide.staffId}`.execute(test.db)
    expect(found.rows.map(({ seconds }) => seconds)).toEqual([12 * 3600])
    expect(found.rows[0]?.row).not.toContain(token)
  })
})
