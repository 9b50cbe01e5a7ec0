import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { createScriptDaysService } from '../../../../server/domains/scripts/scriptDays.service.ts'
import { createScriptsService } from '../../../../server/domains/scripts/scripts.service.ts'
import {
  createScriptStatsService,
  type ScriptStatsService,
} from '../../../../server/domains/stats/scriptStats.service.ts'
import { Forbidden, NotFound } from '../../../../server/errors.ts'
import { TEST_TIME_ZONE, type MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
let stats: ScriptStatsService
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  stats = createScriptStatsService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE })
})
afterAll(() => test.drop())

const count = (corp: { corpId: number }) =>
  createScriptDaysService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE }).count(
    corp.corpId,
    190,
  )

/** A manager and a guide of 国贸店, a guide of 西单店, and an admin; each guide with seven customers. */
async function company() {
  const { make } = world
  const corp = await make.corp()
  const [here, there] = [await make.store(corp), await make.store(corp, { name: '西单店' })]
  const manager = await make.staff(corp, { role: 'manager', store: here, manages: [here] })
  const guide = await make.staff(corp, { store: here })
  const colleague = await make.staff(corp, { store: here })
  const neighbour = await make.staff(corp, { store: there })
  const customers = new Map<StaffActor, MadeCustomer[]>()
  for (const each of [guide, colleague, neighbour]) {
    const own: MadeCustomer[] = []
    for (let index = 0; index < 7; index++) own.push(await make.followed(corp, each))
    customers.set(each, own)
  }
  const script = async (title: string, more: Parameters<typeof make.script>[1] = {}) => ({
    ...(await make.script(corp, { title, ...more })),
    title,
  })
  /** To the first `who` customers of the guide, `times` each. */
  async function send(by: StaffActor, to: { scriptId: string; version?: number }, who: number, given: Parameters<typeof make.send>[2] & { times?: number } = {}) {
    const { times = 1, ...rest } = given
    for (const customer of customers.get(by)!.slice(0, who))
      for (let time = 0; time < times; time++)
        await make.send(by, customer, { script: to, startedAt: new Date('2026-11-10T02:00:00Z'), ...rest })
  } // prettier-ignore
  const admin = await make.staff(corp, { role: 'admin' })
  const departmentOf = async (store: { storeId: number }) =>
    (
      await world.rows(
        sql<{ id: number }>`select department_id as id from stores where store_id = ${store.storeId}`,
      )
    )[0]!.id
  return {
    corp,
    here,
    there,
    manager,
    guide,
    colleague,
    neighbour,
    admin,
    customers,
    script,
    send,
    departmentOf,
  }
}
const seen = async (actor: StaffActor, store?: number) =>
  (await stats.team(actor, store)).rows.map(({ kind, title, sends }) => [
    kind === 'script' ? title : kind,
    sends,
  ])

