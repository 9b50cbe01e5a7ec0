import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { createCallbacks } from '../callbacks/callbacks.ts'
import type { Callbacks } from '../callbacks/callbacks.ts'
import { DEVICE_COOKIE } from '../deviceCookie.ts'
import { WorldRefusal } from '../world/refusal.ts'
import type { Customer, Follow, World } from '../world/types.ts'
import { actionRoutes } from './actionRoutes.ts'
import { drawAvatar } from './avatar.ts'
import { body, ControlRefusal, newest } from './body.ts'
import { callbackRoutes } from './callbackRoutes.ts'
import { clockRoutes } from './clockRoutes.ts'
import {
  CustomerChange,
  DeviceChange,
  ExpireRequest,
  Faults,
  FollowChange,
  LimitsChange,
  MemberChange,
  NetworkChange,
  NewCustomer,
  NewTagGroup,
  SayRequest,
} from './schemas.ts'

/**
 * Reading and steering the sandbox over HTTP, for the chat window and for tests (mounted at `/sandbox/api`).
 * Answers JSON in the world's own words; refusals are `{ message }` with 404 or 422. There is no login: the sandbox
 * holds nobody real.
 */
export function controlRoutes(
  world: World,
  callbacks: Callbacks = createCallbacks(world, undefined),
  clockFile?: string,
): Hono {
  const control = new Hono()
    .get('/state', context => context.json(summary(world)))
    .post('/reset', context => {
      world.reset()
      return context.json(summary(world))
    })
    .route('/', peopleRoutes(world))
    .route('/', chatRoutes(world))
    .route('/', machineRoutes(world))
    .route('/actions', actionRoutes(world))
    .route('/callbacks', callbackRoutes(callbacks))
    .route('/clock', clockRoutes(world, clockFile))

  control.onError((cause, context) => {
    if (cause instanceof ControlRefusal) return context.json({ message: cause.message }, cause.status)
    if (cause instanceof WorldRefusal) return context.json({ message: cause.message }, 404)
    if (cause instanceof HTTPException) return context.json({ message: cause.message }, cause.status)
    throw cause
  })
  return control
}

function peopleRoutes(world: World): Hono {
  return new Hono()
    .get('/members', context => context.json(world.members()))
    .patch('/members/:userId', async context =>
      context.json(world.updateMember(context.req.param('userId'), await body(context, MemberChange))),
    )
    .get('/members/:userId/conversations', context => {
      const userId = getMember(world, context.req.param('userId')).userId
      return context.json(
        world.conversationsOf(userId).map(conversation => toConversation(world, conversation)),
      )
    })
    .get('/members/:userId/notices', context =>
      context.json(world.appMessages(getMember(world, context.req.param('userId')).userId)),
    )
    .get('/customers', context => {
      const userId = context.req.query('userId')
      const wanted = context.req.query('name')
      const followed = userId && new Set(world.followsOf(userId).map(({ externalUserId }) => externalUserId))
      return context.json(
        world
          .customers()
          .filter(({ externalUserId }) => !followed || followed.has(externalUserId))
          .filter(({ name }) => wanted === undefined || name === wanted),
      )
    })
    .post('/customers', async context => {
      const { customer, follows } = await body(context, NewCustomer)
      for (const { tagIds } of follows) assertTags(world, tagIds)
      return context.json(toCustomerView(world, world.addCustomer(customer, follows)), 201)
    })
    .get('/customers/:id', context =>
      context.json(toCustomerView(world, getCustomer(world, context.req.param('id')))),
    )
    .patch('/customers/:id', async context =>
      context.json(
        toCustomerView(
          world,
          world.updateCustomer(context.req.param('id'), await body(context, CustomerChange)),
        ),
      ),
    )
    .get('/follows', context =>
      context.json(world.members().flatMap(({ userId }) => world.followsOf(userId))),
    )
    .patch('/follows/:userId/:id', async context => {
      const { userId, id } = context.req.param()
      const change = await body(context, FollowChange)
      assertTags(world, change.tagIds)
      return context.json(toFollowView(world, world.updateFollow(userId, id, change)))
    })
    .get('/groups', context => context.json(world.groups()))
    .get('/tag-groups', context => context.json(world.tagGroups()))
    .post('/tag-groups', async context => {
      const { name, tags, madeBy, order } = await body(context, NewTagGroup)
      return context.json(world.addTagGroup(name, tags, madeBy, order), 201)
    })
    .get('/avatars/:file{.+\\.svg}', context =>
      context.body(drawAvatar(context.req.param('file').slice(0, -'.svg'.length)), 200, {
        'content-type': 'image/svg+xml',
        'cache-control': 'public, max-age=86400',
      }),
    )
}

