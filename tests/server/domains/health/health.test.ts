import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Health, HealthCheck, HealthCheckKey } from '../../../../shared/contract/health.ts'
import { HealthCheckKey as Keys, Health as HealthShape } from '../../../../shared/contract/health.ts'
import { runChecks } from '../../../../server/domains/health/runChecks.ts'
import { checkClock } from '../../../../server/domains/health/databaseChecks.ts'
import { openDb, type Db } from '../../../../server/db/db.ts'
import { systemClock } from '../../../../server/clock.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { alive, startPublicSide, verifying, type PublicSide } from './publicSide.ts'

const OWNERSHIP = 'WW_verify_aB3dE6gH9jK2mN5p.txt'
const CALLBACK = { token: 'CallbackToken01', aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' }
const SECRET = 'the very secret of this app'

let test: TestDb
let side: PublicSide
let dataDir: string
let app: TestApp
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  side = await startPublicSide()
  dataDir = await mkdtemp(join(tmpdir(), 'guidebar-health-'))
  app = await createTestApp({
    test,
    publicUrl: side.url,
    env: {
      DATA_DIR: dataDir,
      WECOM_APP_SECRET: SECRET,
      WECOM_CALLBACK_TOKEN: CALLBACK.token,
      WECOM_CALLBACK_AES_KEY: CALLBACK.aesKey,
      ADMIN_USERIDS: 'FangZhiyuan',
    },
  })
  await everythingRight()
})
afterEach(async () => {
  await app.close()
  await side.close()
  await rm(dataDir, { recursive: true })
})

/** A corp in which every check is green; each test spoils one thing. */
async function everythingRight(): Promise<void> {
  const { wecom, corp, db, clock } = app
  // The checks compare with the database's own clock.
  clock.set(new Date())
  side.answer['/wecom/callback'] = verifying({ ...CALLBACK, receiveId: corp.wecomCorpId })
  side.answer[`/${OWNERSHIP}`] = () => ({ text: 'aB3dE6gH9jK2mN5p' })
  await writeFile(join(dataDir, OWNERSHIP), 'aB3dE6gH9jK2mN5p')
  wecom.agent = {
    name: '导购侧边栏',
    userIds: ['chenlu'],
    departmentIds: [2],
    homeUrl: `${side.url}/today`,
    redirectDomain: new URL(side.url).host,
    isClosed: false,
  }
  wecom.followUserIds = ['chenlu']
  wecom.skew = 0
  await app.make.staff(corp, { userId: 'fangzhiyuan', role: 'admin' })
  const now = clock.now()
  await sql`
    insert into sync_runs (corp_id, state, started_at, finished_at) values (${corp.corpId}, 'done', ${now}, ${now})`.execute(
    db,
  )
  await sql`
    insert into callback_events (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at, state)
    values (${corp.corpId}, 'a hash', 'change_external_contact', 'edit_external_contact', 'customer:wm1', 'sealed', ${now}, ${now}, 'done')`.execute(
    db,
  )
}

const look = (): Promise<Health> =>
  runChecks({
    config: app.config,
    clock: app.clock,
    openDatabase: async () => app.db,
    openWecom: async () => ({ corpId: app.corp.corpId, wecom: app.wecom }),
  })
async function lookAt(key: HealthCheckKey): Promise<HealthCheck> {
  const found = (await look()).checks.find(check => check.key === key)
  if (!found) throw new Error(`no check ${key}`)
  return found
}
const statesOf = ({ checks }: Health) => Object.fromEntries(checks.map(({ key, state }) => [key, state]))

describe('the page', () => {
  it('is for admins only', async () => {
    for (const role of ['guide', 'manager'] as const) {
      const member = await app.signIn(await app.make.staff(app.corp, { role }))
      expect((await member.fetch('/api/health-checks')).status).toBe(403)
    }
    expect((await app.fetch('/api/health-checks')).status).toBe(401)
    expect(app.wecom.calls).toEqual([])
  })

  it('shows every check once, in the order in which things are put right', async () => {
    const admin = await app.signIn(await app.make.staff(app.corp, { role: 'admin' }))
    const answer = await admin.fetch('/api/health-checks')
    expect(answer.status).toBe(200)
    const health = HealthShape.parse(await answer.json())
    expect(health.checks.map(({ key }) => key)).toEqual(Keys.options)
  })

  it('looks once however often it is asked within a few seconds', async () => {
    const admin = await app.signIn(await app.make.staff(app.corp, { role: 'admin' }))
    await Promise.all([1, 2, 3].map(() => admin.fetch('/api/health-checks')))
    await admin.fetch('/api/health-checks')
    expect(app.wecom.callsOf('getAgent')).toHaveLength(1)
    expect(side.asked.filter(({ pathname }) => pathname === '/healthz')).toHaveLength(1)
  })

  it('tells what to paste into the console', async () => {
    expect((await look()).console).toEqual([
      { name: '可信域名', value: new URL(side.url).host },
      { name: '接收消息 URL', value: `${side.url}/wecom/callback` },
      { name: '聊天工具栏、客户详情页的页面地址', value: `${side.url}/sidebar/` },
      { name: '应用主页', value: `${side.url}/today` },
    ])
  })
})

