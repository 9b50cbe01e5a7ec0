import type { AuditChain } from '../../../shared/contract/audit.ts'

const thousands = new Intl.NumberFormat('zh-CN')

/** How the record stands, in a line. */
export function chainWords(
  { state, checkedAt, entries, brokenAt }: AuditChain,
  timeText: (instant: string) => string,
): { icon: string; title: string; text: string; isBad: boolean } {
  const at = checkedAt === null ? '' : timeText(checkedAt)
  if (state === 'broken')
    return {
      icon: 'alert',
      title: `记录在第 ${thousands.format(brokenAt ?? 0)} 行断了`,
      text: `有人在数据库里改过或删过，请让维护的人运行 npm run audit:verify。最后校验 ${at}`,
      isBad: true,
    }
  if (state === 'unchecked')
    return { icon: 'clock', title: '还没校验过', text: '每小时自动校验一次', isBad: false }
  return {
    icon: 'check',
    title: '记录完整',
    text: `${at} 校验到第 ${thousands.format(entries)} 行`,
    isBad: false,
  }
}
