import type { Clock } from '../clock.ts'
import type { Db } from '../db/db.ts'
import { createStateRepository } from './state.repository.ts'

/** Nobody makes the database count more often than this, however many ask. */
const KEPT_MS = 15_000
/** For what counts more rows. */
const KEPT_LONGER_MS = 60_000

/** Every figure the database tells: what it means, and its labels. */
export const STATE_FIGURES = {
  outbox_pending: ['还没告诉企业微信的改动（数到一万为止）', []],
  outbox_oldest_seconds: ['其中最早的一条等了多久', []],
  outbox_given_up: ['没同步成：refused 企业微信不收，dead 试了一天（各数到一万为止）', ['state']],
  callbacks_pending: ['收下了还没处理的回调（数到一万为止）', []],
  callbacks_oldest_seconds: ['其中最早的一条等了多久', []],
  callbacks_failed: ['没处理成的回调（数到一万为止）', []],
  queue_jobs: ['队列里的任务：waiting 在等，active 在做，failed 放弃的', ['job', 'state']],
  wecom_brake: ['对企业微信停下的调用：api 为 * 是全部', ['api', 'errcode']],
  heartbeat_age_seconds: ['后台任务上次心跳到现在', []],
  sync_age_seconds: ['上次做完一遍核对到现在（还没做完过，从装好算起）', []],
  sync_stopped: ['导入或核对停下了，要有人看', []],
  erasure_oldest_seconds: [
    '还没删完的资料，最早的一件等了多久：asked 有人要求的，retention 到期的',
    ['cause'],
  ],
  audit_broken: ['操作记录上次验的时候是不是断了', []],
  audit_check_age_seconds: ['操作记录上次验到现在', []],
  backup_age_seconds: ['npm run backup 上次写完到现在（还没有过，从装好算起）', []],
  reminders_due_today: ['今天到期的提醒，按现在的状态（数到五万为止）', ['state']],
  reminders_overdue: ['日子已过还没处理、也没过期的提醒（数到一万为止）', []],
  reminders_run_age_days: ['每日提醒上次跑完到今天，隔了几天', []],
  digests_today: ['今天的早报：told 发了，nothing 没有可说的', ['outcome']],
  coupons: ['券，按状态（五万张以上是估计）', ['state']],
  coupons_estimated: ['上面按状态的张数是不是估计', []],
  coupon_reservations_overdue: ['超过期限十分钟还占着库存的预占（数到一万为止）', []],
  coupon_pieces: ['进行中的券：stock 总数，live 已占用', ['kind']],
} as const satisfies Record<string, readonly [help: string, labels: readonly string[]]>
export type StateFigure = keyof typeof STATE_FIGURES

export interface Figure {
  name: StateFigure
  labels: Record<string, string>
  value: number
}

export interface StateReading {
  isUp: boolean
  figures: Figure[]
  /** parts that could not be read just now; empty when all was kept from before */
  failed: string[]
}

interface Part {
  name: string
  keptMs: number
  read: () => Promise<Figure[]>
}

/**
 * What the database tells of the corp's work, read when somebody asks and kept for 15 s (reminders and coupons for a minute).
 * A part that fails is left out until it can be read again; the others stand.
 * @param deps.elapsedMs monotonic milliseconds
 */
export function createStateReader(deps: {
  db: Db
  corpId: number
  clock: Clock
  timeZone: string
  elapsedMs?: () => number
}): () => Promise<StateReading> {
  const { db, corpId, clock, timeZone, elapsedMs = () => performance.now() } = deps
  const repository = createStateRepository(db, corpId)
  const now = () => clock.now()
  const parts: Part[] = [
    { name: 'outbox', keptMs: KEPT_MS, read: async () => outboxFigures(await repository.readOutbox(now())) },
    {
      name: 'callbacks',
      keptMs: KEPT_MS,
      read: async () => callbackFigures(await repository.readCallbacks(now())),
    },
    { name: 'queue', keptMs: KEPT_MS, read: async () => queueFigures(await repository.readQueues()) },
    { name: 'brakes', keptMs: KEPT_MS, read: async () => brakeFigures(await repository.readBrakes()) },
    { name: 'sync', keptMs: KEPT_MS, read: async () => syncFigures(await repository.readSync(now())) },
    {
      name: 'erasures',
      keptMs: KEPT_MS,
      read: async () => erasureFigures(await repository.readErasures(now())),
    },
    {
      name: 'audit',
      keptMs: KEPT_LONGER_MS,
      read: async () => auditFigures(await repository.readAuditCheck(now())),
    },
    {
      name: 'backup',
      keptMs: KEPT_LONGER_MS,
      read: async () => [figure('backup_age_seconds', (await repository.readBackup(now())).backupSeconds)],
    },
    {
      name: 'reminders',
      keptMs: KEPT_LONGER_MS,
      read: async () => reminderFigures(await repository.readReminders(clock.today(timeZone))),
    },
    {
      name: 'coupons',
      keptMs: KEPT_LONGER_MS,
      read: async () => couponFigures(await repository.readCoupons(now())),
    },
  ]
  const kept = new Map<string, { readAt: number; figures: Figure[] | undefined }>()
  let isUp = true
  let reading: Promise<StateReading> | undefined

  async function read(): Promise<StateReading> {
    const failed: string[] = []
    const old = parts.filter(({ name, keptMs }) => {
      const before = kept.get(name)
      return !before || elapsedMs() - before.readAt >= keptMs
    })
    for (const { name, read: readPart } of old) {
      // A database that is away is not asked for everything: whoever reads this waits for a few seconds only.
      const figures = failed.length > 1 ? undefined : await readPart().catch(() => undefined)
      if (!figures) failed.push(name)
      kept.set(name, { readAt: elapsedMs(), figures })
    }
    if (old.length > 0) isUp = failed.length < old.length
    return { isUp, figures: [...kept.values()].flatMap(({ figures }) => figures ?? []), failed }
  }
  return () => (reading ??= read().finally(() => (reading = undefined)))
}

