import { Hono } from 'hono'
import type { Context } from 'hono'
import type { ProblemCode } from '../../../shared/contract/problem.ts'
import type { Config } from '../../config.ts'
import { isDatabaseUnavailable } from '../../db/failures.ts'
import { Refusal } from '../../errors.ts'
import type { Client } from '../../http/clientAddress.ts'
import { cookieJar } from '../../http/cookies.ts'
import type { AppEnv } from '../../http/env.ts'
import { wordsPage, type PageWords } from '../../http/wordsPage.ts'
import type { Limits } from '../../limits/limits.ts'
import { HOME_PATH, ownPath } from './ownPath.ts'
import type { SessionService } from './session.service.ts'
import { SESSION_LIFE_MS } from './validSession.ts'

const LOGIN_COOKIE_SECONDS = 10 * 60
/** A redirect without a fragment inherits the one before, and `#wechat_redirect` would be a page of ours. */
const landing = (returnTo: string) => (returnTo.includes('#') ? returnTo : `${returnTo}#/`)
const BROWSER_TOKEN = /^[A-Za-z0-9_-]{43}$/

const loginPath = (to: string, isRestart: boolean) =>
  `/auth/login?${new URLSearchParams({ to, ...(isRestart ? { again: '1' } : {}) }).toString()}`

/** `/auth/login` and `/auth/callback`: two redirects on the way to a page, words for a person when they do not meet. */
export function loginRoutes(
  session: SessionService,
  config: Pick<Config, 'publicUrl'>,
  { limits, clientOf }: { limits: Pick<Limits, 'admit'>; clientOf: (c: Context) => Client },
) {
  const cookies = cookieJar(config.publicUrl)
  const app = new Hono<AppEnv>()

  app.use('/auth/*', async (c, next) => {
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    await next()
  })

  app.get('/auth/login', c =>
    inWords(c, async () => {
      await admit(c, 'login')
      const known = cookies.login.read(c)
      const { authorizeUrl, browserToken } = await session.startLogin({
        to: c.req.query('to'),
        browserToken: known !== undefined && BROWSER_TOKEN.test(known) ? known : undefined,
        isRestart: c.req.query('again') === '1',
      })
      cookies.login.write(c, browserToken, LOGIN_COOKIE_SECONDS)
      return c.redirect(authorizeUrl, 302)
    }),
  )

  app.get('/auth/callback', c =>
    inWords(c, async () => {
      await admit(c, 'loginReturn')
      const result = await session.finishLogin({
        code: c.req.query('code'),
        state: c.req.query('state'),
        browserToken: cookies.login.read(c),
        formerSession: c.get('sessionHash'),
        userAgent: c.req.header('user-agent') ?? '',
      })
      switch (result.kind) {
        case 'in':
          cookies.session.write(c, result.sessionToken, SESSION_LIFE_MS / 1000)
          return c.redirect(landing(result.returnTo), 302)
        case 'repeated':
          return c.redirect(landing(result.returnTo), 302)
        case 'lost':
          if (result.isRestart) throw new Refusal('oauth_state_invalid')
          // Once more from the beginning; that it was not let in is told to the log all the same.
          c.set('problemCode', 'oauth_state_invalid')
          return c.redirect(loginPath(result.returnTo, true), 302)
      }
    }),
  )
  return app

  /** @throws Refusal rate_limited when too many come from one address */
  async function admit(c: Context<AppEnv>, what: 'login' | 'loginReturn'): Promise<void> {
    const { address, isBehindProxy } = clientOf(c)
    await limits.admit(isBehindProxy ? 'loginByProxy' : what, address)
  }

  /** Pages are for people: what goes wrong here is said in words, with a way on. */
  async function inWords(c: Context<AppEnv>, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work()
    } catch (error) {
      const found = wordsFor(error)
      if (!found) throw error
      const to = ownPath(c.req.query('to') ?? HOME_PATH, config.publicUrl)
      c.set('problemCode', found.code)
      const action = found.canRetry ? { label: '再试一次', href: loginPath(to, false) } : undefined
      if (found.retryAfterSeconds) c.header('Retry-After', String(found.retryAfterSeconds))
      return wordsPage(c, found.status, { ...found.words, action, requestId: c.get('requestId') })
    }
  }
}

interface Words {
  code: ProblemCode
  status: 400 | 403 | 429 | 502 | 503 | 504
  words: Pick<PageWords, 'headline' | 'line'>
  canRetry: boolean
  retryAfterSeconds?: number
}

function wordsFor(error: unknown): Words | undefined {
  if (isDatabaseUnavailable(error)) {
    const words = { headline: '数据暂时取不到', line: '马上就好，过几秒再打开。' }
    return { code: 'database_unavailable', status: 503, words, canRetry: true, retryAfterSeconds: 2 }
  }
  if (!(error instanceof Refusal)) return undefined
  const { code } = error
  switch (code) {
    case 'oauth_state_invalid':
      return {
        code,
        status: 400,
        words: { headline: '登录没有接上', line: '请关掉这个页面，从企业微信里重新打开。' },
        canRetry: true,
      }
    case 'rate_limited':
      return {
        code,
        status: 429,
        words: { headline: '一下子登录的人太多了', line: '歇一分钟再打开，就好了。' },
        canRetry: true,
        retryAfterSeconds: error.retryAfterSeconds,
      }
    case 'not_a_member':
      return {
        code,
        status: 403,
        words: { headline: '这个应用还没有对你开放', line: '请管理员把你加进应用的可见范围，再打开。' },
        canRetry: false,
      }
    case 'wecom_timeout':
      return {
        code,
        status: 504,
        words: { headline: '企业微信没有回应', line: '可能是网络慢，稍等再试。' },
        canRetry: true,
      }
    case 'wecom_unavailable':
      return {
        code,
        status: 503,
        words: { headline: '企业微信暂时连不上', line: '过一会儿再打开。' },
        canRetry: true,
        retryAfterSeconds: error.retryAfterSeconds,
      }
    case 'wecom_error':
      return {
        code,
        status: 502,
        words: { headline: '企业微信没有答应', line: '应用的设置可能有变化，请找管理员看一看。' },
        canRetry: true,
      }
    default:
      return undefined
  }
}
