import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  api: string
  query: Record<string, string>
  body: unknown
}
export type Reply =
  { json: unknown; date?: string } | { raw: string; status?: number; type?: string } | 'drop' | 'silence'

/** A WeCom of a few lines: what each API answers is a function of the test. */
export interface WecomServer {
  apiBase: string
  asked: Asked[]
  askedFor(api: string): Asked[]
  answer: Record<string, (asked: Asked) => Reply | Promise<Reply>>
  close(): Promise<void>
}

export async function startWecomServer(): Promise<WecomServer> {
  let tokens = 0
  const wecom: Omit<WecomServer, 'apiBase' | 'close'> = {
    asked: [],
    askedFor: api => wecom.asked.filter(asked => asked.api === api),
    answer: {
      gettoken: () => ({ json: { errcode: 0, access_token: `token-${++tokens}`, expires_in: 7200 } }),
      get_jsapi_ticket: () => ({ json: { errcode: 0, ticket: 'ticket-of-the-corp', expires_in: 7200 } }),
    },
  }
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://wecom')
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const isJson = request.headers['content-type']?.startsWith('application/json')
    const asked: Asked = {
      api: url.pathname.replace('/cgi-bin/', ''),
      query: Object.fromEntries(url.searchParams),
      // What is uploaded is left as it came.
      body: text === '' ? undefined : isJson ? JSON.parse(text) : text,
    }
    wecom.asked.push(asked)
    const reply = (await wecom.answer[asked.api]?.(asked)) ?? {
      json: { errcode: 40066, errmsg: 'invalid url' },
    }
    if (reply === 'silence') return
    if (reply === 'drop') return void request.socket.destroy()
    if ('json' in reply && reply.date) response.setHeader('date', reply.date)
    if ('json' in reply)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(reply.json))
    else {
      response.statusCode = reply.status ?? 200
      response.setHeader('content-type', reply.type ?? 'text/html').end(reply.raw)
    }
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return Object.assign(wecom, {
    apiBase: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>(closed => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  })
}
