import type { Context } from 'hono'
import {
  isDatabaseUnavailable,
  isDeadlock,
  isLockTimeout,
  isStatementTimeout,
  isStorageFull,
} from '../../db/failures.ts'
import { NotFound, Refusal, Upstream } from '../../errors.ts'
import type { AppEnv } from '../../http/env.ts'
import { packText } from '../../http/packText.ts'
import { randomToken } from '../../sealing.ts'
import { noticePageHtml, type Html } from './couponPageShell.ts'

const NONCE_BYTES = 16

export type PageStatus = 200 | 400 | 403 | 404 | 429 | 503

/**
 * A page for customers: packed, kept by nobody, with its one script and one style sheet by nonce.
 * @param formTargets other origins to which the page's form may lead on
 */
export async function answerPage(
  c: Context<AppEnv>,
  status: PageStatus,
  render: (nonce: string) => Html,
  formTargets = '',
): Promise<Response> {
  const nonce = randomToken(NONCE_BYTES)
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src 'self'; connect-src 'self'; ` +
      `form-action ${["'self'", formTargets].join(' ').trim()}; base-uri 'none'; frame-ancestors 'none'`,
  )
  c.header('Cache-Control', 'no-store')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('X-Robots-Tag', 'noindex, nofollow')
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Content-Type', 'text/html; charset=utf-8')
  c.header('Vary', 'Accept-Encoding')
  const { body, encoding } = await packText(String(await render(nonce)), c.req.header('accept-encoding'))
  if (encoding) c.header('Content-Encoding', encoding)
  return c.body(body, status)
}

/** @param back the coupon's own page, where there is a way back to it */
export const answerNotice = (
  c: Context<AppEnv>,
  status: PageStatus,
  headline: string,
  advice: string,
  back?: string,
) => answerPage(c, status, nonce => noticePageHtml(nonce, headline, advice, back))

export const answerUnknown = (c: Context<AppEnv>) =>
  answerNotice(c, 404, '没有找到这张券', '链接可能不完整，请从聊天里重新点开')

/** What goes wrong for a while, in the customer's words; anything else is for the log of the whole app. */
export function answerTrouble(error: unknown, c: Context<AppEnv>): Promise<Response> {
  if (error instanceof NotFound) return answerUnknown(c)
  const isOfDatabase =
    isDatabaseUnavailable(error) ||
    isStorageFull(error) ||
    isLockTimeout(error) ||
    isDeadlock(error) ||
    isStatementTimeout(error) ||
    (error instanceof Refusal && error.code === 'database_unavailable')
  if (!isOfDatabase && !(error instanceof Upstream)) throw error
  c.header('Retry-After', '3')
  return isOfDatabase
    ? answerNotice(c, 503, '这一页暂时没取到', '网络有点忙，过一会儿再点开就好，您的券还在')
    : answerNotice(c, 503, '微信暂时没有回应', '过一会儿再从聊天里点开就好，您的券还在')
}
