import { resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { openEmbedded } from './db/embedded.ts'

const say = (line: unknown) => console.error(typeof line === 'string' ? line : JSON.stringify(line))

/**
 * What a command was told behind its name.
 * @throws Error with `usage` for whoever asks for help or mistypes
 */
export function readArguments<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (cause) {
    throw new Error(`用法：${usage}`, { cause })
  }
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
