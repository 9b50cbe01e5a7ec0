import * as operations from '../../shared/contract/sync.ts'
import { call } from './client.ts'

export const getSync = () => call(operations.getSync, {})

/** Starts comparing everything with WeCom; answers at once how it stands. */
export const pullNow = (idempotencyKey: string) => call(operations.pullNow, { idempotencyKey })
