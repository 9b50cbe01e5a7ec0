import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { catalogueOf } from '../../../server/domains/scripts/catalogue.ts'
import type { Script } from '../../../shared/contract/scripts.ts'
import { loadScripts, type UsableScripts } from '../../../web/api/scripts.ts'
import { holdDeviceKey } from '../../../web/device/deviceKey.ts'
import { closeVault } from '../../../web/device/vault.ts'
import { createFakeApi, later, noNetwork, ok, type Answer, type FakeApi } from '../../support/fakeApi.ts'
import { makeScript } from '../../support/makeCard.ts'

const MINE = Buffer.alloc(32, 1).toString('base64url')

let api: FakeApi
let scripts: Script[]
let recentIds: string[]
beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  turnPage()
  scripts = Array.from({ length: 40 }, (_, sort) => makeScript({ title: `第 ${sort} 条`, sort }))
  recentIds = []
  api = createFakeApi()
  await api.install()
  api.on('get', /^\/scripts$/, ({ query }) => ok(catalogueOf({ scripts, recentIds }, query as object)))
})
afterEach(() => {
  closeVault()
  vi.unstubAllGlobals()
})
/** A page of before knows nothing in memory: its tag is not handed in. */
function turnPage(key = MINE) {
  closeVault()
  holdDeviceKey(key)
}
const change = (index: number, given: Partial<Script>) =>
  (scripts = scripts.map((script, at) => (at === index ? { ...script, ...given } : script)))
async function load(tag?: string) {
  const shown: UsableScripts[] = []
  const next = await loadScripts(found => void shown.push(found), tag)
  return { shown, tag: next }
}

describe('the scripts on the device', () => {
  it('are asked for once, and then only what is another', async () => {
    const first = await load()
    expect(first.shown).toEqual([{ scripts, recentIds: [] }])
    const second = await load(first.tag)
    expect(second.shown).toEqual([])
    expect(api.requests.map(({ query }) => Object.values(query as object).filter(Boolean).length)).toEqual([
      0, 2,
    ])
  })

  it('one that was sent changes its count and the last ones, and nothing else is made anew', async () => {
    const first = await load()
    change(3, { uses: 4 })
    recentIds = [scripts[3]!.scriptId]
    const { shown } = await load(first.tag)
    expect(shown).toEqual([{ scripts, recentIds }])
    const kept = shown[0]!.scripts.filter((script, index) => script === first.shown[0]!.scripts[index])
    expect(kept).toHaveLength(39)
  })

  it.each([
    ['rewritten', () => change(5, { title: '改过', version: 2 })],
    ['moved', () => change(5, { sort: -1 })],
    ['added', () => scripts.push(makeScript({ title: '新的', sort: 99 }))],
    ['taken away', () => scripts.splice(5, 1)],
  ])('one that was %s comes with its piece, now and in the next page', async (_, happen) => {
    const first = await load()
    happen()
    const inOrder = [...scripts].sort((a, b) => a.sort - b.sort)
    expect((await load(first.tag)).shown).toEqual([{ scripts: inOrder, recentIds: [] }])
    turnPage()
    await vi.waitFor(async () => expect((await load()).shown).toEqual([{ scripts: inOrder, recentIds: [] }]))
  })

  it('a mark that is gone is gone', async () => {
    change(2, { isFavourite: true })
    const first = await load()
    change(2, { isFavourite: false })
    expect((await load(first.tag)).shown[0]?.scripts[2]?.isFavourite).toBe(false)
  })

  it('show at once in the next page, before the server has answered, and without network', async () => {
    await load()
    turnPage()
    const answer = later<Answer>()
    api.on('get', /^\/scripts$/, () => answer.promise)
    const shown: UsableScripts[] = []
    const loading = loadScripts(found => void shown.push(found))
    await vi.waitUntil(() => shown.length === 1)
    expect(shown[0]?.scripts).toEqual(scripts)
    answer.settle(noNetwork())
    await expect(loading).rejects.toThrow('no answer')
  })

  it('are not there for somebody else', async () => {
    await load()
    turnPage(Buffer.alloc(32, 2).toString('base64url'))
    scripts = scripts.slice(0, 1)
    expect((await load()).shown).toEqual([{ scripts, recentIds: [] }])
    expect(api.requests[1]?.query).toEqual({})
  })
})
