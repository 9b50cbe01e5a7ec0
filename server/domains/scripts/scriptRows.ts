import type { ZodError } from 'zod'
import { SCRIPT_COLUMNS, type ScriptFileError } from '../../../shared/contract/scriptFiles.ts'
import { ScriptContent } from '../../../shared/contract/scriptLibrary.ts'
import { ScriptPart } from '../../../shared/contract/scripts.ts'
import { scriptTroubles } from '../../../shared/rules/checkScript.ts'
import { occasionNamed, occasionNames, occasions } from '../../../shared/rules/occasionNames.ts'

/** How scripts stand in a file: one line each, the parts in columns of their own. What is written here is what is read here. */

const MAX_PARTS = 9
const partColumns = Array.from({ length: MAX_PARTS }, (_, index) => `第${index + 1}条`)
export const SCRIPT_HEADER: readonly string[] = [...SCRIPT_COLUMNS, ...partColumns]
const NEEDED = ['标题', '场合', '第1条']

/** The mark that says what a cell holds; a plain cell is a text. */
const marks = {
  text: '文字',
  news: '链接',
  image: '图片',
  video: '视频',
  file: '文件',
  miniprogram: '小程序',
} as const
const MARK = new RegExp(`^\\[(${Object.values(marks).join('|')})\\]\\s*`)
/** A table program would take a cell that begins so for a formula. */
const FORMULA = /^[=+\-@\t']/

const packed = (fields: readonly string[]) =>
  fields.map(field => field.replace(/[\\|]/g, sign => `\\${sign}`)).join(' | ')

/** What `packed` put together, apart again. */
function unpacked(text: string): string[] {
  const fields = ['']
  for (const [piece] of text.matchAll(/\\[\\|]|[\s\S]/g)) {
    if (piece === '|') fields.push('')
    else fields.push(`${fields.pop() ?? ''}${piece.length > 1 ? piece.slice(1) : piece}`)
  }
  return fields.map(field => field.trim())
}

function partCell(part: ScriptPart): string {
  switch (part.kind) {
    case 'text':
      return MARK.test(part.text) || FORMULA.test(part.text) ? `[${marks.text}] ${part.text}` : part.text
    case 'news':
      return `[${marks.news}] ${packed([part.title, part.description, part.link, part.imageUrl ?? ''])}`
    case 'miniprogram':
      return `[${marks.miniprogram}] ${packed([part.title, part.appId, part.page, part.imageUrl ?? ''])}`
    case 'file':
      return `[${marks.file}] ${packed([part.assetId, part.name])}`
    default:
      return `[${marks[part.kind]}] ${part.assetId}`
  }
}

/** Whatever it holds, as a part; whether it is a possible one is the contract's to say. */
function readPart(cell: string): unknown {
  const mark = MARK.exec(cell)
  const rest = mark ? cell.slice(mark[0].length) : cell
  const kind = Object.entries(marks).find(([, word]) => word === mark?.[1])?.[0] ?? 'text'
  const fields = unpacked(rest)
  const [first = '', second = '', third = '', fourth = ''] = fields
  switch (kind) {
    case 'text':
      return { kind, text: rest.replace(/\r\n?/g, '\n').trim() }
    case 'news':
      return { kind, title: first, description: second, link: third, imageUrl: fourth || null }
    case 'miniprogram':
      return { kind, title: first, appId: second, page: third, imageUrl: fourth || null }
    case 'file':
      return { kind, assetId: first.toLowerCase(), name: second }
    default:
      return { kind, assetId: first.toLowerCase() }
  }
}

const guarded = (text: string) => (FORMULA.test(text) ? `'${text}` : text)
const unguarded = (text: string) => text.replace(/^'/, '')

/** @param scope as the file names it */
export const scriptRow = (content: ScriptContent, scope: string): string[] => [
  guarded(content.title),
  occasionNames[content.occasion],
  guarded(scope),
  content.effectiveFrom ?? '',
  content.effectiveUntil ?? '',
  ...partColumns.map((_, index) => {
    const part = content.parts[index]
    return part ? partCell(part) : ''
  }),
]

/** A line as it was read; what is wrong with it stands in the errors. */
export interface ReadScript {
  line: number
  scope: string
  content: ScriptContent
}

export interface ReadScripts {
  ignored: string[]
  missing: string[]
  scripts: ReadScript[]
  errors: ScriptFileError[]
}

/** `2026/9/1` and `2026年9月1日` as `2026-09-01`; anything else as it stands. */
const dayOf = (cell: string): string | null => {
  const parts = /^(\d{4})(?:[-/.]|\s*年\s*)(\d{1,2})(?:[-/.]|\s*月\s*)(\d{1,2})(?:\s*日)?$/.exec(cell)
  if (!parts) return cell || null
  const [, year = '', month = '', day = ''] = parts
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** The column a problem of the contract speaks of. */
function columnOf([field, index]: readonly PropertyKey[]): string | null {
  if (field === 'parts') return typeof index === 'number' ? (partColumns[index] ?? null) : '第1条'
  const columns: Record<string, string> = { title: '标题', effectiveFrom: '开始', effectiveUntil: '结束' }
  return columns[String(field)] ?? null
}

function words(field: string | null, issue: ZodError['issues'][number]): string {
  if (field === '标题') return issue.code === 'too_big' ? '标题最多 40 个字' : '没有标题'
  if (field === '开始' || field === '结束') return '日子要写成 2026-11-21'
  if (issue.code === 'too_big') return '太长，文字一条最多 600 字'
  return '这一条读不懂：链接写成 [链接] 标题 | 说明 | https://…，其他照导出的样子'
}

type CellError = Omit<ScriptFileError, 'line'>

/** Of each column the first. */
function contentErrors(issues: ZodError['issues'], filled: readonly string[]): CellError[] {
  const found = new Map<string | null, string>()
  for (const issue of issues) {
    const at = columnOf(issue.path)
    // An empty cell between two filled ones moves the later parts up.
    const column = at?.startsWith('第') ? (filled[Number(issue.path[1] ?? 0)] ?? '第1条') : at
    if (!found.has(column)) found.set(column, words(at, issue))
  }
  return [...found].map(([column, message]) => ({ column, message }))
}

/** What only a part that can be read can have. */
function variableErrors(column: string, cell: string): CellError[] {
  const part = ScriptPart.safeParse(readPart(cell))
  const messages = part.success ? scriptTroubles([part.data]).map(({ message }) => message) : []
  return messages.length > 0 ? [{ column, message: [...new Set(messages)].join('；') }] : []
}

const knownOccasions = occasions.map(each => occasionNames[each]).join('、')

/** Takes the lines of a file for scripts; everything that is wrong with a line is told at once. */
export function readScripts(header: readonly string[], rows: readonly (readonly string[])[]): ReadScripts {
  const names = header.map(name => name.replace(/\s/g, ''))
  const ignored = header.filter(
    (_, index) => names[index] !== '' && !SCRIPT_HEADER.includes(names[index] ?? ''),
  )
  const missing = NEEDED.filter(name => !names.includes(name))
  const read: ReadScripts = { ignored, missing, scripts: [], errors: [] }
  if (missing.length > 0) return read
  for (const [index, row] of rows.entries()) {
    if (row.every(cell => cell === '')) continue
    const line = index + 2
    const cell = (name: string) => row[names.indexOf(name)] ?? ''
    const occasion = occasionNamed(cell('场合'))
    const filled = partColumns.filter(name => cell(name) !== '')
    const parsed = ScriptContent.safeParse({
      title: unguarded(cell('标题')),
      // What is wrong with the rest is told together with it.
      occasion: occasion ?? 'daily',
      parts: filled.map(name => readPart(cell(name))),
      effectiveFrom: dayOf(cell('开始')),
      effectiveUntil: dayOf(cell('结束')),
    })
    const wrong = [
      ...(occasion ? [] : [{ column: '场合', message: `场合要是其中一个：${knownOccasions}` }]),
      ...contentErrors(parsed.error?.issues ?? [], filled),
      ...filled.flatMap(column => variableErrors(column, cell(column))),
    ]
    const { effectiveFrom, effectiveUntil } = parsed.data ?? { effectiveFrom: null, effectiveUntil: null }
    if (effectiveFrom !== null && effectiveUntil !== null && effectiveUntil < effectiveFrom)
      wrong.push({ column: '结束', message: '结束不能早于开始' })
    read.errors.push(...wrong.map(one => ({ line, ...one })))
    if (wrong.length > 0 || !parsed.success) continue
    read.scripts.push({ line, scope: unguarded(cell('范围')), content: parsed.data })
  }
  return read
}
