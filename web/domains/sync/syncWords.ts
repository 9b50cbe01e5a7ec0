import type { SyncState } from '../../../shared/contract/sync.ts'

export const pullCauses: Record<SyncState['pull']['cause'], string> = {
  first: '第一次把客户都取过来',
  nightly: '每天夜里的核对',
  outage: '断开过，正在补上',
  manual: '手动核对',
}

const thousands = new Intl.NumberFormat('zh-CN')

/** `12 / 100 位同事，已到 3,400 位客户`. */
export const pullProgressWords = ({ doneStaff, totalStaff, customers }: SyncState['pull']): string =>
  totalStaff > 0
    ? `${doneStaff} / ${totalStaff} 位同事，已到 ${thousands.format(customers)} 位客户`
    : '马上开始'

/** How callbacks stand, each a line: word and value, and whether it needs a hand. */
export function eventLines(
  { today, lastAt, waiting, failed }: SyncState['events'],
  timeText: (instant: string) => string,
): { word: string; value: string; isBad: boolean }[] {
  return [
    { word: '今天收到变更', value: `${thousands.format(today)} 条`, isBad: false },
    { word: '最近一条', value: lastAt === null ? '还没收到过' : timeText(lastAt), isBad: false },
    { word: '排队处理', value: `${thousands.format(waiting)} 条`, isBad: false },
    ...(failed > 0 ? [{ word: '没处理成', value: `${thousands.format(failed)} 条`, isBad: true }] : []),
  ]
}
