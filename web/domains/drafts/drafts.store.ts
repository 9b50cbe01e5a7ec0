import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'

/** Something begun about one customer and not saved. */
export interface Draft {
  value: unknown
  /** Why it was refused; null while nobody has tried. */
  reason: string | null
  /** Of a child: stays in the page, never on the device (P28). */
  isPageOnly?: boolean
}
type Drafts = Readonly<Record<string, Draft>>

/** The vault comes when it is first needed: the first screen does without. */
const theVault = () =>
  import('../../device/vault.ts').then(
    ({ openVault }) => openVault(),
    () => undefined,
  )

/** Drafts by customer and kind: here as long as the page lives, sealed on the device for the next one. */
export const useDraftsStore = defineStore('drafts', () => {
  const held = shallowReactive(new Map<string, Drafts>())
  const loads = new Map<string, Promise<void>>()
  const unsaved = new Set<string>()
  const saving = new Map<string, Promise<void>>()

  /** Brings what the device has of a customer; once per page. */
  function load(customerId: string): Promise<void> {
    const known = loads.get(customerId)
    if (known) return known
    const loading = (async () => {
      const kept = (await (await theVault())?.get('draft', customerId)) as Drafts | undefined
      // What was typed meanwhile is younger.
      if (kept) held.set(customerId, { ...kept, ...held.get(customerId) })
    })()
    loads.set(customerId, loading)
    return loading
  }

  /** The latest state wins; what changes while one is being kept is kept next. */
  function save(customerId: string): Promise<void> {
    unsaved.add(customerId)
    const known = saving.get(customerId)
    if (known) return known
    const work = saveAll(customerId)
    saving.set(customerId, work)
    return work
  }
  async function saveAll(customerId: string): Promise<void> {
    await load(customerId)
    const vault = await theVault()
    while (unsaved.delete(customerId)) {
      const kept = Object.entries(held.get(customerId) ?? {}).filter(([, draft]) => !draft.isPageOnly)
      if (kept.length > 0) await vault?.put('draft', customerId, Object.fromEntries(kept))
      else await vault?.remove('draft', customerId)
    }
    saving.delete(customerId)
  }

  const without = (drafts: Drafts, kind: string): Drafts =>
    Object.fromEntries(Object.entries(drafts).filter(([name]) => name !== kind))

  return {
    load,
    draftOf: (customerId: string | undefined, kind: string): Draft | undefined =>
      customerId === undefined ? undefined : held.get(customerId)?.[kind],
    keep(customerId: string, kind: string, draft: Draft): void {
      held.set(customerId, { ...held.get(customerId), [kind]: draft })
      void save(customerId)
    },
    /** Saved, or thrown away. */
    async drop(customerId: string, kind: string): Promise<void> {
      await load(customerId)
      const drafts = held.get(customerId)
      if (!drafts?.[kind]) return
      held.set(customerId, without(drafts, kind))
      await save(customerId)
    },
    /** Resolves when everything typed so far lies on the device, or it is known that it cannot. */
    whenKept: async (): Promise<void> => void (await Promise.allSettled(saving.values())),
    /** She was erased, or is nobody of ours any more. */
    async forget(customerId: string): Promise<void> {
      held.delete(customerId)
      loads.set(customerId, Promise.resolve())
      await save(customerId)
    },
  }
})
