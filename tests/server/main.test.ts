import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createMake } from '../support/make.ts'
import { freePort, until } from '../support/processes.ts'
import { createTestDb, type TestDb } from '../support/testDb.ts'
import { startWecomServer, type WecomServer } from './wecom/wecomServer.ts'

const root = join(import.meta.dirname, '../..')

let test: TestDb
let wecom: WecomServer
let webDir: string
const running: ChildProcess[] = []
beforeAll(async () => {
  test = await createTestDb()
  wecom = await startWecomServer()
  webDir = await mkdtemp(join(tmpdir(), 'guidebar-main-'))
  await writeFile(join(webDir, 'index.html'), '<html><!--boot--></html>')
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await wecom.close()
  await test.drop()
  await rm(webDir, { recursive: true })
})

interface Started {
  child: ChildProcess
  output: () => string
  /** exit code once it has ended */
  ended: Promise<number | null>
}

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, [join(root, 'server/main.ts')], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text, ended: once(child, 'close').then(([code]) => code as number | null) }
}

async function settings(): Promise<Record<string, string>> {
  return {
    PORT: String(await freePort()),
    PUBLIC_URL: 'http://127.0.0.1:20000',
    SESSION_SECRET: 'a secret of the tests, long enough for anything',
    WECOM_CORP_ID: 'ww_main',
    WECOM_AGENT_ID: '1',
    WECOM_APP_SECRET: 'the secret of the tests',
    WECOM_API_BASE: wecom.apiBase,
    DATABASE_URL: test.url,
    METRICS_TOKEN: 'the-token-of-whoever-watches',
    WEB_DIR: webDir,
  }
}
const isReady = async (env: Record<string, string>, started: Started) =>
  until(async () => (await fetch(`http://127.0.0.1:${env.PORT}/readyz`)).ok, 'readiness').catch(
    (cause: unknown) => {
      throw new Error(started.output(), { cause })
    },
  )

describe('a server that cannot start', () => {
  it('names every missing setting at once', async () => {
    const { ended, output } = start({})
    expect(await ended).toBe(1)
    for (const name of [
      'PUBLIC_URL',
      'SESSION_SECRET',
      'WECOM_CORP_ID',
      'WECOM_AGENT_ID',
      'WECOM_APP_SECRET',
    ])
      expect(output()).toContain(name)
    expect(output()).not.toMatch(/ at .*\.ts:/)
  })

  it.each([
    ['no build', { WEB_DIR: join(tmpdir(), 'guidebar-nothing-here') }, 'npm run build'],
    ['no database', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, '数据库连不上'],
    ['no such address', { HOST: '203.0.113.1' }, 'HOST 不是这台机器的地址'],
  ])(
    'says in one line that there is %s',
    async (_, wrong, words) => {
      const { ended, output } = start({ ...(await settings()), ...wrong, LOG_LEVEL: 'silent' })
      expect(await ended).toBe(1)
      expect(output()).toContain(words)
      expect(output().trim().split('\n')).toHaveLength(1)
      // A database is waited for, for most of the time a start may take.
    },
    60_000,
  )

  it('says that its port is taken, and lets go of everything', async () => {
    const env = await settings()
    const other = createServer().listen(Number(env.PORT), '127.0.0.1')
    await once(other, 'listening')
    const { ended, output } = start({ ...env, LOG_LEVEL: 'silent' })
    expect(await ended).toBe(1)
    expect(output()).toContain('端口已被占用')
    other.close()
  })
})

describe('P25 a server that is told to end', () => {
  it('answers what it has begun, takes nothing new, and is gone within 15 s', async () => {
    const env = await settings()
    const server = start(env)
    await isReady(env, server)
    // A login waits for WeCom while the signal arrives.
    const base = `http://127.0.0.1:${env.PORT}`
    const login = await fetch(`${base}/auth/login`, { redirect: 'manual' })
    const state = new URL(login.headers.get('location') ?? '').searchParams.get('state')
    let reached: () => void = () => undefined
    const atWecom = new Promise<void>(resolve => (reached = resolve))
    let goOn: () => void = () => undefined
    const seenEnough = new Promise<void>(resolve => (goOn = resolve))
    wecom.answer['auth/getuserinfo'] = async () => {
      reached()
      await seenEnough
      return { json: { errcode: 0, openid: 'somebody' } }
    }
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const answer = fetch(`${base}/auth/callback?code=C&state=${state}`, { headers: { Cookie: cookie } })
    await atWecom
    const told = performance.now()
    server.child.kill('SIGTERM')
    await until(async () => (await fetch(`${base}/readyz`)).status === 503, 'the server to say that it goes')
    expect(await (await fetch(`${base}/readyz`)).json()).toEqual({ ready: false, reasons: ['正在停下'] })
    const late = await fetch(`${base}/api/session`)
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await late.json()).toMatchObject({ code: 'draining' })
    goOn()
    expect((await answer).status).toBe(403)
    expect(await server.ended).toBe(0)
    expect(performance.now() - told).toBeLessThan(15_000)
    await expect(fetch(`${base}/healthz`)).rejects.toThrow()
  })
})

