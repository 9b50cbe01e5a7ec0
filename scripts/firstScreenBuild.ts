import type { Plugin, Rolldown } from 'vite'

/** The chunk of `main.ts`: everything the first screen shows. */
const MAIN = 'main'

interface ModuleGraph {
  getModuleInfo(id: string): { importedIds: readonly string[]; code: string | null } | null
}

const CONTRACT = /[\\/]shared[\\/]contract[\\/]/
const CALLS = /[\\/](shared[\\/]contract|web[\\/]api)[\\/]/
const OURS = /[\\/](shared[\\/]rules|web[\\/](ui|domains|views))[\\/].+\.ts$/
/** Letters of the source of what is not worth a file. */
const SMALL_LENGTH = 2_500
/** Into so many files the contracts of what comes first are cut: to evaluate all of them at once would keep a finger waiting. */
const PIECES = 12

/** The roots and all that they import, each after what it imports itself. */
function inOrder(roots: readonly string[], importsOf: (id: string) => readonly string[]): Set<string> {
  const [begun, found] = [new Set<string>(), new Set<string>()]
  const visit = (id: string) => {
    if (begun.has(id)) return
    begun.add(id)
    for (const each of importsOf(id)) visit(each)
    found.add(id)
  }
  for (const root of roots) visit(root)
  return found
}

/** Everything modules import without being asked later, down to the packages. */
const staticallyFrom = (roots: readonly string[], graph: ModuleGraph) =>
  inOrder(roots, id => graph.getModuleInfo(id)?.importedIds ?? [])

/** Cuts modules that stand in their order into pieces of about equal length: none leans on a later one. */
function inPieces(ids: readonly string[], pieces: number, graph: ModuleGraph): Map<string, number> {
  const lengths = ids.map(id => graph.getModuleInfo(id)?.code?.length ?? 0)
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  let before = 0
  return new Map(
    ids.map((id, index) => {
      const piece = Math.floor((before / whole) * pieces)
      before += lengths[index] ?? 0
      return [id, piece]
    }),
  )
}

/**
 * For the bundler's `codeSplitting`: two scripts for the first screen, whatever else shares their modules — the entry, and what
 * `main.ts` draws with — one for the calls of what comes right after it (`soonIds`), and one for all others.
 */
export function firstScreenGroups(mainId: string, soonIds: string[]): Rolldown.CodeSplittingGroup[] {
  let first: Set<string> | undefined
  const firstOf = (graph: ModuleGraph) => (first ??= staticallyFrom([mainId], graph))
  let soon: Set<string> | undefined
  const soonOf = (graph: ModuleGraph) => (soon ??= staticallyFrom(soonIds, graph))
  let pieces: Map<string, number> | undefined
  const pieceOf = (id: string, graph: ModuleGraph) => {
    pieces ??= inPieces(
      [...soonOf(graph)].filter(each => CONTRACT.test(each)),
      PIECES,
      graph,
    )
    return pieces.get(id)
  }
  return [
    { name: 'entry', tags: ['$initial'], priority: 2 },
    {
      debugName: MAIN,
      name: (id: string, graph: ModuleGraph) => (firstOf(graph).has(id) ? MAIN : null),
      priority: 1,
    },
    // What calls need comes in a few, not in dozens of crumbs, and not in one: to evaluate all of it would keep a finger waiting.
    { name: 'schemas', test: /node_modules[\\/]zod[\\/]|web[\\/]api[\\/]schemas\.ts/, priority: 0.5 },
    { name: 'http', test: /node_modules[\\/]axios[\\/]|web[\\/]api[\\/]http\.ts/, priority: 0.5 },
    // A piece takes along what it leans on, where that has no place yet: the first goes first.
    ...Array.from({ length: PIECES }, (_, piece) => ({
      debugName: `contract-${piece}`,
      name: (id: string, graph: ModuleGraph) => (pieceOf(id, graph) === piece ? `contract-${piece}` : null),
      priority: 0.4 - piece / 100,
    })),
    {
      debugName: 'api',
      name(id: string, graph: ModuleGraph) {
        if (!CALLS.test(id)) return null
        return soonOf(graph).has(id) ? 'api' : 'api-later'
      },
      priority: 0.2,
    },
    // What several parts share comes in one file: every file is named in the first screen, and is a request of its own.
    {
      debugName: 'shared',
      name(id: string, graph: ModuleGraph) {
        const { code, importedIds } = graph.getModuleInfo(id) ?? {}
        const isSmall = OURS.test(id) && code && code.length < SMALL_LENGTH
        return isSmall && importedIds?.every(each => firstOf(graph).has(each)) ? 'shared' : null
      },
      minShareCount: 2,
      priority: 0.1,
    },
  ]
}

