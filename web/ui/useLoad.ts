import { ref, shallowRef } from 'vue'

/** One thing to load: only the latest call may paint, a late answer of an earlier one is dropped. */
export function useLoad<T>(load: () => Promise<T>) {
  const data = shallowRef<T>()
  const error = shallowRef<unknown>()
  const busy = ref(false)
  let latest = 0

  async function run(): Promise<void> {
    const turn = ++latest
    busy.value = true
    error.value = undefined
    try {
      const found = await load()
      if (turn === latest) data.value = found
    } catch (cause) {
      if (turn === latest) error.value = cause
    } finally {
      if (turn === latest) busy.value = false
    }
  }
  return { data, error, busy, run }
}
