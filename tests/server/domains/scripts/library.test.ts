import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import type { ManagedScript, ScriptVersion } from '../../../../shared/contract/scriptLibrary.ts'
import { ScriptCatalogue } from '../../../../shared/contract/scripts.ts'
import { joined, pieceOf } from '../../../../shared/rules/cataloguePieces.ts'
import { wholeCatalogue } from '../../../support/catalogue.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_NOW, type MadeStore } from '../../../support/make.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
afterEach(() => test.clock.set(TEST_NOW))

let count = 0
const newKey = () => `a-key-of-the-library-${count++}`

interface Shop {
  store: MadeStore
  departmentId: number
  guide: SignedIn
  manager: SignedIn
  admin: SignedIn
  guideActor: StaffActor
}
async function shop(): Promise<Shop> {
  const { make, corp } = test
  const store = await make.store(corp, { name: `店${count++}` })
  const found = await sql<{ id: number }>`
    select department_id as id from stores where store_id = ${store.storeId}`.execute(test.db)
  const guideActor = await make.staff(corp, { store })
  return {
    store,
    departmentId: found.rows[0]?.id ?? 0,
    guideActor,
    guide: await test.signIn(guideActor),
    manager: await test.signIn(await make.staff(corp, { role: 'manager', store, manages: [store] })),
    admin: await test.signIn(await make.staff(corp, { role: 'admin', userId: `admin_${count++}` })),
  }
}

const draft = (given: object = {}) => ({
  title: `到店 ${count++}`,
  occasion: 'visit',
  scope: 'personal',
  parts: [{ kind: 'text', text: '{称呼|您好}，来{门店|店里}坐坐' }],
  ...given,
})
const add = (who: SignedIn, json: object, key = newKey()) =>
  who.fetch('/api/scripts', { method: 'POST', key, json })
const added = async (who: SignedIn, json: object) => {
  const answer = await add(who, json)
  expect(answer.status).toBe(201)
  return (await answer.json()) as ManagedScript
}
const change = (
  who: SignedIn,
  { scriptId, version }: Pick<ManagedScript, 'scriptId' | 'version'>,
  json: object,
) => who.fetch(`/api/scripts/${scriptId}`, { method: 'PATCH', version, json })
const archive = (who: SignedIn, { scriptId }: { scriptId: string }) =>
  who.fetch(`/api/scripts/${scriptId}`, { method: 'DELETE' })
const restore = (who: SignedIn, { scriptId }: { scriptId: string }) =>
  who.fetch(`/api/scripts/${scriptId}/restore`, { method: 'POST' })
const managed = async (who: SignedIn) =>
  ((await (await who.fetch('/api/scripts/managed')).json()) as { scripts: ManagedScript[] }).scripts
const asked = async (who: SignedIn, query = '') => {
  const text = await (await who.fetch(`/api/scripts${query}`)).text()
  return { ...ScriptCatalogue.parse(JSON.parse(text)), bytes: text.length }
}
const catalogue = async (who: SignedIn) => wholeCatalogue(await asked(who))
const usable = async (who: SignedIn) => (await catalogue(who)).scripts.map(({ title }) => title)
const said = async (answer: Response) => {
  const { code, errors } = (await answer.json()) as {
    code: string
    errors?: { path: string; message: string }[]
  }
  return [answer.status, code, ...(errors ?? []).map(({ path, message }) => `${path} ${message}`)]
}

