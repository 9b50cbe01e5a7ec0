import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { html, raw } from 'hono/html'
import { pagePolicy } from '../../http/securityHeaders.ts'

/** Fills the address of the login with what only the browser knows; `location` is the page that was opened. */
const SCRIPT = `location.replace('/auth/login?to=' + encodeURIComponent(location.pathname + location.search + location.hash))`

/** Whether a browser opens a page, and no program that would follow a redirect and run nothing. */
export const isPageOpened = (c: Context): boolean => (c.req.header('accept') ?? '').includes('text/html')

/**
 * To the login by way of a page of no height: which of our pages is meant stands behind the #, which no server hears of and WeCom's
 * redirects replace. Where it leads is checked by the login as any other wish (P7).
 */
export async function keepHash(c: Context, loginPath: string): Promise<Response> {
  const nonce = randomBytes(16).toString('base64')
  const page = html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="color-scheme" content="light dark" />
        <title>正在登录</title>
        <script nonce="${nonce}">
          ${raw(SCRIPT)}
        </script>
        <noscript><meta http-equiv="refresh" content="0;url=${loginPath}" /></noscript>
      </head>
      <body></body>
    </html>`
  c.header('Content-Security-Policy', pagePolicy(nonce))
  return c.html(await page)
}
