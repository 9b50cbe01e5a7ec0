import { exportedFamily } from './exportedFamily.ts'
import { exportedHerself } from './exportedHerself.ts'
import { exportedPurchases } from './exportedPurchases.ts'
import { exportedRecords } from './exportedRecords.ts'
import type { ExportedTable } from './exportedTable.ts'
import { exportedTalks } from './exportedTalks.ts'

/**
 * Where data of one person lies: every table that knows her by our number, by WeCom's id, or by one of her people, orders or
 * messages, and what of it her own file holds: each column under a Chinese name, or left out with its reason. A table or a column
 * that is in neither list fails a test, so that none is forgotten.
 */
export const exportedTables: Readonly<Record<string, ExportedTable>> = {
  ...exportedHerself,
  ...exportedFamily,
  ...exportedTalks,
  ...exportedPurchases,
  ...exportedRecords,
}

/** Tables with such a column that her file leaves out, each with its reason. */
export const notExportedTables: Readonly<Record<string, string>> = {
  personal_exports: '导出的文件本身，15 分钟后就没有了',
  erasures: '只有删除正在进行时才有她的编号，做完就没有了',
  coupon_issuer_debts: '只有券的编号，券在「优惠券」里',
  welcome_coupons: '只有一个算不回去的暗号，用来不重复送券；券在「优惠券」里',
  sync_leases: '哪台服务器正在处理，几秒后就没有了',
  script_days: '按天的合计，至多五个编号，用来不把少于五人的数分开',
  script_sums: '同上',
  coupon_months: '同上',
}
