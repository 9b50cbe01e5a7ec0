import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decrypt, getSignature } from '@wecom/crypto'
import { createCallbacks } from '../../sandbox/callbacks/callbacks.ts'
import type { CallbackSettings } from '../../sandbox/callbacks/settings.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { corp, noon } from './openApiCaller.ts'

/** The keys of the vectors in wecom/callbacks.md. */
export const vectorKeys = {
  token: 'LocalSimToken01',
  aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}

export interface Received {
  xml: string
  receiveId: string
  query: URLSearchParams
  body: string
  isSignatureRight: boolean
}

/** An app's receive URL: opens what comes and answers as told. */
export async function startReceiver(
  answer: (request: IncomingMessage, response: ServerResponse, turn: number) => void = (_request, response) =>
    response.end(),
) {
  const received: Received[] = []
  let turn = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const query = new URL(request.url ?? '', 'http://receiver').searchParams
    if (request.method === 'POST') received.push(open(body, query))
    answer(request, response, ++turn)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/wecom/callback`,
    received,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function open(body: string, query: URLSearchParams): Received {
  const encrypted = /<Encrypt><!\[CDATA\[(.+?)\]\]><\/Encrypt>/.exec(body)?.[1] ?? ''
  const [timestamp, nonce] = [query.get('timestamp') ?? '', query.get('nonce') ?? '']
  const { message, id } = decrypt(vectorKeys.aesKey, encrypted)
  return {
    xml: message,
    receiveId: id,
    query,
    body,
    isSignatureRight:
      getSignature(vectorKeys.token, timestamp, nonce, encrypted) === query.get('msg_signature'),
  }
}

/** The text of an element, or undefined when it is not there. */
export const element = (xml: string, name: string) =>
  new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([\\s\\S]*?)(?:\\]\\]>)?</${name}>`).exec(xml)?.[1]

/** A corp on a standing clock that tells this URL. */
export function createTold(url: string, settings: Partial<CallbackSettings> = {}) {
  const time = { now: noon }
  const world = createWorld({ corp: corp(), now: () => time.now })
  const callbacks = createCallbacks(world, {
    ...vectorKeys,
    url,
    answerMs: 5000,
    verifyMs: 1000,
    retries: 3,
    retryMs: 0,
    ...settings,
  })
  return { world, callbacks, time }
}
