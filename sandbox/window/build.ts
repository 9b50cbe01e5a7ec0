import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('.', import.meta.url))

/** Where the built window lies: `index.html` and its few assets. */
export const WINDOW_DIST = fileURLToPath(new URL('../dist', import.meta.url))

/** Address prefix of the window's assets. */
export const WINDOW_BASE = '/sandbox/window/'

let building: Promise<void> | undefined

/** Builds the window when it is missing or older than its sources; at most once per process. */
export function ensureWindowBuilt(): Promise<void> {
  building ??= isFresh().then(fresh => (fresh ? undefined : buildWindow()))
  return building
}

/**
 * Builds the chat window into `sandbox/dist`. Every file is written aside and moved into place, the page last,
 * so that two processes building at once never show half a window.
 */
export async function buildWindow(): Promise<void> {
  // Loaded only when there is something to build: the bundler is heavy, and starts and ends slowly.
  const [{ build }, { default: vue }] = await Promise.all([import('vite'), import('@vitejs/plugin-vue')])
  const result = await build({
    root: sources,
    base: WINDOW_BASE,
    configFile: false,
    logLevel: 'warn',
    plugins: [vue()],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        output: { entryFileNames: 'window.js', chunkFileNames: '[name].js', assetFileNames: 'window.[ext]' },
      },
    },
  })
  if ('on' in result) throw new Error('the window is built once, not watched')
  const files = [result].flat().flatMap(built => built.output)
  const pageLast = files.toSorted(
    (left, right) => Number(left.fileName === 'index.html') - Number(right.fileName === 'index.html'),
  )
  for (const file of pageLast) {
    await place(join(WINDOW_DIST, file.fileName), file.type === 'chunk' ? file.code : file.source)
  }
}

async function place(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.part`
  await writeFile(aside, content)
  await rename(aside, path)
}

async function isFresh(): Promise<boolean> {
  const built = await modifiedAt(join(WINDOW_DIST, 'index.html'))
  const names = await readdir(sources, { recursive: true })
  const times = await Promise.all(names.map(name => modifiedAt(join(sources, name))))
  return built > Math.max(...times)
}

/** unix milliseconds, 0 when there is no such file */
async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return 0 // not built yet, or an editor's temporary file that is gone again
  }
}
