import type { SendPart } from '../../../shared/contract/sends.ts'

/** What stands for a part that is no text. */
export function sentPartLabel(part: Exclude<SendPart, { kind: 'text' }>): string {
  switch (part.kind) {
    case 'news':
      return `链接 ${part.title}`
    case 'miniprogram':
      return `小程序 ${part.title}`
    case 'file':
      return `文件 ${part.name}`
    case 'video':
      return '视频'
    case 'image':
      return part.engravingId === undefined ? '图片' : '刻字预览图'
  }
}
