import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadTagGroups } from '../../../web/api/tags.ts'
import { holdDeviceKey } from '../../../web/device/deviceKey.ts'
import { closeVault } from '../../../web/device/vault.ts'
import { createFakeApi, later, noNetwork, ok, type Answer, type FakeApi } from '../../support/fakeApi.ts'

const MINE = Buffer.alloc(32, 1).toString('base64url')
const HERS = Buffer.alloc(32, 2).toString('base64url')
const groupsNamed = (name: string) => ({ groups: [{ groupId: 'g1', name, choice: 'multi', tags: [] }] })

let api: FakeApi
let name: string
let version: string
beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  turnPage(MINE)
  ;[name, version] = ['喜好', 'W/"1"']
  api = createFakeApi()
  await api.install()
  api.on('get', /^\/tag-groups$/, ({ ifNoneMatch }) =>
    ifNoneMatch === version
      ? { status: 304 }
      : { status: 200, body: groupsNamed(name), headers: { etag: version } },
  )
})
afterEach(() => {
  closeVault()
  vi.unstubAllGlobals()
})
function turnPage(key: string) {
  closeVault()
  holdDeviceKey(key)
}
/** What is shown, one after the other. */
async function load(tag?: string) {
  const shown: string[] = []
  const next = await loadTagGroups(found => void shown.push(found.groups[0]?.name ?? ''), tag)
  return { shown, tag: next }
}

describe('a catalogue on the device', () => {
  it('is asked for once, and then only whether it is another', async () => {
    const { shown, tag } = await load()
    expect(shown).toEqual(['喜好'])
    expect((await load(tag)).shown).toEqual([])
    expect(api.requests.map(request => request.ifNoneMatch)).toEqual([undefined, 'W/"1"'])
  })

  it('shows at once in the next page, before the server has answered, and asks once', async () => {
    await load()
    turnPage(MINE)
    const answer = later<Answer>()
    api.on('get', /^\/tag-groups$/, () => answer.promise)
    const shown: string[] = []
    const loading = loadTagGroups(found => void shown.push(found.groups[0]?.name ?? ''))
    await vi.waitUntil(() => api.requests.length === 2)
    expect(shown).toEqual(['喜好'])
    answer.settle({ status: 304 })
    await loading
    expect(shown).toEqual(['喜好'])
    expect(api.requests[1]?.ifNoneMatch).toBe('W/"1"')
    expect(api.requests).toHaveLength(2)
  })

  it('gives way to what has changed, for the page after too', async () => {
    await load()
    ;[name, version] = ['材质', 'W/"2"']
    turnPage(MINE)
    expect((await load()).shown).toEqual(['喜好', '材质'])
    turnPage(MINE)
    expect((await load()).shown).toEqual(['材质'])
  })

  it('is there without network', async () => {
    await load()
    turnPage(MINE)
    api.on('get', /^\/tag-groups$/, noNetwork)
    const shown: string[] = []
    await expect(loadTagGroups(found => void shown.push(found.groups[0]?.name ?? ''))).rejects.toThrow(
      'no answer',
    )
    expect(shown).toEqual(['喜好'])
  })

  it('is not there for somebody else', async () => {
    await load()
    turnPage(HERS)
    api.on('get', /^\/tag-groups$/, () => ok(groupsNamed('她的')))
    expect((await load()).shown).toEqual(['她的'])
    expect(api.requests[1]?.ifNoneMatch).toBeUndefined()
  })
})