const figure = (name: StateFigure, value: number, labels: Record<string, string> = {}): Figure => ({
  name,
  value,
  labels,
})
type Read<Name extends keyof ReturnType<typeof createStateRepository>> = Awaited<
  ReturnType<ReturnType<typeof createStateRepository>[Name]>
>

const outboxFigures = ({ pending, oldestSeconds, refused, dead }: Read<'readOutbox'>): Figure[] => [
  figure('outbox_pending', pending),
  figure('outbox_oldest_seconds', oldestSeconds),
  figure('outbox_given_up', refused, {
    state: 'refused',
  }),
  figure('outbox_given_up', dead, { state: 'dead' }),
]

const callbackFigures = ({ pending, oldestSeconds, failed }: Read<'readCallbacks'>): Figure[] => [
  figure('callbacks_pending', pending),
  figure('callbacks_oldest_seconds', oldestSeconds),
  figure('callbacks_failed', failed),
]

const queueFigures = (queues: Read<'readQueues'>): Figure[] =>
  queues.flatMap(({ job, waiting, active, failed }) => [
    figure('queue_jobs', waiting, {
      job,
      state: 'waiting',
    }),
    figure('queue_jobs', active, { job, state: 'active' }),
    figure('queue_jobs', failed, { job, state: 'failed' }),
  ])

const brakeFigures = (brakes: Read<'readBrakes'>): Figure[] =>
  brakes.map(({ api, errcode }) => figure('wecom_brake', 1, { api, errcode: String(errcode) }))

const syncFigures = ({ beatSeconds, pulledSeconds, stopped }: Read<'readSync'>): Figure[] => [
  ...(beatSeconds === null ? [] : [figure('heartbeat_age_seconds', beatSeconds)]),
  ...(pulledSeconds === null ? [] : [figure('sync_age_seconds', pulledSeconds)]),
  figure('sync_stopped', stopped ? 1 : 0),
]

const erasureFigures = (waiting: Read<'readErasures'>): Figure[] =>
  ['asked', 'retention'].map(cause => {
    const oldest = waiting.find(each => each.cause === cause)
    return figure('erasure_oldest_seconds', oldest?.oldestSeconds ?? 0, { cause })
  })

const auditFigures = (check: Read<'readAuditCheck'>): Figure[] =>
  check === undefined
    ? []
    : [figure('audit_broken', check.broken ? 1 : 0), figure('audit_check_age_seconds', check.checkedSeconds)]

const reminderFigures = ({ due, digests, overdue, daysSinceRun }: Read<'readReminders'>): Figure[] => [
  ...due.map(({ state, count }) => figure('reminders_due_today', count, { state })),
  figure('reminders_overdue', overdue),
  ...digests.map(({ outcome, count }) => figure('digests_today', count, { outcome })),
  ...(daysSinceRun === null ? [] : [figure('reminders_run_age_days', daysSinceRun)]),
]

const couponFigures = ({ states, isEstimate, overdue, stock, live }: Read<'readCoupons'>): Figure[] => [
  ...states.map(({ state, count }) => figure('coupons', count, { state })),
  figure('coupons_estimated', isEstimate ? 1 : 0),
  figure('coupon_reservations_overdue', overdue),
  figure('coupon_pieces', stock, { kind: 'stock' }),
  figure('coupon_pieces', live, { kind: 'live' }),
]