describe('P12 P25 a server that is killed', () => {
  it('is ready again at its next start, with what it had answered, and nothing of the rest is half done', async () => {
    const env = await settings()
    const first = start(env)
    await isReady(env, first)
    const { rows: corps } = await test.db.pool.query<{ corpId: number }>(
      `select corp_id as "corpId" from corps where wecom_corp_id = $1`,
      [env.WECOM_CORP_ID],
    )
    const corp = { corpId: corps[0]?.corpId ?? 0, wecomCorpId: env.WECOM_CORP_ID ?? '' }
    const make = createMake(test.db)
    const guide = await make.staff(corp)
    const { externalUserId, customerId } = await make.followed(corp, guide)
    const { token } = await make.session(guide, { createdAt: new Date() })
    const note = (label: string) =>
      fetch(`http://127.0.0.1:${env.PORT}/api/customers/${externalUserId}/dates`, {
        method: 'POST',
        headers: {
          Cookie: `guidebar=${token}`,
          Origin: env.PUBLIC_URL ?? '',
          'Content-Type': 'application/json',
          'Idempotency-Key': `a-key-of-this-note-${label}`,
        },
        body: JSON.stringify({
          ...{ person: null, kind: 'other', label },
          date: { calendar: 'solar', month: 5, day: 20 },
        }),
      })
    const answered = await note('answered')
    expect(answered.status).toBe(201)
    const { dateId } = (await answered.json()) as { dateId: string }
    const unheard = note('unheard').catch(() => undefined)
    first.child.kill('SIGKILL')
    await first.ended
    await unheard

    const second = start(env)
    await isReady(env, second)
    const again = await note('answered')
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([201, 'true'])
    expect(await again.json()).toMatchObject({ dateId })
    expect((await note('unheard')).status).toBe(201)
    const { rows } = await test.db.pool.query<{ label: string; touches: number }>(
      `select label, (select count(*)::int from touches t where t.customer_id = d.customer_id) as touches
       from important_dates d where customer_id = $1 order by label`,
      [customerId],
    )
    // Each with its line in the timeline, once.
    expect(rows).toEqual([
      { label: 'answered', touches: 2 },
      { label: 'unheard', touches: 2 },
    ])
  })
})

describe('two servers on one database', () => {
  it('start together and pull once', async () => {
    const database = await createTestDb()
    try {
      wecom.asked.length = 0
      const answers: typeof wecom.answer = {
        'department/list': () => ({
          json: { errcode: 0, department: [{ id: 1, name: '云锦珠宝', parentid: 0 }] },
        }),
        'agent/get': () => ({ json: { errcode: 0, name: '导购侧边栏' } }),
        'externalcontact/get_follow_user_list': () => ({ json: { errcode: 0, follow_user: ['chenlu'] } }),
        'user/get': () => ({
          json: { errcode: 0, userid: 'chenlu', name: '陈露', department: [1], status: 1 },
        }),
        'externalcontact/get_corp_tag_list': () => ({ json: { errcode: 0, tag_group: [] } }),
        'externalcontact/batch/get_by_user': () => ({
          json: { errcode: 0, external_contact_list: [], next_cursor: '' },
        }),
        'externalcontact/groupchat/list': () => ({
          json: { errcode: 0, group_chat_list: [], next_cursor: '' },
        }),
      }
      Object.assign(wecom.answer, answers)
      const environments = await Promise.all([settings(), settings()])
      const servers = environments.map(env => start({ ...env, DATABASE_URL: database.url }))
      await Promise.all(environments.map((env, index) => isReady(env, servers[index] as Started)))
      await until(async () => {
        const { rows } = await database.db.pool.query<{ state: string }>('select state from sync_runs')
        return rows[0]?.state === 'done'
      }, 'the pull')
      expect(wecom.askedFor('externalcontact/batch/get_by_user')).toHaveLength(1)
      expect(wecom.askedFor('gettoken')).toHaveLength(1)
      // What the two tell of themselves adds up to what has been done, once.
      const told = await Promise.all(
        environments.map(async env => {
          const headers = { Authorization: `Bearer ${env.METRICS_TOKEN}` }
          return (await fetch(`http://127.0.0.1:${env.PORT}/metrics`, { headers })).text()
        }),
      )
      for (const text of told) {
        expect(text).toContain('guidebar_database_up 1')
        expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
        expect(text).toMatch(/^guidebar_sync_age_seconds \d/m)
      }
      const calls = told.flatMap(text => [
        ...text.matchAll(/^guidebar_wecom_call_seconds_count\{api="gettoken",errcode="0"\} (\d+)$/gm),
      ])
      expect(calls.map(([, count]) => count)).toEqual(['1'])
    } finally {
      for (const child of running.splice(0)) {
        child.kill('SIGTERM')
        if (child.exitCode === null) await once(child, 'close')
      }
      await database.drop()
    }
  })
})
