import { Worker } from 'node:worker_threads'
import { XLSX_TYPE } from '../../shared/contract/purchases.ts'
import { Invalid } from '../errors.ts'

/** Rows a file may have below its header; 1 MiB of CSV holds about as many. */
export const MAX_ROWS = 20_000
const MAX_COLUMNS = 100
/** A workbook is packed: what it may come to when unpacked. */
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024
const PATIENCE_MS = 15_000
const MEMORY_MB = 384

/** The first sheet of a file, as texts; `rows[0]` is line 2 of the file. */
export interface FileTable {
  header: string[]
  rows: string[][]
}

/** What the thread is asked. */
export interface WorkerTask {
  bytes: Uint8Array
  isWorkbook: boolean
  maxUnpackedBytes: number
  /** below the header */
  maxRows: number
  maxColumns: number
}

/** What the thread hands back: the cells, no more of them than asked for, or why there are none. */
export type WorkerAnswer = { cells: string[][] } | { refusal: 'unreadable' | 'tooLarge' | 'tooMany' }

const words = {
  unreadable: '这个文件读不出来，请另存为 CSV 或 XLSX 再试',
  tooLarge: '这个文件展开后太大，请分成几个再导',
  tooMany: `一次最多 ${MAX_ROWS.toLocaleString('en-US')} 行，请分成几个再导`,
  empty: '文件里没有内容，第一行应是表头',
} as const
const refuse = (why: keyof typeof words) => new Invalid([{ path: 'file', message: words[why] }])

/**
 * Reads a CSV (UTF-8, UTF-16 or GBK) or the first sheet of a workbook. In a thread of its own with bounded memory and time: whatever
 * a file is made of, nobody waits for it but the files after it: one is read at a time.
 * @throws Invalid with words for the person
 */
export async function readFileTable({
  type,
  bytes,
}: {
  type: string
  bytes: Uint8Array
}): Promise<FileTable> {
  const reading = before.then(() => inWorker(bytes, type === XLSX_TYPE))
  before = reading.catch(() => undefined)
  const [header, ...rows] = await reading
  if (!header || header.every(cell => cell === '')) throw refuse('empty')
  return { header, rows }
}

/** The file being read: a second thread would take as much memory again. */
let before: Promise<unknown> = Promise.resolve()

const workerFile = new URL('./fileTableWorker.ts', import.meta.url)

function inWorker(bytes: Uint8Array, isWorkbook: boolean): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    const workerData: WorkerTask = {
      ...{ bytes, isWorkbook, maxUnpackedBytes: MAX_UNPACKED_BYTES },
      ...{ maxRows: MAX_ROWS, maxColumns: MAX_COLUMNS },
    }
    const worker = new Worker(workerFile, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      // Nothing of the process's settings, secrets among them, is needed there.
      env: {},
    })
    // Without an answer: out of memory, or a file on which the reader itself breaks. Either way it is the file.
    let settle = () => reject(refuse('unreadable'))
    const end = (how: () => void) => {
      settle = how
      void worker.terminate()
    }
    const patience = setTimeout(() => end(() => reject(refuse('tooLarge'))), PATIENCE_MS)
    worker.once('message', (answer: WorkerAnswer) =>
      end(() => ('cells' in answer ? resolve(answer.cells) : reject(refuse(answer.refusal)))),
    )
    worker.once('error', () => undefined)
    // Settled when the thread and its memory have gone.
    worker.once('exit', () => {
      clearTimeout(patience)
      settle()
    })
  })
}
