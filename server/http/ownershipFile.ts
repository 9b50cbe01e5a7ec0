import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { AppEnv } from './env.ts'

/** What WeCom's console hands out to prove that a domain is ours: `WW_verify_<random>.txt`, a few characters inside. */
const NAME = /^WW_verify_[A-Za-z0-9]{8,32}\.txt$/
const MAX_BYTES = 1024

/**
 * The file's content; undefined when the name is no such name, or there is no such small, ordinary file in `folder`. Read
 * at every request, so that a file dropped in counts at once. Links are not followed.
 */
export async function readOwnershipFile(folder: string, name: string): Promise<string | undefined> {
  if (!NAME.test(name)) return undefined
  try {
    const file = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const stat = await file.stat()
      return stat.isFile() && stat.size <= MAX_BYTES ? await file.readFile('utf8') : undefined
    } finally {
      await file.close()
    }
  } catch {
    // Not there, or not ours to read: to the one who asks it is the same.
    return undefined
  }
}

/** Names of such files in `folder`; none when it cannot be read. */
export async function listOwnershipFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter(name => NAME.test(name)).sort()
}

/** `GET /WW_verify_….txt` at the root of the domain, for WeCom's console (wecom/server-api.md §13). */
export const ownershipFile = (folder: string) =>
  new Hono<AppEnv>().get('/:name{WW_verify_[A-Za-z0-9]+\\.txt}', async (c, next) => {
    const content = await readOwnershipFile(folder, c.req.param('name'))
    if (content === undefined) return next()
    return c.body(content, 200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    })
  })
