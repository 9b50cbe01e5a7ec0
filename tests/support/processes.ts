import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

const root = join(import.meta.dirname, '..', '..')

export const SERVER = 'server/start.js'
/** What Node is told where `npm start` starts the server. */
const serverFlags = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
).scripts.start
  .split(' ')
  .filter(word => word.startsWith('--'))

/** The real server and the real sandbox as processes of their own, on a database of their own. */
export interface Product {
  /** what a browser opens: the sandbox's window; the app lives under the same origin */
  url: string
  /** straight to the server, without the sandbox's proxy */
  serverUrl: string
  databaseUrl: string
  /** a control call of the sandbox: path below /sandbox/api */
  control<T = unknown>(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<T>
  /** rows of the product's own database, to look at the truth */
  query<T extends object>(sql: string, values?: unknown[]): Promise<T[]>
  /** process id of the server */
  serverPid: number
  /** what the server wrote to its log so far */
  serverLog(): string
  stop(): Promise<void>
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Polls until `look` gives something; waits for an event of the product, never for a fixed time. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look().catch(() => undefined)
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/**
 * One of our scripts as a process of its own; `output` is everything it has written so far. A server is started as by `npm start`, but
 * where no `.env` of ours lies, and not as production: sample secrets start none.
 */
export function run(
  script: string,
  env: Record<string, string>,
): { child: ChildProcess; output: () => string } {
  const isServer = script === SERVER
  const child = spawn(process.execPath, [...(isServer ? serverFlags : []), join(root, script)], {
    cwd: isServer ? tmpdir() : root,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      ...(isServer ? { NODE_ENV: 'development', WEB_DIR: join(root, 'web/dist') } : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text }
}

/** As an operator would: told to end, and waited for. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 16_000)
  await ended
  clearTimeout(timer)
}

/**
 * @param prepare runs after the sandbox is up and before the server starts: customers made here are part of the first import.
 */
export async function startProcesses(options: {
  databaseUrl: string
  dataDir: string
  prepare?: (control: Product['control']) => Promise<void>
  env?: Record<string, string>
  /** more settings of the sandbox alone */
  sandboxEnv?: Record<string, string>
  /** the app's own address as PUBLIC_URL, without the sandbox's proxy in between */
  isDirect?: boolean
  waitForImport?: boolean
}): Promise<Product> {
  const [sandboxPort, serverPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${sandboxPort}`
  const serverUrl = `http://127.0.0.1:${serverPort}`
  const wecom = {
    WECOM_CORP_ID: 'ww5a9db0xguidebar01',
    WECOM_AGENT_ID: '1000002',
    WECOM_APP_SECRET: 'sandbox-secret-not-a-real-one',
    ...(options.env?.CLOCK_FILE ? { CLOCK_FILE: options.env.CLOCK_FILE } : {}),
  }
  const sandbox = run('sandbox/main.ts', {
    ...wecom,
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_APP_URL: serverUrl,
    SANDBOX_TRUSTED_DOMAINS: `127.0.0.1:${serverPort}`,
    ...options.sandboxEnv,
  })
  const control: Product['control'] = async (method, path, body) => {
    const response = await fetch(`${url}/sandbox/api${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as never
  }
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 2 })
  // The database is dropped while an idle connection of this pool may still be open: nothing to tell anyone.
  pool.on('error', () => undefined)
  let server: ReturnType<typeof run> | undefined
  const stop = async () => {
    if (server) await end(server.child)
    await end(sandbox.child)
    await pool.end()
  }
  try {
    await until(
      async () => (await fetch(`${url}/sandbox/api/state`)).ok,
      `the sandbox to answer\n${sandbox.output()}`,
    )
    await options.prepare?.(control)
    server = run(SERVER, {
      ...wecom,
      PORT: String(serverPort),
      PUBLIC_URL: options.isDirect ? serverUrl : url,
      WECOM_API_BASE: url,
      WECOM_OAUTH_BASE: url,
      SESSION_SECRET: 'test-only-0123456789abcdef0123456789abcdef',
      ADMIN_USERIDS: 'hq_admin',
      DATABASE_URL: options.databaseUrl,
      DATA_DIR: options.dataDir,
      LOG_LEVEL: 'info',
      // A test is quicker than people, and all of it comes from one address.
      REQUESTS_PER_SECOND: '100000',
      LOGINS_PER_MINUTE: '100000',
      ...options.env,
    })
    const log = server.output
    // A machine with other work to do starts it slowly; how fast it starts is tested where that is promised (P25).
    await until(async () => (await fetch(`${serverUrl}/readyz`)).ok, 'the server to be ready', 60_000).catch(
      cause => {
        throw new Error(`the server did not get ready:\n${log()}`, { cause })
      },
    )
    if (options.waitForImport ?? true)
      await until(
        async () =>
          (await pool.query<{ state: string }>('select state from sync_runs')).rows[0]?.state === 'done',
        'the first import',
        60_000,
      ).catch(cause => {
        throw new Error(`the import did not finish:\n${log()}`, { cause })
      })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    serverUrl,
    databaseUrl: options.databaseUrl,
    control,
    query: async (text, values) => (await pool.query(text, values)).rows as never,
    serverPid: server.child.pid ?? 0,
    serverLog: server.output,
    stop,
  }
}
