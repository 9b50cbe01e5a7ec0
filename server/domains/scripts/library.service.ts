import { randomUUID } from 'node:crypto'
import {
  MAX_TITLE_LENGTH,
  type ManagedScript,
  type ManagedScripts,
  type ScriptChange,
  type ScriptContent,
  type ScriptDraft,
  type ScriptVersion,
} from '../../../shared/contract/scriptLibrary.ts'
import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import { scriptTroubles } from '../../../shared/rules/checkScript.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Forbidden, Invalid, NotFound, Refusal, VersionConflict } from '../../errors.ts'
import { nameSound } from '../customers/customers.service.ts'
import type { AssetsService } from './assets.service.ts'
import {
  assetIdsOf,
  createLibraryRepository,
  type HeldScript,
  type ScriptOwner,
} from './library.repository.ts'

/** How many one owner may have in force. */
export const MAX_SCRIPTS = { company: 5000, store: 1000, personal: 300 } as const

interface Deps {
  db: Db
  clock: Clock
  assets: Pick<AssetsService, 'assertUsable' | 'settle'>
  timeZone: string
}

export type LibraryService = ReturnType<typeof createLibraryService>

/** Writing scripts: the company's by admins, a store's by its managers, one's own by everybody. */
export function createLibraryService({ db, clock, assets, timeZone }: Deps) {
  const today = () => clock.today(timeZone)

  async function get(actor: StaffActor, scriptId: string): Promise<ManagedScript> {
    const [found] = await createLibraryRepository(db).list(actor, today(), scriptId)
    if (!found) throw new NotFound()
    return found
  }

  /** @throws NotFound for one she does not see, Forbidden for one she may only use */
  async function hold(tx: Tx, actor: StaffActor, scriptId: string): Promise<HeldScript> {
    const held = await createLibraryRepository(tx).hold(actor, scriptId)
    if (!held) throw new NotFound()
    if (!held.mayChange) throw new Forbidden()
    return held
  }

  async function ownerOf(
    tx: Tx,
    actor: StaffActor,
    { scope, storeId }: Pick<ScriptDraft, 'scope' | 'storeId'>,
  ): Promise<ScriptOwner> {
    if (scope !== 'store' && storeId !== null)
      throw new Invalid([{ path: 'storeId', message: '门店的话术才写门店' }])
    if (scope === 'personal') return { scope, storeId: null, staffId: actor.staffId }
    if (scope === 'company') {
      if (actor.role !== 'admin') throw new Forbidden()
      return { scope, storeId: null, staffId: null }
    }
    if (actor.role === 'guide') throw new Forbidden()
    const found = storeId === null ? undefined : await createLibraryRepository(tx).findStore(actor, storeId)
    if (found === undefined) throw new Invalid([{ path: 'storeId', message: '没有这家门店' }])
    return { scope, storeId: found, staffId: null }
  }

  return {
    /** Everything she may change, archived too, and what of the company's a manager may copy, in the order of the library. */
    async list(actor: StaffActor): Promise<ManagedScripts> {
      return { scripts: await createLibraryRepository(db).list(actor, today()) }
    },

    /**
     * @throws Forbidden for the company's or a store's where she may not; Invalid with the path of what is wrong;
     *   Refusal('limit_reached')
     */
    async add(actor: StaffActor, draft: ScriptDraft, intent: Intent | undefined): Promise<ManagedScript> {
      const { scope: _scope, storeId: _storeId, ...given } = draft
      const content = checked(given)
      const { scriptId } = await once(db, actor, intent, clock.now(), async tx => {
        const owner = await ownerOf(tx, actor, draft)
        await assets.assertUsable(tx, actor, content.parts)
        const repository = createLibraryRepository(tx)
        assertRoom(owner, await repository.listTitles(actor, owner))
        const added = randomUUID()
        await repository.insert(
          actor,
          [{ scriptId: added, ...owner, ...content, ...nameSound(content.title) }],
          clock.now(),
        )
        await assets.settle(tx, actor, assetIdsOf(content.parts))
        return { scriptId: added }
      })
      return get(actor, scriptId)
    },

    /**
     * A store gets a script of its own that says the same, to make it hers; it stands just before the one it was copied from.
     * @throws NotFound for one she does not see, Forbidden for guides; Invalid for a store she does not run; Refusal('limit_reached')
     */
    async copy(
      actor: StaffActor,
      scriptId: string,
      departmentId: number,
      intent: Intent | undefined,
    ): Promise<ManagedScript> {
      if (actor.role === 'guide') throw new Forbidden()
      const copied = await once(db, actor, intent, clock.now(), async tx => {
        const repository = createLibraryRepository(tx)
        const held = await repository.hold(actor, scriptId)
        if (!held || (held.isArchived && !held.mayChange)) throw new NotFound()
        const owner = await ownerOf(tx, actor, { scope: 'store', storeId: departmentId })
        const titles = await repository.listTitles(actor, owner)
        assertRoom(owner, titles)
        const content = contentOf({ ...held, title: freeTitle(held.title, titles) })
        const added = randomUUID()
        const named = { ...content, ...nameSound(content.title), beganAs: held.beganAs }
        await repository.insert(actor, [{ scriptId: added, ...owner, ...named }], clock.now())
        await repository.setPlaces(actor, [{ scriptId: added, sort: held.sort - 1 }])
        await assets.settle(tx, actor, assetIdsOf(content.parts))
        return { scriptId: added }
      })
      return get(actor, copied.scriptId)
    },

    /** The former words stay as a version. @throws NotFound, Forbidden, VersionConflict; Invalid as `add` */
    async change(
      actor: StaffActor,
      scriptId: string,
      change: ScriptChange,
      version: number,
    ): Promise<ManagedScript> {
      await db.transaction(async tx => {
        const held = await hold(tx, actor, scriptId)
        if (held.version !== version) throw new VersionConflict()
        const before = contentOf(held)
        const content = checked({ ...before, ...change })
        if (isSameContent(before, content)) return
        await assets.assertUsable(tx, actor, content.parts)
        await createLibraryRepository(tx).change(
          actor,
          [{ scriptId, ...content, ...nameSound(content.title) }],
          clock.now(),
        )
        await assets.settle(tx, actor, assetIdsOf([...before.parts, ...content.parts]))
      })
      return get(actor, scriptId)
    },

    /** Nobody is offered it any more; what was sent keeps its words. @throws NotFound, Forbidden */
    async archive(actor: StaffActor, scriptId: string): Promise<void> {
      await db.transaction(async tx => {
        const { parts } = await hold(tx, actor, scriptId)
        await createLibraryRepository(tx).setArchived(actor, scriptId, clock.now())
        await assets.settle(tx, actor, assetIdsOf(parts))
      })
    },

    /** @throws NotFound, Forbidden */
    async restore(actor: StaffActor, scriptId: string): Promise<ManagedScript> {
      await db.transaction(async tx => {
        const { parts } = await hold(tx, actor, scriptId)
        await createLibraryRepository(tx).setArchived(actor, scriptId, null)
        await assets.settle(tx, actor, assetIdsOf(parts))
      })
      return get(actor, scriptId)
    },

    /** Newest first. @throws NotFound, Forbidden */
    async listVersions(actor: StaffActor, scriptId: string): Promise<{ versions: ScriptVersion[] }> {
      return db.transaction(async tx => {
        await hold(tx, actor, scriptId)
        return { versions: await createLibraryRepository(tx).listVersions(actor, scriptId) }
      })
    },

    /** These change places among each other. @throws Invalid when one of them is not hers to change */
    async order(actor: StaffActor, scriptIds: readonly string[]): Promise<void> {
      await db.transaction(async tx => {
        const repository = createLibraryRepository(tx)
        const held = await repository.holdPlaces(actor, scriptIds)
        if (held.length !== scriptIds.length)
          throw new Invalid([{ path: 'scriptIds', message: '有的话术已经不在，请看最新的' }])
        await repository.setPlaces(actor, newPlaces(scriptIds, held))
      })
    },
  }
}

