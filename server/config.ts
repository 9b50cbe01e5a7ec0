import { z } from 'zod'
import { wrongProxy } from './http/clientAddress.ts'

const LogLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])

const port = (fallback: number) => z.coerce.number().int().min(1).max(65535).default(fallback)
const httpUrl = z
  .url({ protocol: /^https?$/, error: '要是一个 http(s) 地址' })
  .transform(value => value.replace(/\/+$/, ''))

/** Secrets of everybody's documentation; the last two are WeCom's own examples. */
const WELL_KNOWN = [
  ...['password', 'passw0rd', 'postgres', 'guidebar', 'secret', 'admin', 'root', '123456', '12345678'],
  ...['QDG6eK', 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C'],
]
const FEWEST_CHARACTERS = 6
/** Sample secrets of docs and demos, and what nobody has drawn by lot: a production process refuses them (P8). */
const isSample = (value: string) =>
  /sample|example|change-?me|sandbox|not-a-real|your-?secret|placeholder|^(.+?)\1+$/i.test(value) ||
  WELL_KNOWN.some(known => known.toLowerCase() === value.toLowerCase()) ||
  new Set(value).size < FEWEST_CHARACTERS

/** No secret opens two doors, and none is guessed: of a production process (P8). */
const SECRETS = {
  SESSION_SECRET: 32,
  WECOM_APP_SECRET: 16,
  WECOM_CALLBACK_TOKEN: 8,
  WECOM_CALLBACK_AES_KEY: 43,
  METRICS_TOKEN: 16,
} as const

const Environment = z.object({
  NODE_ENV: z.string().default(''),
  PORT: port(8787),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, '要以 postgres:// 开头')
    .optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  PUBLIC_URL: httpUrl,
  SESSION_SECRET: z.string().min(32, '至少 32 个字符，请用随机串'),
  WECOM_CORP_ID: z.string().min(1),
  WECOM_AGENT_ID: z.string().regex(/^\d+$/, '是一个数字'),
  WECOM_APP_SECRET: z.string().min(1),
  WECOM_CALLBACK_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9]{1,32}$/, '1 到 32 个字母或数字，与管理后台「接收消息」里的 Token 相同')
    .optional(),
  WECOM_CALLBACK_AES_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{43}$/, '43 个字母或数字，与管理后台「接收消息」里的 EncodingAESKey 相同')
    .optional(),
  WECOM_API_BASE: httpUrl.default('https://qyapi.weixin.qq.com'),
  WECOM_OAUTH_BASE: httpUrl.default('https://open.weixin.qq.com'),
  ADMIN_USERIDS: z
    .string()
    .default('')
    .transform(list => list.split(/[,\s]+/).filter(Boolean)),
  CORP_TIMEZONE: z
    .string()
    .default('Asia/Shanghai')
    .refine(zone => {
      try {
        new Intl.DateTimeFormat('en', { timeZone: zone })
        return true
      } catch {
        // Intl throws RangeError for a zone it does not know: that is the answer.
        return false
      }
    }, '不是一个时区名，例如 Asia/Shanghai'),
  LOG_LEVEL: LogLevel.default('info'),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, '至少 16 个字符，请用随机串，不含空格')
    .optional(),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform(list => list.split(/[,\s]+/).filter(Boolean))
    .check(({ value, issues }) => {
      const wrong = value.map(wrongProxy).find(words => words !== undefined)
      if (wrong !== undefined) issues.push({ code: 'custom', message: wrong, input: value })
    }),
  REQUESTS_PER_SECOND: z.coerce.number().int().min(1).max(100_000).default(10),
  LOGINS_PER_MINUTE: z.coerce.number().int().min(1).max(100_000).default(10),
  CLOCK_FILE: z.string().min(1).optional(),
  WEB_DIR: z.string().min(1).default('./web/dist'),
})

/** Every variable `readConfig` knows. */
export const settingNames = Object.keys(Environment.shape)

export interface Config {
  isProduction: boolean
  port: number
  host: string
  /** undefined = the embedded PostgreSQL in `dataDir` */
  databaseUrl: string | undefined
  dataDir: string
  /** without a trailing slash; the only origin pages are served, signed and redirected under */
  publicUrl: string
  sessionSecret: string
  wecom: {
    corpId: string
    agentId: string
    secret: string
    apiBase: string
    oauthBase: string
    /** how callbacks are signed and sealed; undefined = this server takes none */
    callback: { token: string; aesKey: string } | undefined
  }
  adminUserIds: string[]
  timeZone: string
  logLevel: z.infer<typeof LogLevel>
  /** who may read `/metrics` brings it; undefined = there is no such page */
  metricsToken: string | undefined
  /** whose `X-Forwarded-For` is believed: addresses and networks */
  trustedProxies: string[]
  /** requests of one session, three times as many on end; logins from one address */
  limits: { requestsPerSecond: number; loginsPerMinute: number }
  clockFile: string | undefined
  /** the built sidebar: the document's template and its assets */
  webDir: string
}