/**
 * Takes the build that the package ships for browsers in production: from its other one the bundler cannot shake what only
 * devtools download files with, and the first screen would carry it.
 * @param file the package's own, for which it exports no name
 */
export function productionPinia(file: string): Plugin {
  return {
    name: 'guidebar:production-pinia',
    apply: 'build',
    enforce: 'pre',
    resolveId: id => (id === 'pinia' ? file : null),
  }
}

/** The module whose `__vitePreload` the bundler puts around every `import()`. */
const PRELOAD_HELPER = '\0vite/preload-helper.js'

/** Puts our way of loading parts in the place of the bundler's, which after a failure fails for as long as the page lives. */
export function loadAgain(bringFiles: string): Plugin {
  return {
    name: 'guidebar:load-again',
    apply: 'build',
    enforce: 'pre',
    load: id =>
      id === PRELOAD_HELPER
        ? `export { bringAndLoad as __vitePreload } from ${JSON.stringify(bringFiles)}`
        : null,
  }
}

/**
 * Saves the first screen three round trips: its styles and the entry stand inside the document, and the framework is fetched beside
 * it instead of after it.
 */
export function firstScreenBuild(): Plugin {
  let mainFile = ''
  let styles = ''
  return {
    name: 'guidebar:first-screen',
    apply: 'build',
    generateBundle: {
      // Before Vite lists the styles that a script waits for: these are there from the beginning.
      order: 'pre',
      handler(_options, bundle) {
        const main = Object.values(bundle).find(chunk => chunk.type === 'chunk' && chunk.name === MAIN)
        if (main?.type !== 'chunk') throw new Error('main.ts has no chunk of its own')
        mainFile = main.fileName
        const files = [...(main.viteMetadata?.importedCss ?? [])]
        styles = files.map(file => styleOf(bundle[file])).join('\n')
        for (const file of files) Reflect.deleteProperty(bundle, file)
        main.viteMetadata?.importedCss.clear()
        carryHelpers(main, bundle)
        listAllImports(bundle)
      },
    },
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {}, chunk }) => ({
        html: chunk ? withEntry(withoutLayout(html), chunk, bundle) : withoutLayout(html),
        tags: [
          {
            tag: 'link',
            attrs: {
              rel: 'modulepreload',
              crossorigin: true,
              href: `/${mainFile}`,
              nonce: '__CSP_NONCE__',
              // The entry asks for the card: it comes before what draws it.
              fetchpriority: 'low',
            },
            injectTo: 'head',
          },
          { tag: 'style', attrs: { nonce: '__CSP_NONCE__' }, children: styles, injectTo: 'head' },
        ],
      }),
    },
  }
}

/** The document without what only its readers here need: indents, and lines that are comments of its script. */
const withoutLayout = (html: string): string =>
  html
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('//'))
    .join('\n')

function styleOf(file: { type: string; source?: string | Uint8Array } | undefined): string {
  if (file?.type !== 'asset' || file.source === undefined)
    throw new Error('a style sheet of main.ts is not in the bundle')
  return (typeof file.source === 'string' ? file.source : new TextDecoder().decode(file.source)).trim()
}