/** @throws Refusal('limit_reached') */
function assertRoom({ scope }: ScriptOwner, present: readonly string[]): void {
  const most = MAX_SCRIPTS[scope]
  if (present.length >= most) throw new Refusal('limit_reached', { detail: `最多 ${most} 条，先停用不用的` })
}

/** A title that none of these has: two of one owner could not be told apart, nor brought in from a file. */
function freeTitle(title: string, taken: readonly string[]): string {
  const all = new Set(taken)
  for (let number = 1; ; number++) {
    const mark = number === 1 ? '' : `（${number}）`
    const tried = `${title.slice(0, MAX_TITLE_LENGTH - mark.length).replace(/[\uD800-\uDBFF]$/, '')}${mark}`
    if (!all.has(tried)) return tried
  }
}

/** The places they have, in the new order; two that shared one come apart. */
function newPlaces(scriptIds: readonly string[], held: readonly { sort: number }[]) {
  const places = held.map(({ sort }) => sort).sort((a, b) => a - b)
  let last = -Infinity
  return scriptIds.map((scriptId, index) => {
    last = Math.max(places[index] ?? 0, last + 1)
    return { scriptId, sort: last }
  })
}

const contentOf = ({
  title,
  occasion,
  parts,
  effectiveFrom,
  effectiveUntil,
}: ScriptContent): ScriptContent => ({
  title,
  occasion,
  parts,
  effectiveFrom,
  effectiveUntil,
})

export const isSameContent = (one: ScriptContent, other: ScriptContent): boolean =>
  fingerprint(one) === fingerprint(other)

/** The same whatever order the fields came in; the database keeps its own. */
const fingerprint = (content: ScriptContent): string =>
  JSON.stringify(contentOf(content), (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

/** Texts without blanks around them and with one kind of line end. */
const tidied = (part: ScriptPart): ScriptPart =>
  part.kind === 'text' ? { ...part, text: part.text.replace(/\r\n?/g, '\n').trim() } : part

/** As it will be kept. @throws Invalid with the path of what is wrong */
export function checked(given: ScriptContent): ScriptContent {
  const content = contentOf({ ...given, parts: given.parts.map(tidied) })
  const troubles: { path: string; code?: string; message: string }[] = scriptTroubles(content.parts)
  const { effectiveFrom, effectiveUntil } = content
  if (effectiveFrom !== null && effectiveUntil !== null && effectiveUntil < effectiveFrom)
    troubles.push({ path: 'effectiveUntil', message: '结束不能早于开始' })
  if (troubles.length > 0) throw new Invalid(troubles)
  return content
}
