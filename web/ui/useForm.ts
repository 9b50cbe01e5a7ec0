import { ref, shallowRef } from 'vue'
import { fateOf } from '../api/apiError.ts'
import { newIdempotencyKey } from '../api/idempotencyKey.ts'

/**
 * The one form machine: a second tap while it saves does nothing, an error stays readable, and one intention keeps one
 * idempotency key until it succeeded or the form was edited.
 */
export function useForm<Draft, Saved>(save: (draft: Draft, idempotencyKey: string) => Promise<Saved>) {
  const busy = ref(false)
  const error = shallowRef<unknown>()
  /** It may have been saved without our knowing; the same draft asked for again is saved once at most. */
  const isUnknown = ref(false)
  let key = newIdempotencyKey()

  /** Undefined when it was busy already or did not work; then `error` says why. */
  async function submit(draft: Draft): Promise<Saved | undefined> {
    if (busy.value) return undefined
    busy.value = true
    error.value = undefined
    try {
      const saved = await save(draft, key)
      key = newIdempotencyKey()
      isUnknown.value = false
      return saved
    } catch (cause) {
      error.value = cause
      const fate = fateOf(cause)
      if (fate !== 'notNow') isUnknown.value = fate === 'unknown'
      return undefined
    } finally {
      busy.value = false
    }
  }
  /** The draft changed: what is sent next is another intention. */
  function edited(): void {
    key = newIdempotencyKey()
    error.value = undefined
    isUnknown.value = false
  }
  return { busy, error, isUnknown, submit, edited }
}
