import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** One package that people who run or open the product get. */
export interface ShippedPackage {
  name: string
  version: string
  /** SPDX, as the package says itself */
  license: string
  /** its folder, from the project's root */
  path: string
}

interface Locked {
  version?: string
  license?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

const readJson = <T>(path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T

/**
 * Everything that is shipped, from the lockfile: what the server needs at run time, and what the page's own code imports — the page
 * is built, so its packages are development dependencies — each with what it needs itself.
 */
export function shippedPackages(): ShippedPackage[] {
  const { packages } = readJson<{ packages: Record<string, Locked> }>('package-lock.json')
  const { dependencies, devDependencies } =
    readJson<Record<'dependencies' | 'devDependencies', object>>('package.json')
  const fonts = Object.keys(devDependencies).filter(name => name.startsWith('@fontsource'))
  const found = new Map<string, Locked>()
  const visit = (name: string, from: string): void => {
    const path = placeOf(packages, name, from)
    // Optional ones are in the lockfile for every system; those of other systems are shipped there.
    if (path === undefined || found.has(path)) return
    const locked = packages[path] ?? {}
    found.set(path, locked)
    for (const inner of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies }))
      visit(inner, path)
  }
  for (const name of [...Object.keys(dependencies), ...importedByPage(), ...fonts]) visit(name, '')
  return [...found]
    .map(([path, { version = '', license = '' }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      license,
      path,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Where Node finds `name` from a package: in its own folder, or in one further up. */
function placeOf(packages: Record<string, Locked>, name: string, from: string): string | undefined {
  for (
    let folder = from;
    folder !== '';
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const path = `${folder}/node_modules/${name}`
    if (packages[path]) return path
  }
  const path = `node_modules/${name}`
  return packages[path] ? path : undefined
}

/** Names of the packages that `web/` and `shared/` import. */
function importedByPage(): string[] {
  const files = ['web', 'shared'].flatMap(room =>
    (readdirSync(join(ROOT, room), { recursive: true }) as string[])
      .filter(file => /\.(ts|vue|css)$/.test(file) && !file.startsWith('dist'))
      .map(file => `${room}/${file}`),
  )
  const names = files.flatMap(file =>
    [
      ...readFileSync(join(ROOT, file), 'utf8').matchAll(
        /(?:\bfrom|\bimport|@import)\s*\(?\s*['"]([^.'"\n][^'"\n]*)['"]/g,
      ),
    ].map(([, specifier = '']) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    ),
  )
  return [...new Set(names)].filter(name => !name.startsWith('node:') && !name.startsWith('virtual:'))
}
