import { z } from 'zod'
import type { Remark } from '../../../shared/contract/customers.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { WecomError } from '../../wecom/errors.ts'
import {
  customerLane,
  followSubject,
  refusalReason,
  type OutboxHandler,
  type OutboxRow,
  type OutboxService,
} from '../outbox/outbox.service.ts'
import { createCustomersRepository } from './customers.repository.ts'
import { assertTakenByWecom, type CustomersService } from './customers.service.ts'
import { customerSearchKey } from './searchKeys.ts'

const NONE = '（没有）'
const TAKEN_BACK = '没能同步到企业微信，改回了原来的'

/** `former` is what WeCom has: it comes back when the new one is refused. */
const RemarkPayload = z.object({
  followId: z.number().int(),
  remark: z.string().nullable(),
  former: z.string().nullable(),
})
type RemarkPayload = z.infer<typeof RemarkPayload>

export interface RemarksDeps {
  db: Db
  clock: Clock
  wecom: Pick<WecomClient, 'remark'>
  customers: CustomersService
  outbox: OutboxService
}

/** A member's own name for a customer: here at once, at WeCom through the outbox. */
export function createRemarksService({ db, clock, wecom, customers, outbox }: RemarksDeps) {
  /** Over `expected` only, when given. The row of the follow is locked from here on. */
  async function write(tx: Tx, followId: number, remark: string | null, expected?: string | null) {
    const repository = createCustomersRepository(tx)
    const names = await repository.lockNames(followId)
    if (!names || (expected !== undefined && names.remark !== expected)) return false
    await repository.writeRemark(followId, remark, customerSearchKey({ ...names, remark }))
    return true
  }

  /** What WeCom has comes back, unless the guide has thought of something else since. */
  async function takeBack(tx: Tx, row: OutboxRow, detail: string): Promise<void> {
    const { followId, remark, former } = RemarkPayload.parse(row.payload)
    if (row.customerId === null || !(await write(tx, followId, former, remark))) return
    await customers.recordTouch(
      tx,
      { kind: 'job', corpId: row.corpId, name: 'outbox' },
      {
        customerId: row.customerId,
        kind: 'remarkRefused',
        by: 'system',
        // Whose name for her it is: the line is shown to no colleague.
        staffId: row.staffId,
        what: remark ?? NONE,
        detail,
      },
    )
  }

  const handler: OutboxHandler = {
    async deliver(row) {
      const { followId, remark } = RemarkPayload.parse(row.payload)
      const target = await createCustomersRepository(db).findRemarkTarget(followId)
      if (!target) return { end: 'done' }
      try {
        const { userId, externalUserId } = target
        await wecom.remark({ userId, externalUserId, remark: remark ?? '' })
      } catch (error) {
        if (!(error instanceof WecomError) || error.retry !== 'final') throw error
        const reason = refusalReason(error.errcode)
        return {
          end: 'refused',
          reason,
          ...(error.errcode !== null && { errcode: error.errcode }),
          also: tx => takeBack(tx, row, reason),
        }
      }
      // Should the next one be refused, this is what WeCom has.
      return {
        end: 'done',
        also: tx => outbox.amendWaiting(tx, row.corpId, 'remark', row.subject, { former: remark }),
      }
    },

    /** After a refusal the former one stands here again; after giving up, the wanted one still does. */
    async retried(tx, _, row) {
      const { followId, remark } = RemarkPayload.parse(row.payload)
      await write(tx, followId, remark)
    },

    dismissed: (tx, _, row) => takeBack(tx, row, TAKEN_BACK),
  }

  return {
    handler,

    /** @throws NotFound, Conflict when the customer's guide has left: WeCom takes nothing in her name */
    async change(
      actor: StaffActor,
      externalUserId: string,
      wanted: string,
      intent?: Intent,
    ): Promise<Remark> {
      const follow = await customers.findFollow(db, actor, externalUserId)
      assertTakenByWecom(follow)
      const { followId, customerId, staffId } = follow
      const remark = wanted === '' ? null : wanted
      await once(db, actor, intent, clock.now(), async tx => {
        const names = await createCustomersRepository(tx).lockNames(followId)
        if (!names || names.remark === remark) return { followId }
        const subject = followSubject(followId)
        const open = RemarkPayload.safeParse(await outbox.findOpen(tx, actor.corpId, 'remark', subject))
        const former = open.success ? open.data.former : names.remark
        await write(tx, followId, remark)
        await customers.recordTouch(tx, actor, {
          customerId,
          kind: 'remarkChanged',
          by: 'staff',
          staffId: actor.staffId,
          what: remark ?? NONE,
        })
        const payload: RemarkPayload = { followId, remark, former }
        const lane = customerLane(customerId)
        await outbox.put(tx, actor, { kind: 'remark', lane, subject, staffId, customerId, payload })
        return { followId }
      })
      return createCustomersRepository(db).getRemark(followId)
    },
  }
}

export type RemarksService = ReturnType<typeof createRemarksService>
