import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Health } from '../../shared/contract/health.ts'
import { openEmbedded } from '../../server/db/embedded.ts'
import { migrate } from '../../server/db/migrate.ts'
import { createTestDb, type TestDb } from '../support/testDb.ts'
import { startPublicSide, type PublicSide } from './domains/health/publicSide.ts'
import { startWecomServer, type WecomServer } from './wecom/wecomServer.ts'

const root = join(import.meta.dirname, '../..')
const SECRET = 'kT3vQ9xW2mLr7ZpY'

let test: TestDb
let wecom: WecomServer
let side: PublicSide
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  wecom = await startWecomServer()
  side = await startPublicSide()
  wecom.answer['agent/get'] = () => ({
    json: {
      errcode: 0,
      name: '导购侧边栏',
      allow_userinfos: { user: [{ userid: 'chenlu' }] },
      redirect_domain: new URL(side.url).host,
      home_url: `${side.url}/today`,
    },
  })
  wecom.answer['externalcontact/get_follow_user_list'] = () => ({
    json: { errcode: 0, follow_user: ['chenlu'] },
  })
})
afterEach(async () => {
  await wecom.close()
  await side.close()
})

interface Told {
  code: number | null
  output: string
}
const doctor = (env: Record<string, string>, ...args: string[]): Promise<Told> =>
  run([join(root, 'server/doctor.ts'), ...args], root, env)

async function run(args: string[], cwd: string, env: Record<string, string>): Promise<Told> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

const settings = (): Record<string, string> => ({
  NODE_ENV: 'test',
  PUBLIC_URL: side.url,
  SESSION_SECRET: 'v8Jq2mZr7Lw4Xc9Tn1Kd6Hf3Bs5Pg0Ya',
  WECOM_CORP_ID: 'ww_doctor',
  WECOM_AGENT_ID: '1000002',
  WECOM_APP_SECRET: SECRET,
  WECOM_API_BASE: wecom.apiBase,
  DATABASE_URL: test.url,
})

describe('npm run doctor', () => {
  it('names every missing setting first, and ends with 1', async () => {
    const { code, output } = await doctor({})
    expect(code).toBe(1)
    for (const name of [
      'PUBLIC_URL',
      'SESSION_SECRET',
      'WECOM_CORP_ID',
      'WECOM_AGENT_ID',
      'WECOM_APP_SECRET',
    ])
      expect(output).toContain(`✘ 设置：${name}：没有设置`)
  })

  it('reads .env where it is started, as every command of the server does; what is set already wins', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const ofServer = Object.values(scripts).flatMap(line => / (server\/\S+\.[jt]s)$/.exec(line)?.[1] ?? [])
    expect(ofServer.length).toBeGreaterThan(5)
    for (const file of ofServer)
      expect(await readFile(join(root, file), 'utf8'), file).toMatch(/^ *readEnvFile\(\)$/m)

    const folder = await mkdtemp(join(tmpdir(), 'guidebar-env-'))
    try {
      await writeFile(join(folder, '.env'), 'WECOM_CORP_ID=ww_of_the_file\nWECOM_AGENT_ID=no-number\n')
      const { output } = await run([join(root, 'server/doctor.ts')], folder, {
        WECOM_AGENT_ID: '1',
      })
      expect(output).not.toMatch(/WECOM_CORP_ID|WECOM_AGENT_ID/)
      expect(output).toContain('✘ 设置：PUBLIC_URL：没有设置')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('P8 judges settings as production does, unless told otherwise', async () => {
    const { code, output } = await doctor({ ...settings(), NODE_ENV: '' })
    expect(code).toBe(1)
    expect(output).toContain('✘ 设置：PUBLIC_URL：正式环境要用 https')
  })

  it('shows every check with its fix, and ends with 0 when nothing is wrong', async () => {
    const { code, output } = await doctor(settings())
    expect(output).toContain('✔ 数据库：PostgreSQL')
    expect(output).toContain('✔ 应用 Secret：')
    expect(output).toContain('! 接收消息（回调）：')
    expect(output).toContain(`    → 企业微信管理后台`)
    expect(output).toContain(`应用主页  ${side.url}/today`)
    expect(output).not.toContain('\u001b')
    expect(code).toBe(0)
  })

  it('ends with 1 when something is, and asks no more often than the brakes allow', async () => {
    wecom.answer.gettoken = () => ({ json: { errcode: 40001, errmsg: 'invalid credential' } })
    const env = { ...settings(), WECOM_CORP_ID: 'ww_wrong_secret' }
    for (let look = 0; look < 3; look++) {
      const { code, output } = await doctor(env)
      expect(code).toBe(1)
      expect(output).toContain('✘ 应用 Secret：Secret 不对')
    }
    expect(wecom.askedFor('gettoken')).toHaveLength(1)
  })

  it('is readable by machines with --json, without a secret', async () => {
    const { output } = await doctor(settings(), '--json')
    const { settings: lines, ...health } = JSON.parse(output) as { settings: string[] }
    expect(lines).toEqual([])
    expect(Health.parse(health).checks.length).toBeGreaterThan(10)
    expect(output).not.toContain(SECRET)
  })

  it('P23 joins the embedded database a server uses, and leaves it running', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-doctor-'))
    // As root, PostgreSQL runs as another user, who must be able to enter.
    await chmod(dataDir, 0o755)
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const server = await openEmbedded({ dataDir, log: quiet })
    try {
      await migrate(server.url)
      const { output } = await doctor({ ...settings(), DATABASE_URL: '', DATA_DIR: dataDir })
      expect(output).toContain('✔ 数据库：PostgreSQL')
      const again = await openEmbedded({ dataDir, log: quiet })
      expect(again.joined).toBe(true)
      await again.close()
    } finally {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})
