import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BUNDLE, serverEntry } from '../server/bundle.js'

const root = join(import.meta.dirname, '..')
const WEB_SOURCES = [
  'web',
  'shared',
  'vite.config.ts',
  'scripts/firstScreenBuild.ts',
  'scripts/packedBuild.ts',
  'package-lock.json',
]
const VITE = ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']
const SERVER_BUILD = 'scripts/serverBuild.ts'

/** unix milliseconds of the newest file below a path; 0 when there is none */
function newestIn(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return 0
  if (!found.isDirectory()) return found.mtimeMs
  const names = readdirSync(path).filter(name => name !== 'dist' && name !== 'node_modules')
  return Math.max(0, ...names.map(name => newestIn(join(path, name))))
}

const isNewer = (built: string, sources: string[]): boolean =>
  newestIn(join(root, built)) > Math.max(...sources.map(source => newestIn(join(root, source))))

function build(what: string, command: string[]): void {
  console.log(`正在构建${what} …`)
  const { status } = spawnSync(process.execPath, command, {
    cwd: root,
    stdio: 'inherit',
    // Whoever asks (a test runner, say) may run under another name: this is always the build that ships.
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) throw new Error(`${what}没有构建成功，原因见上面几行`)
}

/** Builds the sidebar when it is missing or older than its sources. @throws Error when the build does not succeed */
export function ensureWebBuilt(): void {
  if (!isNewer('web/dist/index.html', WEB_SOURCES)) build('侧边栏', VITE)
}

/** What `npm run build` makes, the server's bundle along with it. @throws Error when a build does not succeed */
export function ensureBuilt(): void {
  ensureWebBuilt()
  if (serverEntry(root) !== BUNDLE || !isNewer(BUNDLE, [SERVER_BUILD])) build('服务器', [SERVER_BUILD])
}
