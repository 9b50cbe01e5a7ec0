import { Hono } from 'hono'
import type { Context } from 'hono'
import { z } from 'zod'
import { createActions } from '../world/actions.ts'
import type { CallbackEvent } from '../world/callbackEvent.ts'
import { settleTransfers } from '../world/transfers.ts'
import type { World } from '../world/types.ts'
import { body, ControlRefusal } from './body.ts'
import { CustomerChange } from './schemas.ts'

const id = z.string().min(1).max(64)
const name = z.string().min(1).max(200)
const flag = z.boolean()
const silent = flag.default(false)
const pair = { userId: id, externalUserId: id, silent }
const adding = {
  userId: id,
  externalUserId: id.optional(),
  customer: CustomerChange.optional(),
  addWay: z.number().int().nonnegative().optional(),
  hasConsoleWelcome: flag.optional(),
  silent,
}
const joining = z.strictObject({ id: id.optional(), name: name.optional() })

/**
 * `POST /sandbox/api/actions/<name>`: what people and admins do. Answers `{ result, events }`: what became of it, and
 * what the app was told (or would be, if it can be heard about).
 */
export function actionRoutes(world: World): Hono {
  const actions = createActions(world)

  function verb<Schema extends z.ZodType>(schema: Schema, run: (input: z.output<Schema>) => unknown) {
    return async (context: Context) => {
      const input = await body(context, schema)
      settleTransfers(world)
      const events: CallbackEvent[] = []
      const forget = world.onEvent(event => event.kind === 'callback' && events.push(event.event))
      try {
        return context.json({ result: run(input), events })
      } finally {
        forget()
      }
    }
  }

  const chat = { chatId: id, silent }
  return new Hono()
    .post(
      '/customer-adds',
      verb(
        z.strictObject({ ...adding, state: z.string().max(30).optional(), skipVerify: flag.default(false) }),
        actions.customerAdds,
      ),
    )
    .post(
      '/customer-scans',
      verb(
        z.strictObject({
          configId: id,
          externalUserId: id.optional(),
          customer: CustomerChange.optional(),
          hasConsoleWelcome: flag.optional(),
          silent,
        }),
        actions.customerScans,
      ),
    )
    .post('/guide-confirms', verb(z.strictObject(pair), actions.guideConfirms))
    .post('/guide-adds', verb(z.strictObject(adding), actions.guideAdds))
    .post(
      '/guide-edits',
      verb(
        z.strictObject({
          ...pair,
          remark: z.string().optional(),
          description: z.string().optional(),
          remarkCompany: z.string().optional(),
          mobiles: z.array(z.string()).optional(),
          tagIds: z.array(id).optional(),
        }),
        actions.guideEdits,
      ),
    )
    .post('/guide-deletes', verb(z.strictObject(pair), actions.guideDeletes))
    .post('/customer-deletes', verb(z.strictObject(pair), actions.customerDeletes))

    .post(
      '/admin-creates-tag-group',
      verb(z.strictObject({ name, tags: z.array(name).min(1), silent }), actions.adminCreatesTagGroup),
    )
    .post('/admin-creates-tag', verb(z.strictObject({ groupId: id, name, silent }), actions.adminCreatesTag))
    .post('/admin-renames-tag', verb(z.strictObject({ id, name, silent }), actions.adminRenamesTag))
    .post('/admin-deletes-tag', verb(z.strictObject({ id, silent }), actions.adminDeletesTag))
    .post(
      '/admin-orders-tags',
      verb(z.strictObject({ groupId: id, tagIds: z.array(id).min(1), silent }), actions.adminOrdersTags),
    )
    .post(
      '/admin-orders-tag-groups',
      verb(z.strictObject({ groupIds: z.array(id).min(1), silent }), actions.adminOrdersTagGroups),
    )

    .post(
      '/group-created',
      verb(
        z.strictObject({
          ownerUserId: id,
          name,
          members: z.array(joining).default([]),
          notice: z.string().optional(),
          silent,
        }),
        actions.groupCreated,
      ),
    )
    .post(
      '/group-joined',
      verb(
        z.strictObject({
          ...chat,
          members: z.array(joining).min(1),
          by: z.enum(['invitation', 'link', 'code']).optional(),
        }),
        actions.groupJoined,
      ),
    )
    .post(
      '/group-left',
      verb(
        z.strictObject({ ...chat, memberIds: z.array(id).min(1), isRemoved: flag.default(false) }),
        actions.groupLeft,
      ),
    )
    .post('/group-renamed', verb(z.strictObject({ ...chat, name }), actions.groupRenamed))
    .post(
      '/group-owner-changed',
      verb(z.strictObject({ ...chat, ownerUserId: id }), actions.groupOwnerChanged),
    )
    .post('/group-noticed', verb(z.strictObject({ ...chat, notice: z.string() }), actions.groupNoticed))
    .post('/group-dismissed', verb(z.strictObject(chat), actions.groupDismissed))

    .post('/member-leaves', verb(z.strictObject({ userId: id }), actions.memberLeaves))
    .post('/member-disabled', verb(z.strictObject({ userId: id }), actions.memberDisabled))
    .post('/member-returns', verb(z.strictObject({ userId: id }), actions.memberReturns))
    .post(
      '/member-moves',
      verb(
        z.strictObject({ userId: id, departments: z.array(z.number().int().positive()).min(1) }),
        actions.memberMoves,
      ),
    )
    .post(
      '/member-leads',
      verb(
        z.strictObject({ userId: id, department: z.number().int().positive(), isLeader: flag }),
        actions.memberLeads,
      ),
    )
    .post(
      '/member-in-range',
      verb(z.strictObject({ userId: id, inVisibleRange: flag }), actions.memberInRange),
    )
    .post(
      '/member-may-contact',
      verb(z.strictObject({ userId: id, hasCustomerContact: flag }), actions.memberMayContact),
    )

    .post(
      '/admin-transfers',
      verb(
        z.strictObject({ handoverUserId: id, takeoverUserId: id, externalUserIds: z.array(id).min(1) }),
        actions.adminTransfers,
      ),
    )
    .post(
      '/customer-answers-transfer',
      verb(z.strictObject({ externalUserId: id, isAccepted: flag, silent }), actions.customerAnswersTransfer),
    )
    .get('/contact-ways', context => context.json(world.contactWays()))
    .get('/transfers', context => {
      settleTransfers(world)
      return context.json(world.transfers())
    })
    .all('/*', context => {
      throw new ControlRefusal(404, `没有这个动作：${context.req.path}`)
    })
}
