import { Hono, type Context } from 'hono'
import { isDatabaseUnavailable, isLockTimeout, isStatementTimeout, isStorageFull } from '../../db/failures.ts'
import { NotFound } from '../../errors.ts'
import type { AppEnv } from '../../http/env.ts'
import { packText } from '../../http/packText.ts'
import { randomToken } from '../../sealing.ts'
import { createClaimPace } from './claimPace.ts'
import { couponIcon } from './couponIcon.ts'
import type { CouponPageService } from './couponPage.service.ts'
import { couponPageHtml } from './couponPage.ts'
import { noticePageHtml } from './couponPageShell.ts'

const TOKEN = /^[A-Za-z0-9_-]{22}$/
const NONCE_BYTES = 16

type Render = (nonce: string) => ReturnType<typeof noticePageHtml>

/**
 * The customer's own pages, outside `/api`: no session, nothing remembered by anyone. GET changes nothing, because link
 * previews fetch it; claiming is a form.
 */
export function couponPageRoutes(
  pages: Pick<CouponPageService, 'find' | 'claim'>,
  { publicUrl }: { publicUrl: string },
): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  let icon: Uint8Array<ArrayBuffer> | undefined
  const pace = createClaimPace()
  const ownOrigin = new URL(publicUrl).origin

  app.onError((error, c) => {
    if (error instanceof NotFound) return unknownCoupon(c)
    const isTemporary =
      isDatabaseUnavailable(error) ||
      isStorageFull(error) ||
      isLockTimeout(error) ||
      isStatementTimeout(error)
    // Anything else is for the log of the whole app.
    if (!isTemporary) throw error
    c.header('Retry-After', '3')
    return notice(c, 503, '这一页暂时没取到', '网络有点忙，过一会儿再点开就好，您的券还在')
  })

  app.get('/c/icon.png', c => {
    c.header('Cache-Control', 'public, max-age=86400')
    icon ??= new Uint8Array(couponIcon())
    return c.body(icon, 200, { 'Content-Type': 'image/png' })
  })

  app.get('/c/:token', async c => {
    const token = c.req.param('token')
    const page = TOKEN.test(token) ? await pages.find(token) : undefined
    if (!page) return unknownCoupon(c)
    return respond(c, 200, nonce => couponPageHtml(nonce, page, `/c/${token}`))
  })

  app.post('/c/:token', async c => {
    const token = c.req.param('token')
    if (!TOKEN.test(token)) return unknownCoupon(c)
    if (!isOwnForm(c, ownOrigin)) return notice(c, 403, '请从聊天里点开这张券', '打开后点「领取」就好')
    const wait = pace.secondsToWait(token)
    if (wait > 0) {
      c.header('Retry-After', String(wait))
      return notice(c, 429, '点得太快了', '歇一分钟再点开，您的券还在')
    }
    await pages.claim(token)
    // Whatever came of it, the page itself says best; and a reload does not post again.
    c.header('Cache-Control', 'no-store')
    return c.redirect(`/c/${token}`, 303)
  })
  return app
}

/**
 * A form of our own page. Browsers that hide the referrer send `Origin: null` with a form, so what they say of the site counts
 * too; a request that says neither is no form of a browser.
 */
function isOwnForm(c: Context<AppEnv>, ownOrigin: string): boolean {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  if (origin !== undefined && origin !== 'null') return origin === ownOrigin
  return site === 'same-origin'
}

const unknownCoupon = (c: Context<AppEnv>) =>
  notice(c, 404, '没有找到这张券', '链接可能不完整，请从聊天里重新点开')

function notice(c: Context<AppEnv>, status: 403 | 404 | 429 | 503, headline: string, advice: string) {
  return respond(c, status, nonce => noticePageHtml(nonce, headline, advice))
}

async function respond(c: Context<AppEnv>, status: 200 | 403 | 404 | 429 | 503, render: Render) {
  const nonce = randomToken(NONCE_BYTES)
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
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