describe('a store’s copy', () => {
  const copy = (who: SignedIn, { scriptId }: { scriptId: string }, storeId: number, key = newKey()) =>
    who.fetch(`/api/scripts/${scriptId}/copy`, { method: 'POST', key, json: { storeId } })
  const copied = async (...given: Parameters<typeof copy>) => {
    const answer = await copy(...given)
    expect(answer.status).toBe(201)
    return (await answer.json()) as ManagedScript
  }

  it('a manager sees the company’s scripts and cannot change them; a guide does not see them here', async () => {
    const here = await shop()
    const company = await added(here.admin, draft({ scope: 'company' }))
    const own = await added(here.manager, draft({ scope: 'store', storeId: here.departmentId }))
    const seen = async () =>
      (await managed(here.manager))
        .filter(({ scriptId }) => [company.scriptId, own.scriptId].includes(scriptId))
        .map(({ scriptId, mayChange }) => [scriptId, mayChange])
    expect(await seen()).toEqual([
      [company.scriptId, false],
      [own.scriptId, true],
    ])
    expect((await change(here.manager, company, { title: '改' })).status).toBe(403)
    expect(await managed(here.guide)).toEqual([])
    await archive(here.admin, company)
    expect(await seen()).toEqual([[own.scriptId, true]])
  })

  it('says the same, stands before the one it came from, and goes its own way', async () => {
    const here = await shop()
    const company = await added(here.admin, draft({ scope: 'company', effectiveUntil: '2026-12-31' }))
    const key = newKey()
    const mine = await copied(here.manager, company, here.departmentId, key)
    expect(mine).toMatchObject({
      title: company.title,
      parts: company.parts,
      effectiveUntil: '2026-12-31',
      scope: 'store',
      storeId: here.departmentId,
      version: 1,
      mayChange: true,
    })
    expect((await copied(here.manager, company, here.departmentId, key)).scriptId).toBe(mine.scriptId)
    expect((await usable(here.guide)).filter(title => title === company.title)).toHaveLength(2)
    await change(here.manager, mine, { title: '本店的说法' })
    const titles = await usable(here.guide)
    expect(titles.indexOf('本店的说法')).toBe(titles.indexOf(company.title) - 1)
    expect((await copied(here.manager, company, here.departmentId)).title).toBe(company.title)
    expect((await copied(here.manager, company, here.departmentId)).title).toBe(`${company.title}（2）`)
  })

  it('a copy of a starter may be said when that one may, also a copy of the copy', async () => {
    const here = await shop()
    await test.services.scripts.installStarter({ kind: 'job', corpId: test.corp.corpId, name: 'test' })
    const wish = (await managed(here.manager)).find(({ moments }) => moments?.join() === 'onDay')!
    const first = await copied(here.manager, wish, here.departmentId)
    const second = await copied(here.manager, first, here.departmentId)
    expect([first.moments, second.moments]).toEqual([['onDay'], ['onDay']])
  })

  it('may be said on any day once it is rewritten for another occasion, and so may a starter', async () => {
    const here = await shop()
    await test.services.scripts.installStarter({ kind: 'job', corpId: test.corp.corpId, name: 'test' })
    const late = (await managed(here.manager)).find(
      ({ moments, occasion }) => occasion === 'birthdayElder' && moments?.join() === 'after',
    )!
    const copy = await copied(here.manager, late, here.departmentId)
    const rewrite = async (who: SignedIn, script: ManagedScript, occasion: string) => {
      const answer = await change(who, script, { occasion })
      return (await answer.json()) as ManagedScript
    }
    expect((await rewrite(here.manager, copy, 'visit')).moments).toBeNull()
    expect((await rewrite(here.admin, late, 'birthdayPartner')).moments).toBeNull()
  })

  it('goes to no store but hers, and takes nothing she does not see', async () => {
    const here = await shop()
    const there = await shop()
    const company = await added(here.admin, draft({ scope: 'company' }))
    const theirs = await added(there.manager, draft({ scope: 'store', storeId: there.departmentId }))
    const own = await added(there.manager, draft())
    expect(await said(await copy(here.manager, company, there.departmentId))).toEqual([
      422,
      'validation_failed',
      'storeId 没有这家门店',
    ])
    for (const foreign of [theirs, own])
      expect((await copy(here.manager, foreign, here.departmentId)).status).toBe(404)
    expect((await copy(here.guide, company, here.departmentId)).status).toBe(403)
    await archive(here.admin, company)
    expect((await copy(here.manager, company, here.departmentId)).status).toBe(404)
  })
})

