import { computed, onMounted, ref, shallowRef } from 'vue'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { getSync, pullNow } from '../../api/sync.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useEvery } from '../../ui/useEvery.ts'
import { useLoad } from '../../ui/useLoad.ts'

/** Pause between two looks at how far a pull is. */
export const PULL_LOOK_MS = 3_000

/** How we stand with WeCom; while a pull runs and the page is in front, looked at again and again. */
export function useSync() {
  const load = useLoad(getSync)
  const isStarting = ref(false)
  const started = shallowRef(newIdempotencyKey())
  const isRunning = computed(() => load.data.value?.pull.isRunning === true)

  onMounted(() => void load.run())
  useEvery(PULL_LOOK_MS, () => isRunning.value, load.run)

  async function pull(): Promise<void> {
    if (isStarting.value || isRunning.value) return
    isStarting.value = true
    try {
      load.data.value = await pullNow(started.value)
      started.value = newIdempotencyKey()
    } catch (error) {
      showToast(`${problemTitle(error)}，没有开始核对`)
    } finally {
      isStarting.value = false
    }
  }
  return { state: load.data, error: load.error, run: load.run, isRunning, isStarting, pull }
}
