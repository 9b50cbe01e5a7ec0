import { computed, ref, shallowRef } from 'vue'
import type { ImportPreview, PurchaseColumn, PurchaseImport } from '../../../shared/contract/purchases.ts'
import { newIdempotencyKey } from '../../api/client.ts'
import { importPurchases, previewImport } from '../../api/purchases.ts'
import { ApiError } from '../../api/apiError.ts'
import { problemTitle } from '../../ui/problemTitle.ts'

/** As the server takes it. */
const MAX_BYTES = 1024 * 1024

/** One file on its way: chosen, shown as it was understood, columns put right, taken over. */
export function usePurchaseImport(taken: (made: PurchaseImport) => void) {
  const file = shallowRef<File>()
  const preview = shallowRef<ImportPreview>()
  const stage = ref<'idle' | 'reading' | 'taking'>('idle')
  /** of the file that is up, 0 … 1 */
  const progress = ref(0)
  const trouble = ref('')
  let key = newIdempotencyKey()
  let latest = 0

  const say = (error: unknown) => {
    const detail = error instanceof ApiError ? error.problem.detail : undefined
    trouble.value = detail ?? `${problemTitle(error)}，一笔都没有写入`
  }

  async function look(columns?: readonly (PurchaseColumn | null)[]): Promise<void> {
    const chosen = file.value
    if (!chosen) return
    const turn = ++latest
    stage.value = 'reading'
    progress.value = 0
    trouble.value = ''
    key = newIdempotencyKey()
    try {
      const found = await previewImport(chosen, columns, share => (progress.value = share))
      if (turn === latest) preview.value = found
    } catch (error) {
      if (turn !== latest) return
      preview.value = undefined
      say(error)
    } finally {
      if (turn === latest) stage.value = 'idle'
    }
  }

  return {
    file,
    preview,
    progress,
    trouble,
    stage,
    stageWords: computed(() => {
      if (stage.value === 'idle') return ''
      if (progress.value < 1) return `正在上传 ${Math.round(progress.value * 100)}%`
      return stage.value === 'reading' ? '已上传，正在逐行核对' : '已上传，正在写入'
    }),

    async choose(chosen: File): Promise<void> {
      preview.value = undefined
      file.value = undefined
      if (chosen.size > MAX_BYTES) {
        latest++
        stage.value = 'idle'
        trouble.value = '文件超过 1 MB，请分成几个再导'
        return
      }
      file.value = chosen
      await look()
    },

    /** One column is meant otherwise; what it took over from another column is free there. */
    async mean(index: number, column: PurchaseColumn | null): Promise<void> {
      const columns = preview.value?.columns
      if (!columns) return
      await look(columns.map((known, place) => (place === index ? column : known === column ? null : known)))
    },

    async take(): Promise<void> {
      const [chosen, shown] = [file.value, preview.value]
      if (!chosen || !shown || stage.value !== 'idle') return
      stage.value = 'taking'
      progress.value = 0
      trouble.value = ''
      const how = { columns: shown.columns, withoutWrong: shown.wrong > 0 }
      try {
        const made = await importPurchases(chosen, how, key, share => (progress.value = share))
        key = newIdempotencyKey()
        file.value = undefined
        preview.value = undefined
        taken(made)
      } catch (error) {
        say(error)
      } finally {
        stage.value = 'idle'
      }
    },
  }
}
