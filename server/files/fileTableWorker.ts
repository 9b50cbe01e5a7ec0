import { parentPort, workerData } from 'node:worker_threads'
import Papa from 'papaparse'
import { readSheet } from 'read-excel-file/universal'
import { storableText } from '../storableText.ts'
import type { WorkerAnswer, WorkerTask } from './fileTable.ts'

/** The thread that takes a file apart; see `readFileTable`. */
const { bytes, isWorkbook, maxUnpackedBytes, maxRows, maxColumns } = workerData as WorkerTask

async function read(): Promise<WorkerAnswer> {
  if (!isWorkbook) return bounded(readCsv(bytes))
  if (unpackedBytes(bytes) > maxUnpackedBytes) return { refusal: 'tooLarge' }
  return bounded(await readSheet(bytes.slice().buffer))
}

/** Only what is used leaves the thread: whoever takes it over stands still as long as that lasts. */
function bounded(sheet: unknown[][]): WorkerAnswer {
  const textsOf = (row: unknown[]) =>
    row.slice(0, maxColumns).map(cell => storableText(cellText(cell)).trim())
  let count = sheet.length
  while (count > 0 && textsOf(sheet[count - 1] ?? []).every(cell => cell === '')) count--
  if (count > maxRows + 1) return { refusal: 'tooMany' }
  return { cells: sheet.slice(0, count).map(textsOf) }
}

function readCsv(file: Uint8Array): string[][] {
  const text = decoded(file)
  const { data } = Papa.parse<string[]>(text, { delimiter: delimiterOf(text) })
  return data.map(row => row.map(cell => cell.replace(/^'(?=[=+\-@\t\r])/, '')))
}

/** What separates the words of the header. */
function delimiterOf(text: string): string {
  const header = (/^[^\r\n]*/.exec(text.trimStart())?.[0] ?? '').replace(/"[^"]*"/g, '')
  const count = (sign: string) => header.split(sign).length
  return [',', '\t', ';'].reduce((best, sign) => (count(sign) > count(best) ? sign : best))
}

/** UTF-8 and UTF-16 say so by a mark; without one it is UTF-8 when it can be, else GBK, which Excel writes in China. */
function decoded(file: Uint8Array): string {
  if (file[0] === 0xff && file[1] === 0xfe) return new TextDecoder('utf-16le').decode(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file)
  } catch {
    // Not UTF-8.
    return new TextDecoder('gb18030').decode(file)
  }
}

/** Days as days: a workbook holds them as numbers without a zone, which arrive as midnight UTC. */
function cellText(cell: unknown): string {
  if (cell instanceof Date) return cell.toISOString().slice(0, 10)
  if (typeof cell === 'boolean') return cell ? '是' : '否'
  return typeof cell === 'string' || typeof cell === 'number' ? String(cell) : ''
}

/** What the parts of a zip come to, by its central directory; what unpacks to more than it says there is refused by the reader. */
function unpackedBytes(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let sum = 0
  for (let at = 0; at + 46 <= view.byteLength; at++) {
    if (view.getUint32(at, true) === 0x02014b50) sum += view.getUint32(at + 24, true)
  }
  return sum
}

read().then(
  answer => parentPort?.postMessage(answer),
  () => parentPort?.postMessage({ refusal: 'unreadable' } satisfies WorkerAnswer),
)
