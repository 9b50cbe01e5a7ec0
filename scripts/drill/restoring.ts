import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { eraseJob } from '../../server/domains/privacy/erasures.service.ts'
import { until } from '../../tests/support/processes.ts'
import { insist } from './insist.ts'
import { newFolder, type Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const ROOT = join(import.meta.dirname, '../..')
const BACKUP_KEY = 'Rk3-zU8_wq17Lm-Tb52_xYc94-drill'
const ERASED = 6
const ERASED_WITHIN_SECONDS = 60

interface Told {
  code: number | null
  said: string
}

/** One of the operator's commands. */
export function command(script: string, args: string[], env: Record<string, string>): Promise<Told> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, script), ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('error', reject)
    child.once('exit', code => resolve({ code, said }))
  })
}

/** Tables in which one of these ids stands, the queue's too. */
async function rowsNaming({ product }: Stage, ids: string[]): Promise<string[]> {
  const tables = await product.query<{ name: string }>(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`)
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await product.query(
      `select from ${name} t where exists (select from unnest($1::text[]) id where t::text like '%' || id || '%') limit 1`,
      [ids],
    )
    if (rows.length > 0) found.push(name)
  }
  return found
}

/** People ask to be erased; an older backup comes back over it; they stay away, also after a pull of everything. */
export async function eraseAndRestore(stage: Stage, verdicts: Verdicts): Promise<void> {
  const { product, databaseUrl, guides } = stage
  const folder = await newFolder()
  const env = { DATABASE_URL: databaseUrl, BACKUP_KEY }
  const file = join(folder, 'drill.backup')
  try {
    const taken = await command('server/backup.ts', ['--out', file], env)
    if (taken.code !== 0) throw new Error(taken.said)
    const hers = await product.query<{ id: string }>(
      `select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
       where s.user_id = $1 and f.status = 'active' order by c.customer_id limit $2`,
      [guides[1]?.userId, ERASED],
    )
    const ids = hers.map(({ id }) => id)
    const [victim] = product.servers
    const erasing = Promise.all(
      ids.map(id =>
        insist(stage.admin, 'DELETE', `/api/customers/${id}`, { reason: '她要求删除' }, randomUUID()),
      ),
    )
    await victim.kill()
    const answers = await erasing
    await victim.start()
    const refused = answers.filter(({ status }) => status !== 202)
    if (refused.length > 0) throw new Error(`删除没有收下：${refused.map(({ status }) => status).join('、')}`)
    const waiting = () =>
      product.query<{ id: string }>(`select erasure_id as id from erasures where state <> 'done'`)
    await until(async () => (await waiting()).length === 0, 'the erasures', 120_000).catch(
      async (cause: unknown) => {
        const lines = product.servers.flatMap(server => server.log().split('\n'))
        const told = lines.filter(line => line.includes(eraseJob.name)).at(-1)
        throw new Error(`${(await waiting()).length} 个删除没有做完 ${told ?? ''}`, { cause })
      },
    )
    const [slowest] = await product.query<{ seconds: number }>(
      `select max(extract(epoch from done_at - asked_at))::float8 as seconds from erasures`,
    )
    const took = slowest?.seconds ?? Number.NaN
    verdicts.note(
      'P29',
      took <= ERASED_WITHIN_SECONDS,
      `${ids.length} 人要求删除，中间杀掉一台，最慢 ${took.toFixed(1)} 秒做完`,
    )
    const left = await rowsNaming(stage, ids)
    verdicts.note(
      'P29',
      left.length === 0,
      `删完哪张表里都没有她们${left.length > 0 ? `：${left.join('、')}` : ''}`,
    )

    for (const server of product.servers) await server.end()
    const list = join(folder, 'newest.erasures')
    const newer = await command('server/backup.ts', ['--out', join(folder, 'newest')], env)
    if (newer.code !== 0) throw new Error(newer.said)
    const restored = await command('server/restore.ts', [file, '--replace', '--erasures', list], env)
    if (restored.code !== 0) throw new Error(restored.said)
    verdicts.note('P12 P29', true, `旧备份盖回来：${restored.said.trim().split('\n').at(-1)}`)
    await Promise.all(product.servers.map(server => server.start()))
    // Sessions stay behind on purpose.
    stage.admin = await stage.signIn('hq_admin')
    for (const [place, guide] of guides.entries())
      await stage.signIn(guide.userId).then(
        again => (guides[place] = again),
        () => undefined,
      )
    await pullAll(stage)
    await product.quiet(60_000)
    const back = await rowsNaming(stage, ids)
    verdicts.note(
      'P29',
      back.length === 0,
      `恢复并重新核对之后，她们没有回来${back.length > 0 ? `：${back.join('、')}` : ''}`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
    for (const server of product.servers) if (!server.isAlive()) await server.start()
  }
}

async function pullAll({ product, admin }: Stage): Promise<void> {
  const asked = Date.now()
  await insist(admin, 'POST', '/api/sync/pull', {}, randomUUID())
  await until(
    async () => {
      const [run] = await product.query<{ state: string; at: Date | null }>(
        'select state, finished_at as at from sync_runs',
      )
      return run?.state === 'done' && (run.at?.getTime() ?? 0) > asked - 1_000
    },
    'the pull',
    120_000,
  )
}

/** The operator's own proofs. */
export async function auditAll({ databaseUrl }: Stage, verdicts: Verdicts): Promise<void> {
  const env = { DATABASE_URL: databaseUrl }
  const coupons = await command('server/auditCoupons.ts', [], env)
  verdicts.note(
    'P9 P10',
    coupons.code === 0,
    `npm run audit:coupons：${coupons.said.trim().split('\n').at(-1)}`,
  )
  const record = await command('server/auditVerify.ts', [], env)
  verdicts.note(
    'P27 P28',
    record.code === 0,
    `npm run audit:verify：${record.said.trim().split('\n').at(-1)}`,
  )
}
