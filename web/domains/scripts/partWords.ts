import type { ScriptPart } from '../../../shared/contract/scripts.ts'

export const partKindWords: Record<ScriptPart['kind'], string> = {
  text: '文字',
  news: '链接',
  image: '图片',
  video: '视频',
  file: '文件',
  miniprogram: '小程序',
}

/** Without its folder: `日常 · 营业时间` → `营业时间`. */
export const shortTitle = (title: string): string => title.split(' · ').at(-1) ?? title

/** What stands for a part that is no text, on one line. */
export function partLabel(part: Exclude<ScriptPart, { kind: 'text' }>): string {
  switch (part.kind) {
    case 'news':
    case 'miniprogram':
      return part.title
    case 'file':
      return part.name
    default:
      return partKindWords[part.kind]
  }
}

/** `文字 2 条 图片` for a list: each kind once, in the order of the message. */
export function partCounts(parts: readonly ScriptPart[]): { kind: ScriptPart['kind']; words: string }[] {
  const counts = new Map<ScriptPart['kind'], number>()
  for (const { kind } of parts) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => ({
    kind,
    words: count > 1 ? `${partKindWords[kind]} ${count} 条` : partKindWords[kind],
  }))
}
