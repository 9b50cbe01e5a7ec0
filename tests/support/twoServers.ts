import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { CallTotal, Fault } from '../../sandbox/world/types.ts'
import type { CallbackLine } from '../../sandbox/callbacks/callbacks.ts'
import { createBalancer } from './balancer.ts'
import { end, freePort, run, SERVER, until } from './processes.ts'
import { signIn, type SignedIn } from './signIn.ts'

/** One of the server processes. */
export interface ServerProcess {
  url: string
  /** of the process that runs now, or ran last */
  pid(): number
  isAlive(): boolean
  /** everything written to the log since the very first start */
  log(): string
  /** kill -9. What it held is free afterwards, as if its leases and heartbeats had run out. */
  kill(): Promise<void>
  /** Starts it again, with other settings where they are given, and waits until it is ready. */
  start(settings?: Record<string, string>): Promise<void>
  /** As an operator would: told to end, and waited for. */
  end(): Promise<void>
}

export interface TwoServers {
  /** the sandbox: WeCom's API, its control, and the address the app is opened under */
  url: string
  servers: [ServerProcess, ServerProcess, ...ServerProcess[]]
  /** the proxy before the servers: each request goes to the next in turn, whether that lives or not */
  proxyUrl: string
  /** what the servers were started with */
  env: Readonly<Record<string, string>>
  control<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  /** an action in WeCom; undefined when things are such that it cannot be done */
  act(name: string, input: object): Promise<object | undefined>
  setFaults(...faults: (Partial<Fault> & { api: string })[]): Promise<void>
  /** how often WeCom was asked, by API (all of them when none is named) and errcode (any when none is named) */
  countCalls(api?: string | RegExp, errcode?: number): Promise<number>
  callbackLines(): Promise<CallbackLine[]>
  query<T extends object>(sql: string, values?: unknown[]): Promise<T[]>
  signIn(userId: string): Promise<SignedIn>
  /** Resolves when nothing is on its way any more, in either direction. */
  quiet(timeoutMs?: number): Promise<void>
  /** Has one of the servers do a regular job now. */
  runJob(name: string): Promise<void>
  /** Everything that waits for a later time is due now: retries, wake-ups, leases nobody prolongs, calls held back by a brake. */
  letWaitsPass(): Promise<void>
  /** Asks an admin's pull for everything anew and waits for its end. */
  reconcile(): Promise<void>
  stop(): Promise<void>
}

const wecom = {
  WECOM_CORP_ID: 'ww5a9db0xguidebar01',
  WECOM_AGENT_ID: '1000002',
  WECOM_APP_SECRET: 'sandbox-secret-not-a-real-one',
  WECOM_CALLBACK_TOKEN: 'TokenOfTheFaultTests',
  WECOM_CALLBACK_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}
/** Jobs that carry what the tests wait for; the regular ones come and go. */
const WATCHED_JOBS = ['sync.pull', 'sync.events', 'outbox.customer', 'outbox.other']

/**
 * A sandbox that tells of changes, and two servers (or more) on one database, each a process of its own. Callbacks go to them in turn.
 * @param options.database instead of a fresh one in the run's cluster: what the servers are given, and where the test looks
 */
