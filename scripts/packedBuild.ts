import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { isWorthPacking, pack, PACKINGS, type Packing } from '../server/http/packing.ts'

/** Packs what was built, once, beside the files themselves: a server that did it would start many seconds later, each time. */
export function packedBuild(folder: string): Plugin {
  return {
    name: 'guidebar:packed-build',
    apply: 'build',
    closeBundle: { order: 'post', sequential: true, handler: () => packFolder(folder) },
  }
}

/** Not the document, which is another one at every answer, nor Vite's own folder. */
export async function packFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter(each => each.isFile())) {
    const file = join(entry.parentPath, entry.name)
    if (entry.name === 'index.html' || entry.parentPath.endsWith('.vite')) continue
    const bytes = await readFile(file)
    if (!isWorthPacking(entry.name, bytes.length)) continue
    const packings = Object.entries(PACKINGS) as [Packing, string][]
    await Promise.all(
      packings.map(async ([packing, ending]) => writeFile(file + ending, await pack(bytes, packing))),
    )
  }
}
