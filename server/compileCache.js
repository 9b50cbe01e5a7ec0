// @ts-check
import { lstatSync, mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/**
 * What Node made of our modules is kept for the next start, which then reads them several times faster. The folder is nobody else's:
 * who may write there decides what we run. Where there is none to be had, every start compiles anew.
 */
export function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return
  const { uid } = userInfo()
  const folder = join(tmpdir(), `guidebar-compiled-${uid}`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const found = lstatSync(folder)
    const isOurs = uid < 0 || (found.uid === uid && (found.mode & 0o022) === 0)
    if (found.isDirectory() && isOurs) enableCompileCache(folder)
  } catch {
    // A file system that cannot be written to, or a name somebody else has taken.
  }
}