/**
 * The bundler keeps its few lines of helpers in a file of their own, which would be a request of its own. The first screen
 * carries them itself; what is loaded later may still share the file.
 */
function carryHelpers(main: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle): void {
  const found = /import\{t as (\w+)\}from"\.\/(rolldown-runtime-[\w-]+\.js)";/.exec(main.code)
  if (!found) return
  const [statement, name = '', file = ''] = found
  const helper = Object.values(bundle).find(chunk => chunk.fileName.endsWith(file))
  const body = helper?.type === 'chunk' ? /^([^]*)export\{t\};?\s*$/.exec(helper.code)?.[1] : undefined
  if (body === undefined) throw new Error('the bundler keeps its helpers in another form now')
  main.code = main.code.replace(statement, () => `const ${name}=(()=>{${body}return t})();`)
  main.imports = main.imports.filter(each => !each.endsWith(file))
}

/**
 * Names for every file all others that it leans on, in the order in which they can be evaluated one after the other: so the
 * bundler lists them where it is loaded, and `bringFiles.ts` takes them.
 */
function listAllImports(bundle: Rolldown.OutputBundle): void {
  const chunks = Object.values(bundle).filter(file => file.type === 'chunk')
  const direct = new Map(chunks.map(chunk => [chunk.fileName, chunk.imports]))
  for (const chunk of chunks) chunk.imports = [...inOrder(chunk.imports, file => direct.get(file) ?? [])]
}

/** Where the server puts session and signatures. */
const BOOT = '<!--boot-->'
/** Where the entry leaves what others import from it: the document has no address that they could import. */
const ENTRY_PARTS = 'entryParts'

/** The entry is a script of the document; whoever imported from its file finds the same things where it leaves them. */
function withEntry(html: string, entry: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle): string {
  const tag = new RegExp(`<script type="module"[^>]* src="/${entry.fileName}"[^>]*></script>`)
  const name = entry.fileName.split('/').at(-1) ?? ''
  const folder = entry.fileName.slice(0, -name.length)
  if (!tag.test(html)) throw new Error('the document does not name its entry as it did')
  for (const file of Object.values(bundle)) {
    if (file.type !== 'chunk' || file === entry) continue
    file.code = file.code.replace(
      importsFrom(name),
      (_, names: string) => `const{${names.replaceAll(' as ', ':')}}=${ENTRY_PARTS};`,
    )
    if (file.code.includes(name))
      throw new Error(`${file.fileName} names the entry in a way that is not known`)
  }
  Reflect.deleteProperty(bundle, entry.fileName)
  const code = entry.code
    .replace(/export\{([^}]*)\};?\s*$/, (_, names: string) => `globalThis.${ENTRY_PARTS}={${partsOf(names)}}`)
    .replaceAll('import(`./', `import(\`/${folder}`)
    // What `main.ts` needs stands in the document.
    .replace(',__VITE_PRELOAD__', '')
    .trim()
  if (/^import|\bexport\{|<!--|<\/script|__CSP_NONCE__|__VITE_/.test(code))
    throw new Error('the entry cannot stand in a document')
  // No module: those wait for the whole document, and for its first painting. What it reads stands before it.
  const script = `<script nonce="__CSP_NONCE__">(function(){'use strict';${code}})()</script>`
  if (!html.includes(BOOT)) throw new Error('the document has no place for what the server tells it')
  return html.replace(tag, '').replace(BOOT, () => `${BOOT}\n${script}`)
}

const importsFrom = (name: string) =>
  new RegExp(`import\\{([^}]*)\\}from"\\./${name.replaceAll('.', '\\.')}";`, 'g')
/** `a as b` of an export list as members of an object. */
const partsOf = (names: string): string =>
  names
    .split(',')
    .map(each => {
      const [own = '', given = own] = each.split(' as ')
      return `${given}:${own}`
    })
    .join(',')
