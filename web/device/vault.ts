import { deviceKey } from './deviceKey.ts'

/** What is kept on the device: forms left open, writes that wait for the network, catalogues. */
export type Area = 'draft' | 'write' | 'catalogue'

/** Older things are thrown away unread. */
export const KEPT_MS = 7 * 24 * 60 * 60_000

/** How often an open page looks whether a day has passed; a phone that sleeps stops no longer timer in time. */
const LOOK_MS = 60 * 60_000
const DAY_MS = 24 * LOOK_MS

const DATABASE = 'guidebar'
const STORE = 'sealed'
/** Tells whose the sealed things are, without saying who that is. */
const OWNER = 'owner'

interface Sealed {
  at: number
  nonce: Uint8Array<ArrayBuffer>
  box: ArrayBuffer
}

/** Sealed things by area and name. Nothing here throws: a device that cannot keep is a device that keeps nothing. */
export interface Vault {
  /** @returns false when it could not be kept */
  put(area: Area, name: string, value: unknown): Promise<boolean>
  get(area: Area, name: string): Promise<unknown>
  remove(area: Area, name: string): Promise<void>
  /** Everything of an area, oldest first. */
  list(area: Area): Promise<unknown[]>
  /** Throws away everything, of whomever it is. */
  wipe(): Promise<void>
}

let opened: { key: string; vault: Promise<Vault | undefined> } | undefined
let looks: ReturnType<typeof setInterval> | undefined

/**
 * The vault of whoever is signed in; undefined without her key, also when her session has ended in this page, or without
 * storage. Somebody else's things are wiped.
 */
export function openVault(): Promise<Vault | undefined> {
  const key = deviceKey()
  if (opened?.key !== key) closeVault()
  if (key === undefined) return Promise.resolve(undefined)
  opened ??= { key, vault: begin(key).catch(() => undefined) }
  return opened.vault
}

export function closeVault(): void {
  opened = undefined
  clearInterval(looks)
}

async function begin(key: string): Promise<Vault | undefined> {
  if (typeof indexedDB === 'undefined' || typeof crypto.subtle === 'undefined') return undefined
  const [keys, db] = await Promise.all([keysOf(key), openDatabase()])
  const owner = await keys.nameOf(OWNER)
  await keepOwn(db, owner)
  let cleanedAt = Date.now()
  clearInterval(looks)
  looks = setInterval(() => {
    if (Date.now() - cleanedAt < DAY_MS) return
    cleanedAt = Date.now()
    // The next day does what this one could not.
    void dropOld(db).catch(() => undefined)
  }, LOOK_MS)
  return vaultOn(db, keys)
}

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), character => character.charCodeAt(0))
const toBase64Url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

interface Keys {
  /** What a thing is called in storage: the name itself may say who it is about. */
  nameOf(name: string): Promise<string>
  seal(place: string, value: unknown): Promise<Omit<Sealed, 'at'>>
  /** @throws when it was sealed by another key, for another place, or altered */
  open(place: string, sealed: Sealed): Promise<unknown>
}

async function keysOf(key: string): Promise<Keys> {
  const encoder = new TextEncoder()
  const root = await crypto.subtle.importKey('raw', fromBase64Url(key), 'HKDF', false, ['deriveKey'])
  const derive = (purpose: string, type: AesKeyGenParams | HmacKeyGenParams, uses: KeyUsage[]) =>
    crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) },
      root,
      type,
      false,
      uses,
    )
  const [sealing, naming] = await Promise.all([
    derive('seal', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']),
    derive('name', { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign']),
  ])
  const cipher = (place: string, nonce: Uint8Array<ArrayBuffer>) => ({
    name: 'AES-GCM',
    iv: nonce,
    additionalData: encoder.encode(place),
  })
  return {
    nameOf: async name => toBase64Url(await crypto.subtle.sign('HMAC', naming, encoder.encode(name))),
    async seal(place, value) {
      const nonce = crypto.getRandomValues(new Uint8Array(12))
      const plain = encoder.encode(JSON.stringify(value))
      return { nonce, box: await crypto.subtle.encrypt(cipher(place, nonce), sealing, plain) }
    },
    async open(place, { nonce, box }) {
      const plain = await crypto.subtle.decrypt(cipher(place, nonce), sealing, box)
      return JSON.parse(new TextDecoder().decode(plain)) as unknown
    },
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1)
    asked.onupgradeneeded = () => void asked.result.createObjectStore(STORE)
    asked.onsuccess = () => {
      // A page of a later release must not wait for this one.
      asked.result.onversionchange = () => asked.result.close()
      resolve(asked.result)
    }
    asked.onerror = () => reject(asked.error ?? new Error('no storage'))
    asked.onblocked = () => reject(new Error('storage is held by an older page'))
  })
}

