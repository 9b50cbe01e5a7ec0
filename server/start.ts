import { flushCompileCache } from 'node:module'
import { keepCompiled } from './compileCache.ts'

/**
 * `npm start`: production, unless NODE_ENV or `.env` says otherwise. Set before anything else of ours is read. It is started with a
 * small young generation: what a request leaves is gone with it, and V8 would keep 128 MiB for it, a third of the process.
 */
keepCompiled()
const { readEnvFile } = await import('./command.ts')
readEnvFile()
process.env.NODE_ENV ||= 'production'
await import('./main.ts')
// Now, and not at the end: not every process comes to a good one.
flushCompileCache()
