import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * The id of the request that something is done for, also where no request is in sight: the log adds it to every line, the queue
 * hands it on to the job that a request has asked for.
 */
export const requestIds = new AsyncLocalStorage<string>()
