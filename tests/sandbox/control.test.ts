import { describe, expect, it } from 'vitest'
import { controlRoutes } from '../../sandbox/control/control.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { corp, noon } from './openApiCaller.ts'

function make() {
  const world = createWorld({ corp: corp(), now: () => noon })
  const app = controlRoutes(world)
  const send = async (method: string, path: string, body?: unknown, cookie = 'sandbox_device=one') => {
    const answer = await app.request(path, {
      method,
      headers: { cookie },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return {
      status: answer.status,
      body: answer.status === 204 ? undefined : ((await answer.json()) as unknown),
    }
  }
  return { world, app, send }
}

const conversationId = `single:chenlu:${wellKnown.liWanqing}`

describe('control', () => {
  it('sums up the corp without its secret', async () => {
    const { send } = make()
    const { body } = await send('GET', '/state')
    expect(body).toMatchObject({
      corp: { corpId: corp().corpId },
      counts: { customers: 300, members: 11, groups: 6 },
    })
    expect(JSON.stringify(body)).not.toContain(corp().secret)
  })

  it('lists the chats of a member with their last message', async () => {
    const { send } = make()
    const { body } = await send('GET', '/members/chenlu/conversations')
    expect((body as unknown[])[0]).toMatchObject({
      id: conversationId,
      title: '婉清姐',
      customer: { name: '李婉清', type: 1 },
    })
    expect(body).toContainEqual(
      expect.objectContaining({ kind: 'group', title: '国贸店老友群', memberCount: 86 }),
    )
  })

  it('reads and changes the caller’s own device only', async () => {
    const { send, world } = make()
    expect(
      (await send('PATCH', '/device', { userId: 'zhoumin', switches: { send: 'deny' } })).body,
    ).toMatchObject({
      id: 'one',
      userId: 'zhoumin',
      switches: { send: 'deny', latencyMs: 0 },
    })
    expect((await send('GET', '/device', undefined, 'sandbox_device=two')).body).toMatchObject({
      userId: 'chenlu',
    })
    expect(world.device('one').userId).toBe('zhoumin')
  })

  it('gives a caller without a device a new one', async () => {
    const { app } = make()
    const answer = await app.request('/device')
    expect(answer.headers.get('set-cookie')).toMatch(/^sandbox_device=[0-9a-f]{24};/)
  })

  it('makes a customer with follows and shows WeCom’s view with tag names', async () => {
    const { send, world } = make()
    const tagId = world.tagGroups()[0]?.tags[0]?.id
    const made = await send('POST', '/customers', {
      customer: { name: '试一试' },
      follows: [{ userId: 'chenlu', tagIds: [tagId] }],
    })
    expect(made.status).toBe(201)
    const { externalUserId } = made.body as { externalUserId: string }
    expect((await send('GET', `/customers/${externalUserId}`)).body).toMatchObject({
      name: '试一试',
      follows: [{ userId: 'chenlu', remark: '试一试', tags: [{ name: '普卡', groupName: '会员等级' }] }],
    })
  })

  it('changes follows, members and limits', async () => {
    const { send, world } = make()
    await send('PATCH', `/follows/chenlu/${wellKnown.mia}`, { status: 'lost' })
    await send('PATCH', '/members/zhoumin', { inVisibleRange: false })
    await send('PATCH', '/limits', { callsPerMinute: 7 })
    expect(world.findFollow('chenlu', wellKnown.mia)?.status).toBe('lost')
    expect(world.findMember('zhoumin')?.inVisibleRange).toBe(false)
    expect(world.limits().callsPerMinute).toBe(7)
  })

  it('sets faults, expires tokens and tickets', async () => {
    const { send, world } = make()
    const { token } = world.issueToken()
    world.ticket('agent')
    expect((await send('PUT', '/faults', [{ api: 'user/get', errcode: -1 }])).body).toEqual([
      { api: 'user/get', times: -1, errcode: -1 },
    ])
    await send('POST', '/tokens/expire', { what: 'tickets' })
    expect([world.checkToken(token), world.validTickets('agent').length]).toEqual(['ok', 0])
    await send('POST', '/tokens/expire')
    expect(world.checkToken(token)).toBe('expired')
  })

  it('types messages for either side', async () => {
    const { send, world } = make()
    await send('POST', '/say', {
      conversationId,
      from: { kind: 'customer', id: wellKnown.liWanqing },
      content: '在吗',
    })
    expect(world.messages(conversationId).at(-1)).toMatchObject({
      via: 'typed',
      body: { msgtype: 'text', content: '在吗' },
    })
    const path = `/conversations/${encodeURIComponent(conversationId)}/messages`
    expect((await send('GET', path)).body).toHaveLength(7)
  })

  it('serves media and drawn avatars', async () => {
    const { app, world } = make()
    const bytes = new Uint8Array([1, 2, 3])
    const { mediaId } = world.saveMedia({
      type: 'image',
      filename: '图.png',
      contentType: 'image/png',
      bytes,
    })
    const media = await app.request(`/media/${mediaId}`)
    expect(media.headers.get('content-type')).toBe('image/png')
    expect(new Uint8Array(await media.arrayBuffer())).toEqual(bytes)
    const avatar = world.customers().find(customer => customer.avatar !== '')?.avatar ?? ''
    const picture = await app.request(avatar.replace('/sandbox/api', ''))
    expect(picture.headers.get('content-type')).toBe('image/svg+xml')
    expect(await picture.text()).toMatch(/^<svg /)
  })

  it('filters calls by API and forgets them on request', async () => {
    const { send, world } = make()
    world.recordCall({ at: noon, api: 'user/get', method: 'GET', errcode: 0, request: {} })
    world.recordCall({ at: noon, api: 'gettoken', method: 'GET', errcode: 0, request: {} })
    expect((await send('GET', '/calls?api=user/get')).body).toHaveLength(1)
    expect((await send('DELETE', '/calls')).status).toBe(204)
    expect((await send('GET', '/calls')).body).toEqual([])
  })

  it.each([
    ['PATCH', '/device', { frame: 'watch' }, 422, 'frame'],
    ['PATCH', '/device', { userId: 'nobody' }, 404, 'nobody'],
    ['PATCH', '/device', { conversationId: 'single:guoqian:x' }, 404, 'single:guoqian:x'],
    ['POST', '/customers', { customer: { nickname: '一' } }, 422, 'nickname'],
    ['POST', '/customers', { follows: [{ userId: 'nobody' }] }, 404, 'nobody'],
    ['POST', '/customers', { follows: [{ userId: 'chenlu', tagIds: ['etNone'] }] }, 422, 'etNone'],
    ['GET', '/customers/wmNobody', undefined, 404, 'wmNobody'],
    ['PATCH', '/follows/guoqian/wmNobody', { remark: '一' }, 404, 'wmNobody'],
    ['PUT', '/faults', [{ api: 'user/get', break: 'explode' }], 422, '0.break'],
    [
      'POST',
      '/say',
      { conversationId: 'group:none', from: { kind: 'member', id: 'chenlu' }, content: '一' },
      404,
      'group:none',
    ],
    ['GET', '/media/none', undefined, 404, 'media'],
  ])('answers %s %s %j with %i and says what is wrong', async (method, path, body, status, word) => {
    const { send } = make()
    const answer = await send(method, path, body)
    expect(answer.status).toBe(status)
    expect((answer.body as { message: string }).message).toContain(word)
  })

  it('goes back to the beginning', async () => {
    const { send, world } = make()
    await send('POST', '/customers', { customer: { name: '试一试' } })
    await send('POST', '/reset')
    expect(world.customers()).toHaveLength(300)
  })
})
