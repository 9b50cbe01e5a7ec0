import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KEPT_ANSWERS_MS } from '../../../server/domains/session/session.service.ts'
import { holdDeviceKey } from '../../../web/device/deviceKey.ts'
import { closeVault, KEPT_MS, openVault, type Vault } from '../../../web/device/vault.ts'

const MINE = Buffer.alloc(32, 1).toString('base64url')
const HERS = Buffer.alloc(32, 2).toString('base64url')

/** A page of whoever carries this key. */
async function page(key: string | undefined): Promise<Vault | undefined> {
  closeVault()
  holdDeviceKey(key)
  return openVault()
}
async function opened(key: string): Promise<Vault> {
  const vault = await page(key)
  if (!vault) throw new Error('no vault')
  return vault
}

/** Everything that lies on the device, as somebody with the device in her hands would read it. */
async function lying(): Promise<{ keys: string[]; bytes: string }> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const asked = indexedDB.open('guidebar')
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(new Error('not opened'))
  })
  const store = db.transaction('sealed').objectStore('sealed')
  const read = <T>(request: IDBRequest<T>) =>
    new Promise<T>(resolve => (request.onsuccess = () => resolve(request.result)))
  const [keys, values] = [await read(store.getAllKeys()), (await read(store.getAll())) as unknown[]]
  db.close()
  const text = values.map(value => {
    const { nonce, box } = value as { nonce?: Uint8Array; box?: ArrayBuffer }
    return nonce && box ? Buffer.concat([nonce, Buffer.from(box)]).toString('latin1') : String(value)
  })
  return { keys: keys.map(String), bytes: text.join('\n') }
}

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const secret = { words: 'mother 1960-05-01', of: 'wmSecretCustomer' }

describe('what is kept on the device', () => {
  it('comes back in another page of the same member', async () => {
    await (await opened(MINE)).put('draft', 'wmSecretCustomer', secret)
    expect(await (await opened(MINE)).get('draft', 'wmSecretCustomer')).toEqual(secret)
  })

  it('P6 says nothing of anybody to who holds the device: neither words nor ids', async () => {
    const vault = await opened(MINE)
    await vault.put('draft', 'wmSecretCustomer', secret)
    await vault.put('write', '0001', secret)
    const { keys, bytes } = await lying()
    expect(keys).toHaveLength(3)
    expect(`${keys.join()} ${bytes}`).not.toMatch(/mother|1960|wmSecret/)
    expect(localStorage.length + sessionStorage.length).toBe(0)
  })

  it('cannot be opened by another member, and is wiped when she comes', async () => {
    await (await opened(MINE)).put('draft', 'wmA', secret)
    const hers = await opened(HERS)
    expect(await hers.get('draft', 'wmA')).toBeUndefined()
    expect((await lying()).keys).toEqual(['owner'])
    expect(await (await opened(MINE)).get('draft', 'wmA')).toBeUndefined()
  })

  it('is thrown away after seven days', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await (await opened(MINE)).put('draft', 'wmA', secret)
    vi.setSystemTime(Date.now() + KEPT_MS - 1_000)
    expect(await (await opened(MINE)).get('draft', 'wmA')).toEqual(secret)
    vi.setSystemTime(Date.now() + 2_000)
    expect(await (await opened(MINE)).get('draft', 'wmA')).toBeUndefined()
    expect((await lying()).keys).toEqual(['owner'])
  })

  it('is thrown away after seven days in a page that stays open, too', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    const vault = await opened(MINE)
    await vault.put('draft', 'wmA', secret)
    vi.advanceTimersByTime(KEPT_MS - 1_000)
    expect(await vault.get('draft', 'wmA')).toEqual(secret)
    await vault.put('draft', 'wmB', secret)
    vi.advanceTimersByTime(24 * 60 * 60_000)
    // Nobody has asked for it.
    await vi.waitFor(async () =>
      expect((await lying()).keys.filter(key => key.startsWith('draft/'))).toHaveLength(1),
    )
    expect(await vault.get('draft', 'wmB')).toEqual(secret)
  })

  it('P4 cannot be read on this phone when the session has ended, until she signs in again', async () => {
    await (await opened(MINE)).put('draft', 'wmA', secret)
    holdDeviceKey(undefined)
    expect(await openVault()).toBeUndefined()
    const { keys, bytes } = await lying()
    expect(keys).toHaveLength(2)
    expect(`${keys.join()} ${bytes}`).not.toMatch(/mother|wmA/)
    holdDeviceKey(MINE)
    expect(await (await openVault())?.get('draft', 'wmA')).toEqual(secret)
  })

  it('cannot be moved to another place', async () => {
    const vault = await opened(MINE)
    await vault.put('draft', 'wmA', secret)
    await vault.put('draft', 'wmB', { words: 'hers' })
    const db = await new Promise<IDBDatabase>(resolve => {
      const asked = indexedDB.open('guidebar')
      asked.onsuccess = () => resolve(asked.result)
    })
    const [one, two] = (await lying()).keys.filter(key => key.startsWith('draft/'))
    await new Promise<void>(resolve => {
      const transaction = db.transaction('sealed', 'readwrite')
      const store = transaction.objectStore('sealed')
      const found = store.get(one ?? '')
      found.onsuccess = () => void store.put(found.result, two ?? '')
      transaction.oncomplete = () => resolve()
    })
    const read = [await vault.get('draft', 'wmA'), await vault.get('draft', 'wmB')]
    expect(read.filter(value => value === undefined)).toHaveLength(1)
  })

  it('keeps writes in the order they were made', async () => {
    const vault = await opened(MINE)
    await vault.put('write', '0002', 'second')
    await vault.put('write', '0001', 'first')
    await vault.put('draft', 'wmA', 'no write')
    expect(await vault.list('write')).toEqual(['first', 'second'])
    await vault.remove('write', '0001')
    expect(await vault.list('write')).toEqual(['second'])
  })

  it('leaves nothing when it is wiped', async () => {
    const vault = await opened(MINE)
    await vault.put('draft', 'wmA', secret)
    await vault.wipe()
    expect((await lying()).keys).toEqual(['owner'])
  })
})

describe('a page that cannot keep', () => {
  it('has no vault without a key', async () => {
    expect(await page(undefined)).toBeUndefined()
  })

  it('has none without storage', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await page(MINE)).toBeUndefined()
  })

  it('has none where storage refuses', async () => {
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new Error('private window')
      },
    })
    expect(await page(MINE)).toBeUndefined()
  })
})

it('P11 a write that waits is forgotten by the device before the server forgets its key', () => {
  expect(KEPT_ANSWERS_MS).toBeGreaterThanOrEqual(KEPT_MS + 24 * 60 * 60_000)
})
