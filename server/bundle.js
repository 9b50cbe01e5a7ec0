// @ts-check
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** main.ts and all it imports in one file (scripts/serverBuild.ts), which Node reads several times faster than a thousand. */
export const BUNDLE = 'server/dist/main.js'
/** Beside it: what it was made of. Written last, so that a bundle without it is none. */
export const BUNDLE_SOURCES = 'server/dist/sources.json'

/** @typedef {{ files: string[], digest: string }} BundleSources the files from the project's root */

/**
 * Of names and contents: times of change say nothing where files are copied, unpacked or checked out.
 * @param {string[]} files
 * @param {(file: string) => Buffer} read
 */
export function digestOf(files, read) {
  const digest = createHash('sha256')
  for (const file of files) {
    const bytes = read(file)
    digest.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return digest.digest('hex')
}

/**
 * What to run, from the project's root: the bundle where it is made of the sources as they are now, else the sources.
 * @param {string} root
 */
export function serverEntry(root) {
  const read = (/** @type {string} */ file) => readFileSync(`${root}/${file}`)
  try {
    /** @type {BundleSources} */
    const { files, digest } = JSON.parse(read(BUNDLE_SOURCES).toString())
    if (digestOf(files, read) === digest) return BUNDLE
  } catch {
    // There is none, or one of its sources has gone.
  }
  return 'server/main.ts'
}