/** Everything wrong with the environment at once, one line per variable. */
export class ConfigError extends Error {
  readonly lines: string[]
  constructor(lines: string[]) {
    super(`设置不完整：\n${lines.map(line => `  ${line}`).join('\n')}`)
    this.name = 'ConfigError'
    this.lines = lines
  }
}

/** What is wrong with the secrets, by the names of their variables and never with their values. */
function weakSecrets(given: Record<string, string | undefined>): string[] {
  const lines: string[] = []
  const seen = new Map<string, string>()
  for (const [name, fewest] of Object.entries(SECRETS)) {
    const value = given[name]
    if (value === undefined) continue
    const twin = seen.get(value)
    if (twin !== undefined) lines.push(`${name}：和 ${twin} 相同，每一项要各用各的`)
    seen.set(value, name)
    if (isSample(value)) lines.push(`${name}：是示例值，请换成真的`)
    else if (value.length < fewest) lines.push(`${name}：太短，至少 ${fewest} 个字符`)
  }
  const password = passwordOf(given.DATABASE_URL)
  if (password !== undefined && isSample(password)) lines.push('DATABASE_URL：密码是示例值，请换成真的')
  else if (password !== undefined && seen.has(password))
    lines.push(`DATABASE_URL：密码和 ${seen.get(password)} 相同，每一项要各用各的`)
  return lines
}

/** undefined without one: the database then knows its clients by other means. */
function passwordOf(url: string | undefined): string | undefined {
  const password = url !== undefined && URL.canParse(url) ? new URL(url).password : ''
  if (password === '') return undefined
  try {
    return decodeURIComponent(password)
  } catch {
    // A stray %: it is the password as it stands.
    return password
  }
}

/**
 * Reads the environment. An empty variable counts as missing.
 * @throws ConfigError naming every missing or malformed variable.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  const lines = parsed.success
    ? []
    : parsed.error.issues.map(issue => {
        const name = String(issue.path[0])
        return given[name] === undefined ? `${name}：没有设置` : `${name}：${issue.message}`
      })
  const production = given.NODE_ENV === 'production'
  if (production && given.CLOCK_FILE) lines.push('CLOCK_FILE：正式环境不能改时间，请去掉')
  if (production) {
    lines.push(...weakSecrets(given))
    if (given.PUBLIC_URL?.startsWith('http:')) lines.push('PUBLIC_URL：正式环境要用 https')
  }
  if ((given.WECOM_CALLBACK_TOKEN === undefined) !== (given.WECOM_CALLBACK_AES_KEY === undefined))
    lines.push('WECOM_CALLBACK_TOKEN、WECOM_CALLBACK_AES_KEY：要么都设，要么都不设')
  if (lines.length > 0 || !parsed.success) throw new ConfigError([...new Set(lines)])
  const e = parsed.data
  return {
    isProduction: production,
    port: e.PORT,
    host: e.HOST,
    databaseUrl: e.DATABASE_URL,
    dataDir: e.DATA_DIR,
    publicUrl: e.PUBLIC_URL,
    sessionSecret: e.SESSION_SECRET,
    wecom: {
      corpId: e.WECOM_CORP_ID,
      agentId: e.WECOM_AGENT_ID,
      secret: e.WECOM_APP_SECRET,
      apiBase: e.WECOM_API_BASE,
      oauthBase: e.WECOM_OAUTH_BASE,
      callback:
        e.WECOM_CALLBACK_TOKEN && e.WECOM_CALLBACK_AES_KEY
          ? { token: e.WECOM_CALLBACK_TOKEN, aesKey: e.WECOM_CALLBACK_AES_KEY }
          : undefined,
    },
    adminUserIds: e.ADMIN_USERIDS,
    timeZone: e.CORP_TIMEZONE,
    logLevel: e.LOG_LEVEL,
    metricsToken: e.METRICS_TOKEN,
    trustedProxies: e.TRUSTED_PROXIES,
    limits: { requestsPerSecond: e.REQUESTS_PER_SECOND, loginsPerMinute: e.LOGINS_PER_MINUTE },
    clockFile: e.CLOCK_FILE,
    webDir: e.WEB_DIR,
  }
}
