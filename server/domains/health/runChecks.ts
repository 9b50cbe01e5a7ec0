import type { Health, HealthCheck } from '../../../shared/contract/health.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/db.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { CALLBACK_PATH, checkCallback, checkPublicUrl, checkTrustedDomain } from './addressChecks.ts'
import {
  checkAdmins,
  checkClock,
  checkDatabase,
  checkOutbox,
  checkSync,
  withoutDatabase,
} from './databaseChecks.ts'
import { blockedBy } from './finding.ts'
import { createHealthRepository } from './health.repository.ts'
import { createOwnAddress } from './ownAddress.ts'
import { checkWecom, wecomKeys, type WecomAnswer } from './wecomChecks.ts'

export interface HealthParts {
  config: Config
  clock: Clock
  /** @throws Error with the reason in plain words when there is no database to open */
  openDatabase: () => Promise<Db>
  /** asked for only when the database can be used */
  openWecom: (db: Db) => Promise<{ corpId: number; wecom: WecomClient }>
}

/** Everything that has to be right, in the order in which it is put right. Changes nothing. */
export async function runChecks(parts: HealthParts): Promise<Health> {
  const { config, clock } = parts
  const own = createOwnAddress(config.publicUrl)
  const [database, publicUrl] = await Promise.all([
    checkDatabase(parts.openDatabase, clock, config),
    checkPublicUrl(own, config),
  ])
  const isReachable = publicUrl.state !== 'bad'
  const { db } = database
  if (!db)
    return answer(parts, [
      database.check,
      publicUrl,
      ...wecomKeys.map(key => blockedBy(key, 'database')),
      ...(['trustedDomain', 'callback', 'clock'] as const).map(key => blockedBy(key, 'database')),
      ...withoutDatabase(),
    ])

  const { corpId, wecom } = await parts.openWecom(db)
  const repository = createHealthRepository(db)
  const events = await repository.findEvents(corpId)
  const [said, callback, admins, sync, outbox] = await Promise.all([
    repository.countStaff(corpId).then(knownStaff => checkWecom({ wecom, config, knownStaff })),
    isReachable ? checkCallback(own, { config, clock, events }) : blockedBy('callback', 'publicUrl'),
    checkAdmins(db, corpId, config),
    checkSync(db, corpId, clock.now(), config.timeZone),
    checkOutbox(db, corpId, clock.now()),
  ])
  const trustedDomain = said.agent
    ? await checkTrustedDomain(own, config, said.agent, isReachable)
    : blockedBy('trustedDomain', 'agent')
  const clockCheck = checkClock({ wecomMs: wecom.skewMs(), databaseMs: database.skewMs }, config)
  return answer(
    parts,
    [database.check, publicUrl, ...said.checks, trustedDomain, callback, clockCheck, admins, sync, outbox],
    said,
  )
}

function answer(
  { config, clock }: HealthParts,
  checks: HealthCheck[],
  { ip }: Pick<WecomAnswer, 'ip'> = {},
): Health {
  return { checkedAt: clock.now().toISOString(), checks, console: consoleValues(config, ip) }
}

/** What is to be pasted into WeCom's console; nothing of it is a secret. */
export function consoleValues({ publicUrl }: Pick<Config, 'publicUrl'>, ip?: string): Health['console'] {
  return [
    { name: '可信域名', value: new URL(publicUrl).host },
    ...(ip === undefined ? [] : [{ name: '企业可信IP', value: ip }]),
    { name: '接收消息 URL', value: `${publicUrl}${CALLBACK_PATH}` },
    { name: '聊天工具栏、客户详情页的页面地址', value: `${publicUrl}/sidebar/` },
    { name: '应用主页', value: `${publicUrl}/today` },
  ]
}
