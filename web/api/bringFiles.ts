import { Superseded, Unreachable } from './apiError.ts'
import { REQUEST_TIMEOUT_MS } from './plainGet.ts'

/** Of this page, by address: what has come stays; what has not may be asked for again. */
const brought = new Map<string, Promise<void>>()
let superseded = () => {}

/** What to do when the server has another release than this page; set once by whoever can say so. */
export function onSuperseded(hook: () => void): void {
  superseded = hook
}

/**
 * Loads a part of the app that is not here yet: stands where the bundler would put its own way (scripts/firstScreenBuild.ts).
 * Browsers never ask again for a module that failed once, so its files are fetched first, and it is imported only when all
 * of them lie in the cache: a part that did not come without a network comes with it.
 * @param files what the part needs, itself included unless it stands alone
 * @throws Unreachable · Superseded when the server does not have them any more
 */
export async function bringAndLoad<T>(load: () => Promise<T>, files: readonly string[] = []): Promise<T> {
  const own = /\bimport\(\s*["'`](?:\.|\/assets)\/([^"'`]+)/.exec(String(load))?.[1]
  const all = new Set([...files.map(file => `/${file}`), ...(own ? [`/assets/${own}`] : [])])
  await Promise.all([...all].map(bring))
  return load()
}

function bring(path: string): Promise<void> {
  const known = brought.get(path)
  if (known) return known
  const coming = isInDocument(path) ? Promise.resolve() : fetched(path)
  brought.set(path, coming)
  coming.catch(() => brought.delete(path))
  return coming
}

const isInDocument = (path: string): boolean =>
  document.querySelector(`script[src="${path}"],link[href="${path}"]`) !== null

async function fetched(path: string): Promise<void> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), REQUEST_TIMEOUT_MS)
  let status: number
  try {
    const answer = await fetch(path, { credentials: 'same-origin', signal: patience.signal })
    status = answer.status
    // Only what was read to its end lies in the cache.
    await answer.arrayBuffer()
  } catch (cause) {
    throw new Unreachable({ cause })
  } finally {
    clearTimeout(timer)
  }
  if (status === 404) {
    superseded()
    throw new Superseded()
  }
  if (status !== 200) throw new Unreachable()
  if (path.endsWith('.css')) await styled(path)
}

function styled(path: string): Promise<void> {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.crossOrigin = ''
  link.href = path
  return new Promise((resolve, reject) => {
    link.onload = () => resolve()
    link.onerror = () => {
      link.remove()
      reject(new Unreachable())
    }
    document.head.append(link)
  })
}
