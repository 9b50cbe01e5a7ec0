/** The second half of `npm run build`: the server as one file; server/bundle.js says when it is run. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build, type Plugin } from 'vite'
import { BUNDLE, BUNDLE_SOURCES, digestOf, type BundleSources } from '../server/bundle.js'

const root = realpathSync(join(import.meta.dirname, '..'))
const folder = join(root, dirname(BUNDLE))
/** They find natives, threads and files of their own by where they stand. */
const LEFT_OUTSIDE = ['pg', 'pino']
const LOCKFILE = 'package-lock.json'

const seen = new Map<string, Buffer>([[LOCKFILE, readFileSync(join(root, LOCKFILE))]])
await build({
  root,
  configFile: false,
  envDir: false,
  logLevel: 'warn',
  plugins: [ownSources()],
  ssr: { noExternal: true, external: LEFT_OUTSIDE },
  build: {
    ssr: 'server/main.ts',
    outDir: folder,
    emptyOutDir: true,
    target: 'node22',
    // The log's stacks are to be read by people.
    minify: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'main.js',
        codeSplitting: false,
        comments: { legal: true, annotation: false, jsdoc: false },
      },
    },
  },
})
const files = [...seen.keys()].sort()
const sources: BundleSources = { files, digest: digestOf(files, file => seen.get(file) as Buffer) }
writeFileSync(join(root, BUNDLE_SOURCES), JSON.stringify(sources))

/** Remembers every module of ours as it was read, and lets it find what lies beside it from where the bundle stands. */
function ownSources(): Plugin {
  return {
    name: 'guidebar:own-sources',
    enforce: 'pre',
    transform(code, id) {
      if (id.startsWith('\0') || id.includes('/node_modules/')) return
      seen.set(relative(root, id).replaceAll('\\', '/'), Buffer.from(code))
      const place = JSON.stringify(relative(folder, id).replaceAll('\\', '/'))
      return code
        .replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`)
        .replaceAll('import.meta.dirname', `(import.meta.dirname + '/' + ${place} + '/..')`)
    },
  }
}
