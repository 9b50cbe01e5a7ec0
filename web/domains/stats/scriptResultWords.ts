import type { ScriptResultRow, ScriptResults } from '../../../shared/contract/scriptResults.ts'
import type { ScriptCounts } from '../../../shared/rules/scriptWatch.ts'
import { csvText } from '../../ui/csvText.ts'

/** What the list can be ordered by. */
export const measures = [
  { key: 'sends', words: '发出', unit: '次' },
  { key: 'replies', words: '有回音', unit: '次' },
  { key: 'purchases', words: '后来买了', unit: '件' },
  { key: 'lost', words: '删了好友', unit: '位' },
] as const
export type Measure = (typeof measures)[number]['key']

export const rowName = ({ kind, title }: Pick<ScriptResultRow, 'kind' | 'title'>): string =>
  kind === 'rest' ? '其余' : kind === 'personal' ? '同事自己的话术' : (title ?? '')

/** Under one in a hundred is said, too: a friend lost is one. */
function share(part: number, whole: number): string {
  if (part === 0 || whole === 0) return ''
  const percent = Math.round((part / whole) * 100)
  return percent === 0 ? '不到 1%' : `${percent}%`
}

/** The numbers of a row, each with its share of the sends; `取消` is of all that were begun. */
export function countFacts(counts: ScriptCounts): { words: string; count: number; share: string }[] {
  return [
    ...measures.map(({ key, words }) => ({
      words,
      count: counts[key],
      share: key === 'sends' ? '' : share(counts[key], counts.sends),
    })),
    {
      words: '点了又取消',
      count: counts.cancelled,
      share: share(counts.cancelled, counts.sends + counts.cancelled),
    },
  ]
}

/** The most first; what is summed up stays at the end. */
export function orderedRows(rows: readonly ScriptResultRow[], by: Measure): ScriptResultRow[] {
  const isSum = ({ kind }: ScriptResultRow) => Number(kind !== 'script')
  return [...rows].sort((a, b) => isSum(a) - isSum(b) || b[by] - a[by] || b.sends - a.sends)
}

/** The rows as they are shown, each version below its script, for a table program. */
export function scriptResultsCsv({ rows }: Pick<ScriptResults, 'rows'>): string {
  const cells = ({ sends, replies, purchases, lost, cancelled }: ScriptCounts) => [
    sends, replies, purchases, lost, cancelled,
  ] // prettier-ignore
  return csvText([
    ['话术', '版本', '发出', '有回音', '后来买了', '删了好友', '点了又取消'],
    ...rows.flatMap(row => [
      [rowName(row), '', ...cells(row)],
      ...row.versions.map(one => [rowName(row), one.version, ...cells(one)]),
    ]),
  ])
}
