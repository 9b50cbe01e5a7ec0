import { ref } from 'vue'
import { ASSET_MAX_BYTES, type ScriptAsset } from '../../../shared/contract/scriptLibrary.ts'
import { newIdempotencyKey } from '../../api/client.ts'
import { addScriptAsset } from '../../api/scriptLibrary.ts'
import { problemDetail } from '../../ui/problemTitle.ts'

export const assetAccept = { image: '.jpg,.jpeg,.png', video: '.mp4', file: '' } as const
const tooLarge = { image: '图片最大 2 MB', video: '视频最大 10 MB', file: '文件最大 20 MB' } as const
const others = {
  image: '这不是图片',
  video: '这不是视频',
  file: '这是图片或视频，请用图片或视频那一种',
} as const

/** One file on its way into the library; another choice meanwhile takes its place. */
export function useAssetUpload(kind: ScriptAsset['kind'], done: (asset: ScriptAsset) => void) {
  const isBusy = ref(false)
  const trouble = ref('')
  /** 0 … 1 */
  const progress = ref(0)
  let latest = 0

  async function choose(file: File): Promise<void> {
    const turn = ++latest
    trouble.value = ''
    if (file.size > ASSET_MAX_BYTES[kind]) {
      trouble.value = tooLarge[kind]
      return
    }
    isBusy.value = true
    progress.value = 0
    try {
      const asset = await addScriptAsset(file, newIdempotencyKey(), share => (progress.value = share))
      if (turn !== latest) return
      if (asset.kind === kind) done(asset)
      else trouble.value = others[kind]
    } catch (error) {
      if (turn === latest) trouble.value = `${problemDetail(error)}，没有传上`
    } finally {
      if (turn === latest) isBusy.value = false
    }
  }
  return { isBusy, trouble, progress, choose }
}
