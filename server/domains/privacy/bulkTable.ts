import type { BulkColumn } from '../../../shared/contract/privacy.ts'
import { bulkColumnWords } from '../../../shared/rules/privacyWords.ts'
import type { Sealing } from '../../sealing.ts'
import { maskPhone, openPhones } from '../customers/phones.ts'
import type { ListedRow, WorkingExport } from './bulkExports.repository.ts'

const yuan = (fen: number): string => (fen % 100 === 0 ? String(fen / 100) : (fen / 100).toFixed(2))

/** A list of many as a table: whose it is stands above it and on every line, so that it stays there when lines are copied out. */
export function bulkHead(
  { number, askedBy, decidedBy, columns }: WorkingExport,
  { rowCount, at }: { rowCount: number; at: string },
): string[][] {
  const mark = `申请 ${number} 号，${askedBy} 申请，${decidedBy} 批准，${at}，${rowCount} 行。含个人信息，不得转给别人，用完删除。`
  return [[mark], [...columns.map(column => bulkColumnWords[column]), '水印']]
}

export const bulkLine = (
  row: ListedRow,
  columns: readonly BulkColumn[],
  mark: string,
  sealing: Pick<Sealing, 'open'>,
): string[] => {
  const cells: Record<BulkColumn, () => string> = {
    name: () => row.name,
    salutation: () => row.salutation ?? '',
    tier: () => row.tier ?? '',
    guide: () => row.guide,
    store: () => row.store ?? '',
    addedOn: () => row.addedOn ?? '',
    channel: () => row.channel ?? '',
    tags: () => row.tags.join('、'),
    phone: () => openPhones(sealing, row.phonesSealed).map(maskPhone).join('、'),
    purchases: () => String(row.purchases),
    spentYuan: () => yuan(row.spentFen),
    lastPurchaseOn: () => row.lastPurchaseOn ?? '',
  }
  return [...columns.map(column => cells[column]()), mark]
}
