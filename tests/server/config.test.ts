import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../server/config.ts'

const complete = {
  PUBLIC_URL: 'https://guidebar.example.com/',
  SESSION_SECRET: 'v8Jq2mZr7Lw4Xc9Tn1Kd6Hf3Bs5Pg0Ya',
  WECOM_CORP_ID: 'ww1234567890abcdef',
  WECOM_AGENT_ID: '1000002',
  WECOM_APP_SECRET: 'kT3vQ9xW2mLr7ZpY',
}
function linesOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.lines
    throw error
  }
  return []
}

describe('the environment', () => {
  it('is enough with five variables', () => {
    expect(readConfig(complete)).toMatchObject({
      port: 8787,
      host: '127.0.0.1',
      publicUrl: 'https://guidebar.example.com',
      databaseUrl: undefined,
      dataDir: './data',
      webDir: './web/dist',
      timeZone: 'Asia/Shanghai',
      adminUserIds: [],
      wecom: { apiBase: 'https://qyapi.weixin.qq.com', oauthBase: 'https://open.weixin.qq.com' },
    })
  })

  it('names everything that is missing at once', () => {
    const lines = linesOf({}).join('\n')
    for (const name of Object.keys(complete)) expect(lines).toContain(`${name}：没有设置`)
  })

  it('takes an empty variable for a missing one', () => {
    expect(linesOf({ ...complete, WECOM_CORP_ID: '' })).toEqual(['WECOM_CORP_ID：没有设置'])
  })

  it('names everything that is malformed, and never says its value', () => {
    const wrong = {
      ...complete,
      PORT: '70000',
      PUBLIC_URL: 'guidebar.example.com',
      DATABASE_URL: 'mysql://user:password@host/db',
      SESSION_SECRET: 'short',
      WECOM_AGENT_ID: 'abc',
      CORP_TIMEZONE: 'Mars/Olympus',
      LOG_LEVEL: 'loud',
    }
    const lines = linesOf(wrong)
    expect(lines.map(line => line.split('：')[0]).sort()).toEqual(
      [
        'CORP_TIMEZONE',
        'DATABASE_URL',
        'LOG_LEVEL',
        'PORT',
        'PUBLIC_URL',
        'SESSION_SECRET',
        'WECOM_AGENT_ID',
      ].sort(),
    )
    expect(lines.join()).not.toMatch(/mysql|short|abc|Olympus/)
  })

  it('reads lists with commas or blanks', () => {
    expect(readConfig({ ...complete, ADMIN_USERIDS: 'hq_admin, Zhang.San  li' }).adminUserIds).toEqual([
      'hq_admin',
      'Zhang.San',
      'li',
    ])
  })
})

describe('limits and proxies', () => {
  it('are those of the product unless something else is set', () => {
    expect(readConfig(complete)).toMatchObject({
      trustedProxies: [],
      limits: { requestsPerSecond: 10, loginsPerMinute: 10 },
    })
    const env = { ...complete, TRUSTED_PROXIES: '10.0.0.0/8, ::1', LOGINS_PER_MINUTE: '100' }
    expect(readConfig(env)).toMatchObject({
      trustedProxies: ['10.0.0.0/8', '::1'],
      limits: { requestsPerSecond: 10, loginsPerMinute: 100 },
    })
  })

  it('cannot be set to nothing, nor to what is no address', () => {
    const lines = linesOf({ ...complete, REQUESTS_PER_SECOND: '0', TRUSTED_PROXIES: '10.0.0.2, proxy' })
    expect(lines.map(line => line.split('：')[0]).sort()).toEqual(['REQUESTS_PER_SECOND', 'TRUSTED_PROXIES'])
  })
})

describe('P8 a production process', () => {
  const production = { ...complete, NODE_ENV: 'production' }

  it('starts with real secrets', () => {
    expect(readConfig(production).isProduction).toBe(true)
  })

  it.each([
    ['SESSION_SECRET', 'changeme-changeme-changeme-changeme'],
    ['SESSION_SECRET', 'sandbox-only-session-secret-not-a-real-one'],
    ['SESSION_SECRET', 'a'.repeat(40)],
    ['WECOM_APP_SECRET', 'sandbox-secret-not-a-real-one'],
  ])('refuses the sample %s', (name, value) => {
    expect(linesOf({ ...production, [name]: value })).toEqual([`${name}：是示例值，请换成真的`])
  })

  it.each([
    ['WECOM_CALLBACK_TOKEN', 'QDG6eK'],
    ['WECOM_CALLBACK_AES_KEY', 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C'],
    ['METRICS_TOKEN', 'change-me-change-me'],
    ['METRICS_TOKEN', 'abcabcabcabcabcabc'],
    ['WECOM_APP_SECRET', 'Password'],
  ])('refuses the well-known %s', (name, value) => {
    const callback = {
      WECOM_CALLBACK_TOKEN: 'b8Kq2LmZr7Lw',
      WECOM_CALLBACK_AES_KEY: 'aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9d',
    }
    expect(linesOf({ ...production, ...callback, [name]: value })).toEqual([`${name}：是示例值，请换成真的`])
  })

  it('refuses a secret that is too short to be one', () => {
    expect(linesOf({ ...production, WECOM_APP_SECRET: 'kT3vQ9xW' })).toEqual([
      'WECOM_APP_SECRET：太短，至少 16 个字符',
    ])
  })

  it('refuses one secret in two places, and says which without saying it', () => {
    const twice = production.SESSION_SECRET
    expect(linesOf({ ...production, METRICS_TOKEN: twice, WECOM_APP_SECRET: twice })).toEqual([
      'WECOM_APP_SECRET：和 SESSION_SECRET 相同，每一项要各用各的',
      'METRICS_TOKEN：和 WECOM_APP_SECRET 相同，每一项要各用各的',
    ])
    const url = `postgres://guidebar:${twice}@db:5432/guidebar`
    expect(linesOf({ ...production, DATABASE_URL: url })).toEqual([
      'DATABASE_URL：密码和 SESSION_SECRET 相同，每一项要各用各的',
    ])
  })

  it.each(['postgres', 'guidebar', 'changeme', 'aaaaaaaa', '%70ostgres'])(
    'refuses a database with the password %s',
    password => {
      const url = `postgres://guidebar:${password}@db:5432/guidebar`
      expect(linesOf({ ...production, DATABASE_URL: url })).toEqual([
        'DATABASE_URL：密码是示例值，请换成真的',
      ])
    },
  )

  it('takes one that knows its clients by other means, and one with a password of its own', () => {
    for (const url of [
      'postgres:///guidebar?host=/run/postgresql',
      'postgres://guidebar:x9%25Kq2mZr7@db/guidebar',
    ])
      expect(linesOf({ ...production, DATABASE_URL: url })).toEqual([])
  })

  it('refuses to travel in time, and plain http', () => {
    expect(
      linesOf({ ...production, CLOCK_FILE: '/clock', PUBLIC_URL: 'http://guidebar.example.com' }),
    ).toEqual(['CLOCK_FILE：正式环境不能改时间，请去掉', 'PUBLIC_URL：正式环境要用 https'])
  })
})
