import type { BulkColumn, BulkExport, RetentionDraft } from '../contract/privacy.ts'

export const bulkColumnWords: Record<BulkColumn, string> = {
  name: '昵称',
  salutation: '称呼',
  tier: '会员等级',
  guide: '导购',
  store: '门店',
  addedOn: '加好友的日子',
  channel: '来源',
  tags: '标签',
  phone: '手机号（遮住中间）',
  purchases: '购买次数',
  spentYuan: '合计金额（元）',
  lastPurchaseOn: '最近一次购买',
}

const bulkStateWords: Record<Exclude<BulkExport['state'], 'expired'>, string> = {
  waiting: '等另一位管理员批准',
  refused: '没有批准',
  working: '正在生成',
  ready: '可以下载',
  withdrawn: '已收回：里面有人要求删除资料，请重新申请',
}

/**
 * Where a request stands. What is over may never have been let through, or never been finished; and one that was taken back
 * and asked for anew is over before its 24 hours are, which is why the words do not say that they passed.
 */
export function bulkStateText({
  state,
  decidedBy,
  rowCount,
}: Pick<BulkExport, 'state' | 'decidedBy' | 'rowCount'>): string {
  if (state !== 'expired') return bulkStateWords[state]
  if (decidedBy === null) return '24 小时内没有人批准，已作废'
  return rowCount === null ? '没有做完，已作废' : '文件最多留 24 小时，已删除'
}

/** What is kept for so long, in the order in which it is shown. */
export const retentionWords: Record<keyof RetentionDraft, { word: string; unit: string }> = {
  timelineMonths: { word: '动态', unit: '个月' },
  wordsMonths: { word: '发过的原话', unit: '个月' },
  callbackDays: { word: '企业微信的通知原文', unit: '天' },
  lostMonths: { word: '没有人再是好友的客户', unit: '个月' },
}
