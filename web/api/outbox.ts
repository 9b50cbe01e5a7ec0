import * as operations from '../../shared/contract/outbox.ts'
import { call } from './client.ts'

/** What should be at WeCom and is not, newest first. */
export const listUnsent = () => call(operations.listUnsent, {})

export const retryUnsent = (outboxId: string, idempotencyKey: string) =>
  call(operations.retryUnsent, { params: { outboxId }, idempotencyKey })

export const dismissUnsent = (outboxId: string) => call(operations.dismissUnsent, { params: { outboxId } })
