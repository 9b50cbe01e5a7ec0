import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const SOURCES = [
  'web',
  'shared',
  'vite.config.ts',
  'scripts/firstScreenBuild.ts',
  'scripts/packedBuild.ts',
  'package-lock.json',
]

/** unix milliseconds of the newest file below a path; 0 when there is none */
function newestIn(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return 0
  if (!found.isDirectory()) return found.mtimeMs
  const names = readdirSync(path).filter(name => name !== 'dist' && name !== 'node_modules')
  return Math.max(0, ...names.map(name => newestIn(join(path, name))))
}

/** Builds the sidebar when it is missing or older than its sources. @throws Error when the build does not succeed */
export function ensureWebBuilt(): void {
  const built = statSync(join(root, 'web/dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built > Math.max(...SOURCES.map(source => newestIn(join(root, source))))) return
  console.log('正在构建侧边栏 …')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
    // Whoever asks (a test runner, say) may run under another name: this is always the build that ships.
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) throw new Error('侧边栏没有构建成功，原因见上面几行')
}
