import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

const PATIENCE_MS = 3_000
const MAX_ANSWER_BYTES = 4 * 1024

/** What came back from our own address; `trouble` is Node's code of what went wrong, or `TIMEOUT`. */
export type OwnAnswer = { status: number; text: string; ms: number } | { trouble: string }

export interface OwnAddress {
  /** Never throws: an address that does not answer is an answer. Redirects are not followed. */
  get(pathAndQuery: string): Promise<OwnAnswer>
}

/** Asks the server's own public address, and no other, as WeCom and the guides' clients see it. */
export const createOwnAddress = (publicUrl: string): OwnAddress => ({
  get: pathAndQuery =>
    new Promise(resolve => {
      const url = new URL(publicUrl + pathAndQuery)
      const startedAt = performance.now()
      const broke = (error: NodeJS.ErrnoException) =>
        resolve({ trouble: error.name === 'AbortError' ? 'TIMEOUT' : (error.code ?? error.name) })
      const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        agent: false,
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { Accept: '*/*', 'User-Agent': 'guidebar-health' },
      })
      outgoing.on('error', broke)
      outgoing.on('response', answer => {
        const chunks: Buffer[] = []
        let size = 0
        const done = () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: answer.statusCode ?? 0, text, ms: performance.now() - startedAt })
        }
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size <= MAX_ANSWER_BYTES) return
          // Longer than anything of ours: enough to see that it is not.
          done()
          outgoing.destroy()
        })
        answer.on('error', broke)
        answer.on('end', done)
      })
      outgoing.end()
    }),
})
