import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { openEmbedded } from '../server/db/embedded.ts'
import { startProcesses, type Product } from '../tests/support/processes.ts'

export interface BenchProduct extends Product {
  /** value of the session cookie of one signed-in guide, and whom she follows */
  cookie: string
  dataDir: string
  externalUserId: string
}

export interface BenchOptions {
  /** more settings of the server */
  env?: Record<string, string>
  /** the address by which the product reaches the database, where something stands in between */
  databaseThrough?: (url: string) => Promise<string>
}

/** The product on a real database of its own, reached directly, with one guide signed in through the real login. */
export async function startBenchProduct(options: BenchOptions = {}): Promise<BenchProduct> {
  const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-bench-'))
  const database = await openEmbedded({ dataDir, log: pino({ level: 'silent' }) })
  const clean = async () => {
    await database.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const product = await startOn(database.url, dataDir, options)
    return {
      ...product,
      async stop() {
        await product.stop()
        await clean()
      },
    }
  } catch (error) {
    await clean()
    throw error
  }
}

/** The same on a database that is somebody else's to open and to close. */
export async function startOn(
  databaseUrl: string,
  dataDir: string,
  options: BenchOptions = {},
): Promise<BenchProduct> {
  const product = await startProcesses({
    databaseUrl: (await options.databaseThrough?.(databaseUrl)) ?? databaseUrl,
    dataDir,
    isDirect: true,
    env: { LOG_LEVEL: 'error', ...options.env },
  })
  try {
    const [contact] = await product.query<{ external_user_id: string }>(
      `select c.external_user_id from follows f join customers c using (customer_id) join staff s using (staff_id)
       where s.user_id = 'chenlu' and f.status = 'active' order by f.follow_id limit 1`,
    )
    return {
      ...product,
      dataDir,
      cookie: await signIn(product, 'chenlu'),
      externalUserId: contact?.external_user_id ?? '',
    }
  } catch (error) {
    await product.stop()
    throw error
  }
}

/** Walks the two redirects of the login as a browser would and returns the session cookie as `name=value`. */
async function signIn(product: Product, userId: string): Promise<string> {
  const cookieOf = (response: Response) =>
    response.headers.getSetCookie().map(cookie => cookie.split(';')[0] ?? '')
  const start = await fetch(`${product.serverUrl}/auth/login`, { redirect: 'manual' })
  const browser = cookieOf(start).join('; ')
  const authorize = new URL(start.headers.get('location') ?? '')
  authorize.hash = ''
  authorize.searchParams.set('sandbox_user', userId)
  const consent = await fetch(authorize, { redirect: 'manual' })
  const back = await fetch(consent.headers.get('location') ?? '', {
    redirect: 'manual',
    headers: { cookie: browser },
  })
  const session = cookieOf(back).find(cookie => /guidebar=\S/.test(cookie))
  if (!session) throw new Error(`no session after login: ${back.status} ${await back.text()}`)
  return session
}
