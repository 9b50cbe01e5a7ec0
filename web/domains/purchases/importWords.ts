import type { ImportPreview, PurchaseColumn, PurchaseImport } from '../../../shared/contract/purchases.ts'

/** In the order in which a column is asked for. */
export const columnWords: Record<PurchaseColumn, string> = {
  customer: '客户姓名',
  phone: '手机或尾号',
  externalUserId: '外部联系人 ID',
  day: '日期',
  piece: '商品',
  amount: '金额',
  recipient: '送给谁',
  custom: '是否定制',
  engraving: '刻字',
  orderNo: '单号',
}

export const columnsInOrder = Object.keys(columnWords) as PurchaseColumn[]

/** `共 120 行，新增 110 笔，8 笔以前已有，2 行有问题` */
export const previewText = ({ total, fresh, repeated, wrong }: ImportPreview): string =>
  [
    `共 ${total} 行`,
    `会新增 ${fresh} 笔`,
    ...(repeated > 0 ? [`${repeated} 笔以前已有，不会再加`] : []),
    ...(wrong > 0 ? [`${wrong} 行有问题`] : []),
  ].join('，')

export const takeWords = ({ fresh, wrong }: ImportPreview): string =>
  wrong > 0 ? `有问题的先不导，导入其余 ${fresh} 笔` : `导入 ${fresh} 笔`

export const importFacts = ({ added, repeated, leftOut, by }: PurchaseImport): string[] => [
  `新增 ${added} 笔`,
  ...(repeated > 0 ? [`${repeated} 笔已有`] : []),
  ...(leftOut > 0 ? [`${leftOut} 行没导`] : []),
  by,
]
