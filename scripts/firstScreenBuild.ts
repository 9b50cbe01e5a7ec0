import type { Plugin, Rolldown } from 'vite'

/** The chunk of `main.ts`: everything the first screen shows. */
const MAIN = 'main'

interface ModuleGraph {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null
}

const CALLS = /[\\/](shared[\\/]contract|web[\\/]api)[\\/]/

/** Everything a module imports without being asked later, down to the packages. */
function staticallyFrom(root: string, graph: ModuleGraph): Set<string> {
  const found = new Set<string>()
  const open = [root]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue
    found.add(id)
    open.push(...(graph.getModuleInfo(id)?.importedIds ?? []))
  }
  return found
}

/**
 * For the bundler's `codeSplitting`: two scripts for the first screen, whatever else shares their modules — the entry, and what
 * `main.ts` draws with — one for the calls of what comes right after it (`soonIds`), and one for all others.
 */
export function firstScreenGroups(mainId: string, soonIds: string[]): Rolldown.CodeSplittingGroup[] {
  let modules: Set<string> | undefined
  let soon: Set<string> | undefined
  return [
    { name: 'entry', tags: ['$initial'], priority: 2 },
    {
      debugName: MAIN,
      name(id: string, graph: ModuleGraph) {
        modules ??= staticallyFrom(mainId, graph)
        return modules.has(id) ? MAIN : null
      },
      priority: 1,
    },
    // What calls need comes in a few, not in dozens of crumbs, and not in one: to evaluate all of it would keep a finger waiting.
    { name: 'schemas', test: /node_modules[\\/]zod[\\/]|web[\\/]api[\\/]schemas\.ts/, priority: 0.5 },
    { name: 'http', test: /node_modules[\\/]axios[\\/]|web[\\/]api[\\/]http\.ts/, priority: 0.5 },
    {
      debugName: 'api',
      name(id: string, graph: ModuleGraph) {
        if (!CALLS.test(id)) return null
        soon ??= new Set(soonIds.flatMap(each => [...staticallyFrom(each, graph)]))
        return soon.has(id) ? 'api' : 'api-later'
      },
      priority: 0,
    },
  ]
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
