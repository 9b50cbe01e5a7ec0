import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCallbackCrypto } from '../../../../server/wecom/callbackCrypto.ts'

export type PublicAnswer =
  { status?: number; text?: string; headers?: Record<string, string>; afterMs?: number } | 'silence'

/** Whatever stands at PUBLIC_URL: each path answers what the test says, 404 otherwise. */
export interface PublicSide {
  url: string
  asked: URL[]
  answer: Record<string, (url: URL) => PublicAnswer>
  close(): Promise<void>
}

export const alive = (): PublicAnswer => ({ text: '{"status":"alive"}' })

/** Answers WeCom's verification as the product must. */
export const verifying =
  (keys: { token: string; aesKey: string; receiveId: string }) =>
  (url: URL): PublicAnswer => {
    const of = (name: string) => url.searchParams.get(name) ?? ''
    const text = createCallbackCrypto(keys).open({
      signature: of('msg_signature'),
      timestamp: of('timestamp'),
      nonce: of('nonce'),
      encrypted: of('echostr'),
    })
    return { text }
  }

export async function startPublicSide(): Promise<PublicSide> {
  const side: Pick<PublicSide, 'asked' | 'answer'> = { asked: [], answer: { '/healthz': alive } }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://public')
    side.asked.push(url)
    const answer = side.answer[url.pathname]?.(url) ?? { status: 404, text: 'nothing here' }
    if (answer === 'silence') return
    setTimeout(() => {
      response.writeHead(answer.status ?? 200, answer.headers)
      response.end(answer.text ?? '')
    }, answer.afterMs ?? 0)
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return Object.assign(side, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>(closed => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  })
}
