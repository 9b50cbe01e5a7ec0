import * as operations from '../../shared/contract/sends.ts'
import type { PartResults, SendDraft } from '../../shared/contract/sends.ts'
import { call } from './client.ts'

/** Whom a message goes to: one customer, or the group in view. */
export type Receiver = { kind: 'customer'; externalUserId: string } | { kind: 'group'; chatId: string }

/** Records the final words before anything leaves. One `idempotencyKey` per intention. */
export const startSend = (to: Receiver, body: SendDraft, idempotencyKey: string) =>
  to.kind === 'customer'
    ? call(operations.startSend, { params: { externalUserId: to.externalUserId }, body, idempotencyKey })
    : call(operations.startGroupSend, { params: { chatId: to.chatId }, body, idempotencyKey })

/** Records how each part ended. */
export const finishSend = (to: Receiver, sendId: string, body: PartResults, idempotencyKey: string) =>
  to.kind === 'customer'
    ? call(operations.finishSend, {
        params: { externalUserId: to.externalUserId, sendId },
        body,
        idempotencyKey,
      })
    : call(operations.finishGroupSend, { params: { chatId: to.chatId, sendId }, body, idempotencyKey })