describe('who may write what', () => {
  it.each([
    ['guide', 'company', 403],
    ['guide', 'store', 403],
    ['guide', 'personal', 201],
    ['manager', 'company', 403],
    ['manager', 'store', 201],
    ['manager', 'personal', 201],
    ['admin', 'company', 201],
    ['admin', 'store', 201],
    ['admin', 'personal', 201],
  ] as const)('a %s and a script of scope %s: %i', async (part, scope, status) => {
    const here = await shop()
    const storeId = scope === 'store' ? here.departmentId : null
    expect((await add(here[part], draft({ scope, storeId }))).status).toBe(status)
  })

  it('a manager writes for no store but hers, and nobody sees what is another store’s', async () => {
    const here = await shop()
    const there = await shop()
    const foreign = draft({ scope: 'store', storeId: there.departmentId })
    expect(await said(await add(here.manager, foreign))).toEqual([
      422,
      'validation_failed',
      'storeId 没有这家门店',
    ])
    const theirs = await added(there.manager, foreign)
    for (const answer of [
      await change(here.manager, theirs, { title: '我的了' }),
      await archive(here.manager, theirs),
      await restore(here.guide, theirs),
      await here.guide.fetch(`/api/scripts/${theirs.scriptId}/versions`),
    ])
      expect(answer.status).toBe(404)
    expect(await usable(here.guide)).not.toContain(theirs.title)
    expect(await usable(there.guide)).toContain(theirs.title)
  })

  it('what she may only use she may not change, and others’ own scripts are not there for anybody', async () => {
    const here = await shop()
    const company = await added(here.admin, draft({ scope: 'company' }))
    expect((await change(here.guide, company, { title: '改' })).status).toBe(403)
    const own = await added(here.guide, draft())
    for (const who of [here.manager, here.admin]) {
      expect((await change(who, own, { title: '改' })).status).toBe(404)
      expect((await managed(who)).map(({ scriptId }) => scriptId)).not.toContain(own.scriptId)
    }
    expect(await managed(here.guide)).toMatchObject([
      { scriptId: own.scriptId, mine: true, by: here.guideActor.name },
    ])
  })
})

describe('versions', () => {
  it('a change keeps the former words readable, and who changed them', async () => {
    const { guide, guideActor } = await shop()
    const first = await added(guide, draft({ title: '第一版' }))
    const parts = [{ kind: 'text', text: '新的话' }]
    const second = (await (await change(guide, first, { parts })).json()) as ManagedScript
    expect(second).toMatchObject({ version: 2, title: '第一版', parts })
    expect(await said(await change(guide, first, { title: '晚了' }))).toEqual([412, 'version_conflict'])
    const { versions } = (await (await guide.fetch(`/api/scripts/${first.scriptId}/versions`)).json()) as {
      versions: ScriptVersion[]
    }
    expect(versions).toMatchObject([
      { version: 2, parts, by: guideActor.name },
      { version: 1, parts: first.parts },
    ])
  })

  it('saving what already stands there makes no version', async () => {
    const { guide } = await shop()
    const first = await added(guide, draft())
    const again = (await (
      await change(guide, first, { title: first.title, parts: first.parts })
    ).json()) as ManagedScript
    expect(again.version).toBe(1)
  })

  it('is found by how the new title sounds', async () => {
    const { guide } = await shop()
    const first = await added(guide, draft())
    await change(guide, first, { title: '刻字' })
    const mine = (await catalogue(guide)).scripts.find(({ scriptId }) => scriptId === first.scriptId)
    expect(mine).toMatchObject({ title: '刻字', pinyin: 'ke zi', initials: 'kz' })
  })

  it('the same intention adds one', async () => {
    const { guide } = await shop()
    const json = draft()
    const key = newKey()
    const answers = await Promise.all([add(guide, json, key), add(guide, json, key), add(guide, json, key)])
    expect(answers.map(({ status }) => status).filter(status => status === 201).length).toBeGreaterThan(0)
    expect(await managed(guide)).toHaveLength(1)
  })
})

