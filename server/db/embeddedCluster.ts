import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedHome } from './embeddedHome.ts'

export const DATABASE_USER = 'guidebar'
const START_WAIT_SECONDS = 60
const STOP_WAIT_MS = 12_000
const STOP_LOOK_MS = 20
const LOG_LIMIT_BYTES = 10 * 1024 * 1024
const LOG_TAIL_BYTES = 4_000
const NEARLY_FULL_BYTES = 64 * 1024 * 1024
/** Written by initdb; the shop's administrator may change them in `postgresql.conf`. */
const INITIAL_SETTINGS = {
  shared_buffers: '128MB',
  max_connections: '100',
  // Bounds the log to read again after a crash, and so the time to ready.
  max_wal_size: '256MB',
  // Small containers have 64 MB of shared memory; parallel workers would need more.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // Errors of statements are the server's own to log; their details hold personal data.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
}

export const clusterPath = (home: EmbeddedHome): string => join(home.folder, home.cluster)
export const isInitialised = (home: EmbeddedHome): boolean =>
  existsSync(join(clusterPath(home), 'PG_VERSION'))
const logPath = (home: EmbeddedHome): string => join(home.folder, 'postgres.log')

/**
 * The superuser's password, random, in a file only the owner reads; made when there is no cluster yet.
 * @throws Error when there is a cluster and its password is gone.
 */
export function clusterPassword(dataDir: string, home: EmbeddedHome): string {
  const file = join(dataDir, 'postgres.password')
  const hadCluster = isInitialised(home)
  if (!existsSync(file)) {
    if (hadCluster)
      throw new Error(`${clusterPath(home)} 已有数据库，但密码文件 ${file} 不见了。请把它从备份放回来。`)
    const draft = `${file}.new-${process.pid}-${randomBytes(4).toString('hex')}`
    writeFileSync(draft, randomBytes(24).toString('base64url') + '\n', { mode: 0o600, flush: true })
    try {
      linkSync(draft, file)
    } catch (error) {
      // Another process was first with hers: that one counts.
      if (!existsSync(file)) throw error
    } finally {
      rmSync(draft)
    }
  }
  const password = readFileSync(file, 'utf8').trim()
  if (!password) throw new Error(`密码文件 ${file} 是空的。`)
  return password
}

/** Makes the cluster beside its place and moves it there whole; when another process was faster, hers stays. */
export async function initialise(home: EmbeddedHome, password: string, isDurable: boolean): Promise<void> {
  dropUnfinished(home)
  const name = `${home.cluster}.new-${process.pid}-${randomBytes(4).toString('hex')}`
  const draft = join(home.folder, name)
  const passwordFile = `${draft}.password`
  try {
    mkdirSync(draft, { mode: 0o700 })
    writeFileSync(passwordFile, password + '\n', { mode: 0o600 })
    own(home, draft)
    own(home, passwordFile)
    const { code, output } = await run(home, home.programs.initdb, [
      `--pgdata=${name}`,
      `--username=${DATABASE_USER}`,
      `--pwfile=${name}.password`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(isDurable ? [] : ['--no-sync']),
      ...Object.entries(INITIAL_SETTINGS).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ])
    if (code !== 0)
      throw new Error(`建立数据库未完成（${clusterPath(home)}）。${spaceWarning(home)}\n${output.trim()}`)
    moveInto(home, draft)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(draft, { recursive: true, force: true })
  }
}

function moveInto(home: EmbeddedHome, draft: string): void {
  try {
    renameSync(draft, clusterPath(home))
    syncFolder(home.folder)
  } catch (error) {
    if (!isInitialised(home)) throw error
  }
}