describe('what came of scripts', () => {
  it('is of the members in scope, the most sent first, and of one store when asked', async () => {
    const { corp, here, there, manager, guide, neighbour, admin, script, send, departmentOf } =
      await company()
    const [care, visit] = [await script('保养'), await script('到店')]
    await send(guide, care, 5)
    await send(neighbour, care, 7)
    await send(neighbour, visit, 6, { times: 3 })
    await count(corp)
    expect(await seen(admin)).toEqual([['到店', 18], ['保养', 12]]) // prettier-ignore
    expect(await seen(manager)).toEqual([['保养', 5]])
    expect(await seen(admin, await departmentOf(there))).toEqual([['到店', 18], ['保养', 7]]) // prettier-ignore
    expect(await seen(manager, await departmentOf(here))).toEqual([['保养', 5]])
    expect((await stats.team(admin, undefined)).stores.map(({ name }) => name)).toEqual(['国贸店', '西单店'])
    expect((await stats.team(manager, undefined)).stores.map(({ name }) => name)).toEqual(['国贸店'])
    await expect(stats.team(manager, await departmentOf(there))).rejects.toThrow(NotFound)
    await expect(stats.team(guide, undefined)).rejects.toThrow(Forbidden)
  })

  it('is read from what was summed up, not from every day of every guide', async () => {
    const { corp, manager, admin, guide, script, send } = await company()
    const care = await script('保养')
    await send(guide, care, 6, { times: 4 })
    await send(guide, care, 6, { times: 4, outcome: 'cancelled' })
    await count(corp)
    await sql`delete from script_days where corp_id = ${corp.corpId}`.execute(test.db)
    expect(await seen(admin)).toEqual([['保养', 24]])
    expect(await seen(manager)).toEqual([['保养', 24]])
    expect((await stats.listWatched(admin)).map(({ title }) => title)).toEqual(['保养'])
    await count(corp)
    await sql`delete from sends where corp_id = ${corp.corpId}`.execute(test.db)
    await count(corp)
    expect(await seen(admin)).toEqual([])
  })

  it('is of a manager herself, too, wherever she is, and of members without a store for an admin', async () => {
    const { corp, there, here, admin, customers, script, send } = await company()
    const care = await script('保养')
    const visitor = await world.make.staff(corp, { role: 'manager', store: there, manages: [here] })
    const roaming = await world.make.staff(corp)
    for (const each of [visitor, roaming]) {
      const own: MadeCustomer[] = []
      for (let index = 0; index < 5; index++) own.push(await world.make.followed(corp, each))
      customers.set(each, own)
      await send(each, care, 5)
    }
    await count(corp)
    expect(await seen(visitor)).toEqual([['保养', 5]])
    expect(await seen(admin)).toEqual([['保养', 10]])
  })

  it('is her own for a guide, nobody folded away', async () => {
    const { corp, guide, colleague, script, send } = await company()
    const care = await script('保养')
    await send(guide, care, 2)
    await send(colleague, care, 7)
    await count(corp)
    expect((await stats.mine(guide)).rows).toMatchObject([{ kind: 'script', title: '保养', sends: 2 }])
  })

  it('S3 stands together where it concerns fewer than five persons, however many messages these got', async () => {
    const { corp, manager, guide, colleague, script, send } = await company()
    const [few, little, many] = [await script('少'), await script('更少'), await script('多')]
    await send(guide, few, 4, { times: 9 })
    await send(colleague, little, 1)
    await send(guide, many, 6)
    await count(corp)
    expect(await seen(manager)).toEqual([['多', 6], ['rest', 37]]) // prettier-ignore
  })

  it('S3 takes one more in where those together are still too few', async () => {
    const { corp, manager, guide, script, send } = await company()
    const [few, some, many] = [await script('少'), await script('中'), await script('多')]
    await send(guide, few, 2)
    await send(guide, some, 5)
    await send(guide, many, 7)
    await count(corp)
    expect(await seen(manager)).toEqual([['多', 7], ['rest', 7]]) // prettier-ignore
  })

  it('tells versions apart when each of them concerns five persons', async () => {
    const { corp, manager, guide, script, send } = await company()
    const [whole, part] = [await script('两版'), await script('一版少')]
    await send(guide, whole, 5)
    await send(guide, { ...whole, version: 2 }, 6)
    await send(guide, part, 5)
    await send(guide, { ...part, version: 2 }, 4)
    await count(corp)
    const { rows } = await stats.team(manager, undefined)
    expect(rows.map(({ title, versions }) => [title, versions.map(({ version, sends }) => [version, sends])])).toEqual([
      ['两版', [[2, 6], [1, 5]]],
      ['一版少', []],
    ]) // prettier-ignore
  })

  it('names no colleague’s own script', async () => {
    const { corp, manager, guide, script, send } = await company()
    const own = await script('我的悄悄话', { scope: 'personal', owner: guide })
    await send(guide, own, 6)
    await count(corp)
    expect(await seen(manager)).toEqual([['personal', 6]])
    expect((await stats.mine(guide)).rows).toMatchObject([{ title: '我的悄悄话', scope: 'personal' }])
  })

  it('looks ninety days back and says until when it is counted', async () => {
    const { corp, manager, guide, script, send } = await company()
    const care = await script('保养')
    await send(guide, care, 5, { startedAt: new Date('2026-08-23T02:00:00Z') })
    expect(await stats.team(manager, undefined)).toMatchObject({ countedAt: null, rows: [] })
    await count(corp)
    expect(await stats.team(manager, undefined)).toMatchObject({
      from: '2026-08-24',
      countedAt: world.clock.now().toISOString(),
      rows: [],
    })
  })
})

