import { decrypt } from '@wecom/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { sealEcho, sealEvent } from '../../sandbox/callbacks/envelope.ts'
import { writeEventXml } from '../../sandbox/callbacks/eventXml.ts'
import { readSandboxConfig } from '../../sandbox/config.ts'
import { controlRoutes } from '../../sandbox/control/control.ts'
import type { CallbackEvent } from '../../sandbox/world/callbackEvent.ts'
import { createTold, element, startReceiver, vectorKeys } from './callbackReceiver.ts'
import { createTestSandbox } from './testSandbox.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function receiver(...given: Parameters<typeof startReceiver>) {
  const started = await startReceiver(...given)
  closing.push(started.close)
  return started
}

function told(...given: Parameters<typeof createTold>) {
  const made = createTold(...given)
  closing.push(made.callbacks.close)
  return made
}

const event = (externalUserId = 'wmSIMAAAA001'): CallbackEvent => ({
  event: 'change_external_contact',
  changeType: 'edit_external_contact',
  userId: 'chenlu',
  externalUserId,
})
const idsOf = (received: { xml: string }[]) => received.map(({ xml }) => element(xml, 'ExternalUserID'))

describe('the envelope', () => {
  const sealing = {
    ...vectorKeys,
    corpId: 'ww1234567890abcdef',
    timestamp: 1767225600,
    nonce: '1597212914',
    random: Buffer.from('0123456789abcdef'),
  }

  it('seals an echo as vector V1 says', () => {
    expect(sealEcho('5927782489442352469', sealing)).toEqual({
      msg_signature: '755c1325a4bebe2da85fd1fc163c630339247b1a',
      timestamp: '1767225600',
      nonce: '1597212914',
      echostr: 'Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlVnxFjODeL0vb3zQ2L8R+ZK2Ik/6HSYcODYZKOAQ/Uvsg==',
    })
  })

  it('writes and seals an event as vector V2 says', () => {
    const xml = writeEventXml(
      {
        event: 'change_external_contact',
        changeType: 'add_external_contact',
        userId: 'zhangsan',
        externalUserId: 'wmSIMAAAA001',
        state: 'teststate',
        welcomeCode: 'WELCOMECODE001',
      },
      sealing.corpId,
      1767225600,
    )
    expect(xml).toBe(
      '<xml><ToUserName><![CDATA[ww1234567890abcdef]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1767225600</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[zhangsan]]></UserID><ExternalUserID><![CDATA[wmSIMAAAA001]]></ExternalUserID><State><![CDATA[teststate]]></State><WelcomeCode><![CDATA[WELCOMECODE001]]></WelcomeCode></xml>',
    )
    const { body, query } = sealEvent(xml, 1000002, sealing)
    expect(query.msg_signature).toBe('dee40dfb3109abc6ddacc9876a64331f02402942')
    expect(body).toMatch(
      /^<xml><ToUserName><!\[CDATA\[ww1234567890abcdef\]\]><\/ToUserName><AgentID><!\[CDATA\[1000002\]\]><\/AgentID><Encrypt><!\[CDATA\[Q3stYC6h/,
    )
  })

  it('cuts a text that would end its own section', () => {
    const xml = writeEventXml({ ...event(), externalUserId: 'a]]>b' } as CallbackEvent, 'ww1', 1)
    expect(xml).toContain('<![CDATA[a]]]]><![CDATA[>b]]>')
  })
})

describe('a delivery', () => {
  it('reaches the app signed, sealed for the corp, at the time of the sandbox’s clock', async () => {
    const app = await receiver()
    const { world, callbacks, time } = told(app.url)
    world.raise(event())
    await callbacks.idle()
    expect(app.received).toHaveLength(1)
    const [got] = app.received
    expect(got).toMatchObject({ isSignatureRight: true, receiveId: world.corp.corpId })
    expect(element(got!.xml, 'CreateTime')).toBe(String(time.now / 1000))
    expect(got!.query.get('timestamp')).toBe(String(time.now / 1000))
    expect(callbacks.lines()).toMatchObject([{ attempt: 1, copy: 1, outcome: 200 }])
  })

  it('is tried three times more when the app answers anything but 200, each time sealed anew', async () => {
    const app = await receiver((_request, response) => response.writeHead(500).end())
    const { world, callbacks, time } = told(app.url)
    world.raise(event())
    time.now += 60_000
    await callbacks.idle()
    expect(callbacks.lines().map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 500],
      [2, 500],
      [3, 500],
      [4, 500],
    ])
    expect(new Set(app.received.map(({ query }) => query.get('nonce'))).size).toBe(4)
    expect(new Set(app.received.map(({ xml }) => xml)).size).toBe(1)
    expect(app.received.every(({ isSignatureRight }) => isSignatureRight)).toBe(true)
  })

  it('is cut when no answer comes in time, and stops being tried once one does', async () => {
    let hasClosed = false
    const app = await receiver((request, response, turn) => {
      if (turn > 1) return response.end('success')
      request.socket.once('close', () => (hasClosed = true))
    })
    const { world, callbacks } = told(app.url, { answerMs: 80 })
    world.raise(event())
    await callbacks.idle()
    expect(callbacks.lines().map(({ outcome }) => outcome)).toEqual(['timeout', 200])
    expect(hasClosed).toBe(true)
  })

  it('fails as network when nobody listens', async () => {
    const app = await startReceiver()
    await app.close()
    const { world, callbacks } = told(app.url)
    world.raise(event())
    await callbacks.idle()
    expect(callbacks.lines().map(({ outcome }) => outcome)).toEqual(Array(4).fill('network'))
  })

  it('does not hold up who raised it, nor the events behind one that waits for its next try', async () => {
    const app = await receiver((_request, response, turn) => response.writeHead(turn === 1 ? 500 : 200).end())
    const { world, callbacks } = told(app.url, { retryMs: 40 })
    world.raise(event('a'))
    world.raise(event('b'))
    expect(callbacks.lines()).toEqual([])
    await callbacks.idle()
    expect(idsOf(app.received)).toEqual(['a', 'b', 'a'])
  })

  it('tells only of members in range who may use 客户联系', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    world.updateMember('zhoumin', { inVisibleRange: false })
    world.updateMember('linxiaoyu', { hasCustomerContact: false })
    world.updateMember('guoqian', { status: 5 })
    for (const userId of ['zhoumin', 'linxiaoyu', 'guoqian', 'chenlu']) {
      world.raise({ ...event(), userId } as CallbackEvent)
    }
    await callbacks.idle()
    expect(app.received.map(({ xml }) => element(xml, 'UserID'))).toEqual(['chenlu'])
  })

  it('does not happen without a receive URL', async () => {
    const { world, callbacks } = createTestSandbox('http://127.0.0.1:1')
    world.raise(event())
    await callbacks.idle()
    expect(callbacks.lines()).toEqual([])
    expect(await callbacks.verify()).toMatchObject({ isRight: false, problem: 'notConfigured' })
  })
})

