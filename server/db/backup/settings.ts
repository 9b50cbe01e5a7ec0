import { resolve } from 'node:path'
import { openEmbedded } from '../embedded.ts'

const SHORTEST_KEY = 24

const say = (line: unknown) => console.error(typeof line === 'string' ? line : JSON.stringify(line))

/**
 * `BACKUP_KEY`, what backups are encrypted with; undefined when it is not set.
 * @throws Error when it is too short to protect anything
 */
export function readBackupKey({ BACKUP_KEY }: Record<string, string | undefined>): string | undefined {
  if (!BACKUP_KEY) return undefined
  if (BACKUP_KEY.length < SHORTEST_KEY || /^(.)\1+$|sample|example|changeme/i.test(BACKUP_KEY))
    throw new Error(`BACKUP_KEY：至少 ${SHORTEST_KEY} 个字符，请用随机串（openssl rand -base64 32）。`)
  return BACKUP_KEY
}

/** The database of `DATABASE_URL`, or the embedded one in `DATA_DIR`, for as long as `work` takes. */
export async function withDatabase<T>(
  { DATABASE_URL, DATA_DIR }: Record<string, string | undefined>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (DATABASE_URL) return work(DATABASE_URL)
  const embedded = await openEmbedded({
    dataDir: resolve(DATA_DIR || './data'),
    log: { info: say, warn: say, error: say },
  })
  try {
    return await work(embedded.url)
  } finally {
    await embedded.close()
  }
}