describe('a script that does not do well', () => {
  async function disliked() {
    const made = await company()
    const { corp, here, guide, customers, script, send } = made
    const scripts = {
      company: await script('公司的'),
      store: await script('本店的', { scope: 'store', store: here }),
      own: await script('自己的', { scope: 'personal', owner: guide }),
      liked: await script('好好的'),
    }
    for (const each of Object.values(scripts)) await send(guide, each, 6, { times: 4 })
    for (const each of [scripts.company, scripts.store, scripts.own])
      await send(guide, each, 6, { times: 4, outcome: 'cancelled' })
    await count(corp)
    return { ...made, scripts, customers }
  }
  const titles = async (actor: StaffActor) => (await stats.listWatched(actor)).map(({ title }) => title)

  it('is told to whom may change it', async () => {
    const { corp, manager, guide, colleague, admin } = await disliked()
    expect(await titles(admin)).toEqual(['公司的', '本店的'])
    expect(await titles(manager)).toEqual(['本店的'])
    expect(await titles(guide)).toEqual(['自己的'])
    expect(await titles(colleague)).toEqual([])
    const elsewhere = await world.make.staff(await world.make.corp(), { role: 'admin' })
    expect(await titles(elsewhere)).toEqual([])
    await sql`insert into script_watch (corp_id, cancelled_percent) values (${corp.corpId}, 60)`.execute(
      test.db,
    )
    expect(await titles(admin)).toEqual([])
  })

  it('is marked among the results, and no more once it says something else', async () => {
    const { manager, scripts } = await disliked()
    const marked = async () =>
      (await stats.team(manager, undefined)).rows
        .filter(({ watch }) => watch)
        .map(({ title, watch }) => [title, watch])
    expect(await marked()).toEqual([['公司的', 'cancelled'], ['本店的', 'cancelled']]) // prettier-ignore
    await sql`update scripts set version = 2 where script_id = ${scripts.company.scriptId}`.execute(test.db)
    expect(await marked()).toEqual([['本店的', 'cancelled']])
  })
})

describe('what a guide’s catalogue says of a script', () => {
  const workedOf = async (actor: StaffActor, scriptId: string) =>
    (
      await createScriptsService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE }).list(actor)
    ).scripts.find(script => script.scriptId === scriptId)?.worked

  it('is how it did in her store from twenty sends to five persons on, else in the company, else nothing', async () => {
    const { corp, guide, neighbour, customers, script, send } = await company()
    const [care, fresh, narrow] = [await script('保养'), await script('新的'), await script('只发几位')]
    await send(neighbour, care, 5, { times: 4 })
    await send(guide, care, 5, { times: 2 })
    await world.make.send(neighbour, customers.get(neighbour)![0]!, {
      reasonClass: 'answer',
      startedAt: new Date('2026-11-11T02:00:00Z'),
    })
    await send(neighbour, fresh, 6, { times: 3 })
    await send(neighbour, narrow, 4, { times: 6 })
    await count(corp)
    expect(await workedOf(neighbour, care.scriptId)).toEqual({
      within: 'store',
      sends: 20,
      replies: 4,
      purchases: 0,
    })
    expect(await workedOf(guide, care.scriptId)).toEqual({
      within: 'company',
      sends: 30,
      replies: 4,
      purchases: 0,
    })
    expect(await workedOf(guide, fresh.scriptId)).toBeNull()
    expect(await workedOf(guide, narrow.scriptId)).toBeNull()
    await sql`update scripts set version = 2 where script_id = ${care.scriptId}`.execute(test.db)
    expect(await workedOf(guide, care.scriptId)).toBeNull()
  })

  it('S3 counts a person once whom several stores know', async () => {
    const { corp, guide, neighbour, customers, script, send } = await company()
    const [shared, apart] = [await script('同几位'), await script('各几位')]
    const same = customers.get(guide)!.slice(0, 3)
    customers.set(neighbour, [...same, ...customers.get(neighbour)!.slice(0, 3)])
    for (const customer of same) await world.make.follow(neighbour, customer)
    await send(guide, shared, 3, { times: 5 })
    await send(neighbour, shared, 3, { times: 5 })
    await send(guide, apart, 3, { times: 3 })
    await send(neighbour, apart, 6, { times: 2 })
    await count(corp)
    expect(await workedOf(guide, shared.scriptId)).toBeNull()
    expect(await workedOf(guide, apart.scriptId)).toMatchObject({ within: 'company', sends: 21 })
  })
})
