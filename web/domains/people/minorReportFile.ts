import type { MinorReport } from '../../../shared/contract/people.ts'
import { howWords } from '../../../shared/rules/consentWords.ts'

/** Cells that a spreadsheet would take for a formula are words: a name may begin with `=`. */
const cell = (value: string | number): string => {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text
}

/** The report as CSV that Excel opens with its characters right (it wants the byte order mark). */
export function minorReportCsv(report: MinorReport): string {
  const { consents } = report
  const rows: (string | number)[][] = [
    ['未成年人个人信息保护年度报告', report.year],
    ['现在记着的孩子', report.heldNow],
    ['记录的监护人同意', consents.recorded],
    ...consents.byHow.map(({ how, count }) => [`其中 ${howWords[how]}`, count]),
    ['收回同意并删除', consents.withdrawn],
    ['查看（一个人十分钟里看一个孩子算一次）', report.reads],
    [],
    ['员工', '门店', '记录同意', '收回同意', '查看', '看过几个孩子'],
    ...report.staff.map(one => [
      one.name,
      one.store ?? '',
      one.consents,
      one.withdrawals,
      one.reads,
      one.children,
    ]),
  ]
  return `\uFEFF${rows.map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}