describe('when everything is right', () => {
  it('is green but for plain http, with two calls to WeCom', async () => {
    const health = await look()
    for (const check of health.checks)
      expect([check.key, check.state, check.detail]).toEqual([
        check.key,
        check.key === 'publicUrl' ? 'warn' : 'ok',
        check.detail,
      ])
    expect(app.wecom.calls.map(({ verb }) => verb)).toEqual(['getAgent', 'listFollowUserIds'])
  })

  it('asks its own address and nobody else', async () => {
    await look()
    expect(side.asked.map(({ pathname }) => pathname).sort()).toEqual(
      [`/${OWNERSHIP}`, '/healthz', '/wecom/callback'].sort(),
    )
  })
})

describe('P8 what is refused by WeCom', () => {
  const refused = (errcode: number, ip?: string) =>
    app.wecom.fail('getAgent', new WecomError('gettoken', { errcode, ...(ip && { ip }) }))

  it.each([
    [40013, 'corpId', 'WECOM_CORP_ID'],
    [40001, 'secret', 'WECOM_APP_SECRET'],
    [40091, 'secret', 'WECOM_APP_SECRET'],
    [50003, 'agent', '启用应用'],
    [60020, 'trustedIp', '企业可信IP'],
  ] as const)('%i: says where (%s) and what to do, and leaves the rest open', async (errcode, key, words) => {
    refused(errcode)
    const { checks } = await look()
    for (const check of checks.slice(2, 9))
      expect([check.key, check.state]).toEqual([check.key, check.key === key ? 'bad' : 'unknown'])
    const check = checks.find(each => each.key === key)
    expect(check?.detail + (check?.fix ?? '')).toContain(words)
    expect(check?.fix).toMatch(/企业微信管理后台 → /)
  })

  it('60020: names the address to enter', async () => {
    refused(60020, '203.0.113.9')
    const health = await look()
    expect(health.checks.find(({ key }) => key === 'trustedIp')).toMatchObject({
      state: 'bad',
      fix: expect.stringContaining('203.0.113.9') as string,
    })
    expect(health.console).toContainEqual({ name: '企业可信IP', value: '203.0.113.9' })
  })

  it('tells from the brake when it will be asked again, and the address from there', async () => {
    refused(60020)
    const until = new Date('2026-11-21T06:05:00Z')
    app.wecom.brakes = [{ api: '*', errcode: 60020, ip: '203.0.113.7', since: until, until }]
    const { detail, fix } = await lookAt('trustedIp')
    expect(detail).toContain('11月21日 14:05')
    expect(fix).toContain('203.0.113.7')
  })

  it('48002: names the menu in which the app is to be ticked', async () => {
    app.wecom.fail(
      'listFollowUserIds',
      new WecomError('externalcontact/get_follow_user_list', { errcode: 48002 }),
    )
    expect(await lookAt('customerContact')).toMatchObject({
      state: 'bad',
      fix: expect.stringContaining('API → 可调用接口的应用') as string,
    })
  })

  it('says that WeCom cannot be reached, without a guess about the settings', async () => {
    app.wecom.fail('getAgent', new WecomError('gettoken', { trouble: 'network', reason: 'ECONNREFUSED' }))
    const health = await look()
    expect(statesOf(health)).toMatchObject({ corpId: 'bad', secret: 'unknown', trustedIp: 'unknown' })
    expect(health.checks.find(({ key }) => key === 'corpId')?.fix).toContain('qyapi.weixin.qq.com')
  })

  it('takes another refusal of the app for a wrong agent id: the token was given', async () => {
    app.wecom.fail('getAgent', new WecomError('agent/get', { errcode: 301002 }))
    expect(statesOf(await look())).toMatchObject({
      corpId: 'ok',
      secret: 'ok',
      trustedIp: 'ok',
      agent: 'bad',
      visibleRange: 'unknown',
      customerContact: 'unknown',
      trustedDomain: 'unknown',
    })
  })
})