/** One transaction; resolves with what `act` asked for when it is durable. */
function inStore<T>(
  db: IDBDatabase,
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, mode)
    const request = act(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = () => reject(transaction.error ?? new Error('not kept'))
  })
}

/** What somebody else has left here, or what is too old, is thrown away. */
async function keepOwn(db: IDBDatabase, owner: string): Promise<void> {
  const before = await inStore(db, 'readonly', store => store.get(OWNER) as IDBRequest<unknown>)
  if (before !== owner) {
    await inStore(db, 'readwrite', store => store.clear())
    await inStore(db, 'readwrite', store => store.put(owner, OWNER))
    return
  }
  await dropOld(db)
}

const isOld = ({ at }: Partial<Sealed>): boolean => (at ?? 0) < Date.now() - KEPT_MS

async function dropOld(db: IDBDatabase): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const transaction = db.transaction(STORE, 'readwrite')
    const walk = transaction.objectStore(STORE).openCursor()
    walk.onsuccess = () => {
      const cursor = walk.result
      if (!cursor) return
      if (cursor.key !== OWNER && isOld(cursor.value as Partial<Sealed>)) cursor.delete()
      cursor.continue()
    }
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('not read'))
  })
}

function vaultOn(db: IDBDatabase, keys: Keys): Vault {
  /** A write is called by its turn, which says nothing of anybody and keeps them in order. */
  const placeOf = async (area: Area, name: string) =>
    `${area}/${area === 'write' ? name : await keys.nameOf(name)}`
  const quietly = <T>(act: Promise<T>, otherwise: T): Promise<T> => act.catch(() => otherwise)

  async function read(place: string, sealed: Sealed | undefined): Promise<unknown> {
    if (!sealed) return undefined
    try {
      if (isOld(sealed)) throw new Error('too old')
      return await keys.open(place, sealed)
    } catch {
      // Too old, altered, or of a key that is no more: nobody will ever read it.
      await inStore(db, 'readwrite', store => store.delete(place))
      return undefined
    }
  }

  return {
    put: (area, name, value) =>
      quietly(
        (async () => {
          const place = await placeOf(area, name)
          const sealed: Sealed = { at: Date.now(), ...(await keys.seal(place, value)) }
          await inStore(db, 'readwrite', store => store.put(sealed, place))
          return true
        })(),
        false,
      ),
    get: (area, name) =>
      quietly(
        (async () => {
          const place = await placeOf(area, name)
          const found = await inStore(db, 'readonly', store => store.get(place) as IDBRequest<unknown>)
          return read(place, found as Sealed | undefined)
        })(),
        undefined,
      ),
    remove: (area, name) =>
      quietly(
        (async () => {
          const place = await placeOf(area, name)
          await inStore(db, 'readwrite', store => store.delete(place))
        })(),
        undefined,
      ),
    list: area =>
      quietly(
        (async () => {
          const range = IDBKeyRange.bound(`${area}/`, `${area}/\uffff`)
          const places = await inStore(db, 'readonly', store => store.getAllKeys(range))
          const found: unknown[] = []
          for (const place of places) {
            const sealed = await inStore(db, 'readonly', store => store.get(place) as IDBRequest<unknown>)
            const value = await read(String(place), sealed as Sealed | undefined)
            if (value !== undefined) found.push(value)
          }
          return found
        })(),
        [],
      ),
    wipe: () =>
      quietly(
        (async () => {
          await inStore(db, 'readwrite', store => store.clear())
          const owner = await keys.nameOf(OWNER)
          await inStore(db, 'readwrite', store => store.put(owner, OWNER))
        })(),
        undefined,
      ),
  }
}
