import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { starterScripts } from '../../../../server/domains/scripts/starterScripts.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { Script } from '../../../../shared/contract/scripts.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld

beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())

const job = (corpId: number) => ({ kind: 'job', corpId, name: 'test' }) as const
const titles = async (actor: StaffActor) =>
  (await world.scripts.list(actor)).scripts.map(({ title }) => title)

describe('the script library', () => {
  it('is installed once, also by two servers at once, and read in one statement', async () => {
    const { corp, guide } = await world.shop()
    const added = await Promise.all([
      world.scripts.installStarter(job(corp.corpId)),
      world.scripts.installStarter(job(corp.corpId)),
    ])
    expect(added[0] + added[1]).toBe(starterScripts.length)
    expect(await world.scripts.installStarter(job(corp.corpId))).toBe(0)
    test.statements.length = 0
    const { scripts } = await world.scripts.list(guide)
    const momentsOf = (key: string) => {
      const title = starterScripts.find(one => one.key === key)?.title
      return scripts.find(script => script.title === title)?.moments
    }
    expect(momentsOf('birthday-self-wish')).toEqual(['onDay'])
    expect(momentsOf('birthday-self-eve')).toEqual(['ahead', 'near'])
    expect(momentsOf('daily-opening-hours')).toBeNull()
    expect(test.statements).toHaveLength(1)
    expect(scripts).toHaveLength(starterScripts.length)
    for (const script of scripts) expect(Script.safeParse(script).error).toBeUndefined()
    expect(scripts[0]).toMatchObject({
      title: '生日祝福 · 一句心意',
      pinyin: 'sheng ri zhu fu yi ju xin yi',
      initials: 'srzfyjxy',
      scope: 'company',
      uses: 0,
    })
  })

  it('leaves what a shop has edited or archived as it is', async () => {
    const { corp, guide } = await world.shop()
    await world.scripts.installStarter(job(corp.corpId))
    await world.rows(sql`
      update scripts set title = '我们自己的', version = 2 where corp_id = ${corp.corpId} and starter_key = 'visit-invite'`)
    await world.rows(sql`
      update scripts set archived_at = ${world.clock.now()} where corp_id = ${corp.corpId} and starter_key = 'order-ready'`)
    await world.scripts.installStarter(job(corp.corpId))
    const found = await titles(guide)
    expect(found).toHaveLength(starterScripts.length - 1)
    expect(found).toContain('我们自己的')
    expect(found).not.toContain('邀约 · 有款想给您看')
    expect(found).not.toContain('订单 · 做好了可以取')
  })

  it('gives better words to those who have not edited the old ones, and only to them', async () => {
    const { corp, guide } = await world.shop()
    await world.scripts.installStarter(job(corp.corpId))
    const [changed, edited] = starterScripts.filter(script => script.formerTexts !== undefined)
    if (!changed?.formerTexts?.[0] || !edited) throw new Error('no starter has ever been changed')
    const parts = (texts: readonly string[]) => JSON.stringify(texts.map(text => ({ kind: 'text', text })))
    await world.rows(sql`
      update scripts set parts = ${parts(changed.formerTexts[0])}::jsonb, title = '我们起的名字'
      where corp_id = ${corp.corpId} and starter_key = ${changed.key}`)
    await world.rows(sql`
      update scripts set parts = ${parts(['我们自己写的'])}::jsonb
      where corp_id = ${corp.corpId} and starter_key = ${edited.key}`)
    for (let round = 0; round < 2; round++) await world.scripts.installStarter(job(corp.corpId))
    const { scripts } = await world.scripts.list(guide)
    expect(scripts.find(({ title }) => title === '我们起的名字')).toMatchObject({
      parts: [{ kind: 'text', text: changed.texts[0] }],
      // what was sent with the old words stays told apart
      version: 2,
    })
    expect(scripts.find(({ title }) => title === edited.title)).toMatchObject({
      parts: [{ kind: 'text', text: '我们自己写的' }],
      version: 1,
    })
  })

  it('shows the company’s, her store’s and her own, and nothing else', async () => {
    const { corp, guide, store } = await world.shop()
    const otherStore = await world.make.store(corp, { name: '西单店' })
    const colleague = await world.make.staff(corp, { name: '周敏', store })
    const elsewhere = await world.shop()
    await world.make.script(corp, { title: '公司的', sort: 1 })
    await world.make.script(corp, { title: '本店的', sort: 2, scope: 'store', store })
    await world.make.script(corp, { title: '我的', sort: 3, scope: 'personal', owner: guide })
    await world.make.script(corp, { title: '别店的', scope: 'store', store: otherStore })
    await world.make.script(corp, { title: '同事的', scope: 'personal', owner: colleague })
    await world.make.script(elsewhere.corp, { title: '别家的' })
    expect(await titles(guide)).toEqual(['公司的', '本店的', '我的'])
    const withoutStore = await world.make.staff(corp)
    expect(await titles(withoutStore)).toEqual(['公司的'])
  })

  it('counts the customers of the store who got it, each once and only when it arrived', async () => {
    const { corp, guide, store, customers } = await world.shop({ customers: 3 })
    const { scriptId } = await world.make.script(corp)
    const colleague = await world.make.staff(corp, { name: '周敏', store })
    const elsewhere = await world.make.staff(corp, {
      store: await world.make.store(corp, { name: '西单店' }),
    })
    const send = async (actor: StaffActor, index: number, outcome: 'ok' | 'cancelled') => {
      const customer = customers[index]!
      const draft = {
        title: '好',
        parts: [{ kind: 'text' as const, text: '好' }],
        script: { scriptId, version: 1 },
        reminderId: null,
      }
      const { sendId } = await world.sends.start(
        actor,
        customer.externalUserId,
        draft,
        intentOf('startSend', draft),
      )
      const results = { results: [{ index: 0, outcome, reason: null }] }
      await world.sends.finish(
        actor,
        customer.externalUserId,
        sendId,
        results,
        intentOf('finishSend', results),
      )
    }
    await world.make.follow(colleague, customers[0]!)
    await world.make.follow(elsewhere, customers[2]!)
    await send(guide, 0, 'ok')
    await send(colleague, 0, 'ok')
    await send(guide, 1, 'ok')
    await send(guide, 2, 'cancelled')
    await send(elsewhere, 2, 'ok')
    const usesFor = async (actor: StaffActor) => (await world.scripts.list(actor)).scripts[0]?.uses
    expect(await usesFor(guide)).toBe(2)
    expect(await usesFor(colleague)).toBe(2)
    expect(await usesFor(elsewhere)).toBe(1)
  })
})
