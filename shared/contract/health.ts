import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Instant } from './time.ts'

export const HealthCheckKey = z.enum([
  'database',
  'publicUrl',
  'corpId',
  'secret',
  'trustedIp',
  'agent',
  'visibleRange',
  'customerContact',
  'trustedDomain',
  'callback',
  'clock',
  'admins',
  'sync',
  'outbox',
])
export type HealthCheckKey = z.infer<typeof HealthCheckKey>

/** One thing that has to be right, and what to do when it is not. */
export const HealthCheck = z
  .object({
    key: HealthCheckKey,
    title: z.string(),
    /** unknown: could not be asked because something before it is wrong */
    state: z.enum(['ok', 'warn', 'bad', 'unknown']),
    detail: z.string().meta({ description: '看到了什么' }),
    fix: z.string().nullable().meta({ description: '在哪里改成什么' }),
  })
  .meta({ id: 'HealthCheck' })
export type HealthCheck = z.infer<typeof HealthCheck>

export const Health = z.object({
  checkedAt: Instant,
  checks: z.array(HealthCheck),
  /** what belongs into WeCom's console, ready to copy */
  console: z.array(z.object({ name: z.string(), value: z.string() })),
})
export type Health = z.infer<typeof Health>

export const checkHealth = endpoint({
  id: 'checkHealth',
  method: 'get',
  path: '/health-checks',
  summary: '与企业微信的连接逐项检查（管理员）',
  answer: Health,
  status: 200,
  problems: ['forbidden'],
})