describe('the app in the console', () => {
  it.each([
    ['closed', { isClosed: true }, 'agent', 'bad', '启用应用'],
    ['no home', { homeUrl: '' }, 'agent', 'warn', '/today'],
    ['another home', { homeUrl: 'https://old.example.com/' }, 'agent', 'warn', '/today'],
    ['an empty range', { userIds: [], departmentIds: [] }, 'visibleRange', 'bad', '可见范围'],
    ['no domain', { redirectDomain: '' }, 'trustedDomain', 'bad', '可信域名'],
    ['another domain', { redirectDomain: 'www.example.com' }, 'trustedDomain', 'bad', '一字不差'],
  ] as const)('%s', async (_, given, key, state, words) => {
    Object.assign(app.wecom.agent, given)
    // Whom an earlier pull has brought stays visible, whatever the console says.
    await sql`delete from staff where corp_id = ${app.corp.corpId}`.execute(app.db)
    const check = await lookAt(key)
    expect(check.state).toBe(state)
    expect(check.fix).toContain(words)
  })

  it('needs somebody who may have customers', async () => {
    app.wecom.followUserIds = []
    expect(await lookAt('customerContact')).toMatchObject({ state: 'bad' })
  })
})

describe('the own address', () => {
  it.each([
    ['another program', () => ({ text: '<html>' }), '不是本程序'],
    ['a redirect', () => ({ status: 301, headers: { Location: 'https://elsewhere.example' } }), '跳到了别处'],
    ['a proxy alone', () => ({ status: 502 }), '反向代理找不到本程序'],
    ['a flood', () => ({ text: 'x'.repeat(1_000_000) }), '不是本程序'],
    ['silence', () => 'silence' as const, '没有回答'],
  ])('%s is told, and what needs it stays open', async (_, answer, words) => {
    side.answer['/healthz'] = answer
    const health = await look()
    expect(statesOf(health)).toMatchObject({ publicUrl: 'bad', callback: 'unknown' })
    expect(health.checks.find(({ key }) => key === 'publicUrl')?.detail).toContain(words)
  })

  it('that nobody listens on, is an answer too', async () => {
    const { url } = side
    await side.close()
    app.config.publicUrl = url
    expect(await lookAt('publicUrl')).toMatchObject({ state: 'bad', detail: `${url} 连接被拒绝` })
  })

  it('without the file that proves it, is only warned of', async () => {
    await rm(join(dataDir, OWNERSHIP))
    expect(await lookAt('trustedDomain')).toMatchObject({ state: 'warn' })
  })

  it('that shows another file there is wrong', async () => {
    side.answer[`/${OWNERSHIP}`] = alive
    expect(await lookAt('trustedDomain')).toMatchObject({ state: 'bad' })
  })
})

describe('the receive URL', () => {
  it.each([
    ['quotes around the text', (text: string) => ({ text: `"${text}"` })],
    ['a line end', (text: string) => ({ text: `${text}\n` })],
    ['a refusal', () => ({ status: 403 })],
    ['more than a second', (text: string) => ({ text, afterMs: 1_100 })],
  ])('is wrong with %s', async (_, spoil) => {
    const right = verifying({ ...CALLBACK, receiveId: app.corp.wecomCorpId })
    side.answer['/wecom/callback'] = url => {
      const answer = right(url)
      return spoil(answer === 'silence' ? '' : (answer.text ?? ''))
    }
    expect(await lookAt('callback')).toMatchObject({ state: 'bad' })
  })

  it('is warned of while no event has come, and while it is not set up', async () => {
    await sql`delete from callback_events where corp_id = ${app.corp.corpId}`.execute(app.db)
    expect(await lookAt('callback')).toMatchObject({
      state: 'warn',
      fix: expect.stringContaining('外部联系人变更回调') as string,
    })
    app.config.wecom.callback = undefined
    expect(await lookAt('callback')).toMatchObject({
      state: 'warn',
      fix: expect.stringContaining('WECOM_CALLBACK_TOKEN') as string,
    })
  })
})

describe('time', () => {
  const clockCheck = (wecomMs: number | undefined, databaseMs: number | undefined, clockFile?: string) =>
    checkClock({ wecomMs, databaseMs }, { clockFile }).state
  it.each([
    [0, 0, 'ok'],
    [-60_000, 0, 'ok'],
    [-61_000, 0, 'warn'],
    [300_000, 0, 'warn'],
    [301_000, 0, 'bad'],
    [0, 61_000, 'warn'],
    [0, -301_000, 'bad'],
    [undefined, 0, 'unknown'],
    [undefined, 301_000, 'bad'],
    [undefined, undefined, 'unknown'],
  ])('%s ms to WeCom and %s ms to the database is %s', (wecomMs, databaseMs, state) => {
    expect(clockCheck(wecomMs, databaseMs)).toBe(state)
  })
  it('told by a file is not the database’s', () => {
    expect(clockCheck(0, 9_000_000, '/tmp/clock')).toBe('ok')
  })
})