describe('what is written is looked at', () => {
  const text = (words: string) => [{ kind: 'text', text: words }]
  it.each([
    ['an unknown variable', { parts: text('{生曰}快乐') }, 'parts.0.text 没有「生曰」这个变量'],
    ['nothing wrong', { parts: text('好') }, undefined],
    [
      'another near miss',
      { parts: [...text('好'), ...text('{称乎}好')] },
      'parts.1.text 没有「称乎」这个变量，是不是「称呼」？',
    ],
    ['an open brace', { parts: text('{称呼 您好') }, 'parts.0.text 花括号没有成对，客户会看到它'],
    ['only blanks', { parts: text('  \n ') }, 'parts.0.text 这一条还没有字'],
    [
      'a variable on a card',
      {
        parts: [
          { kind: 'news', title: '{称呼}看看', description: '', link: 'https://a.example/', imageUrl: null },
        ],
      },
      'parts.0.title 卡片里的字发出去不会换，不能写变量',
    ],
    [
      'days the wrong way round',
      { effectiveFrom: '2026-12-02', effectiveUntil: '2026-12-01' },
      'effectiveUntil 结束不能早于开始',
    ],
    [
      'a picture nobody has',
      { parts: [{ kind: 'image', assetId: '00000000-0000-4000-8000-000000000001' }] },
      'parts.0.assetId 没有这个素材',
    ],
  ])('%s', async (what, given, trouble) => {
    const { guide } = await shop()
    const answer = await add(guide, draft(given))
    if (trouble === undefined) return expect(answer.status).toBe(201)
    expect(await said(answer), what).toEqual([422, 'validation_failed', trouble])
    expect(await managed(guide)).toEqual([])
  })

  it.each([
    {
      kind: 'miniprogram',
      appId: 'wx0123456789abcdef',
      title: '看新款',
      page: 'pages/index?x=1',
      imageUrl: null,
    },
    { kind: 'miniprogram', appId: 'wx-unknown', title: '看新款', page: 'pages/index.html', imageUrl: null },
    { kind: 'news', title: '看', description: '', link: 'javascript:alert(1)', imageUrl: null },
    { kind: 'voice', mediaId: 'x' },
  ])('what WeCom would not take is refused: %o', async part => {
    const { guide } = await shop()
    expect((await add(guide, draft({ parts: [part] }))).status).toBe(422)
  })

  it('a hole without words for it may stand', async () => {
    const { guide } = await shop()
    await added(guide, draft({ parts: text('{称呼}，{日子}是{家人称呼}的生日') }))
  })
})

describe('days in force', () => {
  it('guides see it on those days only, both included; who may change it sees it always', async () => {
    const { guide, manager, departmentId } = await shop()
    const given = {
      scope: 'store',
      storeId: departmentId,
      effectiveFrom: '2026-11-22',
      effectiveUntil: '2026-11-23',
    }
    const { title, scriptId } = await added(manager, draft(given))
    const days: [string, boolean, string][] = [
      ['2026-11-21T15:59:00Z', false, 'notYet'],
      ['2026-11-21T16:00:00Z', true, 'inForce'],
      ['2026-11-23T15:59:00Z', true, 'inForce'],
      ['2026-11-23T16:00:00Z', false, 'over'],
    ]
    for (const [now, isThere, state] of days) {
      test.clock.set(new Date(now))
      const who = await test.signIn(guide.actor)
      const boss = await test.signIn(manager.actor)
      expect((await usable(who)).includes(title), now).toBe(isThere)
      expect((await managed(boss)).find(script => script.scriptId === scriptId)?.state).toBe(state)
    }
  })
})

