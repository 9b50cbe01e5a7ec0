import type { z } from 'zod'
import * as operations from '../../shared/contract/facts.ts'
import type { FactsDraft } from '../../shared/contract/facts.ts'
import { call } from './client.ts'

/** Notes what one line said: all of it, or nothing. */
export const noteFacts = (externalUserId: string, body: z.input<typeof FactsDraft>, idempotencyKey: string) =>
  call(operations.noteFacts, { params: { externalUserId }, body, idempotencyKey })