/** So that the move outlives a power cut. Windows has no such call on folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** What processes killed while making a cluster have left behind. */
function dropUnfinished(home: EmbeddedHome): void {
  const pattern = new RegExp(`\\.new-(\\d+)-[0-9a-f]{8}(\\.password)?$`)
  for (const name of readdirSync(home.folder)) {
    const pid = name.startsWith(`${home.cluster}.new-`) ? pattern.exec(name)?.[1] : undefined
    if (pid && !isAlive(Number(pid))) rmSync(join(home.folder, name), { recursive: true, force: true })
  }
}

/** After a restore by root everything belongs to root, which PostgreSQL refuses. */
export function adopt(home: EmbeddedHome, path = clusterPath(home)): void {
  if (!home.user || lstatSync(path).uid === home.user.uid) return
  own(home, path)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) adopt(home, join(path, name))
}

function own(home: EmbeddedHome, path: string): void {
  if (home.user && !lstatSync(path).isSymbolicLink()) chownSync(path, home.user.uid, home.user.gid)
}

/** `postmaster.pid`, written by PostgreSQL while it runs; a crash leaves it behind. */
export interface Lock {
  pid: number
  port: number
  text: string
}

/** https://www.postgresql.org/docs/18/storage-file-layout.html: first line the process, fourth the port. */
export function findLock(home: EmbeddedHome): Lock | undefined {
  try {
    const text = readFileSync(join(clusterPath(home), 'postmaster.pid'), 'utf8')
    const lines = text.split('\n')
    const [pid, port] = [Number(lines[0]), Number(lines[3])]
    return pid > 0 && port > 0 ? { pid, port, text } : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether the process named by the lock is alive and is this cluster's PostgreSQL: numbers are given out again. */
export async function isRunning(home: EmbeddedHome, lock: Lock): Promise<boolean> {
  if (!isAlive(lock.pid)) return false
  if (process.platform === 'win32') return true
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${lock.pid}/cwd`) === realpathSync(clusterPath(home))
    } catch (error) {
      // Gone or a zombie. Another user's process cannot be looked into: ask for its name below.
      if (isMissing(error)) return false
    }
  }
  const { output } = await run(home, 'ps', ['-o', 'comm=', '-p', String(lock.pid)])
  return /postgres/.test(output)
}

/**
 * The lock names a live process that is none of ours, and PostgreSQL would refuse to start. Puts a dead number in its
 * place and keeps the rest, by which PostgreSQL sees whether remains of the crashed one still use its memory.
 */
export function releaseRecycled(home: EmbeddedHome, lock: Lock): void {
  if (!isAlive(lock.pid)) return
  let dead = 4_194_303
  while (isAlive(dead)) dead -= 1
  if (findLock(home)?.text !== lock.text) return
  const file = join(clusterPath(home), 'postmaster.pid')
  writeFileSync(file, lock.text.replace(/^\d+/, String(dead)))
}

/**
 * Remains of a crashed one that are about to go, a port taken this moment, somebody else who was faster — or who joined
 * what we started and, done before we looked, stopped it again.
 */
const PASSING_OBSTACLE =
  /pre-existing shared memory block|Address already in use|lock file "postmaster.pid"|PID file .* is empty|received (fast|smart) shutdown request/

/** Outcome of one try to start; `again` when the obstacle goes away by itself. */
export type Started = { isUp: true } | { isUp: false; again: boolean; reason: string }

/**
 * Starts PostgreSQL in a session of its own, so that it outlives this process, and waits until it answers.
 * It listens on the loopback address only. `port` is taken when free, else another.
 */
export async function start(
  home: EmbeddedHome,
  port: number | undefined,
  settings: Record<string, string>,
): Promise<Started> {
  capLog(home)
  closeSync(openSync(logPath(home), 'a', 0o600))
  own(home, logPath(home))
  const before = statSync(logPath(home)).size
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(await freePort(port)),
    logging_collector: 'off',
    ...settings,
  }
  const { code, output } = await run(home, home.programs.pg_ctl, [
    'start',
    '-w',
    '-s',
    ...['-t', String(START_WAIT_SECONDS)],
    ...['-D', home.cluster],
    ...['-l', 'postgres.log'],
    ...[
      '-o',
      Object.entries(options)
        .map(([key, value]) => `-c ${key}=${value}`)
        .join(' '),
    ],
  ])
  if (code === 0) return { isUp: true }
  const told = logSince(home, before)
  const again = PASSING_OBSTACLE.test(told + output)
  const reason = [spaceWarning(home), told.trim() || output.trim()].filter(Boolean).join('\n')
  return { isUp: false, again, reason: reason || `pg_ctl: ${code}` }
}

/**
 * Stops the cluster, cutting what is still connected; everything committed is on disk. Waits for the process that was
 * asked, not for the lock to go: somebody else may be starting the next one meanwhile.
 */
export async function stop(home: EmbeddedHome): Promise<void> {
  const lock = findLock(home)
  if (!lock) return
  const { output } = await run(home, home.programs.pg_ctl, [
    'stop',
    '-W',
    '-s',
    '-m',
    'fast',
    '-D',
    home.cluster,
  ])
  const deadline = Date.now() + STOP_WAIT_MS
  while (findLock(home)?.pid === lock.pid && (await isRunning(home, lock))) {
    if (Date.now() > deadline) throw new Error(`数据库没有停下来（${clusterPath(home)}）。${output.trim()}`)
    await sleep(STOP_LOOK_MS)
  }
}

/** PostgreSQL appends, so the file may be cut under it. */
export function capLog(home: EmbeddedHome): void {
  const found = statSync(logPath(home), { throwIfNoEntry: false })
  if (!found || found.size <= LOG_LIMIT_BYTES) return
  copyFileSync(logPath(home), `${logPath(home)}.1`)
  truncateSync(logPath(home))
}

function logSince(home: EmbeddedHome, offset: number): string {
  const handle = openSync(logPath(home), 'r')
  try {
    const size = statSync(logPath(home)).size
    const from = Math.max(offset, size - LOG_TAIL_BYTES)
    const buffer = Buffer.alloc(Math.max(0, size - from))
    readSync(handle, buffer, 0, buffer.length, from)
    return buffer.toString('utf8')
  } finally {
    closeSync(handle)
  }
}

function spaceWarning(home: EmbeddedHome): string {
  const { bavail, bsize } = statfsSync(home.folder)
  const free = bavail * bsize
  return free < NEARLY_FULL_BYTES ? `磁盘快满了：${home.folder} 只剩 ${Math.floor(free / 1024)} KB。` : ''
}

/** The wished one when nobody listens on it, else any. */
async function freePort(wished: number | undefined): Promise<number> {
  const tryListen = (port: number) =>
    new Promise<number | undefined>(resolve => {
      const probe = createServer()
      probe.once('error', () => resolve(undefined))
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address()
        probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
      })
    })
  const found = (wished && (await tryListen(wished))) || (await tryListen(0))
  if (!found) throw new Error('127.0.0.1 上没有空闲端口。')
  return found
}

/** Runs a program in the home's folder as its OS user, in English, with nothing of our own environment (secrets). */
function run(
  home: EmbeddedHome,
  program: string,
  args: string[],
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const { PATH = '', LD_LIBRARY_PATH, SystemRoot, TEMP } = process.env
    const child = spawn(program, args, {
      cwd: home.folder,
      env: { PATH, LC_ALL: 'C', ...defined({ LD_LIBRARY_PATH, SystemRoot, TEMP }) },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(home.user ? { uid: home.user.uid, gid: home.user.gid } : {}),
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', cause => reject(new Error(`${program} 运行不了：${cause.message}`, { cause })))
    // On Windows the started server keeps the pipes open.
    child.once(process.platform === 'win32' ? 'exit' : 'close', (code: number | null) =>
      resolve({ code, output }),
    )
  })
}

const defined = (values: Record<string, string | undefined>) =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
