import { exportedTables } from './personalData.ts'

/** What an admin is told was erased, by its table. */
export const erasedTables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(exportedTables).map(([table, { title }]) => [table, title])),
  bulk_exports: '收回的批量导出文件',
  idempotency_keys: '防重记录',
  jobs: '排队的任务',
  outbox_lanes: '处理中的标记',
  personal_exports: '导出的文件',
  sync_leases: '处理中的标记',
  welcome_coupons: '见面礼记录',
}