describe('archiving', () => {
  it('takes it from everybody, and can be taken back as it was', async () => {
    const { guide, manager, departmentId } = await shop()
    const script = await added(manager, draft({ scope: 'store', storeId: departmentId }))
    expect((await archive(manager, script)).status).toBe(204)
    expect(await usable(guide)).not.toContain(script.title)
    expect((await managed(manager)).map(({ state }) => state)).toContain('archived')
    expect(await (await restore(manager, script)).json()).toMatchObject({ ...script, state: 'inForce' })
    expect(await usable(guide)).toContain(script.title)
  })
})

describe('order', () => {
  it('these change places among each other, and nothing else moves', async () => {
    const { guide } = await shop()
    const [a, b, c] = [
      await added(guide, draft()),
      await added(guide, draft()),
      await added(guide, draft()),
    ] as const
    const order = (scriptIds: string[]) =>
      guide.fetch('/api/scripts/order', { method: 'PUT', json: { scriptIds } })
    expect((await order([c.scriptId, a.scriptId])).status).toBe(204)
    expect((await managed(guide)).map(({ scriptId }) => scriptId)).toEqual(
      [c, b, a].map(({ scriptId }) => scriptId),
    )
    const strange = await added((await shop()).guide, draft())
    expect((await order([a.scriptId, strange.scriptId])).status).toBe(422)
  })
})

describe('one’s own marks', () => {
  const marks = async (who: SignedIn) =>
    Object.fromEntries(
      (await catalogue(who)).scripts
        .filter(({ isFavourite, pinnedSlot }) => isFavourite || pinnedSlot !== null)
        .map(({ title, isFavourite, pinnedSlot }) => [title, isFavourite ? 'favourite' : pinnedSlot]),
    )
  const favourite = (who: SignedIn, { scriptId }: { scriptId: string }, isFavourite: boolean) =>
    who.fetch(`/api/scripts/${scriptId}/favourite`, { method: 'PUT', json: { isFavourite } })
  const pin = (who: SignedIn, scriptIds: (string | null)[]) =>
    who.fetch('/api/scripts/pinned', { method: 'PUT', json: { scriptIds } })

  it('favourites are hers alone, on and off, as often as she taps', async () => {
    const { guide, manager, departmentId } = await shop()
    const script = await added(manager, draft({ scope: 'store', storeId: departmentId }))
    for (const answer of [await favourite(guide, script, true), await favourite(guide, script, true)])
      expect(answer.status).toBe(204)
    expect(await marks(guide)).toMatchObject({ [script.title]: 'favourite' })
    expect(await marks(manager)).not.toHaveProperty(script.title)
    await favourite(guide, script, false)
    expect(await marks(guide)).not.toHaveProperty(script.title)
    expect((await favourite((await shop()).guide, script, true)).status).toBe(404)
  })

  it('营业时间, 地址 and 留货 are everybody’s quick replies until she chooses, also to have none', async () => {
    await test.services.scripts.installStarter({ kind: 'job', corpId: test.corp.corpId, name: 'test' })
    const { guide } = await shop()
    expect(await marks(guide)).toEqual({ '日常 · 营业时间': 1, '日常 · 门店地址': 2, '日常 · 帮您留货': 3 })
    const own = await added(guide, draft())
    expect((await pin(guide, [null, own.scriptId])).status).toBe(204)
    expect(await marks(guide)).toEqual({ [own.title]: 2 })
    await pin(guide, [])
    expect(await marks(guide)).toEqual({})
    const strange = await added((await shop()).guide, draft())
    expect(await said(await pin(guide, [strange.scriptId]))).toEqual([
      422,
      'validation_failed',
      'scriptIds.0 没有这条话术',
    ])
    expect(await said(await pin(guide, [own.scriptId, own.scriptId]))).toEqual([
      422,
      'validation_failed',
      'scriptIds.1 同一条放了两处',
    ])
  })

  it('the last ones she sent come newest first, ten at most, and only what she may still use', async () => {
    const { guide, guideActor } = await shop()
    const customer = await test.make.followed(test.corp, guideActor)
    const scripts: ManagedScript[] = []
    for (let index = 0; index < 12; index++) {
      const script = await added(guide, draft())
      scripts.push(script)
      const startedAt = new Date(TEST_NOW.getTime() - (20 - index) * 60_000)
      const { sendId } = await test.make.send(guideActor, customer, { startedAt })
      await sql`update sends set script_id = ${script.scriptId}, script_version = 1 where send_id = ${sendId}`.execute(
        test.db,
      )
    }
    await archive(guide, scripts[11]!)
    const { recentIds } = await catalogue(guide)
    expect(recentIds).toEqual(
      scripts
        .slice(1, 11)
        .toReversed()
        .map(({ scriptId }) => scriptId),
    )
  })
})

