/**
 * `npm run doctor [-- --json]`: the checks of the health page in the terminal, whether the server runs or not. Ends with 1 when
 * something is wrong. Reads the settings as `npm start` does; changes nothing but the app's own token.
 */
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Health, HealthCheck } from '../shared/contract/health.ts'
import { createClock } from './clock.ts'
import { readArguments } from './command.ts'
import { ConfigError, readConfig, type Config } from './config.ts'
import { ensureCorp } from './db/corp.ts'
import { openDb, type Db } from './db/db.ts'
import { openEmbedded } from './db/embedded.ts'
import { runChecks } from './domains/health/health.service.ts'
import { readEnvFile } from './envFile.js'
import { createLog } from './log.ts'
import { createSealing } from './sealing.ts'
import { createWecomClient } from './wecom/client.ts'

interface Report {
  /** what is missing or wrong in the environment, one line per variable; nothing else is checked until it is right */
  settings: string[]
  health: Health | undefined
}

async function examine(): Promise<Report> {
  const env = { ...process.env, NODE_ENV: process.env.NODE_ENV || 'production' }
  try {
    return { settings: [], health: await check(readConfig(env)) }
  } catch (error) {
    if (error instanceof ConfigError) return { settings: error.lines, health: undefined }
    throw error
  }
}

async function check(config: Config): Promise<Health> {
  const log = createLog('silent', false)
  const clock = createClock(config.clockFile, log)
  const opened: (() => Promise<void> | void)[] = []
  try {
    return await runChecks({
      config,
      clock,
      async openDatabase() {
        const url = config.databaseUrl ?? (await openOwnDatabase())
        const db = openDb(url, { log })
        opened.unshift(() => db.close())
        return db
      },
      async openWecom(db: Db) {
        const corpId = await ensureCorp(db, config.wecom.corpId, clock.now())
        const sealing = createSealing(config.sessionSecret)
        const wecom = createWecomClient({ config: config.wecom, corpId, db, clock, sealing, log })
        opened.unshift(() => wecom.close())
        return { corpId, wecom }
      },
    })
  } finally {
    for (const close of opened) await close()
  }

  async function openOwnDatabase(): Promise<string> {
    const embedded = await openEmbedded({ dataDir: resolve(config.dataDir), log })
    opened.unshift(() => embedded.close())
    return embedded.url
  }
}

const marks = {
  ok: ['✔', 'green'],
  warn: ['!', 'yellow'],
  bad: ['✘', 'red'],
  unknown: ['·', 'gray'],
} as const satisfies Record<HealthCheck['state'], [string, string]>

/** Colours where a person looks (`styleText` leaves them out elsewhere, and with NO_COLOR). */
function line(state: HealthCheck['state'], title: string, detail: string): string {
  const [mark, colour] = marks[state]
  return `${styleText(colour, mark, { stream: process.stdout })} ${title}${detail ? `：${detail}` : ''}`
}

function* inWords({ settings, health }: Report): Generator<string> {
  for (const setting of settings) yield line('bad', '设置', setting)
  if (!health) {
    yield line('unknown', '其余各项', '先补齐上面的设置，再查一遍')
    return
  }
  for (const { state, title, detail, fix } of health.checks) {
    yield line(state, title, detail)
    if (fix) yield `    → ${fix}`
  }
  yield ''
  yield '要填进企业微信管理后台的值：'
  for (const { name, value } of health.console) yield `    ${name}  ${value}`
  yield ''
  yield summary(health.checks)
}

function summary(checks: HealthCheck[]): string {
  const count = (state: HealthCheck['state']) => checks.filter(each => each.state === state).length
  const words = [
    ...(count('bad') > 0 ? [`${count('bad')} 项要处理`] : []),
    ...(count('warn') > 0 ? [`${count('warn')} 项要留意`] : []),
    ...(count('unknown') > 0 ? [`${count('unknown')} 项还不能查`] : []),
  ]
  return words.length > 0 ? words.join('，') : '全部正常'
}

try {
  const options = { json: { type: 'boolean', default: false } } as const
  const { values } = readArguments('npm run doctor [-- --json]', { options })
  readEnvFile()
  const report = await examine()
  if (values.json) console.log(JSON.stringify({ settings: report.settings, ...report.health }, null, 2))
  else for (const text of inWords(report)) console.log(text)
  const isBad = !report.health || report.health.checks.some(({ state }) => state === 'bad')
  process.exitCode = isBad ? 1 : 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
