import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDb } from '../../../server/db/db.ts'
import { openEmbedded, type Embedded } from '../../../server/db/embedded.ts'
import { isDatabaseUnavailable } from '../../../server/db/failures.ts'

const isRoot = process.getuid?.() === 0
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

let root: string
let dataDir: string
let opened: Embedded[]
let children: ChildProcess[]

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guidebar-embedded-'))
  chmodSync(root, 0o755)
  dataDir = join(root, 'data')
  opened = []
  children = []
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const cluster of opened) await cluster.close()
  const left = readLock()
  if (left && isPostgres(left)) process.kill(left, 'SIGINT')
  await vi.waitUntil(() => !left || !isPostgres(left), { timeout: 10_000 })
  await rm(root, { recursive: true, force: true })
})

const open = async (options: Partial<Parameters<typeof openEmbedded>[0]> = {}): Promise<Embedded> => {
  const cluster = await openEmbedded({ dataDir, log, ...options })
  opened.push(cluster)
  return cluster
}

async function ask<Row>(url: string, statement: string): Promise<Row[]> {
  const db = openDb(url, { log })
  try {
    return (await sql.raw<Row>(statement).execute(db)).rows
  } finally {
    await db.close()
  }
}

/** The postmaster's number by the cluster's lock file. */
function readLock(): number | undefined {
  try {
    return Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    // No cluster, or it is down.
    return undefined
  }
}

/** Zombies, which containers without an init collect, do not count. */
function isPostgres(pid: number): boolean {
  try {
    return /State:\s+[^Z]/.test(readFileSync(`/proc/${pid}/status`, 'utf8')) && commandOf(pid) === 'postgres'
  } catch {
    // Gone.
    return false
  }
}
const commandOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

interface User {
  child: ChildProcess
  url: string
  joined: boolean
  rows: () => number[]
  close(): Promise<void>
}

/** A process of its own on the cluster. */
async function startUser(options: { write?: boolean; uid?: number; ownGroup?: boolean } = {}): Promise<User> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'embeddedProcess.ts'), dataDir, options.write ? 'write' : ''],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', HOME: root, SESSION_SECRET: 'for-the-server-alone' },
      detached: options.ownGroup ?? false,
      ...(options.uid ? { uid: options.uid, gid: options.uid } : {}),
    },
  )
  children.push(child)
  let output = ''
  let trouble = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (trouble += chunk.toString()))
  const line = () => /^open (true|false) (\S+)\n/m.exec(output)
  await vi.waitUntil(() => line() || child.exitCode !== null, { timeout: 60_000 })
  const [, joined, url] = line() ?? []
  if (!url) throw new Error(`the process did not open the cluster:\n${output}${trouble}`)
  return {
    child,
    url,
    joined: joined === 'true',
    rows: () => [...output.matchAll(/^row (\d+)\n/gm)].map(match => Number(match[1])),
    async close() {
      child.stdin.write('close\n')
      await vi.waitUntil(() => child.exitCode !== null, { timeout: 20_000 })
      if (child.exitCode !== 0) throw new Error(`it did not close in good order:\n${trouble}`)
    },
  }
}

const kill = async (child: ChildProcess) => {
  child.kill('SIGKILL')
  await vi.waitUntil(() => child.signalCode !== null)
}