describe('what lies in the database', () => {
  const corpId = () => app.corp.corpId

  it.each([
    [sql`state = 'stopped', reason = '服务器的 IP 不在企业可信 IP 里'`, 'bad', 'IP'],
    [sql`state = 'running', finished_at = null`, 'warn', '第一次同步'],
    [sql`state = 'running'`, 'ok', '正在核对'],
    [sql`finished_at = clock_timestamp() - interval '37 hours'`, 'warn', '37 小时'],
  ])('sync: %#', async (change, state, words) => {
    await sql`update sync_runs set ${change} where corp_id = ${corpId()}`.execute(app.db)
    const check = await lookAt('sync')
    expect(check.state).toBe(state)
    expect(check.detail).toContain(words)
  })

  it.each([
    [['FangZhiyuan'], 'ok', '1 位：FangZhiyuan'],
    [['fangzhiyuan', 'fang.zhiyuan'], 'warn', 'fang.zhiyuan 不是在职成员'],
    [['gone'], 'bad', 'gone 不是在职成员，或不在应用的可见范围里；现在没有管理员'],
    [[], 'warn', '没有设 ADMIN_USERIDS'],
  ])('admins set as %j are %s', async (adminUserIds, expected, words) => {
    await app.make.staff(app.corp, { userId: 'gone', status: 'left' })
    app.config.adminUserIds = adminUserIds
    const check = await lookAt('admins')
    expect(check.state).toBe(expected)
    expect(check.detail).toContain(words)
  })

  it('admins of a corp whose members nobody has asked for yet are not judged', async () => {
    await sql`update staff set status = 'left' where corp_id = ${corpId()}`.execute(app.db)
    expect(await lookAt('admins')).toMatchObject({ state: 'unknown' })
  })

  it('a corp that has never been pulled', async () => {
    await sql`delete from sync_runs where corp_id = ${corpId()}`.execute(app.db)
    expect(await lookAt('sync')).toMatchObject({ state: 'warn' })
  })

  it.each([
    ['waiting', 10, 'ok', '1 项正在路上'],
    ['waiting', 2 * 60, 'warn', '2 小时'],
    ['sending', 25 * 60, 'bad', '25 小时'],
    ['dead', 10, 'warn', '1 项没有同步成'],
    ['refused', 10, 'warn', '1 项没有同步成'],
    ['done', 9999, 'ok', '没有等着写回的改动'],
  ])('an outbox row %s for %i minutes is %s', async (state, minutes, expected, words) => {
    const createdAt = new Date(app.clock.now().getTime() - minutes * 60_000)
    await sql`
      insert into outbox (outbox_id, corp_id, kind, lane, subject, payload, state, created_at)
      values (gen_random_uuid(), ${corpId()}, 'tags', 'customer:1', 'follow:1', '{}', ${state}, ${createdAt})`.execute(
      app.db,
    )
    const check = await lookAt('outbox')
    expect(check.state).toBe(expected)
    expect(check.detail).toContain(words)
  })
})

describe('P22 the database', () => {
  const without = (openDatabase: () => Promise<Db>) =>
    runChecks({
      config: app.config,
      clock: systemClock(),
      openDatabase,
      openWecom: () => Promise.reject(new Error('asked without a database')),
    })

  it('that is away leaves the rest open, and says so', async () => {
    const db = openDb('postgres://nobody@127.0.0.1:1/none', { log: console })
    const health = await without(async () => db)
    await db.close()
    expect(health.checks.map(({ key }) => key)).toEqual(Keys.options)
    expect(health.checks[0]).toMatchObject({ key: 'database', state: 'bad', detail: '数据库连不上' })
    for (const check of health.checks.slice(2))
      expect(check).toMatchObject({ state: 'unknown', detail: '先修好上面的「数据库」，再查这一项' })
  })

  it('that cannot be opened is an answer, not an exception', async () => {
    const health = await without(() => Promise.reject(new Error('磁盘满了')))
    expect(health.checks[0]).toMatchObject({ state: 'bad', detail: '数据库打不开：磁盘满了' })
  })

  it('without our tables wants the migrations', async () => {
    const bare = await createTestDb()
    try {
      await sql`delete from schema_migrations where version = 2`.execute(bare.db)
      const health = await without(async () => bare.db)
      expect(health.checks[0]).toMatchObject({
        state: 'bad',
        detail: expect.stringContaining('还差迁移 0002') as string,
        fix: expect.stringContaining('npm run migrate') as string,
      })
    } finally {
      await bare.drop()
    }
  })
})

describe('P6 secrets', () => {
  it('are in no answer, whatever is wrong', async () => {
    const spoils: (() => void)[] = [
      () => undefined,
      () => app.wecom.fail('getAgent', new WecomError('gettoken', { errcode: 40001 })),
      () => (side.answer['/wecom/callback'] = () => ({ status: 500 })),
    ]
    for (const spoil of spoils) {
      spoil()
      const said = JSON.stringify(await look())
      for (const secret of [SECRET, CALLBACK.token, CALLBACK.aesKey, app.config.sessionSecret])
        expect(said).not.toContain(secret)
    }
  })
})
