import { ref, shallowReactive, watch } from 'vue'
import type { Profile } from '../../../shared/contract/customers.ts'
import { changeProfile } from '../../api/customers.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import type { Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from './currentCustomer.store.ts'

/** One field as it was typed: about whom, what stood there when the typing began, and the new words (null empties it). */
export interface FieldEdit {
  about: Contact | undefined
  seen: string | null
  words: string | null
}

/**
 * Saves fields of the profile one after the other, each against the version the one before has left. New words show at
 * once; when they cannot be saved the former value stands again, `trouble` says why, and the words wait in `kept`.
 */
export function useProfileEdit() {
  const current = useCurrentCustomerStore()
  const pending = shallowReactive(new Map<keyof Profile, string | null>())
  const kept = shallowReactive(new Map<keyof Profile, string>())
  const trouble = ref('')
  let last: Promise<void> = Promise.resolve()

  watch(
    () => current.externalUserId,
    () => {
      pending.clear()
      kept.clear()
      trouble.value = ''
    },
  )

  const keep = (name: keyof Profile, { words }: FieldEdit, why: string) => {
    kept.set(name, words ?? '')
    trouble.value = `${why}，没有改动。你写的还在，点开再存`
  }

  async function put(name: keyof Profile, edit: FieldEdit): Promise<void> {
    const { about, seen, words } = edit
    // Leaving the field may be the very effect of another chat: what was typed about one never reaches another.
    if (about?.kind !== 'customer' || !(await current.confirmStillHere(about))) {
      if (about?.kind === 'customer' && about.externalUserId === current.externalUserId)
        kept.set(name, words ?? '')
      return
    }
    const profile = current.card?.customer.profile
    if (!profile) return
    if (profile[name] !== seen) return keep(name, edit, '别人刚改过')
    try {
      const saved = await changeProfile(about.externalUserId, { [name]: words }, profile.version)
      if (current.externalUserId === about.externalUserId) current.showProfile(saved)
    } catch (error) {
      if (current.externalUserId !== about.externalUserId) return
      keep(name, edit, problemTitle(error))
      void current.refresh()
    }
  }

  /** Resolves when it is settled, either way. */
  function save(name: keyof Profile, edit: FieldEdit): Promise<void> {
    trouble.value = ''
    kept.delete(name)
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
    isSaving: (name: keyof Profile) => pending.has(name),
    valueOf: (name: keyof Profile): string | null =>
      pending.get(name) ?? (pending.has(name) ? null : (current.card?.customer.profile[name] ?? null)),
  }
}
