import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { DENIALS_TOLD } from '../../../../server/domains/audit/denials.repository.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

const entriesOf = async (actor: StaffActor | null) =>
  (
    await sql<{ action: string; detail: object }>`
      select action, detail from audit_entries
      where staff_id is not distinct from ${actor?.staffId ?? null}::integer and corp_id = ${test.corp.corpId}
      order by entry_id`.execute(test.db)
  ).rows

describe('a refusal', () => {
  it('for want of a role or of scope is written down: who, what, why, and no word of whom', async () => {
    const guide = await test.make.staff(test.corp)
    const stranger = await test.make.followed(test.corp, await test.make.staff(test.corp))
    const who = await test.signIn(guide)
    expect((await who.fetch('/api/audit')).status).toBe(403)
    expect((await who.fetch(`/api/customers/${stranger.externalUserId}/card`)).status).toBe(404)
    expect((await who.fetch(`/api/customers/${stranger.externalUserId}/timeline`)).status).toBe(404)
    expect(await entriesOf(guide)).toEqual([
      { action: 'denied', detail: { code: 'forbidden', operation: 'listAudit' } },
      { action: 'denied', detail: { code: 'not_found', operation: 'getCard' } },
      { action: 'denied', detail: { code: 'not_found', operation: 'listTimeline' } },
    ])
  })

  it('fills no disk: of a thousand in an hour the first few are told, and how many they were', async () => {
    const guide = await test.make.staff(test.corp)
    const who = await test.signIn(guide)
    const scan = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, index) => who.fetch(`/api/customers/wmGuess${index}/tags`)),
      )
    const answers = [...(await scan(60)), ...(await scan(60))]
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
    expect(await entriesOf(guide)).toHaveLength(DENIALS_TOLD)
    const counted = () => sql`select 1 from audit_denials where staff_id = ${guide.staffId}`.execute(test.db)
    expect((await counted()).rows).toHaveLength(1)

    await test.services.denials.closeHours()
    expect(await entriesOf(guide)).toHaveLength(DENIALS_TOLD)
    test.clock.advance({ hours: 1 })
    await Promise.all([test.services.denials.closeHours(), test.services.denials.closeHours()])
    const entries = await entriesOf(guide)
    expect(entries).toHaveLength(DENIALS_TOLD + 1)
    expect(entries.at(-1)).toMatchObject({ action: 'deniedMore', detail: { count: 120 } })
    expect((await counted()).rows).toHaveLength(0)
    // A new hour begins to count anew.
    await scan(1)
    expect((await entriesOf(guide)).at(-1)).toMatchObject({ action: 'denied' })
  })

  it('is told for each session by itself', async () => {
    const guide = await test.make.staff(test.corp)
    for (const who of [await test.signIn(guide), await test.signIn(guide)])
      for (let count = 0; count < DENIALS_TOLD + 2; count++) await who.fetch('/api/stores')
    expect(await entriesOf(guide)).toHaveLength(2 * DENIALS_TOLD)
  })

  it('is no news where nobody is signed in, and where it is only a mistake', async () => {
    const before = (await entriesOf(null)).length
    expect((await test.fetch('/api/audit')).status).toBe(401)
    expect((await entriesOf(null)).length).toBe(before)
    const guide = await test.make.staff(test.corp)
    const who = await test.signIn(guide)
    expect((await who.fetch('/api/customers?limit=no')).status).toBe(422)
    expect(await entriesOf(guide)).toEqual([])
  })

  it('stays the answer it was when it cannot be written down', async () => {
    const who = await test.signIn(await test.make.staff(test.corp))
    const usual = await who.fetch('/api/customers/wmNobody/card')
    await sql`alter table audit_denials rename to audit_denials_away`.execute(test.db)
    try {
      const answer = await who.fetch('/api/customers/wmNobody/card')
      expect(answer.status).toBe(usual.status)
    } finally {
      await sql`alter table audit_denials_away rename to audit_denials`.execute(test.db)
    }
  })
})
