import { Hono, type Context } from 'hono'
import type { Config } from '../../config.ts'
import { cookieJar } from '../../http/cookies.ts'
import type { AppEnv } from '../../http/env.ts'
import type { Limits } from '../../limits/limits.ts'
import { VISITOR_RETURN_PATH, type VisitorsService } from '../session/visitors.service.ts'
import { HOLDER_SECONDS, type createHolders, type KnownHolder } from './couponHolder.ts'
import { couponIcon } from './couponIcon.ts'
import type { CouponPageService } from './couponPage.service.ts'
import { couponPageHtml } from './couponPage.ts'
import { answerNotice, answerPage, answerTrouble, answerUnknown } from './pageAnswer.ts'
import { sharePageHtml } from './sharePage.ts'

const TOKEN = /^[A-Za-z0-9_-]{22}$/
const PICTURE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const BROWSER_TOKEN = /^[A-Za-z0-9_-]{43}$/
const LOGIN_COOKIE_SECONDS = 10 * 60
/** A redirect without a fragment inherits the one before, and `#wechat_redirect` would stay in her favourites. */
const NO_FRAGMENT = '#'

export interface CouponPageDoors {
  pages: Pick<CouponPageService, 'find' | 'stateOf' | 'kindOf' | 'claim' | 'claimShare' | 'findPicture'>
  visitors: VisitorsService
  holders: ReturnType<typeof createHolders>
  limits: Pick<Limits, 'pace' | 'quota'>
  config: Pick<Config, 'publicUrl'> & { wecom: Pick<Config['wecom'], 'oauthBase'> }
}

/**
 * The customer's own pages, outside `/api`: no session, nothing remembered by anyone. GET changes nothing, because link
 * previews fetch it; claiming is a form.
 */