describe('on its way', () => {
  it('the next events are lost, and the log says so', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    callbacks.setSwitches({ loseNext: 2 })
    for (const id of ['a', 'b', 'c']) world.raise(event(id))
    await callbacks.idle()
    expect(idsOf(app.received)).toEqual(['c'])
    expect(callbacks.lines().map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 200])
  })

  it('some events are lost by chance', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    callbacks.setSwitches({ loseProbability: 0.5, parallel: 8 })
    for (let index = 0; index < 40; index++) world.raise(event(`w${index}`))
    await callbacks.idle()
    expect(app.received.length).toBeGreaterThan(5)
    expect(app.received.length).toBeLessThan(35)
  })

  it('an event comes several times', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    callbacks.setSwitches({ duplicates: 2 })
    world.raise(event())
    await callbacks.idle()
    expect(app.received).toHaveLength(3)
    expect(new Set(app.received.map(({ xml }) => xml)).size).toBe(1)
  })

  it('events overtake each other', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    callbacks.setSwitches({ holdCount: 3 })
    for (const id of ['a', 'b', 'c', 'd']) world.raise(event(id))
    await callbacks.idle()
    expect(idsOf(app.received)).toEqual(['c', 'b', 'a'])
    callbacks.flush()
    await callbacks.idle()
    expect(idsOf(app.received)).toEqual(['c', 'b', 'a', 'd'])
  })

  it('events wait for the end of a pause, in order', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    callbacks.setSwitches({ paused: true })
    for (const id of ['a', 'b']) world.raise(event(id))
    await callbacks.idle()
    expect(app.received).toEqual([])
    callbacks.setSwitches({ paused: false })
    await callbacks.idle()
    expect(idsOf(app.received)).toEqual(['a', 'b'])
  })

  it('everything is forgotten when the corp starts anew', async () => {
    const app = await receiver((_request, response) => response.writeHead(500).end())
    const { world, callbacks } = told(app.url, { retryMs: 60_000 })
    callbacks.setSwitches({ duplicates: 1 })
    world.raise(event())
    world.reset()
    await callbacks.idle()
    expect(callbacks.lines()).toEqual([])
    expect(callbacks.switches()).toMatchObject({ duplicates: 0, retryMs: 60_000 })
  })
})

