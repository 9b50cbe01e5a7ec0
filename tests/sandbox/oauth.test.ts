import { describe, expect, it } from 'vitest'
import { oauthRoutes } from '../../sandbox/oauth/oauth.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { corp, noon } from './openApiCaller.ts'

const good = {
  appid: corp().corpId,
  redirect_uri: 'http://127.0.0.1:8788/auth/callback?next=%23%2Ftoday',
  response_type: 'code',
  scope: 'snsapi_base',
  state: 'abc123',
  agentid: String(corp().agentId),
}

function make() {
  const world = createWorld({
    corp: { ...corp(), trustedDomains: ['127.0.0.1:8788', 'shop.example'] },
    now: () => noon,
  })
  const app = oauthRoutes(world)
  const authorize = (
    change: Record<string, string | undefined> = {},
    headers: Record<string, string> = {},
  ) => {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries({ ...good, ...change }))
      if (value !== undefined) query.set(name, value)
    return app.request(`/authorize?${query}`, { headers })
  }
  return { world, authorize }
}

describe('authorize', () => {
  it('sends the member of the device back with a code, keeping the query of the address', async () => {
    const { world, authorize } = make()
    world.updateDevice('one', { userId: 'guoqian' })
    const answer = await authorize({}, { cookie: 'sandbox_device=one' })
    expect(answer.status).toBe(302)
    const back = new URL(answer.headers.get('location') ?? '')
    expect(back.origin + back.pathname).toBe('http://127.0.0.1:8788/auth/callback')
    expect(back.searchParams.get('next')).toBe('#/today')
    expect(back.searchParams.get('state')).toBe('abc123')
    expect(world.redeemCode(back.searchParams.get('code') ?? '')).toEqual({
      userId: 'guoqian',
      domain: '127.0.0.1:8788',
    })
  })

  it('sends whoever holds the customer’s phone back to the customer’s page, and nobody else', async () => {
    const { world, authorize } = make()
    const customer = world.customers()[0]!.externalUserId
    const page = { redirect_uri: 'http://127.0.0.1:8788/c/back' }
    world.updateDevice('one', { userId: 'guoqian' })
    const answer = await authorize(page, { cookie: `sandbox_device=one; sandbox_phone=${customer}` })
    expect(answer.status).toBe(302)
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
    expect(world.redeemCode(code)).toEqual({ externalUserId: customer, domain: '127.0.0.1:8788' })
    expect((await authorize(page, { cookie: 'sandbox_device=one' })).status).toBe(400)
    expect((await authorize({ ...page, sandbox_customer: 'nobody' })).status).toBe(400)
  })

  it('takes the member named in the address and gives every login its own code', async () => {
    const { world, authorize } = make()
    const codes = await Promise.all(
      [1, 2].map(async () => {
        const answer = await authorize({ sandbox_user: 'zhoumin' })
        return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
      }),
    )
    expect(codes[0]).not.toBe(codes[1])
    expect(world.redeemCode(codes[0] ?? '')).toMatchObject({ userId: 'zhoumin' })
  })

  it.each([
    ['a foreign corp', { appid: 'wwother' }, '40013'],
    ['another response type', { response_type: 'token' }, '40035'],
    ['no scope', { scope: undefined }, '40035'],
    ['a foreign agent', { agentid: '7' }, '40056'],
    ['a state with a dash', { state: 'a-b' }, '84025'],
    ['a state of 129 characters', { state: 'a'.repeat(129) }, '84025'],
    ['a relative address', { redirect_uri: '/auth/callback' }, '40035'],
    ['a script as address', { redirect_uri: 'javascript:alert(1)' }, '40035'],
    ['another port', { redirect_uri: 'http://127.0.0.1:8787/auth/callback' }, '50001'],
    ['a host below a trusted one', { redirect_uri: 'https://a.shop.example/' }, '50001'],
    ['an unknown member', { sandbox_user: 'nobody' }, '60111'],
    ['no device', { sandbox_user: undefined }, '40029'],
  ])('shows a page and never redirects with %s', async (_what, change, code) => {
    const { authorize } = make()
    const answer = await authorize({ sandbox_user: 'chenlu', ...change })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('location')).toBeNull()
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(await answer.text()).toContain(code)
  })

  it('escapes what it repeats from the address', async () => {
    const { authorize } = make()
    const page = await (await authorize({ sandbox_user: '<script>' })).text()
    expect(page).not.toContain('<script>')
  })
})
