import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import type { Boot } from '../../../shared/contract/session.ts'
import type { StaffActor } from '../../actor.ts'
import { Unauthenticated } from '../../errors.ts'
import type { AppEnv } from '../../http/env.ts'
import { packText } from '../../http/packText.ts'
import { APP_PERMISSIONS, pagePolicy } from '../../http/securityHeaders.ts'
import type { WebFiles } from '../../http/webFiles.ts'
import { isPageOpened, keepHash } from './hashKeeper.ts'
import { HOME_PATH } from './ownPath.ts'
import type { SessionService } from './session.service.ts'

/** Pages people are sent to from outside: a fragment would not survive the login's redirects, here the server knows it. */
const OUTER_PAGES = { '/today': '#/today', '/handover': '#/console/handover' }

/** A page without signatures is better than one that does not open. */
const SIGNATURE_PATIENCE_MS = 2_000

/** `GET /sidebar/`: the document with session and signatures inside, so that the page needs one request more, not three. */
export function documentRoutes(session: SessionService, web: WebFiles) {
  const app = new Hono<AppEnv>()
  app.get('/', c => c.redirect(HOME_PATH, 302))
  app.get('/sidebar', c => c.redirect(HOME_PATH + new URL(c.req.url).search, 302))

  // The workbench's home, and where notices lead.
  for (const [path, fragment] of Object.entries(OUTER_PAGES)) {
    app.get(path, async c => {
      c.header('Cache-Control', 'no-store')
      const actor = await whoIs(session, c.get('sessionHash'))
      const page = `${HOME_PATH}${fragment}`
      return c.redirect(actor ? page : `/auth/login?to=${encodeURIComponent(page)}`, 302)
    })
  }

  app.get('/sidebar/', async c => {
    c.header('Cache-Control', 'no-store')
    c.header('Vary', 'Accept, Accept-Encoding')
    // Path and query as they were asked for; the host is ours, whatever the request says.
    const { pathname, search } = new URL(c.req.url)
    const actor = await whoIs(session, c.get('sessionHash'))
    if (!actor) {
      const login = `/auth/login?to=${encodeURIComponent(pathname + search)}`
      return isPageOpened(c) ? keepHash(c, login) : c.redirect(login, 302)
    }
    const [own, signatures] = await Promise.all([
      session.getSession(actor),
      session.signDocument(pathname + search, SIGNATURE_PATIENCE_MS),
    ])
    const nonce = randomBytes(16).toString('base64')
    const page = fillDocument(web.document, {
      nonce,
      boot: { session: own, signatures, deviceKey: session.deviceKey(actor) },
      theme: themeOf(c.req.header('user-agent') ?? ''),
    })
    c.header('Content-Security-Policy', pagePolicy(nonce))
    c.header('Permissions-Policy', APP_PERMISSIONS)
    c.header('Content-Type', 'text/html; charset=utf-8')
    const { body, encoding } = await packText(page, c.req.header('accept-encoding'))
    if (encoding) c.header('Content-Encoding', encoding)
    return c.body(body)
  })
  return app
}

async function whoIs(session: SessionService, hash: Buffer | undefined): Promise<StaffActor | undefined> {
  try {
    return await session.authenticate(hash)
  } catch (error) {
    if (error instanceof Unauthenticated) return undefined
    throw error
  }
}

/** What the client's user agent says of its theme (wecom/jssdk.md §6); null leaves the choice to the page. */
export function themeOf(userAgent: string): 'light' | 'dark' | null {
  const said = /ColorScheme\/(Dark|Light)/i.exec(userAgent)?.[1]?.toLowerCase()
  return said === 'dark' || said === 'light' ? said : null
}

export function fillDocument(
  template: string,
  { nonce, boot, theme }: { nonce: string; boot: Boot; theme: 'light' | 'dark' | null },
): string {
  const script = `<script type="application/json" id="boot" nonce="${nonce}">${jsonInScript(boot)}</script>`
  // By functions: in a replacement text `$&` and its kin would be read as commands.
  return template
    .replaceAll('__CSP_NONCE__', () => nonce)
    .replace('<!--boot-->', () => script)
    .replace(/<html\b/, found => (theme ? `${found} data-theme="${theme}"` : found))
}

/** JSON that cannot end the script element it stands in, nor be read as a comment. */
const jsonInScript = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