describe('verifying the receive URL', () => {
  const cases: [string, (echo: string) => { status?: number; body: string }, object][] = [
    ['a bare echo', echo => ({ body: echo }), { isRight: true }],
    ['quotes', echo => ({ body: `"${echo}"` }), { isRight: false, problem: 'quotes' }],
    ['a newline', echo => ({ body: `${echo}\n` }), { isRight: false, problem: 'newline' }],
    ['a byte order mark', echo => ({ body: `\uFEFF${echo}` }), { isRight: false, problem: 'byteOrderMark' }],
    ['other text', () => ({ body: 'ok' }), { isRight: false, problem: 'wrongText' }],
    ['a refusal', echo => ({ status: 403, body: echo }), { isRight: false, problem: 'status', outcome: 403 }],
  ]
  it.each(cases)('tells of %s', async (_name, answerOf, verdict) => {
    const app = await receiver((request, response) => {
      const echo = new URL(request.url ?? '', 'http://receiver').searchParams.get('echostr') ?? ''
      const { status = 200, body } = answerOf(decrypt(vectorKeys.aesKey, echo).message)
      response.writeHead(status).end(body)
    })
    const { callbacks } = told(app.url)
    expect(await callbacks.verify()).toMatchObject(verdict)
  })

  it('waits no longer than told', async () => {
    const app = await receiver(() => undefined)
    const { callbacks } = told(app.url, { verifyMs: 50 })
    expect(await callbacks.verify()).toMatchObject({ isRight: false, problem: 'timeout' })
  })
})

describe('steering over HTTP', () => {
  it('shows the log, changes the switches, sends anything, verifies and waits', async () => {
    const app = await receiver()
    const { world, callbacks } = told(app.url)
    const control = controlRoutes(world, callbacks)
    const send = async (method: string, path: string, body?: unknown) => {
      const answer = await control.request(path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() }
    }
    expect((await send('PATCH', '/callbacks/switches', { loseNext: 1, wrong: 1 })).status).toBe(422)
    expect((await send('PATCH', '/callbacks/switches', { loseNext: 1 })).body).toMatchObject({ loseNext: 1 })
    world.raise(event('a'))
    await send('POST', '/callbacks/send', { xml: '<xml><Event>customer_acquisition</Event></xml>' })
    await send('GET', '/callbacks/idle')
    expect((await send('GET', '/callbacks')).body).toMatchObject({
      isActive: true,
      url: app.url,
      lines: [{ outcome: 'lost' }, { outcome: 200, xml: '<xml><Event>customer_acquisition</Event></xml>' }],
    })
    expect((await send('POST', '/callbacks/verify')).body).toMatchObject({ isRight: false })
    expect((await send('DELETE', '/callbacks')).status).toBe(204)
    expect((await send('GET', '/callbacks')).body).toMatchObject({ lines: [] })
  })

  it('is set up by the environment once token and key are there', () => {
    const keys = { WECOM_CALLBACK_TOKEN: 'abc', WECOM_CALLBACK_AES_KEY: vectorKeys.aesKey }
    expect(readSandboxConfig({ WECOM_CALLBACK_TOKEN: 'abc' }).callbacks).toBeUndefined()
    expect(readSandboxConfig(keys).callbacks).toMatchObject({
      url: 'http://127.0.0.1:8787/wecom/callback',
      answerMs: 5000,
      retries: 3,
    })
    expect(() => readSandboxConfig({ ...keys, WECOM_CALLBACK_AES_KEY: 'short' })).toThrow(/AES_KEY/)
  })
})