describe('opening', () => {
  it('makes a durable UTF-8 cluster that listens on the loopback address only', async () => {
    const cluster = await open()
    expect(cluster.joined).toBe(false)
    const settings = await ask<{ name: string; setting: string }>(
      cluster.url,
      `select name, setting from pg_settings where name in
        ('fsync', 'listen_addresses', 'server_encoding', 'unix_socket_directories', 'synchronous_commit', 'TimeZone')`,
    )
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      unix_socket_directories: '',
      synchronous_commit: 'on',
      TimeZone: 'UTC',
    })
    expect(await ask(cluster.url, `select upper('é') as upper, 'b' < 'é' as ordered`)).toEqual([
      { upper: 'É', ordered: true },
    ])
  })

  it('protects it by a random password in a file only its owner reads', async () => {
    const cluster = await open()
    const file = join(dataDir, 'postgres.password')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(new URL(cluster.url).password).toBe(readFileSync(file, 'utf8').trim())
    const wrong = cluster.url.replace(/:[^:@]+@/, ':guessed@')
    await expect(ask(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it.runIf(process.platform === 'linux')('hands PostgreSQL nothing of our environment', async () => {
    await startUser()
    const environment = readFileSync(`/proc/${readLock()}/environ`, 'utf8')
    expect(environment).toContain('PATH=')
    expect(environment).not.toContain('for-the-server-alone')
  })

  it('writes no values of rows into its log', async () => {
    const { url } = await open()
    await ask(
      url,
      `create table people as select '13800001234' as phone; create unique index on people (phone)`,
    )
    await expect(ask(url, `insert into people values ('13800001234')`)).rejects.toMatchObject({
      code: '23505',
    })
    const told = readFileSync(join(dataDir, 'postgres.log'), 'utf8')
    expect(told).toContain('ready to accept connections')
    expect(told).not.toContain('13800001234')
  })

  it('cuts its log when it has grown beyond 10 MB, and keeps the former one', async () => {
    await (await open()).close()
    const file = join(dataDir, 'postgres.log')
    appendFileSync(file, `the end of much\n`.padStart(11 * 1024 * 1024))
    await open()
    expect(statSync(file).size).toBeLessThan(100_000)
    expect(statSync(`${file}.1`).size).toBeGreaterThan(10 * 1024 * 1024)
  })

  it('leaves no half-made folder behind, also not that of a killed process', async () => {
    mkdirSync(join(dataDir, 'postgres.new-4194302-0a1b2c3d', 'base'), { recursive: true })
    writeFileSync(join(dataDir, 'postgres.new-4194302-0a1b2c3d.password'), 'secret')
    const first = await open()
    await first.close()
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.log', 'postgres.password'])
  })

  it('keeps its rows over a stop', async () => {
    const first = await open()
    await ask(first.url, 'create table kept as select 7 as seven')
    await first.close()
    expect(readLock()).toBeUndefined()
    const second = await open()
    expect(second.joined).toBe(false)
    expect(await ask(second.url, 'select seven from kept')).toEqual([{ seven: 7 }])
  })

  it('works in a folder with spaces, Chinese characters and signs that mean something to a shell', async () => {
    dataDir = join(root, `店铺 数据 'a" $HOME \`id\` ; ${'长'.repeat(40)}`, '数据')
    const first = await open()
    expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.close()
    expect((await open()).joined).toBe(false)
  })

  it('P23 two processes opening the same fresh folder at the same time get the same cluster', async () => {
    const users = await Promise.all([
      startUser({ write: true }),
      startUser({ write: true }),
      startUser({ write: true }),
    ])
    expect(new Set(users.map(user => user.url)).size).toBe(1)
    await vi.waitUntil(() => users.every(user => user.rows().length > 3))
    const rows = users.flatMap(user => user.rows())
    expect(new Set(rows).size).toBe(rows.length)
    expect(readdirSync(dataDir).filter(name => name.includes('.new-'))).toEqual([])
    for (const user of users) await user.close()
    expect(readLock()).toBeUndefined()
  }, 90_000)
})

describe('P23 after a crash', () => {
  it('joins the cluster of a killed server, with every row it had acknowledged (P12)', async () => {
    const server = await startUser({ write: true })
    await vi.waitUntil(() => server.rows().length > 20)
    await kill(server.child)
    const next = await open()
    expect(next.joined).toBe(true)
    expect(next.url).toBe(server.url)
    const found = await ask<{ id: number }>(next.url, 'select id from acknowledged')
    expect(found.map(row => row.id)).toEqual(expect.arrayContaining(server.rows()))
  })

  it('joins the cluster of a server ended by Ctrl-C, which every process of the terminal hears', async () => {
    const server = await startUser({ write: true, ownGroup: true })
    await vi.waitUntil(() => server.rows().length > 3)
    process.kill(-(server.child.pid ?? 0), 'SIGINT')
    await vi.waitUntil(() => server.child.signalCode !== null)
    const next = await open()
    expect(next).toMatchObject({ joined: true, url: server.url })
  })

  it('starts a killed PostgreSQL again, with every row it had acknowledged (P12)', async () => {
    const server = await startUser({ write: true })
    await vi.waitUntil(() => server.rows().length > 20)
    await kill(server.child)
    process.kill(readLock() ?? 0, 'SIGKILL')
    const next = await open()
    expect(next.joined).toBe(false)
    const found = await ask<{ id: number }>(next.url, 'select id from acknowledged')
    expect(found.map(row => row.id)).toEqual(expect.arrayContaining(server.rows()))
  })

  it('is not fooled by a lock file whose process number now belongs to somebody else', async () => {
    const first = await open()
    await ask(first.url, 'create table kept as select 7 as seven')
    const pid = readLock() ?? 0
    const file = join(dataDir, 'postgres', 'postmaster.pid')
    const text = readFileSync(file, 'utf8')
    await first.close()
    // A process of the cluster's own OS user: the one case in which PostgreSQL itself refuses to start.
    const { uid, gid } = statSync(join(dataDir, 'postgres'))
    const bystander = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
    children.push(bystander)
    writeFileSync(file, text.replace(String(pid), String(bystander.pid)))
    if (isRoot) chownSync(file, uid, gid)
    const next = await open()
    expect(next.joined).toBe(false)
    expect(await ask(next.url, 'select seven from kept')).toEqual([{ seven: 7 }])
    expect(bystander.exitCode).toBeNull()
  })

  it('is not fooled by another cluster whose process has the number', async () => {
    const ours = await open()
    const file = join(dataDir, 'postgres', 'postmaster.pid')
    const text = readFileSync(file, 'utf8')
    const pid = String(readLock())
    await ours.close()
    const theirs = await openEmbedded({ dataDir: join(root, 'other'), log })
    opened.push(theirs)
    const other = readFileSync(join(root, 'other', 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0] ?? ''
    writeFileSync(file, text.replace(pid, other))
    const again = await open()
    expect(again.url).not.toBe(theirs.url)
    expect(await ask(theirs.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('P22 brings PostgreSQL back for a server that lives on, at the same address', async () => {
    const cluster = await open()
    const db = openDb(cluster.url, { log, poolSize: 3 })
    try {
      await sql`create table kept as select 7 as seven`.execute(db)
      const running = sql`select pg_sleep(5)`.execute(db).catch((error: unknown) => error)
      await vi.waitUntil(async () => {
        const found = await sql<{ count: number }>`select count(*) from pg_stat_activity
          where query like '%pg_sleep(5)%' and pid <> pg_backend_pid()`.execute(db)
        return found.rows[0]?.count === 1
      })
      process.kill(readLock() ?? 0, 'SIGKILL')
      expect(isDatabaseUnavailable(await running)).toBe(true)
      const failures: unknown[] = []
      const found = await vi.waitUntil(
        () =>
          sql`select seven from kept`.execute(db).catch((error: unknown) => {
            failures.push(error)
            return undefined
          }),
        { timeout: 10_000 },
      )
      expect(found.rows).toEqual([{ seven: 7 }])
      expect(failures.filter(error => !isDatabaseUnavailable(error))).toEqual([])
    } finally {
      await db.close()
    }
  })
})

describe('closing', () => {
  it('leaves PostgreSQL running while another process uses it, and the last one stops it', async () => {
    const user = await startUser()
    const ours = await open()
    expect(ours.joined).toBe(true)
    await ours.close()
    expect(await ask(user.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await user.close()
    expect(readLock()).toBeUndefined()
  })

  it('may be asked for twice', async () => {
    const cluster = await open()
    await Promise.all([cluster.close(), cluster.close()])
    expect(readLock()).toBeUndefined()
  })

  it('does not harm somebody who comes while it stops', async () => {
    const first = await open()
    const closing = first.close()
    const second = await open()
    await closing
    expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('goes well when PostgreSQL is gone already', async () => {
    const cluster = await open()
    process.kill(readLock() ?? 0, 'SIGQUIT')
    await cluster.close()
  })
})

describe('the OS user', () => {
  it.runIf(isRoot)('is nobody when root finds no user called postgres', async () => {
    const cluster = await open({ osUsers: ['no_such_user_here', 'nobody'] })
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(uidOf('nobody'))
    await cluster.close()
    // And stays so when there is a better one later.
    const again = await open()
    expect(await ask(again.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it.runIf(isRoot)('missing altogether is told in words', async () => {
    await expect(open({ osUsers: ['no_such_user_here'] })).rejects.toThrow('DATABASE_URL')
  })

  it.runIf(isRoot)('gets back what a restore by root took from her', async () => {
    const cluster = await open()
    await ask(cluster.url, 'create table kept as select 7 as seven')
    await cluster.close()
    execFileSync('chown', ['-R', '0:0', join(dataDir, 'postgres')])
    expect(await ask((await open()).url, 'select seven from kept')).toEqual([{ seven: 7 }])
  })

  it.runIf(isRoot)('who cannot enter the data folder gets one elsewhere, linked from there', async () => {
    chmodSync(root, 0o700)
    const told = vi.fn()
    const cluster = await open({ log: { ...log, info: told } })
    const elsewhere = execFileSync('readlink', ['-f', join(dataDir, 'postgres')], { encoding: 'utf8' }).trim()
    try {
      expect(elsewhere).toMatch(/^\/var\/lib\/guidebar\//)
      expect(told.mock.calls).toEqual([[expect.stringContaining(join(elsewhere, '..'))]])
      await ask(cluster.url, 'create table kept as select 7 as seven')
      await cluster.close()
      const again = await open()
      expect(await ask(again.url, 'select seven from kept')).toEqual([{ seven: 7 }])
      await again.close()
    } finally {
      await rm(join(elsewhere, '..'), { recursive: true })
    }
  })

  it.runIf(isRoot)('may be an ordinary one from the start', async () => {
    chownSync(root, uidOf('nobody'), uidOf('nobody'))
    const user = await startUser({ write: true, uid: uidOf('nobody') })
    await vi.waitUntil(() => user.rows().length > 3)
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(uidOf('nobody'))
    await user.close()
    expect(readLock()).toBeUndefined()
  })

  it.skipIf(isRoot)('is the one who starts it', async () => {
    await open()
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(process.getuid?.())
  })
})

describe('what cannot be opened is told in words', () => {
  it('a lost password', async () => {
    await (await open()).close()
    await rm(join(dataDir, 'postgres.password'))
    await expect(open()).rejects.toThrow('postgres.password')
  })

  it('a wrong password', async () => {
    await (await open()).close()
    writeFileSync(join(dataDir, 'postgres.password'), 'guessed\n')
    await expect(open()).rejects.toThrow('postgres.password')
  })

  it('a broken cluster, with the end of its log', async () => {
    await (await open()).close()
    await rm(join(dataDir, 'postgres', 'global', 'pg_control'))
    await expect(open()).rejects.toThrow(/could not find the database system|pg_control/)
  })

  it('a setting PostgreSQL refuses, with the end of its log', async () => {
    await expect(open({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow('shared_buffers')
  })
})

const uidOf = (name: string): number => Number(execFileSync('id', ['-u', name], { encoding: 'utf8' }))