export async function startTwoServers(
  options: {
    sandbox?: Record<string, string>
    database?: { url: string; lookUrl: string }
    /** runs between the sandbox's start and the servers' */
    prepare?: (product: Pick<TwoServers, 'control' | 'setFaults'>) => Promise<void>
    waitForImport?: boolean
    /** so many more servers */
    more?: number
    /** more settings of the servers */
    env?: Record<string, string>
    /** Killed ones keep what they held until it has run out, as in life. */
    isPatient?: boolean
  } = {},
): Promise<TwoServers> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const webDir = await mkdtemp(join(tmpdir(), 'guidebar-faults-'))
    undo.push(() => rm(webDir, { recursive: true, force: true }))
    await writeFile(join(webDir, 'index.html'), '<html><!--boot--></html>')
    const { url: databaseUrl, lookUrl } = options.database ?? (await ownDatabase(undo))
    const pool = new pg.Pool({ connectionString: lookUrl, max: 3 })
    pool.on('error', () => undefined)
    undo.push(() => pool.end())

    const [sandboxPort, first, second] = [await freePort(), await freePort(), await freePort()]
    const others: number[] = []
    while (others.length < (options.more ?? 0)) others.push(await freePort())
    const url = `http://127.0.0.1:${sandboxPort}`
    const balancer = await createBalancer([first, second, ...others].map(port => `http://127.0.0.1:${port}`))
    undo.push(() => balancer.close())
    const sandbox = run('sandbox/main.ts', {
      ...wecom,
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_APP_URL: balancer.url,
      SANDBOX_CALLBACK_RETRY_MS: '300',
      ...options.sandbox,
    })
    undo.push(() => end(sandbox.child))
    const control = controlOf(url)
    const setFaults: TwoServers['setFaults'] = async (...faults) =>
      void (await control('PUT', '/faults', faults))
    await until(async () => (await fetch(`${url}/sandbox/api/state`)).ok, `the sandbox\n${sandbox.output()}`)
    await options.prepare?.({ control, setFaults })

    const query = async <T extends object>(text: string, values?: unknown[]) =>
      (await pool.query(text, values)).rows as T[]
    const env = {
      ...wecom,

      PUBLIC_URL: url,
      WECOM_API_BASE: url,
      WECOM_OAUTH_BASE: url,
      SESSION_SECRET: 'test-only-0123456789abcdef0123456789abcdef',
      ADMIN_USERIDS: 'hq_admin',
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'warn',
      REQUESTS_PER_SECOND: '100000',
      LOGINS_PER_MINUTE: '100000',
      WEB_DIR: webDir,
      ...options.env,
    }
    const serverAt = (port: number) => serverProcess(port, query, env, options.isPatient ?? false)
    const servers: TwoServers['servers'] = [serverAt(first), serverAt(second), ...others.map(serverAt)]
    undo.push(() => Promise.all(servers.map(server => server.end())))
    if (!options.database) await rememberHolders(query)
    await Promise.all(servers.map(server => server.start()))

    const product: TwoServers = {
      url,
      servers,
      proxyUrl: balancer.url,
      env,
      control,
      setFaults,
      query,
      stop,
      async act(name, input) {
        const response = await fetch(`${url}/sandbox/api/actions/${name}`, asJson('POST', input))
        if (response.status === 404) return undefined
        if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`)
        return (await response.json()) as object
      },
      async countCalls(api, errcode) {
        const totals = await control<CallTotal[]>('GET', '/calls/totals')
        const isMeant = (total: CallTotal) =>
          (api === undefined || (typeof api === 'string' ? total.api === api : api.test(total.api))) &&
          (errcode === undefined || total.errcode === errcode)
        return totals.filter(isMeant).reduce((sum, { count }) => sum + count, 0)
      },
      callbackLines: async () => (await control<{ lines: CallbackLine[] }>('GET', '/callbacks')).lines,
      signIn: userId =>
        signIn(
          servers.map(server => server.url),
          userId,
        ),
      quiet: timeoutMs => quiet(control, query, timeoutMs),
      async runJob(name) {
        const boss = new PgBoss({ connectionString: lookUrl, supervise: false, schedule: false })
        boss.on('error', error => console.error(error))
        await boss.start()
        await boss.send(name, {})
        await boss.stop({ graceful: false, close: true })
      },
      async letWaitsPass() {
        await query(`update wecom_brakes set closed_until = least(closed_until, clock_timestamp())`)
        // Holders that live prolong a lane and a slot every ten seconds, and everything else within seconds.
        for (const [table, seconds] of [
          ['outbox_lanes', 48],
          ['outbox_slots', 8],
          ['sync_leases', 18],
        ])
          await query(
            `update ${table} set leased_until = '-infinity'
             where leased_until < clock_timestamp() + make_interval(secs => $1)`,
            [seconds],
          )
        await query(
          `update outbox set next_at = clock_timestamp() - interval '1 minute' where state = 'waiting'`,
        )
        await query(
          `update pgboss.job set start_after = now() where state in ('created', 'retry') and name = any($1)`,
          [WATCHED_JOBS],
        )
        await product.runJob('outbox.sweep')
      },
      async reconcile() {
        const [before] = await query<{ at: Date | null }>('select finished_at as at from sync_runs')
        const admin = await product.signIn('hq_admin')
        const answer = await admin.ask('POST', '/api/sync/pull', {})
        if (answer.status >= 300)
          throw new Error(`sync/pull: ${answer.status} ${JSON.stringify(answer.body)}`)
        await until(
          async () => {
            const [run] = await query<{ state: string; at: Date | null }>(
              'select state, finished_at as at from sync_runs',
            )
            return run?.state === 'done' && run.at?.getTime() !== before?.at?.getTime()
          },
          'the reconciliation',
          60_000,
        )
      },
    }
    if (options.waitForImport ?? true)
      await until(
        async () => (await query<{ state: string }>('select state from sync_runs'))[0]?.state === 'done',
        'the first import',
        60_000,
      )
    return product
  } catch (error) {
    await stop()
    throw error
  }
}

async function ownDatabase(undo: (() => Promise<unknown>)[]) {
  // Only where there are tests is there a cluster of theirs.
  const { createTestDb } = await import('./testDb.ts')
  const database = await createTestDb()
  undo.push(() => database.drop())
  return { url: database.url, lookUrl: database.url }
}

const asJson = (method: string, body: unknown): RequestInit => ({
  method,
  ...(body !== undefined && {
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  }),
})

const controlOf =
  (url: string): TwoServers['control'] =>
  async (method, path, body) => {
    const response = await fetch(`${url}/sandbox/api${path}`, asJson(method, body))
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as never
  }

type Query = TwoServers['query']

/**
 * Notes which process took which lease, slot and job, so that those of a killed one can be let run out: nobody waits a minute for
 * what is only the passing of time. The product knows nothing of it.
 */
async function rememberHolders(query: Query): Promise<void> {
  await query(`
    create table test_holders (held text primary key, process text not null);
    create function test_note_holder() returns trigger language plpgsql as $$
    begin
      insert into test_holders values (
        case tg_argv[0] when 'job' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'holder' end,
        current_setting('application_name'))
      on conflict (held) do update set process = excluded.process;
      return null;
    end $$;
    create trigger test_holders after insert or update of holder on outbox_lanes
      for each row execute function test_note_holder('lease');
    create trigger test_holders after update of holder on outbox_slots
      for each row when (new.holder is not null) execute function test_note_holder('lease');
    create trigger test_holders after insert or update of holder on sync_leases
      for each row execute function test_note_holder('lease');
    create trigger test_holders after update of state on pgboss.job
      for each row when (new.state = 'active') execute function test_note_holder('job')`)
}

/** What a server's connections are called, as a LIKE pattern; the part behind is its own. */
const connectionsOf = (pid: number) => `guidebar:${pid}:%`

/** As if a dead process's leases and heartbeats had run out. */
async function outlive(query: Query, pid: number): Promise<void> {
  const process = [connectionsOf(pid)]
  for (const table of ['outbox_lanes', 'outbox_slots', 'sync_leases'])
    await query(
      `update ${table} lease set leased_until = '-infinity'
       from test_holders h where h.process like $1 and h.held = lease.holder::text`,
      process,
    )
  await query(
    `update pgboss.job job set heartbeat_on = now() - interval '1 hour'
     from test_holders h where h.process like $1 and h.held = job.id::text and job.state = 'active'`,
    process,
  )
}

function serverProcess(
  port: number,
  query: Query,
  env: Record<string, string>,
  isPatient: boolean,
): ServerProcess {
  let running: ReturnType<typeof run> | undefined
  let former = ''
  const url = `http://127.0.0.1:${port}`
  const isAlive = () => running?.child.exitCode === null && running.child.signalCode === null
  return {
    url,
    pid: () => running?.child.pid ?? 0,
    isAlive,
    log: () => former + (running?.output() ?? ''),
    async start(settings = {}) {
      former += running?.output() ?? ''
      const started = (running = run(SERVER, { ...env, PORT: String(port), ...settings }))
      await Promise.race([
        // A machine with other work to do starts it slowly; how fast it starts is looked at where that is promised (P25).
        until(async () => (await fetch(`${url}/readyz`)).ok, 'the server to be ready', 60_000),
        once(started.child, 'exit').then(() => Promise.reject(new Error('the server has ended'))),
      ]).catch(cause => {
        throw new Error(`the server did not get ready:\n${started.output()}`, { cause })
      })
    },
    async kill() {
      if (!running || !isAlive()) return
      const died = once(running.child, 'exit')
      running.child.kill('SIGKILL')
      await died
      const pid = running.child.pid ?? 0
      if (isPatient) return
      // Its statements under way end on their own: whatever it held is known only then.
      await until(
        async () =>
          (await query(`select 1 from pg_stat_activity where application_name like $1`, [connectionsOf(pid)]))
            .length === 0,
        'the connections of the dead',
      )
      await outlive(query, pid)
    },
    async end() {
      if (running) await end(running.child)
    },
  }
}

/** Nothing in the outbox, no event waiting, no callback under way, no pull at work. Other jobs without those have nothing to do. */
async function quiet(control: TwoServers['control'], query: Query, timeoutMs = 45_000): Promise<void> {
  let busy = ''
  await until(
    async () => {
      const { counts } = await control<{ counts: { underWay: number; paused: number; held: number } }>(
        'GET',
        '/callbacks',
      )
      const [rows] = await query<{ outbox: number; events: number; jobs: string[] }>(
        `select (select count(*)::int from outbox where state in ('waiting', 'sending')) as outbox,
                (select count(*)::int from callback_events where state = 'waiting') as events,
                array(select name || ' ' || state::text from pgboss.job
                      where name = 'sync.pull' and (state = 'active'
                        or (state in ('created', 'retry') and start_after <= now()))) as jobs`,
      )
      busy = JSON.stringify({ counts, ...rows })
      return (
        counts.underWay + counts.paused + counts.held === 0 &&
        rows !== undefined &&
        rows.outbox + rows.events + rows.jobs.length === 0
      )
    },
    'everything to come to rest',
    timeoutMs,
  ).catch(async cause => {
    const left = await query(
      `select e.subject, e.tries, e.next_at, e.reason, j.name, j.state, j.start_after, j.retry_count, j.output
       from callback_events e left join pgboss.job j on j.singleton_key = e.subject and j.state <> 'completed'
       where e.state = 'waiting'`,
    )
    throw new Error(`it did not come to rest: ${busy} ${JSON.stringify(left)}`, { cause })
  })
}
