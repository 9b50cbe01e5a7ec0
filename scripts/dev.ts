/**
 * `npm run dev`: as the demo, with hot reload. The browser opens the sandbox; its webview passes everything to Vite, which
 * serves the sources and passes documents and data on to the server; the server starts anew when its sources change.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join, resolve } from 'node:path'
import { createServer, type ProxyOptions, type ViteDevServer } from 'vite'
import { createChildren, untilAnswers } from './children.ts'
import { demoEnvironment, startDemoClock } from './demoEnvironment.ts'
import { requireFreePorts } from './freePorts.ts'
import { requireNode } from './requireNode.ts'

const root = join(import.meta.dirname, '..')
/** What the server answers; the rest is Vite's, and so are the sources in `web/api`. */
const SERVER_PATHS = ['^/api/(?!.*\\.ts(\\?|$))', '/auth', '/c/', '/sidebar', '/healthz', '/readyz', '^/$']

requireNode()
const children = createChildren()
let vite: ViteDevServer | undefined
try {
  await run()
} catch (error) {
  if (!children.isEnding()) console.error(error instanceof Error ? error.message : error)
  await vite?.close()
  await children.endAll()
  process.exit(1)
}

async function run(): Promise<void> {
  await requireFreePorts(process.env)
  const demo = demoEnvironment(process.env)
  startDemoClock(process.env, demo)
  const webDir = resolve(demo.DATA_DIR ?? '', 'dev-web')
  const serverUrl = demo.SANDBOX_APP_URL ?? ''
  vite = await createServer({
    configFile: join(root, 'vite.config.ts'),
    appType: 'custom',
    clearScreen: false,
    server: {
      host: demo.HOST,
      port: Number(process.env.VITE_PORT || 5173),
      strictPort: process.env.VITE_PORT !== undefined,
      // The sandbox is the origin the browser sees; its own guard is enough on this machine.
      allowedHosts: true,
      proxy: Object.fromEntries(SERVER_PATHS.map(path => [path, passOn(serverUrl)])),
    },
  })
  await vite.listen()
  const address = vite.httpServer?.address()
  if (typeof address !== 'object' || address === null) throw new Error('Vite 没有监听')

  const env: Record<string, string> = {
    ...demo,
    SANDBOX_APP_URL: `http://${new URL(serverUrl).hostname}:${address.port}`,
    WEB_DIR: webDir,
  }
  await writeTemplate(vite, webDir)
  children.start('沙盒', ['sandbox/main.ts'], env)
  await untilAnswers(`${env.WECOM_API_BASE}/sandbox/api/state`, '沙盒')
  const startServer = () =>
    children.start('服务器', ['--watch', '--watch-preserve-output', 'server/main.ts'], env)
  startServer()
  await untilAnswers(`${serverUrl}/readyz`, '服务器', 120_000)

  const page = join(root, 'web/index.html')
  vite.watcher.on('change', path => {
    if (path === page) void restartWithPage()
  })
  const restartWithPage = async () => {
    if (!vite) return
    await writeTemplate(vite, webDir)
    await children.stop('服务器')
    startServer()
  }

  const { seedTrial } = await import('./seedTrial.ts')
  await seedTrial(env, children.isEnding)
  if (!children.isEnding()) console.log(`\n  打开 ${env.PUBLIC_URL}/ ，改动会自己出现。\n`)
}

/** The server's template: the page as Vite wants it in the browser, with its client in it. */
async function writeTemplate(server: ViteDevServer, folder: string): Promise<void> {
  const page = await readFile(join(root, 'web/index.html'), 'utf8')
  const transformed = await server.transformIndexHtml('/index.html', page)
  await mkdir(folder, { recursive: true })
  // The page lives at /sidebar/, its modules at the root.
  await writeFile(join(folder, 'index.html'), transformed.replaceAll('src="./', 'src="/'))
}

/** Hot reload needs a WebSocket and writes its own style elements; the product's policy allows neither. */
function passOn(target: string): ProxyOptions {
  return {
    target,
    configure: proxy => {
      proxy.on('proxyRes', (answer: IncomingMessage) => {
        const policy = answer.headers['content-security-policy']
        if (typeof policy !== 'string') return
        answer.headers['content-security-policy'] = policy
          .replace("connect-src 'self'", "connect-src 'self' ws: wss:")
          .replace(/style-src 'self' 'nonce-[^']+'/, "style-src 'self' 'unsafe-inline'")
      })
    },
  }
}
