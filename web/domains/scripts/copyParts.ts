import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import { copyText } from '../../ui/copyText.ts'
import { showToast } from '../../ui/undoToast.ts'

/** What of a part can be pasted; undefined for what cannot. */
export function copyableText(part: ScriptPart): string | undefined {
  if (part.kind === 'text') return part.text.trim()
  return part.kind === 'news' ? part.link : undefined
}

/** Puts the words of all parts on the clipboard, one below the other, and says what of it is there. */
export async function copyParts(parts: readonly ScriptPart[]): Promise<void> {
  const texts = parts.flatMap(part => copyableText(part) || [])
  if (texts.length === 0) return showToast('里面没有可以复制的话')
  if (!(await copyText(texts.join('\n')))) return showToast('没有复制上，点开话术长按选取')
  showToast(texts.length < parts.length ? '话已复制，图片和文件要另外发' : '已复制')
}
