import { computed, ref, shallowRef } from 'vue'
import type { ScriptImport, ScriptImportPreview } from '../../../shared/contract/scriptFiles.ts'
import { newIdempotencyKey } from '../../api/client.ts'
import { importScripts, previewScriptImport } from '../../api/scriptLibrary.ts'
import { problemReason } from '../../ui/problemTitle.ts'

/** As the server takes it. */
const MAX_BYTES = 4 * 1024 * 1024

/** One file of scripts on its way: chosen, shown as it was understood, taken over whole. */
export function useScriptImport(taken: (made: ScriptImport) => void) {
  const file = shallowRef<File>()
  const preview = shallowRef<ScriptImportPreview>()
  const stage = ref<'idle' | 'reading' | 'taking'>('idle')
  const trouble = ref('')
  let key = newIdempotencyKey()
  let latest = 0

  return {
    preview,
    stage,
    trouble,
    canTake: computed(
      () =>
        preview.value !== undefined &&
        preview.value.missing.length === 0 &&
        preview.value.wrong === 0 &&
        preview.value.fresh + preview.value.changed > 0,
    ),

    async choose(chosen: File): Promise<void> {
      const turn = ++latest
      preview.value = undefined
      file.value = chosen
      trouble.value = ''
      key = newIdempotencyKey()
      if (chosen.size > MAX_BYTES) {
        stage.value = 'idle'
        trouble.value = '文件超过 4 MB，请分成几个再导'
        return
      }
      stage.value = 'reading'
      try {
        const found = await previewScriptImport(chosen)
        if (turn === latest) preview.value = found
      } catch (error) {
        if (turn === latest) trouble.value = problemReason(error)
      } finally {
        if (turn === latest) stage.value = 'idle'
      }
    },

    async take(): Promise<void> {
      if (!file.value || stage.value !== 'idle') return
      stage.value = 'taking'
      trouble.value = ''
      try {
        const made = await importScripts(file.value, key)
        key = newIdempotencyKey()
        file.value = undefined
        preview.value = undefined
        taken(made)
      } catch (error) {
        trouble.value = `${problemReason(error)}，一条都没有写入`
      } finally {
        stage.value = 'idle'
      }
    },
  }
}