function chatRoutes(world: World): Hono {
  return new Hono()
    .get('/conversations/:id/messages', context => context.json(world.messages(context.req.param('id'))))
    .post('/say', async context => {
      const { conversationId, from, content } = await body(context, SayRequest)
      const isKnown = from.kind === 'member' ? world.findMember(from.id) : knowsOutsider(world, from.id)
      if (!isKnown) throw new ControlRefusal(404, `no ${from.kind} ${from.id}`)
      const said = world.say({ conversationId, from, via: 'typed', body: { msgtype: 'text', content } })
      return context.json(said, 201)
    })
    .get('/media/:id', context => {
      const media = world.readMedia(context.req.param('id'))
      if (!media) throw new ControlRefusal(404, 'no such media')
      return context.body(new Uint8Array(media.bytes), 200, {
        'content-type': media.contentType || 'application/octet-stream',
        'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent(media.filename)}`,
        'x-content-type-options': 'nosniff',
      })
    })
}

function machineRoutes(world: World): Hono {
  return new Hono()
    .get('/device', context => context.json(world.device(ownDevice(context))))
    .patch('/device', async context =>
      context.json(world.updateDevice(ownDevice(context), await body(context, DeviceChange))),
    )
    .get('/calls', context => {
      const api = context.req.query('api')
      const calls = world.calls().filter(call => api === undefined || call.api === api)
      return context.json(newest(calls, context.req.query('limit')))
    })
    .get('/calls/totals', context => context.json(world.callTotals()))
    .delete('/calls', context => {
      world.clearCalls()
      return context.body(null, 204)
    })
    .get('/faults', context => context.json(world.faults()))
    .put('/faults', async context => {
      world.setFaults(await body(context, Faults))
      return context.json(world.faults())
    })
    .get('/limits', context => context.json(world.limits()))
    .patch('/limits', async context => context.json(world.setLimits(await body(context, LimitsChange))))
    .get('/network', context => context.json(world.network()))
    .patch('/network', async context => context.json(world.setNetwork(await body(context, NetworkChange))))
    .post('/tokens/expire', async context => {
      const { what, how } = await body(context, ExpireRequest)
      if (what === 'tokens' || what === 'all') {
        if (how === 'revoke') world.revokeTokens()
        else world.expireTokens()
      }
      if (what === 'tickets' || what === 'all') world.expireTickets()
      if (what === 'corpTicket') world.expireTickets('corp')
      if (what === 'agentTicket') world.expireTickets('agent')
      return context.body(null, 204)
    })
}

/** The caller's own device by its cookie; a caller without one gets it now. */
function ownDevice(context: Context): string {
  const known = getCookie(context, DEVICE_COOKIE)
  if (known) return known
  const id = randomBytes(12).toString('hex')
  setCookie(context, DEVICE_COOKIE, id, { path: '/', httpOnly: true, sameSite: 'Lax' })
  return id
}

function getMember(world: World, userId: string) {
  const member = world.findMember(userId)
  if (!member) throw new ControlRefusal(404, `no member ${userId}`)
  return member
}

function getCustomer(world: World, id: string): Customer {
  const customer = world.findCustomer(id)
  if (!customer) throw new ControlRefusal(404, `no customer ${id}`)
  return customer
}

/** Customers, and strangers who are only in a group of ours. */
const knowsOutsider = (world: World, id: string) =>
  world.findCustomer(id) !== undefined ||
  world.groups().some(({ members }) => members.some(member => member.type === 2 && member.id === id))

function assertTags(world: World, tagIds: string[] = []) {
  const living = new Set(
    world.tagGroups().flatMap(({ tags }) => tags.filter(tag => !tag.deleted).map(({ id }) => id)),
  )
  const unknown = tagIds.find(id => !living.has(id))
  if (unknown !== undefined) throw new ControlRefusal(422, `tagIds: no tag ${unknown}`)
}

function summary(world: World) {
  const { corpId, name, agentId, trustedDomains } = world.corp
  return {
    now: new Date(world.now()).toISOString(),
    corp: { corpId, name, agentId, trustedDomains },
    departments: world.departments(),
    counts: {
      members: world.members().length,
      customers: world.customers().length,
      follows: world.members().reduce((sum, { userId }) => sum + world.followsOf(userId).length, 0),
      tagGroups: world.tagGroups().filter(({ deleted }) => !deleted).length,
      groups: world.groups().length,
      calls: world.calls().length,
    },
    faults: world.faults(),
    limits: world.limits(),
  }
}

function toConversation(world: World, conversation: ReturnType<World['conversationsOf']>[number]) {
  if (conversation.kind === 'group') {
    return { ...conversation, memberCount: world.findGroup(conversation.peerId)?.members.length ?? 0 }
  }
  const { name, type, avatar, corpName } = getCustomer(world, conversation.peerId)
  return { ...conversation, customer: { name, type, avatar, corpName } }
}

/** WeCom's own view of a customer: every follow with its tags by name. */
const toCustomerView = (world: World, customer: Customer) => ({
  ...customer,
  follows: world.followersOf(customer.externalUserId).map(follow => toFollowView(world, follow)),
})

const toFollowView = (world: World, follow: Follow) => ({
  ...follow,
  tags: world
    .tagGroups()
    .flatMap(group =>
      group.tags
        .filter(({ id }) => follow.tagIds.includes(id))
        .map(({ id, name }) => ({ id, name, groupId: group.id, groupName: group.name })),
    ),
})
