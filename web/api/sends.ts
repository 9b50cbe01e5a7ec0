import type { z } from 'zod'
import * as operations from '../../shared/contract/sends.ts'
import type { PartResults, SendDraft } from '../../shared/contract/sends.ts'
import { call } from './client.ts'

/** Whom a message goes to: one customer, or the group in view. */
export type Receiver = { kind: 'customer'; externalUserId: string } | { kind: 'group'; chatId: string }

/** Records the final words before anything leaves. One `idempotencyKey` per intention. */
export const startSend = (to: Receiver, body: z.input<typeof SendDraft>, idempotencyKey: string) =>
  to.kind === 'customer'
    ? call(operations.startSend, { params: { externalUserId: to.externalUserId }, body, idempotencyKey })
    : call(operations.startGroupSend, { params: { chatId: to.chatId }, body, idempotencyKey })

/** What was begun here and can be continued, the newest first. */
export const listOpenSends = (to: Receiver) =>
  to.kind === 'customer'
    ? call(operations.listOpenSends, { params: { externalUserId: to.externalUserId }, query: { open: '1' } })
    : call(operations.listOpenGroupSends, { params: { chatId: to.chatId }, query: { open: '1' } })

/** One to a customer, in the words that were sent. */
export const getSend = (externalUserId: string, sendId: string) =>
  call(operations.getSend, { params: { externalUserId, sendId } })

/** Records how parts ended, and which one is about to go out. */
export const finishSend = (
  to: Receiver,
  sendId: string,
  body: z.input<typeof PartResults>,
  idempotencyKey: string,
) =>
  to.kind === 'customer'
    ? call(operations.finishSend, {
        params: { externalUserId: to.externalUserId, sendId },
        body,
        idempotencyKey,
      })
    : call(operations.finishGroupSend, { params: { chatId: to.chatId, sendId }, body, idempotencyKey })
