import type { HealthCheck, HealthCheckKey } from '../../../shared/contract/health.ts'

const titles: Record<HealthCheckKey, string> = {
  database: '数据库',
  publicUrl: '对外地址',
  corpId: '企业 ID',
  secret: '应用 Secret',
  trustedIp: '企业可信 IP',
  agent: '应用',
  visibleRange: '可见范围',
  customerContact: '客户联系权限',
  trustedDomain: '可信域名',
  callback: '接收消息（回调）',
  clock: '时间',
  admins: '管理员',
  sync: '同步',
  outbox: '写回企业微信',
}

/** Where the settings of the app are, in WeCom's console. */
export const APP_PAGE = '企业微信管理后台 → 应用管理 → 自建 → 本应用'

export const ok = (key: HealthCheckKey, detail: string): HealthCheck => ({
  key,
  title: titles[key],
  state: 'ok',
  detail,
  fix: null,
})

export const warn = (key: HealthCheckKey, detail: string, fix: string): HealthCheck => ({
  ...ok(key, detail),
  state: 'warn',
  fix,
})

export const bad = (key: HealthCheckKey, detail: string, fix: string): HealthCheck => ({
  ...ok(key, detail),
  state: 'bad',
  fix,
})

/** Could not be asked, because something before it is wrong. */
export const unknown = (key: HealthCheckKey, detail: string): HealthCheck => ({
  ...ok(key, detail),
  state: 'unknown',
})

export const blockedBy = (key: HealthCheckKey, cause: HealthCheckKey): HealthCheck =>
  unknown(key, `先修好上面的「${titles[cause]}」，再查这一项`)

/** `11月21日 10:20`, for people in the corp's time zone. */
export const timeText = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('zh-CN', {
    timeZone,
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at)

/** `90 秒`, `12 分钟`, `3 小时`, `2 天` */
export function durationText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 120) return `${seconds} 秒`
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} 分钟`
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} 小时`
  return `${Math.round(seconds / 86_400)} 天`
}
