import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { pagePolicy } from '../../http/securityHeaders.ts'

export interface PageWords {
  headline: string
  line: string
  /** what to tap, and where it leads */
  action?: { label: string; href: string }
  /** for whoever is asked about it */
  requestId: string
}

/** A small page in place of the sidebar, when somebody cannot be let in. Needs no script and no file. */
export async function wordsPage(
  c: Context,
  status: 400 | 403 | 429 | 502 | 503 | 504,
  words: PageWords,
): Promise<Response> {
  const nonce = randomBytes(16).toString('base64')
  const { headline, line, action, requestId } = words
  const body = html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <title>${headline}</title>
        <style nonce="${nonce}">
          :root {
            color-scheme: light dark;
            --paper: #faf8f5;
            --ink: #2a2422;
            --soft: #6f6662;
            --garnet: #8c2f39;
            --on: #fff;
          }
          @media (prefers-color-scheme: dark) {
            :root {
              --paper: #1c1917;
              --ink: #ece5e0;
              --soft: #a79d97;
              --garnet: #c9626d;
              --on: #1c1917;
            }
          }
          body {
            margin: 0;
            min-height: 100vh;
            display: grid;
            place-content: center;
            justify-items: center;
            padding: 24px;
            box-sizing: border-box;
            text-align: center;
            background: var(--paper);
            color: var(--ink);
            font:
              15px/24px -apple-system,
              'PingFang SC',
              'Microsoft YaHei',
              'Noto Sans CJK SC',
              sans-serif;
          }
          h1 {
            margin: 0 0 8px;
            font-size: 18px;
            line-height: 26px;
            font-weight: 600;
          }
          p {
            margin: 0;
            color: var(--soft);
            max-width: 20em;
          }
          a {
            display: inline-block;
            margin-top: 24px;
            min-height: 44px;
            line-height: 44px;
            padding: 0 28px;
            border-radius: 22px;
            background: var(--garnet);
            color: var(--on);
            text-decoration: none;
          }
          small {
            margin-top: 24px;
            font-size: 12px;
            color: var(--soft);
            word-break: break-all;
            opacity: 0.8;
          }
        </style>
      </head>
      <body>
        <h1>${headline}</h1>
        <p>${line}</p>
        ${action ? html`<a href="${action.href}">${action.label}</a>` : ''}
        <small>${requestId}</small>
      </body>
    </html>`
  c.header('Content-Security-Policy', pagePolicy(nonce))
  c.header('Cache-Control', 'no-store')
  return c.html(await body, status)
}
