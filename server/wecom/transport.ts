import { randomUUID } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { WecomError, type WecomTrouble } from './errors.ts'

const TOTAL_MS = 5_000
const CONNECT_MS = 2_000
const IDLE_CONNECTION_MS = 30_000
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** A file as the one part of a form [D90253]. */
export class FilePart {
  readonly name: string
  readonly fileName: string
  readonly contentType: string
  readonly bytes: Uint8Array
  constructor(name: string, fileName: string, contentType: string, bytes: Uint8Array) {
    this.name = name
    this.fileName = fileName
    this.contentType = contentType
    this.bytes = bytes
  }
}

/** One exchange with WeCom: JSON or a file out, JSON in. Neither the address nor the query ever reaches an error. */
export interface Transport {
  /** @throws WecomError with `trouble` when no readable answer came */
  exchange(api: string, query: Record<string, string>, body?: unknown): Promise<unknown>
  close(): void
}

export interface TransportLimits {
  totalMs?: number
  connectMs?: number
}

interface TransportOptions extends TransportLimits {
  /** the time by WeCom's clock, and how long ago (at most) it was so */
  onDate?: (date: Date, agoMs: number) => void
}

/** A file of 20 MB goes out slowly. */
const UPLOAD_PATIENCE = 6

/** @param apiBase origin of the open API, without a trailing slash */
export function createTransport(
  apiBase: string,
  { totalMs = TOTAL_MS, connectMs = CONNECT_MS, onDate }: TransportOptions = {},
): Transport {
  const isSecure = apiBase.startsWith('https:')
  const keepAlive = { keepAlive: true, maxSockets: 16, timeout: IDLE_CONNECTION_MS }
  const agent = isSecure ? new HttpsAgent({ ...keepAlive, minVersion: 'TLSv1.2' }) : new HttpAgent(keepAlive)

  const exchange: Transport['exchange'] = (api, query, body) =>
    new Promise((resolve, reject) => {
      let isUnsent = true
      const failed = (trouble: WecomTrouble, reason?: string) =>
        reject(new WecomError(api, { trouble, reason, isUnsent }))
      const startedAt = performance.now()
      const url = new URL(`${apiBase}/cgi-bin/${api}`)
      url.search = new URLSearchParams(query).toString()
      const { bytes, contentType } = packed(body)
      const outgoing = (isSecure ? httpsRequest : httpRequest)(url, {
        agent,
        method: bytes ? 'POST' : 'GET',
        signal: AbortSignal.timeout(body instanceof FilePart ? totalMs * UPLOAD_PATIENCE : totalMs),
        headers: {
          Accept: 'application/json',
          ...(bytes ? { 'Content-Type': contentType, 'Content-Length': bytes.length } : {}),
        },
      })
      outgoing.on('socket', socket => {
        if (!socket.connecting) return void (isUnsent = false)
        const patience = setTimeout(() => {
          failed('timeout', 'connect')
          outgoing.destroy()
        }, connectMs)
        socket.once(isSecure ? 'secureConnect' : 'connect', () => {
          isUnsent = false
          clearTimeout(patience)
        })
        socket.once('close', () => clearTimeout(patience))
      })
      const broke = (error: NodeJS.ErrnoException) =>
        error.name === 'AbortError' || error.code === 'ABORT_ERR'
          ? failed('timeout')
          : failed('network', error.code)
      outgoing.on('error', broke)
      outgoing.on('response', answer => {
        const date = new Date(answer.headers.date ?? '')
        if (!Number.isNaN(date.getTime())) onDate?.(date, performance.now() - startedAt)
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_ANSWER_BYTES) {
            failed('unreadable', 'too large')
            outgoing.destroy()
          } else chunks.push(chunk)
        })
        answer.on('error', broke)
        answer.on('end', () => {
          if ((answer.statusCode ?? 0) >= 500) return failed('network', `HTTP ${answer.statusCode}`)
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
          } catch {
            // A gateway's HTML page or half an answer; its text may hold addresses, so it is not kept.
            failed('unreadable', `HTTP ${answer.statusCode}`)
          }
        })
      })
      outgoing.end(bytes)
    })
  return { exchange, close: () => agent.destroy() }
}

function packed(body: unknown): { bytes?: Buffer; contentType: string } {
  const contentType = 'application/json; charset=utf-8'
  if (body === undefined) return { contentType }
  // WeCom wants raw UTF-8; JSON.stringify does not escape it.
  if (!(body instanceof FilePart)) return { bytes: Buffer.from(JSON.stringify(body)), contentType }
  const boundary = `guidebar-${randomUUID()}`
  // Nothing in a name may end its quotes or its line.
  const fileName = body.fileName.replace(/[\p{Cc}"\\]/gu, '_')
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${body.name}"; filename="${fileName}"; filelength=${body.bytes.length}`,
    `Content-Type: ${body.contentType}`,
    '',
    '',
  ].join('\r\n')
  const bytes = Buffer.concat([Buffer.from(head), body.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` }
}
