import { randomUUID } from 'node:crypto'
import { api } from '../../shared/contract/api.ts'
import type { Answer } from '../../tests/support/signIn.ts'
import { until } from '../../tests/support/processes.ts'
import { codeOf, inWords } from './insist.ts'
import type { Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const LEAVER = 'zhaoyiming'

interface Customer {
  id: string
  version: number
}

const customerOf = async ({ product }: Stage, userId: string, place = 0): Promise<Customer> => {
  const [row] = await product.query<Customer>(
    `select c.external_user_id as id, c.version from customers c join follows f using (customer_id) join staff s using (staff_id)
     where s.user_id = $1 and f.status = 'active' and f.half_added_at is null and c.external_user_id like 'wm%'
       and (select count(*) from follows o where o.customer_id = c.customer_id) = 1
     -- others write beside this, and of somebody only so many dates are kept
     order by (select count(*) from important_dates d where d.customer_id = c.customer_id), c.customer_id offset $2 limit 1`,
    [userId, place],
  )
  if (!row) throw new Error(`nobody follows for ${userId}`)
  return row
}

const bodyWithoutId = ({ status, body }: Answer) =>
  JSON.stringify([status, { ...(body as object), requestId: undefined, instance: undefined }])

/** What a stranger, a colleague and somebody who asks for too much get. */
export async function tryAccess(stage: Stage, verdicts: Verdicts): Promise<void> {
  const { product, guides } = stage
  const [guide, colleague] = guides
  if (!guide || !colleague) throw new Error('no guides')

  const endpoints = Object.values(api)
  const naked = await Promise.all(
    endpoints.map(async ({ method, path }) => {
      const at = path.replace(/\{\w+\}/g, () => randomUUID())
      const answer = await fetch(`${product.proxyUrl}/api${at}`, {
        method: method.toUpperCase(),
        headers: { origin: product.url, ...(method !== 'get' && { 'Content-Type': 'application/json' }) },
        ...(method !== 'get' && { body: '{}' }),
      })
      await answer.arrayBuffer()
      return answer.status
    }),
  )
  verdicts.note(
    'P1',
    naked.every(status => status === 401),
    `没有会话，${endpoints.length} 个接口都是 401`,
  )

  const own = await customerOf(stage, guide.userId)
  const other = await customerOf(stage, colleague.userId)
  const paths = ['card', 'timeline', 'people', 'coupons', 'purchases', 'tags'].map(
    part => (id: string) => `/api/customers/${id}/${part}`,
  )
  const same = await Promise.all(
    paths.map(async path => {
      const foreign = await guide.ask('GET', path(other.id))
      const absent = await guide.ask('GET', path('wmNobodyOfThisName00000000000000'))
      return foreign.status === 404 && bodyWithoutId(foreign) === bodyWithoutId(absent)
    }),
  )
  verdicts.note('P2', same.every(Boolean), '别人的客户和不存在的客户，回答一字不差')

  const widened = await guide.ask(
    'PATCH',
    `/api/customers/${own.id}`,
    { note: '好', staffId: 1, corpId: 2 },
    {
      headers: { 'If-Match': `"${own.version}"` },
    },
  )
  const pretended = await guide.ask(
    'GET',
    `/api/customers/${other.id}/card?userId=${colleague.userId}`,
    undefined,
    {
      headers: { 'X-User-Id': colleague.userId, 'X-Corp-Id': '1' },
    },
  )
  verdicts.note(
    'P3',
    widened.status === 422 && [404, 422].includes(pretended.status),
    `多出的字段不收（${widened.status}），自报的身份不作数（${pretended.status}）`,
  )

  await signing(stage, verdicts)
  await phones(stage, verdicts)
  await children(stage, own, verdicts)
  await loginTwice(stage, verdicts)
}

async function signing({ product, guides: [guide] }: Stage, verdicts: Verdicts): Promise<void> {
  const sign = (url: string, headers = {}) =>
    guide?.ask('GET', `/api/jssdk/signature?url=${encodeURIComponent(url)}`, undefined, { headers })
  const own = await sign(`${product.url}/sidebar`)
  const foreign = await sign('https://evil.example.com/sidebar')
  const forwarded = await sign('https://evil.example.com/sidebar', {
    'X-Forwarded-Host': 'evil.example.com',
    'X-Forwarded-Proto': 'https',
  })
  verdicts.note(
    'P7',
    own?.status === 200 && (foreign?.status ?? 0) >= 400 && (forwarded?.status ?? 0) >= 400,
    `自己的页面签，别人的不签（${foreign?.status}），带 X-Forwarded-Host 也不签（${forwarded?.status}）`,
  )
}

async function phones({ product, guides: [guide] }: Stage, verdicts: Verdicts): Promise<void> {
  const [row] = await product.query<{ id: string }>(
    `select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
     where s.user_id = $1 and f.status = 'active' and f.phones_sealed is not null order by c.customer_id limit 1`,
    [guide?.userId],
  )
  if (!row || !guide) throw new Error('nobody has a number')
  const card = JSON.stringify((await guide.ask('GET', `/api/customers/${row.id}/card`)).body)
  const naked = await guide.ask('POST', `/api/customers/${row.id}/reveal`, { what: 'phone' })
  const shown = await guide.ask('POST', `/api/customers/${row.id}/reveal`, {
    what: 'phone',
    reason: '约取货',
  })
  const [full = ''] = (shown.body as { phones?: string[] }).phones ?? []
  const noted = await product.query(`select from audit_entries where action = 'phoneRevealed'`)
  verdicts.note(
    'P27',
    /\d{3}\*{4}\d{4}/.test(card) &&
      full.length === 11 &&
      !card.includes(full) &&
      naked.status === 422 &&
      noted.length > 0,
    '卡片打码；没有理由看不了，看过有记录',
  )
}

async function children(
  { product, guides: [guide, colleague] }: Stage,
  own: Customer,
  verdicts: Verdicts,
): Promise<void> {
  const at = `/api/customers/${own.id}/dates`
  const date = {
    person: { relation: 'daughter', callName: '囡囡' },
    kind: 'birthday',
    date: { calendar: 'solar', month: 6, day: 1 },
  }
  const without = await guide?.ask('POST', at, date)
  const consent = { guardian: 'customer', how: 'inPerson', givenOn: '2026-01-01' }
  const given = await guide?.ask('POST', at, { ...date, consent })
  const reads = async () =>
    (await product.query(`select from audit_entries where action = 'minorRead'`)).length
  await guide?.ask('GET', `/api/customers/${own.id}/card`)
  const others = JSON.stringify((await colleague?.ask('GET', `/api/customers/${own.id}/people`))?.body)
  verdicts.note(
    'P28',
    without !== undefined &&
      codeOf(without) === 'guardian_consent_required' &&
      given?.status === 201 &&
      (await reads()) > 0 &&
      !others.includes('囡囡'),
    `没有监护人同意记不了孩子（${without?.status}），看一次记一次，别的同事看不到（有同意 ${given && inWords(given)}）`,
  )
}

const cookiesOf = (answer: Response) =>
  answer.headers.getSetCookie().map(cookie => cookie.split(';')[0] ?? '')
const hasSession = (answer: Response) => cookiesOf(answer).some(cookie => /guidebar=\S/.test(cookie))

/** The same return twice, and one from a browser that never began. */
async function loginTwice({ product }: Stage, verdicts: Verdicts): Promise<void> {
  const start = await fetch(`${product.proxyUrl}/auth/login`, { redirect: 'manual' })
  const authorize = new URL(start.headers.get('location') ?? '')
  authorize.hash = ''
  authorize.searchParams.set('sandbox_user', 'zhoumin')
  const consent = await fetch(authorize, { redirect: 'manual' })
  const back = new URL(consent.headers.get('location') ?? '')
  const at = `${product.proxyUrl}${back.pathname}${back.search}`
  const come = (cookie: string) => fetch(at, { redirect: 'manual', headers: { cookie } })
  const own = cookiesOf(start).join('; ')
  const foreign = await come('')
  const first = await come(own)
  const again = await come(own)
  verdicts.note(
    'P5',
    !hasSession(foreign) &&
      hasSession(first) &&
      !hasSession(again) &&
      again.status === 302 &&
      !(again.headers.get('location') ?? '').includes('/auth/'),
    '别的浏览器带不走登录；同一个回跳来两次，第二次直接进页面',
  )
}

/** A member leaves: no server knows her any more. */
export async function leave(stage: Stage, verdicts: Verdicts): Promise<void> {
  const { product } = stage
  const leaver = await stage.signIn(LEAVER)
  await product.act('member-leaves', { userId: LEAVER })
  await product.runJob('staff.poll')
  await until(
    async () =>
      (await product.query(`select from staff where user_id = $1 and status = 'left'`, [LEAVER])).length > 0,
    'her leaving to be found out',
    60_000,
  )
  const statuses = []
  for (const _ of product.servers) statuses.push((await leaver.ask('GET', '/api/session')).status)
  verdicts.note(
    'P4',
    statuses.every(status => status === 401),
    `离职的人在每台上都是 ${[...new Set(statuses)].join('、')}`,
  )
}