export function couponPageRoutes({
  pages,
  visitors,
  holders,
  limits,
  config,
}: CouponPageDoors): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  let icon: Uint8Array<ArrayBuffer> | undefined
  const cookies = cookieJar(config.publicUrl)
  const ownOrigin = new URL(config.publicUrl).origin
  const formTargets = oauthOrigins(config.wecom.oauthBase)
  const knownHolder = (c: Context<AppEnv>) => holders.read(cookies.holder.read(c))
  const keep = (c: Context<AppEnv>, holder: KnownHolder) =>
    cookies.holder.write(c, holders.write(holder), HOLDER_SECONDS)

  app.onError(answerTrouble)

  app.get('/c/icon.png', c => {
    c.header('Cache-Control', 'public, max-age=86400')
    // Shown by WeChat beside the link.
    c.header('Cross-Origin-Resource-Policy', 'cross-origin')
    icon ??= new Uint8Array(couponIcon())
    return c.body(icon, 200, { 'Content-Type': 'image/png' })
  })

  app.get('/c/picture/:pictureId', async c => {
    const pictureId = c.req.param('pictureId')
    const picture = PICTURE_ID.test(pictureId) ? await pages.findPicture(pictureId) : undefined
    if (!picture) return answerUnknown(c)
    // A picture never changes under its number.
    c.header('Cache-Control', 'public, max-age=2592000, immutable')
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Cross-Origin-Resource-Policy', 'cross-origin')
    return c.body(new Uint8Array(picture.bytes), 200, { 'Content-Type': picture.contentType })
  })

  app.get(VISITOR_RETURN_PATH, async c => {
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    const { code, state } = c.req.query()
    const back = await visitors.finish({ code, state, browserToken: cookies.login.read(c) })
    switch (back.kind) {
      case 'known': {
        const holder = holders.holderOf(back.openId, back.externalUserId)
        keep(c, { ...holder, goesTo: back.returnTo })
        return c.redirect(back.returnTo + NO_FRAGMENT, 303)
      }
      case 'member':
        return answerNotice(c, 403, '这是给客人的券', '您用的是同事的身份，请客人在微信里点开', back.returnTo)
      case 'unnamed':
        return answerNotice(c, 403, '没有认出您的微信', '请在群里找发券的导购，请她单独发给您', back.returnTo)
      case 'repeated':
        return c.redirect(back.returnTo + NO_FRAGMENT, 303)
      case 'lost':
        return answerNotice(
          c,
          400,
          '这一步没有接上',
          '请从聊天里重新点开，再点一次「领取」',
          back.returnTo ?? undefined,
        )
    }
  })

  app.get('/c/:token', async c => {
    const token = c.req.param('token')
    const holder = knownHolder(c)
    const page = TOKEN.test(token) ? await pages.find(token, holder) : undefined
    if (!page) return answerUnknown(c)
    const path = `/c/${token}`
    if (page.kind === 'coupon') return answerPage(c, 200, nonce => couponPageHtml(nonce, page, path))
    if (page.ownToken !== null) return toPage(c, page.ownToken)
    const isGoing = holder?.goesTo === path
    if (isGoing) keep(c, { ...holder, goesTo: null })
    return answerPage(c, 200, nonce => sharePageHtml(nonce, page, path, isGoing), formTargets)
  })

  // For the page that is open already: one word, so that it notices what the till does.
  app.get('/c/:token/state', async c => {
    const token = c.req.param('token')
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('X-Robots-Tag', 'noindex, nofollow')
    c.header('X-Content-Type-Options', 'nosniff')
    if (!TOKEN.test(token)) return c.text('', 404)
    const wait = limits.pace('look', token)
    if (wait > 0) {
      c.header('Retry-After', String(wait))
      return c.text('', 429)
    }
    const state = await pages.stateOf(token)
    return state ? c.text(state) : c.text('', 404)
  })

  app.post('/c/:token', async c => {
    const token = c.req.param('token')
    const kind = TOKEN.test(token) ? await pages.kindOf(token) : undefined
    if (!kind) return answerUnknown(c)
    if (!isOwnForm(c, ownOrigin)) return answerNotice(c, 403, '请从聊天里点开这张券', '打开后点「领取」就好')
    const holder = kind === 'share' ? knownHolder(c) : undefined
    const isGroups = kind === 'share' && !holder
    const wait = isGroups
      ? limits.pace('groupClaim', token)
      : await limits.quota('claim', holder ? `${token} ${holder.hash.toString('base64url')}` : token)
    if (wait > 0) {
      c.header('Retry-After', String(wait))
      return answerNotice(c, 429, '点得太快了', '歇一分钟再点开，您的券还在')
    }
    if (kind === 'coupon') {
      // Whatever came of it, the page itself says best; and a reload does not post again.
      await pages.claim(token)
      return toPage(c, token)
    }
    if (holder) {
      const claimed = await pages.claimShare(token, holder)
      return toPage(c, claimed ?? token)
    }
    const known = cookies.login.read(c)
    const { authorizeUrl, browserToken } = await visitors.start(
      `/c/${token}`,
      known !== undefined && BROWSER_TOKEN.test(known) ? known : undefined,
    )
    cookies.login.write(c, browserToken, LOGIN_COOKIE_SECONDS)
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    return c.redirect(authorizeUrl, 303)
  })
  return app
}

/** After a POST, and from a group's link to one's own piece. */
function toPage(c: Context<AppEnv>, token: string) {
  c.header('Cache-Control', 'no-store')
  c.header('Referrer-Policy', 'no-referrer')
  return c.redirect(`/c/${token}`, 303)
}

/** Browsers hold a form's redirects to the page's policy too, and the official login may hand on within WeChat's hosts. */
function oauthOrigins(oauthBase: string): string {
  const { origin, hostname } = new URL(oauthBase)
  return hostname.endsWith('.weixin.qq.com') ? `${origin} https://*.weixin.qq.com` : origin
}

/**
 * A form of our own page. Browsers that hide the referrer send `Origin: null` with a form, so what they say of the site counts
 * too. Android's older web views (Chrome before 76) say no more than that: theirs passes, for the link itself is the right to claim,
 * and the cookie of a group's claimer does not come along from another site. A request that says neither is no form of a browser.
 */
function isOwnForm(c: Context<AppEnv>, ownOrigin: string): boolean {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  if (origin !== undefined && origin !== 'null') return origin === ownOrigin
  return site === 'same-origin' || (origin === 'null' && site === undefined)
}
