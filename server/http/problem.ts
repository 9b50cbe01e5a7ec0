import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import { problems, type Problem, type ProblemCode } from '../../shared/contract/problem.ts'
import {
  isCustomerGone,
  isDatabaseUnavailable,
  isDeadlock,
  isLockTimeout,
  isStatementTimeout,
  isStorageFull,
} from '../db/failures.ts'
import { Refusal } from '../errors.ts'
import type { AppEnv } from './env.ts'
import { isForPerson, wordsPage } from './wordsPage.ts'

/** An `application/problem+json` answer (RFC 9457). */
export function problemResponse(
  c: Context<AppEnv>,
  code: ProblemCode,
  extra: {
    detail?: string
    errors?: Problem['errors']
    reason?: Problem['reason']
    limit?: Problem['limit']
    retryAfterSeconds?: number
  } = {},
): Response {
  const { status, title } = problems[code]
  c.set('problemCode', code)
  const body: Problem = {
    type: `urn:guidebar:problem:${code}`,
    title,
    status,
    code,
    requestId: c.get('requestId') ?? '',
    ...(extra.detail === undefined ? {} : { detail: extra.detail }),
    ...(extra.errors === undefined ? {} : { errors: extra.errors }),
    ...(extra.reason === undefined ? {} : { reason: extra.reason }),
    ...(extra.limit === undefined ? {} : { limit: extra.limit }),
  }
  const headers = new Headers({
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
  })
  if (extra.retryAfterSeconds !== undefined) headers.set('Retry-After', String(extra.retryAfterSeconds))
  return c.newResponse(JSON.stringify(body), { status, headers: Object.fromEntries(headers) })
}

/** As `problemResponse`; to somebody who opened a page, in words on a page, with a way on. */
export function refuse(
  c: Context<AppEnv>,
  code: ProblemCode,
  extra: Parameters<typeof problemResponse>[2] = {},
): Response | Promise<Response> {
  if (!isForPerson(c)) return problemResponse(c, code, extra)
  const { status, title } = problems[code]
  c.set('problemCode', code)
  if (extra.retryAfterSeconds !== undefined) c.header('Retry-After', String(extra.retryAfterSeconds))
  const [line, label, href] =
    status === 404
      ? ['地址可能不完整，请从企业微信里重新打开。', '打开导购侧边栏', '/sidebar/']
      : ['过几秒再打开就好。', '再试一次', samePage(c)]
  const requestId = c.get('requestId') ?? ''
  return wordsPage(c, status, { headline: title, line, action: { label, href }, requestId })
}

/** Never another host's, whatever the path looks like; a login begins anew. */
function samePage(c: Context<AppEnv>): string {
  const { pathname, search } = new URL(c.req.url)
  return pathname.startsWith('/auth/') ? '/sidebar/' : pathname.replace(/^\/+/, '/') + search
}

/** The one place where an exception becomes an answer. What nobody foresaw is logged whole and leaves as a bare 500. */
export function respondToError(
  error: unknown,
  c: Context<AppEnv>,
  log: Logger,
): Response | Promise<Response> {
  if (error instanceof Refusal) {
    if (problems[error.code].status >= 500)
      log.warn({ requestId: c.get('requestId'), err: error }, error.code)
    return refuse(c, error.code, {
      detail: error.detail,
      errors: error.fields,
      reason: error.reason,
      limit: error.limit,
      retryAfterSeconds: error.retryAfterSeconds,
    })
  }
  if (error instanceof HTTPException) {
    if (error.status === 413) return refuse(c, 'payload_too_large')
    if (error.status < 500) return refuse(c, 'malformed_request')
  }
  if (isCustomerGone(error)) return refuse(c, 'not_found')
  if (isStorageFull(error)) {
    log.error({ requestId: c.get('requestId'), err: error }, 'disk full')
    return refuse(c, 'storage_full', { retryAfterSeconds: 30 })
  }
  // What took too long, or waited in a circle, was undone: worth trying again, like a database that is away (P22).
  if (
    isDatabaseUnavailable(error) ||
    isLockTimeout(error) ||
    isDeadlock(error) ||
    isStatementTimeout(error)
  ) {
    log.error({ requestId: c.get('requestId'), err: error }, 'database unavailable')
    return refuse(c, 'database_unavailable', { retryAfterSeconds: 2 })
  }
  log.error({ requestId: c.get('requestId'), err: error }, 'unforeseen error')
  return refuse(c, 'internal')
}
