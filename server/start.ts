import { flushCompileCache } from 'node:module'
import { keepCompiled } from './compileCache.ts'

/** `npm start`: production, unless NODE_ENV or `.env` says otherwise. Set before anything else of ours is read. */
keepCompiled()
const { readEnvFile } = await import('./command.ts')
readEnvFile()
process.env.NODE_ENV ||= 'production'
await import('./main.ts')
// Now, and not at the end: not every process comes to a good one.
flushCompileCache()
