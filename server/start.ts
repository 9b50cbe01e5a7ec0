import { flushCompileCache } from 'node:module'
import { keepCompiled } from './compileCache.ts'

/** `npm start`: production, unless NODE_ENV says otherwise. Set before anything of ours is read. */
process.env.NODE_ENV ||= 'production'
keepCompiled()
await import('./main.ts')
// Now, and not at the end: not every process comes to a good one.
flushCompileCache()
