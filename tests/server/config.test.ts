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

  it('refuses to travel in time, and plain http', () => {
    expect(
      linesOf({ ...production, CLOCK_FILE: '/clock', PUBLIC_URL: 'http://guidebar.example.com' }),
    ).toEqual(['CLOCK_FILE：正式环境不能改时间，请去掉', 'PUBLIC_URL：正式环境要用 https'])
  })
})
