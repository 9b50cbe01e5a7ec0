import { flushCompileCache } from 'node:module'
import { keepCompiled } from './compileCache.ts'

/**
 * `npm start`: production, unless NODE_ENV or `.env` says otherwise. Set before anything else of ours is read. It is started with a
 * small young generation, for what a request leaves is gone with it and V8 would keep 128 MiB for it; and with a limit of the old one,
 * by which V8 decides how much may lie about before it cleans up: without it, the process grows by half in a minute of load.
 */
keepCompiled()
const { readEnvFile } = await import('./command.ts')
readEnvFile()
process.env.NODE_ENV ||= 'production'
await import('./main.ts')
// Now, and not at the end: not every process comes to a good one.
flushCompileCache()
