import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { html } from 'hono/html'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { pagePolicy } from './securityHeaders.ts'

export interface PageWords {
  headline: string
  line: string
  /** what to tap, and where it leads */
  action?: { label: string; href: string }
  /** for whoever is asked about it */
  requestId: string
}

/** Whether somebody opened an address, who would have to read what programs are told. */
export const isForPerson = (c: Context): boolean =>
  c.req.method === 'GET' &&
  !c.req.path.startsWith('/api/') &&
  (c.req.header('accept') ?? '').includes('text/html')

/** A small page in place of the one that was asked for. Needs no script and no file. */
export async function wordsPage(
  c: Context,
  status: ContentfulStatusCode,
  words: PageWords,
): Promise<Response> {
  const nonce = randomBytes(16).toString('base64')
  const { headline, line, action, requestId } = words
  // The tokens of design that it needs; the app's style sheet is what may be missing.
  const body = html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <title>${headline}</title>
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          :root {
            color-scheme: light dark;
            --page: #f5f4f3;
            --ink: #221d1e;
            --ink-2: #5e5657;
            --ink-3: #716869;
            --accent: #8a2a45;
            --accent-fill: #8a2a45;
          }
          @media (prefers-color-scheme: dark) {
            :root {
              --page: #151314;
              --ink: #f2edec;
              --ink-2: #b9b0af;
              --ink-3: #9c9392;
              --accent: #f0a6b4;
              --accent-fill: #a23a56;
            }
          }
          body {
            margin: 0;
            background: var(--page);
            color: var(--ink);
            font:
              0.9375rem/1.4667 -apple-system,
              BlinkMacSystemFont,
              'PingFang SC',
              'HarmonyOS Sans SC',
              'MiSans',
              'Microsoft YaHei',
              'Noto Sans SC',
              'Noto Sans CJK SC',
              sans-serif;
          }
          main {
            display: flex;
            flex-direction: column;
            align-items: center;
            justify-content: center;
            min-height: 100vh;
            padding: 24px;
            box-sizing: border-box;
            text-align: center;
            overflow-wrap: anywhere;
          }
          h1 {
            margin: 0 0 4px;
            font-size: 1.0625rem;
            line-height: 1.5rem;
            font-weight: 600;
          }
          p {
            margin: 0;
            max-width: 20em;
            color: var(--ink-2);
          }
          a {
            margin-top: 20px;
            padding: 11px 24px;
            border-radius: 10px;
            background: var(--accent-fill);
            color: #fff;
            font-weight: 600;
            text-decoration: none;
          }
          a:focus {
            outline: 2px solid var(--accent);
            outline-offset: 2px;
          }
          .number {
            margin-top: 24px;
            font-size: 0.75rem;
            color: var(--ink-3);
          }
        </style>
      </head>
      <body>
        <main>
          <h1>${headline}</h1>
          <p>${line}</p>
          ${action ? html`<a href="${action.href}">${action.label}</a>` : ''}
          ${requestId ? html`<p class="number">编号 ${requestId}</p>` : ''}
        </main>
      </body>
    </html>`
  c.header('Content-Security-Policy', pagePolicy(nonce))
  c.header('Cache-Control', 'no-store')
  return c.html(await body, status)
}
