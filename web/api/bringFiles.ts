import { nextTask } from '../ui/nextTask.ts'
import { Superseded, Unreachable } from './apiError.ts'
import { REQUEST_TIMEOUT_MS } from './plainGet.ts'

/** Of this page, by address: what has come stays; what has not may be asked for again. */
const brought = new Map<string, Promise<void>>()
const evaluated = new Set<string>()
let superseded = () => {}
/** So long a task may take, in milliseconds; on a slow phone one more of what it does is as long again. */
const SLICE_MS = 16

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
  const coming: Promise<void>[] = []
  let since = performance.now()
  for (const path of all) {
    coming.push(bring(path))
    // Also to ask for twenty files takes a slow phone longer than a finger likes to wait.
    if (performance.now() - since < SLICE_MS) continue
    await nextTask()
    since = performance.now()
  }
  await Promise.all(coming)
  // The first stands for the part itself, behind it comes what it leans on, in order. Each is evaluated in a task of its own: to
  // do all at once takes a phone long.
  for (const path of [...all].slice(1)) {
    if (evaluated.has(path) || !path.endsWith('.js')) continue
    await import(/* @vite-ignore */ path)
    evaluated.add(path)
    await nextTask()
  }
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
