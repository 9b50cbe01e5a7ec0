// @ts-check
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serverEntry } from './bundle.js'
import { keepCompiled } from './compileCache.js'
import { readEnvFile } from './envFile.js'

/**
 * `npm start`: production, unless NODE_ENV or `.env` says otherwise. Set before anything else of ours is read. It is started with a
 * small young generation, for what a request leaves is gone with it and V8 would keep 128 MiB for it; and with a limit of the old one,
 * by which V8 decides how much may lie about before it cleans up: without it, the process grows by half in a minute of load.
 * JavaScript, with all it imports here: before Node can read TypeScript, it has to start a compiler, which is a fourth of a start.
 */
keepCompiled()
readEnvFile()
process.env.NODE_ENV ||= 'production'
const root = join(import.meta.dirname, '..')
await import(pathToFileURL(join(root, serverEntry(root))).href)
// Now, and not at the end: not every process comes to a good one.
flushCompileCache()
