import { onScopeDispose, ref, shallowRef } from 'vue'

/** Longest look away between two looks, milliseconds; never shorter than a second. */
const PAUSE_MS = 1_500

/**
 * Reads again and again while the component lives and the window is looked at; a look begins only when the one before has
 * ended, and only the newest may show.
 */
export function useLive<Found>(read: () => Promise<Found>, pauseMs = PAUSE_MS) {
  const data = shallowRef<Found>()
  const trouble = ref('')
  let latest = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  async function look(): Promise<void> {
    clearTimeout(timer)
    const turn = ++latest
    try {
      const found = await read()
      if (turn !== latest) return
      data.value = found
      trouble.value = ''
    } catch (cause) {
      if (turn !== latest) return
      trouble.value = cause instanceof Error ? cause.message : String(cause)
    }
    if (!isOver && !document.hidden) timer = setTimeout(() => void look(), pauseMs)
  }

  const onVisibility = () => void (!document.hidden && look())
  document.addEventListener('visibilitychange', onVisibility)
  onScopeDispose(() => {
    isOver = true
    latest++
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisibility)
  })
  void look()
  return { data, trouble, look }
}
