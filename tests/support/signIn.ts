/** What came of one request. */
export interface Answer {
  status: number
  body: unknown
  headers: Headers
}

/** A member with a session, in front of several servers. */
export interface SignedIn {
  userId: string
  /** the session, as `name=value` */
  cookie: string
  /** One request to the next server in turn, or to the one named; throws when nobody answers. */
  ask(
    method: string,
    path: string,
    body?: object,
    options?: { key?: string; server?: number; deadlineMs?: number; headers?: Record<string, string> },
  ): Promise<Answer>
  /**
   * A change, as the app sends it: again with the same key, at the next server, until somebody has answered it.
   * @throws Error for an answer that is no answer to try again
   */
  change(method: string, path: string, body: object, key: string): Promise<Answer>
}

const PATIENCE_MS = 30_000

const cookieOf = (response: Response) =>
  response.headers.getSetCookie().map(cookie => cookie.split(';')[0] ?? '')

/** Walks the redirects of the login as a browser would. All of `servers` share the session. */
export async function signIn(servers: string[], userId: string): Promise<SignedIn> {
  const [first = ''] = servers
  const start = await fetch(`${first}/auth/login`, { redirect: 'manual' })
  const authorize = new URL(start.headers.get('location') ?? '')
  authorize.hash = ''
  authorize.searchParams.set('sandbox_user', userId)
  const consent = await fetch(authorize, { redirect: 'manual' })
  const returned = new URL(consent.headers.get('location') ?? '')
  const back = await fetch(`${first}${returned.pathname}${returned.search}`, {
    redirect: 'manual',
    headers: { cookie: cookieOf(start).join('; ') },
  })
  const cookie = cookieOf(back).find(each => /guidebar=\S/.test(each))
  if (!cookie) throw new Error(`no session after login: ${back.status} ${await back.text()}`)

  let turn = 0
  const ask: SignedIn['ask'] = async (method, path, body, { key, server, deadlineMs, headers } = {}) => {
    const target = servers[(server ?? turn++) % servers.length]
    const response = await fetch(`${target}${path}`, {
      method,
      headers: {
        cookie,
        origin: returned.origin,
        ...(body && { 'Content-Type': 'application/json' }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(deadlineMs !== undefined && { signal: AbortSignal.timeout(deadlineMs) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined }
  }
  return {
    userId,
    cookie,
    ask,
    async change(method, path, body, key) {
      const deadline = Date.now() + PATIENCE_MS
      for (;;) {
        const answer = await ask(method, path, body, { key }).catch(() => undefined)
        if (answer && answer.status < 300) return answer
        const isToBeRepeated = !answer || answer.status === 503 || codeOf(answer) === 'idempotency_in_flight'
        if (!isToBeRepeated || Date.now() > deadline)
          throw new Error(`${method} ${path}: ${answer?.status} ${JSON.stringify(answer?.body)}`)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    },
  }
}

const codeOf = ({ body }: Answer) =>
  typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