describe('a page that keeps the catalogue', () => {
  async function keeping() {
    const here = await shop()
    const scripts: ManagedScript[] = []
    for (let index = 0; index < 12; index++)
      scripts.push(await added(here.manager, draft({ scope: 'store', storeId: here.departmentId })))
    const first = await asked(here.guide)
    const query = `?have=${first.scripts.tags}&haveMarks=${first.marks.tags}`
    return { ...here, written: scripts, first, again: () => asked(here.guide, query) }
  }

  it('is answered nothing while nothing has changed, and nobody else’s scripts whatever it says it has', async () => {
    const { first, again, guide } = await keeping()
    expect(await again()).toMatchObject({
      scripts: { tags: null, changed: [] },
      marks: { tags: null, changed: [] },
    })
    const strange = 'A'.repeat(first.scripts.tags?.length ?? 0)
    expect((await asked(guide, `?have=${strange}`)).scripts).toEqual(first.scripts)
    expect((await guide.fetch('/api/scripts?have=AAAA')).status).toBe(422)
  })

  it('hears of a message that was sent in a few bytes, and of no script for it', async () => {
    const { guideActor, written, again, first } = await keeping()
    const [script] = written
    const customer = await test.make.followed(test.corp, guideActor)
    await test.make.send(guideActor, customer, { script: script!, outcome: 'ok' })
    const { scripts, marks, recentIds, bytes } = await again()
    expect(scripts).toEqual({ tags: null, changed: [] })
    expect(marks.changed).toContainEqual({ scriptId: script!.scriptId, uses: 1 })
    expect(recentIds).toEqual([script!.scriptId])
    expect(bytes).toBeLessThan(first.bytes / 3)
  })

  it('hears of what was rewritten, moved, put away or marked, and only of the pieces these are in', async () => {
    const { manager, guide, written, again, first } = await keeping()
    const [rewritten, gone, marked] = written
    await change(manager, rewritten!, { title: '改过了' })
    await archive(manager, gone!)
    await guide.fetch(`/api/scripts/${marked!.scriptId}/favourite`, {
      method: 'PUT',
      json: { isFavourite: true },
    })
    const answer = await again()
    const touched = new Set([rewritten!, gone!].map(pieceOf))
    const expected = first.scripts.changed.filter(
      script => touched.has(pieceOf(script)) && script.scriptId !== gone!.scriptId,
    )
    expect(new Set(answer.scripts.changed.map(({ scriptId }) => scriptId))).toEqual(
      new Set(expected.map(({ scriptId }) => scriptId)),
    )
    expect(answer.scripts.changed.find(({ scriptId }) => scriptId === rewritten!.scriptId)?.title).toBe(
      '改过了',
    )
    expect(answer.marks.changed).toContainEqual({ scriptId: marked!.scriptId, isFavourite: true })
    const whole = await asked(guide)
    const byId = (rows: readonly { scriptId: string }[]) =>
      [...rows].sort((a, b) => (a.scriptId < b.scriptId ? -1 : 1))
    expect(
      byId(joined({ tags: first.scripts.tags!, rows: first.scripts.changed }, answer.scripts).rows),
    ).toEqual(byId(whole.scripts.changed))
  })
})
