import { ref, shallowReactive, watch } from 'vue'
import type { Profile } from '../../../shared/contract/customers.ts'
import { changeProfile } from '../../api/customers.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import type { Contact } from '../../wecom/bridge.ts'
import { writeOrKeep } from '../drafts/pendingWrites.ts'
import { useFieldDrafts } from '../drafts/useFieldDrafts.ts'
import { useCurrentCustomerStore } from './currentCustomer.store.ts'

/** One field as it was typed: about whom, what stood there when the typing began, and the new words (null empties it). */
export interface FieldEdit {
  about: Contact | undefined
  seen: string | null
  words: string | null
}

/**
 * Saves fields of the profile one after the other, each against the version the one before has left. New words show at
 * once; when they cannot be saved the former value stands again, `trouble` says why, and the words wait in `kept`. Without
 * a network they stay shown and are saved when it is back.
 */
export function useProfileEdit() {
  const current = useCurrentCustomerStore()
  const pending = shallowReactive(new Map<keyof Profile, string | null>())
  const draftKind = (name: string) => `profile.${name}`
  const kept = useFieldDrafts(draftKind, () => current.externalUserId)
  const trouble = ref('')
  let last: Promise<void> = Promise.resolve()

  watch(
    () => current.externalUserId,
    () => {
      pending.clear()
      trouble.value = ''
    },
  )

  const keep = (customerId: string, name: keyof Profile, { words }: FieldEdit, why: string) => {
    kept.keep(customerId, name, words)
    trouble.value = `${why}，没有改动。你写的还在，点开再存`
  }

  async function put(name: keyof Profile, edit: FieldEdit): Promise<void> {
    const { about, seen, words } = edit
    // Leaving the field may be the very effect of another chat: what was typed about one never reaches another.
    if (about?.kind !== 'customer') return
    const { externalUserId: customerId } = about
    const profile = (await current.confirmStillHere(about)) ? current.card?.customer.profile : undefined
    if (!profile) return kept.keep(customerId, name, words)
    if (profile[name] !== seen) return keep(customerId, name, edit, '别人刚改过')
    try {
      const saved = await writeOrKeep(
        {
          customerId,
          key: newIdempotencyKey(),
          act: { kind: 'profile', name, seen, words },
          draft: { kind: draftKind(name), value: words ?? '' },
        },
        () => changeProfile(customerId, { [name]: words }, profile.version),
      )
      kept.drop(customerId, name)
      if (current.externalUserId !== customerId) return
      current.showProfile(saved === 'kept' ? { ...profile, [name]: words } : saved)
    } catch (error) {
      kept.keep(customerId, name, words)
      if (current.externalUserId !== customerId) return
      keep(customerId, name, edit, problemTitle(error))
      void current.refresh()
    }
  }

  /** Resolves when it is settled, either way. */
  function save(name: keyof Profile, edit: FieldEdit): Promise<void> {
    trouble.value = ''
    if (edit.about?.kind === 'customer' && edit.about.externalUserId === current.externalUserId)
      pending.set(name, edit.words)
    last = last.then(() => put(name, edit)).finally(() => pending.delete(name))
    return last
  }

  return {
    save,
    trouble,
    /** What was typed and not saved. */
    kept,
    typed(name: keyof Profile, edit: FieldEdit): void {
      if (edit.about?.kind === 'customer') kept.typed(edit.about.externalUserId, name, edit)
    },
    discard(name: keyof Profile): void {
      if (current.externalUserId) kept.drop(current.externalUserId, name)
    },
    isSaving: (name: keyof Profile) => pending.has(name),
    valueOf: (name: keyof Profile): string | null =>
      pending.get(name) ?? (pending.has(name) ? null : (current.card?.customer.profile[name] ?? null)),
  }
}
