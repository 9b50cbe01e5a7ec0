import type { OutboxKind, UnsentItem } from '../../../shared/contract/outbox.ts'

export const unsentIcons: Record<OutboxKind, string> = {
  tags: 'tag',
  remark: 'edit',
  message: 'bell',
  transfer: 'swap',
  contactWay: 'scan',
}

/** Whom it is about, whose it is, and how often it was tried. */
export function unsentFacts(item: UnsentItem, day: string): string[] {
  return [
    item.customer?.address ?? '',
    !item.isMine && item.guide ? `${item.guide}的` : '',
    day,
    item.state === 'dead' && item.tries > 1 ? `试过 ${item.tries} 次` : '',
  ].filter(Boolean)
}

const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S

/** `3 项正在路上，最早的等了 5 分钟`; empty when nothing is. */
export function waitingWords(waiting: number, oldestSeconds: number | null): string {
  if (waiting === 0) return ''
  const words = `${waiting} 项正在路上`
  if (oldestSeconds === null || oldestSeconds < 2 * MINUTE_S) return words
  return oldestSeconds < HOUR_S
    ? `${words}，最早的等了 ${Math.floor(oldestSeconds / MINUTE_S)} 分钟`
    : `${words}，最早的等了 ${Math.floor(oldestSeconds / HOUR_S)} 小时`
}
