import type { HealthCheck } from '../../../shared/contract/health.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/db.ts'
import { isDatabaseUnavailable } from '../../db/failures.ts'
import { findSchemaGaps } from '../../db/migrate.ts'
import { bad, blockedBy, durationText, ok, timeText, unknown, warn } from './finding.ts'
import { createHealthRepository } from './health.repository.ts'

const OLDEST_VERSION = 150_000
const SLOW_MS = 200
const SKEW = { warnMs: 60_000, badMs: 300_000 }
/** Every night there is a complete pull; a missed one and a day more is worth a word. */
const STALE_PULL_MS = 36 * 3_600_000
const SLOW_OUTBOX = { warnMs: 3_600_000, badMs: 24 * 3_600_000 }

export interface DatabaseAnswer {
  check: HealthCheck
  /** present when everything that lies in the database can be asked */
  db?: Db
  /** the database's clock minus ours */
  skewMs?: number
}

/** @param open throws with the reason in plain words when there is no database to open */
export async function checkDatabase(
  open: () => Promise<Db>,
  clock: Clock,
  config: Pick<Config, 'databaseUrl'>,
): Promise<DatabaseAnswer> {
  try {
    const db = await open()
    const repository = createHealthRepository(db)
    // The first statement may have to connect.
    await repository.findDatabase()
    const startedAt = performance.now()
    const askedAt = clock.now().getTime()
    const { version, now, processes } = await repository.findDatabase()
    const ms = Math.round(performance.now() - startedAt)
    const skewMs = now.getTime() - (askedAt + ms / 2)
    const name = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`
    const detail = `${name}，一问一答 ${ms} 毫秒，现在有 ${processes} 个本程序的进程连着`
    if (version < OLDEST_VERSION)
      return { check: bad('database', `${name} 太旧`, '换成 PostgreSQL 15 或更新的版本') }
    const gaps = await findSchemaGaps(db.pool)
    if (gaps.length > 0) {
      const isNewer = gaps.some(gap => /请升级程序|被改过/.test(gap))
      const fix = isNewer
        ? '用与数据库相同或更新版本的程序启动'
        : '重启服务器（启动时会自己更新表），或运行 npm run migrate，再查一遍'
      return { check: bad('database', `${detail}。表和程序对不上：${gaps.map(gapText).join('；')}`, fix) }
    }
    const check =
      ms > SLOW_MS
        ? warn('database', detail, '数据库离服务器太远或太忙：把它们放在同一机房、同一内网')
        : ok('database', detail)
    return { check, db, skewMs }
  } catch (error) {
    return { check: bad('database', reasonOf(error), fixOf(config)) }
  }
}

const gapText = (gap: string) =>
  gap
    .replace(/^migration (\S+) is missing$/, '还差迁移 $1')
    .replace('no migration has been applied', '还没有建表')

function reasonOf(error: unknown): string {
  if (isDatabaseUnavailable(error)) return '数据库连不上'
  const message = error instanceof Error ? error.message : String(error)
  return `数据库打不开：${message.split('\n')[0] ?? ''}`
}

const fixOf = ({ databaseUrl }: Pick<Config, 'databaseUrl'>) =>
  databaseUrl === undefined
    ? '自带的数据库在 DATA_DIR/postgres：看磁盘是否已满、目录归谁所有，原因写在 DATA_DIR/postgres.log'
    : '看 PostgreSQL 是否在运行，DATABASE_URL 的主机、端口、用户、密码、库名是否都对，防火墙是否放行'

/** Wrong time breaks signatures, coupons' deadlines and reminders. */
export function checkClock(
  skews: { wecomMs: number | undefined; databaseMs: number | undefined },
  config: Pick<Config, 'clockFile'>,
): HealthCheck {
  const { wecomMs } = skews
  // Set by a file, our time is not the database's on purpose.
  const databaseMs = config.clockFile === undefined ? skews.databaseMs : undefined
  const fix = '打开服务器的自动对时：timedatectl set-ntp true，或启动 chronyd；数据库那台也一样'
  const words = [
    ...(wecomMs === undefined ? [] : [skewText('企业微信', wecomMs)]),
    ...(databaseMs === undefined ? [] : [skewText('数据库', databaseMs)]),
  ]
  if (words.length === 0) return unknown('clock', '还没有得到企业微信的回答，无从比较')
  const most = Math.max(Math.abs(wecomMs ?? 0), Math.abs(databaseMs ?? 0))
  const detail = words.join('；')
  if (most > SKEW.badMs) return bad('clock', detail, fix)
  if (most > SKEW.warnMs) return warn('clock', detail, fix)
  return wecomMs === undefined ? unknown('clock', `${detail}；还没有得到企业微信的回答`) : ok('clock', detail)
}

const skewText = (whose: string, ms: number) =>
  Math.abs(ms) < 2_000
    ? `与${whose}的时间一致`
    : `比${whose}的时间${ms < 0 ? '快' : '慢'} ${durationText(ms)}`

/** Whoever is named wrongly manages nothing, and nobody tells her why. */
export async function checkAdmins(
  db: Db,
  corpId: number,
  { adminUserIds }: Pick<Config, 'adminUserIds'>,
): Promise<HealthCheck> {
  const change = '在 ADMIN_USERIDS 里写通讯录里的「账号」，用逗号分开，重启服务器'
  if (adminUserIds.length === 0)
    return warn('admins', '没有设 ADMIN_USERIDS，没有人能改设置、删资料、批导出', change)
  const repository = createHealthRepository(db)
  if ((await repository.countStaff(corpId)) === 0)
    return unknown('admins', '成员还没有同步过来，过一会儿再查')
  const known = await repository.listKnown(corpId, adminUserIds)
  const strangers = adminUserIds.filter(userId => !known.includes(userId))
  if (strangers.length === 0) return ok('admins', `${known.length} 位：${known.join('、')}`)
  const detail = `ADMIN_USERIDS 里的 ${strangers.join('、')} 不是在职成员，或不在应用的可见范围里`
  return known.length === 0
    ? bad('admins', `${detail}；现在没有管理员`, change)
    : warn('admins', detail, `${change}；账号没写错，就把人加进应用的可见范围`)
}

export async function checkSync(db: Db, corpId: number, now: Date, timeZone: string): Promise<HealthCheck> {
  const repository = createHealthRepository(db)
  const run = await repository.findSync(corpId)
  const { failed } = await repository.findEvents(corpId)
  if (!run) return warn('sync', '还没有开始第一次同步', '启动服务器，第一次同步会自己开始')
  const last = run.finishedAt && `上一次完整同步在 ${timeText(run.finishedAt, timeZone)}`
  const progress = `${run.doneStaff}/${run.totalStaff} 位成员`
  if (run.state === 'stopped')
    return bad(
      'sync',
      [`停住了（${progress}）：${run.reason ?? '原因不明'}`, last].filter(Boolean).join('；'),
      '先修好上面红色的各项；修好后会自己接着同步，不用重启',
    )
  if (!run.finishedAt)
    return warn('sync', `第一次同步正在进行：${progress}`, '等它结束；在此之前列表里的客户可能不全')
  const running = run.state === 'done' ? '' : `；正在核对：${progress}`
  if (now.getTime() - run.finishedAt.getTime() > STALE_PULL_MS)
    return warn(
      'sync',
      `${last}${running}，已过去 ${durationText(now.getTime() - run.finishedAt.getTime())}`,
      '每晚应当核对一次：看服务器夜里是否在运行，日志里有没有 sync 的错误；也可以在连接检查页点「重新核对」',
    )
  if (failed > 0)
    return warn('sync', `${last}${running}；有 ${failed} 条变更没能处理`, '在连接检查页点「重新核对」补上')
  return ok('sync', `${last}${running}`)
}

export async function checkOutbox(db: Db, corpId: number, now: Date): Promise<HealthCheck> {
  const { unsent, waiting, oldestWaitingAt } = await createHealthRepository(db).findOutbox(corpId)
  const waitedMs = oldestWaitingAt ? now.getTime() - oldestWaitingAt.getTime() : 0
  const words = [
    waiting === 0 ? '没有等着写回的改动' : `${waiting} 项正在路上，最早的等了 ${durationText(waitedMs)}`,
    ...(unsent > 0 ? [`${unsent} 项没有同步成`] : []),
  ]
  const detail = words.join('；')
  if (waitedMs > SLOW_OUTBOX.badMs)
    return bad(
      'outbox',
      detail,
      '先修好上面红色的各项；都是绿的就看服务器是否在运行、日志里有没有 outbox 的错误',
    )
  if (unsent > 0)
    return warn('outbox', detail, '打开 管理 → 没同步成，按每一项写的原因处理，再点「重试」或「知道了」')
  if (waitedMs > SLOW_OUTBOX.warnMs)
    return warn('outbox', detail, '企业微信可能在限流或出故障，会自己重试；先看上面各项是不是都是绿的')
  return ok('outbox', detail)
}

/** What lies in the database cannot be told without it. */
export const withoutDatabase = (): HealthCheck[] => [
  blockedBy('admins', 'database'),
  blockedBy('sync', 'database'),
  blockedBy('outbox', 'database'),
]
