import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { afterEach, describe, expect, it } from 'vitest'
import { controlRoutes } from '../../sandbox/control/control.ts'
import type { Fault } from '../../sandbox/world/types.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { openApiRoutes } from '../../sandbox/openApi/openApi.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { corp, createCaller, createOpenApi, noon } from './openApiCaller.ts'

const notice = {
  msgtype: 'text',
  agentid: corp().agentId,
  text: { content: '明天生日' },
  touser: 'chenlu|zhoumin',
}
const remark = { userid: 'chenlu', external_userid: wellKnown.mia, remark: '米娅' }
const fault = (more: Partial<Fault>): Fault => ({ api: 'externalcontact/remark', times: 1, ...more })

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

/** The API on a real socket, where connections can be cut. */
async function listen(sandbox: ReturnType<typeof createOpenApi>) {
  const server = serve({ fetch: sandbox.app.fetch, hostname: '127.0.0.1', port: 0 })
  await new Promise<void>(resolve => server.once('listening', resolve))
  running.push(
    () =>
      new Promise(resolve => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  )
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return (api: string, body: unknown, signal: AbortSignal | null = null) =>
    fetch(origin + sandbox.path(api, {}), { method: 'POST', body: JSON.stringify(body), signal })
}

describe('an answer that is lost after the effect', () => {
  it.each(['drop', 'html', 'http500'] as const)('by %s has still changed the customer', async trouble => {
    const sandbox = createOpenApi()
    const send = await listen(sandbox)
    sandbox.world.setFaults([fault({ break: trouble, afterEffect: true })])
    const heard = await send('externalcontact/remark', remark)
      .then(answer => answer.json())
      .catch(() => 'lost')
    expect(heard).toBe('lost')
    expect(sandbox.world.findFollow('chenlu', wellKnown.mia)?.remark).toBe('米娅')
    expect(sandbox.world.calls()).toMatchObject([{ errcode: 0, fault: trouble }])
  })

  it('does not change her when the call was cut before', async () => {
    const sandbox = createOpenApi()
    const send = await listen(sandbox)
    sandbox.world.setFaults([fault({ break: 'drop' })])
    await expect(send('externalcontact/remark', remark)).rejects.toThrow()
    expect(sandbox.world.findFollow('chenlu', wellKnown.mia)?.remark).toBe('Mia')
  })

  it('may come too late for the caller', async () => {
    const sandbox = createOpenApi()
    const send = await listen(sandbox)
    sandbox.world.setFaults([fault({ delayMs: 60_000, afterEffect: true })])
    const patience = new AbortController()
    const answer = send('externalcontact/remark', remark, patience.signal)
    await expect.poll(() => sandbox.world.calls()).toMatchObject([{ errcode: 0, fault: 'late' }])
    patience.abort()
    await expect(answer).rejects.toThrow()
    expect(sandbox.world.findFollow('chenlu', wellKnown.mia)?.remark).toBe('米娅')
  })

  it('may be told as a failure', async () => {
    const { post, world } = createOpenApi()
    world.setFaults([fault({ errcode: -1, afterEffect: true })])
    expect((await post('externalcontact/remark', remark)).errcode).toBe(-1)
    expect(world.findFollow('chenlu', wellKnown.mia)?.remark).toBe('米娅')
  })
})

describe('a slow body', () => {
  it('brings half of the answer and then stands still', async () => {
    const sandbox = createOpenApi()
    const send = await listen(sandbox)
    sandbox.world.setFaults([fault({ break: 'slowBody' })])
    const patience = new AbortController()
    const answer = await send('externalcontact/remark', remark, patience.signal)
    const reader = answer.body!.getReader()
    const half = new TextDecoder().decode((await reader.read()).value)
    expect(half.startsWith('{"errcode":0')).toBe(true)
    expect(() => JSON.parse(half) as unknown).toThrow()
    patience.abort()
    await expect(reader.read()).rejects.toThrow()
  })

  it('is whole for those who wait', async () => {
    const { post, world } = createOpenApi()
    world.setFaults([fault({ break: 'slowBody', delayMs: 1 })])
    expect(await post('externalcontact/remark', remark)).toMatchObject({ errcode: 0, errmsg: 'ok' })
  })
})

describe('a fault', () => {
  it('may come only sometimes, and then uses up its turns', async () => {
    const dice = [0.9, 0.1, 0.9, 0.1, 0.1]
    const world = createWorld({ corp: corp(), now: () => noon, random: () => dice.shift() ?? 1 })
    const { get } = createCaller(openApiRoutes(world), world)
    world.setFaults([{ api: 'department/simplelist', times: 2, rate: 0.5, errcode: -1 }])
    const codes = []
    for (let turn = 0; turn < 5; turn++) codes.push((await get('department/simplelist')).errcode)
    expect(codes).toEqual([0, -1, 0, -1, 0])
  })

  it('may concern everything below a path', async () => {
    const { get, world } = createOpenApi()
    world.setFaults([{ api: 'externalcontact/*', times: -1, errcode: 48002 }])
    expect((await get('externalcontact/get_follow_user_list')).errcode).toBe(48002)
    expect((await get('externalcontact/get', { external_userid: wellKnown.mia })).errcode).toBe(48002)
    expect((await get('department/simplelist')).errcode).toBe(0)
  })

  it('may fail single receivers of a notice, or all of them', async () => {
    const { post, world } = createOpenApi()
    world.setFaults([{ api: 'message/send', times: 1, partial: { zhoumin: 60111 } }])
    expect(await post('message/send', notice)).toMatchObject({ errcode: 0, invaliduser: 'zhoumin' })
    expect([world.appMessages('chenlu').length, world.appMessages('zhoumin').length]).toEqual([1, 0])
    world.setFaults([{ api: 'message/send', times: 1, partial: { '*': 60111 } }])
    expect((await post('message/send', notice)).errcode).toBe(81013)
  })

  it('may name members without a licence in a batch', async () => {
    const { post, world } = createOpenApi()
    world.setFaults([{ api: 'externalcontact/batch/get_by_user', times: 1, partial: { chenlu: 701008 } }])
    const answer = await post('externalcontact/batch/get_by_user', { userid_list: ['chenlu', 'gaofeng'] })
    expect(answer).toMatchObject({
      errcode: 0,
      external_contact_list: [],
      fail_info: { unlicensed_userid_list: ['chenlu'] },
    })
  })
})

describe('the trusted addresses', () => {
  it('turn callers from elsewhere away with their address in the words', async () => {
    const { get, app, world } = createOpenApi()
    const { corpId, secret } = corp()
    world.setNetwork({ trustedIps: ['203.0.113.7'] })
    const refused = await get('department/simplelist')
    expect(refused.errcode).toBe(60020)
    expect(refused.errmsg).toMatch(/^not allow to access from your ip, hint: .*, from ip: 127\.0\.0\.1, /)
    const login = await app.request(
      `/gettoken?${new URLSearchParams({ corpid: corpId, corpsecret: secret })}`,
    )
    expect(await login.json()).toMatchObject({ errcode: 60020 })
    world.setNetwork({ pretendIp: '203.0.113.7' })
    expect((await get('department/simplelist')).errcode).toBe(0)
  })

  it('show an IPv4 caller as such, also on an IPv6 socket', async () => {
    const { app, path, world } = createOpenApi()
    world.setNetwork({ trustedIps: ['203.0.113.7'] })
    const incoming = { socket: { remoteAddress: '::ffff:198.51.100.4', destroy() {} } }
    const answer = await app.request(path('department/simplelist', {}), {}, { incoming })
    expect(await answer.json()).toMatchObject({ errmsg: expect.stringContaining('from ip: 198.51.100.4,') })
    expect(world.calls()).toMatchObject([{ ip: '198.51.100.4', errcode: 60020 }])
  })
})

describe('tokens', () => {
  it('revoked before their time are unknown, not expired', async () => {
    const { get, world } = createOpenApi()
    const { token } = world.issueToken()
    world.revokeTokens()
    expect((await get('department/simplelist', { access_token: token })).errcode).toBe(40014)
    expect(world.issueToken().token).not.toBe(token)
  })

  it('and tickets end one kind at a time', () => {
    const { world } = createOpenApi()
    const [corpTicket, agentTicket] = [world.ticket('corp').ticket, world.ticket('agent').ticket]
    world.expireTickets('agent')
    expect(world.ticket('corp').ticket).toBe(corpTicket)
    expect(world.ticket('agent').ticket).not.toBe(agentTicket)
  })
})

describe('the totals of calls', () => {
  it('go on counting what the log no longer keeps, by API and errcode', () => {
    const { world } = createOpenApi()
    const call = { at: noon, method: 'GET', request: {} }
    for (let turn = 0; turn < 4500; turn++) world.recordCall({ ...call, api: 'user/get', errcode: turn % 2 })
    expect(world.calls()).toHaveLength(2000)
    expect(world.callTotals()).toEqual([
      { api: 'user/get', errcode: 0, count: 2250 },
      { api: 'user/get', errcode: 1, count: 2250 },
    ])
    world.clearCalls()
    expect([world.calls(), world.callTotals()]).toEqual([[], []])
  })
})

describe('the control routes', () => {
  function control() {
    const sandbox = createOpenApi()
    const routes = controlRoutes(sandbox.world)
    const send = async (method: string, path: string, body?: unknown) => {
      const answer = await routes.request(path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return answer.status === 204 ? 204 : ((await answer.json()) as unknown)
    }
    return { ...sandbox, send }
  }

  it('set every kind of fault', async () => {
    const { send, post, world } = control()
    const faults = [
      { api: 'externalcontact/*', times: 3, rate: 0.5, errcode: -1 },
      { api: 'externalcontact/remark', times: 1, break: 'slowBody', delayMs: 5 },
      { api: 'message/send', times: -1, afterEffect: true, break: 'drop', partial: { zhoumin: 60111 } },
    ]
    expect(await send('PUT', '/faults', faults)).toEqual(faults)
    expect(await send('PUT', '/faults', [{ api: 'x', rate: 2 }])).toMatchObject({
      message: expect.stringContaining('rate'),
    })
    expect(await send('PUT', '/faults', [])).toEqual([])
    expect((await post('externalcontact/remark', remark)).errcode).toBe(0)
    expect(world.faults()).toEqual([])
  })

  it('change any number of the limits and nothing else', async () => {
    const { send, world } = control()
    const everyNumber = Object.fromEntries(
      Object.entries(world.limits())
        .filter(([name]) => name !== 'quotas')
        .map(([name], index) => [name, index + 1]),
    )
    const quotas = [{ api: 'user/get', per: 'day', most: 3 }]
    expect(await send('PATCH', '/limits', { ...everyNumber, quotas })).toEqual({ ...everyNumber, quotas })
    expect(await send('PATCH', '/limits', { callsPerFortnight: 1 })).toMatchObject({
      message: expect.stringContaining('callsPerFortnight'),
    })
  })

  it('say who is trusted and where callers seem to come from', async () => {
    const { send, get } = control()
    await send('PATCH', '/network', { trustedIps: ['203.0.113.7'], pretendIp: '203.0.113.8' })
    expect((await get('department/simplelist')).errmsg).toContain('from ip: 203.0.113.8,')
    expect(await send('PATCH', '/network', { pretendIp: null })).not.toHaveProperty('pretendIp')
    expect((await get('department/simplelist')).errmsg).toContain('from ip: 127.0.0.1,')
    expect(await send('PATCH', '/network', { trustedIps: ['everybody'] })).toMatchObject({
      message: expect.stringContaining('trustedIps'),
    })
  })

  it('revoke tokens and let one kind of ticket expire', async () => {
    const { send, get, world } = control()
    const { token } = world.issueToken()
    const [corpTicket, agentTicket] = [world.ticket('corp').ticket, world.ticket('agent').ticket]
    await send('POST', '/tokens/expire', { what: 'agentTicket' })
    expect([
      world.ticket('corp').ticket === corpTicket,
      world.ticket('agent').ticket === agentTicket,
    ]).toEqual([true, false])
    await send('POST', '/tokens/expire', { what: 'tokens', how: 'revoke' })
    expect((await get('department/simplelist', { access_token: token })).errcode).toBe(40014)
  })

  it('count the calls of each API and errcode until they are cleared', async () => {
    const { send, get } = control()
    await get('department/simplelist')
    await get('department/simplelist')
    await get('user/get', { userid: 'nobody' })
    expect(await send('GET', '/calls/totals')).toEqual([
      { api: 'department/simplelist', errcode: 0, count: 2 },
      { api: 'user/get', errcode: 60111, count: 1 },
    ])
    expect(await send('GET', '/calls')).toContainEqual(
      expect.objectContaining({ api: 'user/get', ip: '127.0.0.1', ms: expect.any(Number) }),
    )
    expect(await send('DELETE', '/calls')).toBe(204)
    expect(await send('GET', '/calls/totals')).toEqual([])
  })
})

it('answers carry WeCom’s clock, which may be ahead of ours', async () => {
  const { app, path, world } = createOpenApi()
  const dateOf = async () =>
    Date.parse((await app.request(path('department/simplelist', {}))).headers.get('date') ?? '')
  expect(await dateOf()).toBe(noon)
  world.setNetwork({ clockSkewMs: 90_000 })
  expect(await dateOf()).toBe(noon + 90_000)
})
