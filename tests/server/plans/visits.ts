import { expect } from 'vitest'
import { createCallbackCrypto } from '../../../server/wecom/callbackCrypto.ts'
import { jobsOf } from '../../../server/compose.ts'
import type { SignedIn, TestApp } from '../../support/createTestApp.ts'
import { aFollow } from '../../support/fakeWecom.ts'
import { TEST_TODAY } from '../../support/make.ts'
import type { FilledCorp } from './fillCorp.ts'

/** Reads are repeated before they are looked at: by then PostgreSQL has chosen the plan that it will keep. */
export const PREPARED_AFTER = 6

/** Who is there and what there is to look at. */
export interface Place {
  test: TestApp
  corp: FilledCorp
  guide: SignedIn
  manager: SignedIn
  admin: SignedIn
}

export interface Visit {
  name: string
  /** how often before it is looked at */
  before: number
  go: (place: Place) => Promise<unknown>
}

export const CALLBACK_KEYS = {
  token: 'plansOfCallbacks',
  aesKey: Buffer.alloc(32, 'plans').toString('base64').slice(0, 43),
}

type Who = 'guide' | 'manager' | 'admin'

async function answerOf(response: Response | Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await response
  const text = await answer.text()
  expect(answer.status, text).toBeLessThan(300)
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
}

const pathOf = (path: string, { corp, guide }: Place) =>
  path
    .replace('{customer}', `/customers/${corp.externalUserId}`)
    .replace('{guide}', guide.actor.userId)
    .replace(/\{(\w+)\}/g, (_, name: keyof FilledCorp) => encodeURIComponent(String(corp[name])))

const read = (who: Who, path: string): Visit => ({
  name: `${who} GET ${path}`,
  before: PREPARED_AFTER,
  go: place => answerOf(place[who].fetch(`/api${pathOf(path, place)}`)),
})

/** The page behind the first one. */
const readOn = (who: Who, path: string): Visit => {
  let cursor = ''
  return {
    name: `${who} GET ${path} · 第二页`,
    before: PREPARED_AFTER + 1,
    async go(place) {
      const found = pathOf(path, place)
      const url = `/api${found}${found.includes('?') ? '&' : '?'}limit=5${cursor && `&cursor=${cursor}`}`
      const page = await answerOf(place[who].fetch(url))
      cursor ||= encodeURIComponent(String(page.nextCursor))
      expect(cursor).not.toBe('null')
    },
  }
}

let keys = 0
const key = () => `a-key-of-the-plans-${keys++}`

const act = (name: string, go: Visit['go']): Visit => ({ name, before: 0, go })

/** One change, whose answer later steps may need. */
const post = (
  { guide }: Pick<Place, 'guide'>,
  path: string,
  json: unknown,
  method = 'POST',
  version?: number,
) => answerOf(guide.fetch(`/api${path}`, { method, json, key: key(), ...(version && { version }) }))

export const reads: Visit[] = [
  read('guide', '/session'),
  read('guide', '/session/devices'),
  read('guide', '/customers'),
  readOn('guide', '/customers'),
  read('guide', '/customers?q=客户11'),
  read('guide', '/customers?q=kehu1'),
  read('guide', '/customers?q=0115'),
  read('guide', '/customers?tag={tagId}'),
  read('guide', '{customer}/card'),
  read('guide', '{customer}/people'),
  read('guide', '{customer}/timeline'),
  readOn('guide', '/customers?q=客户'),
  read('guide', '{customer}/purchases'),
  read('guide', '{customer}/tags'),
  read('guide', '{customer}/coupons'),
  read('guide', '{customer}/sends?open=1'),
  read('guide', '{customer}/sends/{sendId}'),
  read('guide', '{customer}/engravings'),
  read('guide', '/tag-groups'),
  read('guide', '/scripts'),
  read('guide', '/today'),
  read('guide', '/outbox'),
  read('guide', '/redemptions'),
  read('guide', '/stats/mine'),
  read('guide', '/stats/scripts/mine'),
  read('guide', '/stats/coupons/mine'),
  read('guide', '/groups/{chatId}'),
  read('guide', '/groups/{chatId}/coupons'),
  read('guide', '/groups/{chatId}/sends?open=1'),
  read('manager', '/customers?of={guide}'),
  read('manager', '{customer}/card'),
  read('manager', '/redemptions'),
  read('manager', '/stats/team?by=guide'),
  read('manager', '/stats/scripts'),
  read('manager', '/stats/coupons'),
  read('manager', '/staff'),
  read('manager', '/stores'),
  read('manager', '/coupon-templates'),
  read('manager', '/channel-codes'),
  read('manager', '/scripts/managed'),
  read('manager', '/leavers'),
  read('admin', '/coupon-templates'),
  read('admin', '/coupon-templates/{templateId}'),
  read('admin', '/coupon-templates/{templateId}/pieces'),
  readOn('admin', '/coupon-templates/{templateId}/pieces'),
  read('admin', '/coupon-templates/{templateId}/pieces?which=redeemed'),
  read('admin', '/channel-codes'),
  read('admin', '/channel-codes/{channelCodeId}'),
  read('admin', '/audit'),
  readOn('admin', '/audit'),
  read('admin', '/audit?member={guide}'),
  read('admin', '/audit?customer={externalUserId}'),
  read('admin', '/audit?action=phoneRevealed'),
  read('admin', '/redemptions'),
  read('admin', '/stats/team?by=store'),
  read('admin', '/stats/scripts'),
  read('admin', '/stats/coupons'),
  read('admin', '/purchase-imports'),
  read('admin', '/minor-report?year=2026'),
  read('admin', '/erasures'),
  read('admin', '/bulk-exports'),
  read('admin', '/sync'),
  read('admin', '/staff'),
]

const text = { title: '问候', parts: [{ kind: 'text', text: '您好' }], script: null, reminderId: null }

export const acts: Visit[] = [
  act('找人（个人信息）', async ({ admin }) =>
    answerOf(admin.fetch('/api/privacy/people', { method: 'POST', json: { words: '客户115' } })),
  ),
  act('记一个日子', place =>
    post(place, pathOf('{customer}/dates', place), {
      person: null,
      kind: 'wedding',
      date: { calendar: 'solar', month: 11, day: 29 },
    }),
  ),
  act('记一笔购买', place =>
    post(place, pathOf('{customer}/purchases', place), {
      day: TEST_TODAY,
      piece: '足金戒指',
      amountFen: 100,
    }),
  ),
  act('加、去标签', place =>
    post(place, pathOf('{customer}/tags', place), { add: ['etPLAN299', 'etPLAN298'], remove: [] }),
  ),
  act('改备注', place => post(place, pathOf('{customer}/remark', place), { remark: '婉清' }, 'PATCH')),
  act('改资料', place => post(place, pathOf('{customer}', place), { salutation: '婉清姐' }, 'PATCH', 1)),
  act('发一条', async place => {
    const { sendId } = await post(place, pathOf('{customer}/sends', place), text)
    await post(
      place,
      pathOf(`{customer}/sends/${String(sendId)}`, place),
      { results: [{ index: 0, outcome: 'ok' }] },
      'PATCH',
    )
  }),
  act('占一张券并发出', async place => {
    const { templateId, externalUserId } = place.corp
    const asked = { templateId, externalUserId, confirmed: true }
    const { couponId } = await post(place, '/coupons', asked)
    await post(place, `/coupons/${String(couponId)}/confirm`, undefined)
  }),
  act('客户看券、领券', async ({ test, corp }) => {
    expect((await test.fetch(`/c/${corp.token}`)).status).toBe(200)
    expect((await test.fetch(`/c/${corp.token}/state`)).status).toBe(200)
  }),
  act('收银找券、核销', async place => {
    const found = await post(place, '/coupons/find', { code: place.corp.code })
    const use = { code: place.corp.code, amountFen: 500_000, piece: null }
    await post(place, `/coupons/${String(found.couponId)}/redeem`, use)
  }),
  act('收到回调', async ({ test, corp, guide }) => {
    const crypto = createCallbackCrypto({
      ...CALLBACK_KEYS,
      receiveId: test.corp.wecomCorpId,
    })
    const at = String(Math.floor(test.clock.now().getTime() / 1000))
    const said = {
      MsgType: 'event',
      Event: 'change_external_contact',
      ChangeType: 'edit_external_contact',
      UserID: guide.actor.userId,
      ExternalUserID: corp.externalUserId,
    }
    const elements = Object.entries(said).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    const encrypted = crypto.seal(
      `<xml><ToUserName><![CDATA[${test.corp.wecomCorpId}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>${at}</CreateTime>${elements.join('')}</xml>`,
    )
    const envelope = { timestamp: at, nonce: '1597212914' }
    const query = new URLSearchParams({
      ...envelope,
      msg_signature: crypto.sign({ ...envelope, encrypted }),
    })
    const body = `<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`
    const answer = await test.fetch(`/wecom/callback?${query.toString()}`, { method: 'POST', body })
    expect(answer.status).toBe(200)
  }),
  act('处理回调、送出队列', async ({ test, corp, guide }) => {
    test.wecom.follows = [aFollow(guide.actor.userId, corp.externalUserId)]
    await test.runQueued()
  }),
]

/** Somebody else than the one all the others look at: she is gone afterwards. */
export const erasing: Visit = act('删除一个人', async ({ test, admin, corp }) => {
  const { rows } = await test.db.pool.query<{ externalUserId: string }>(
    `select c.external_user_id as "externalUserId" from customers c
     join sends s on s.customer_id = c.customer_id join purchases p on p.customer_id = c.customer_id
     where c.customer_id <> $1 order by c.customer_id limit 1`,
    [corp.customerId],
  )
  const asked = await answerOf(
    admin.fetch(`/api/customers/${rows[0]!.externalUserId}`, {
      method: 'DELETE',
      json: { reason: '她要求删除' },
      key: key(),
    }),
  )
  await test.services.erasures.run(String(asked.erasureId))
})

/** What runs without a person asking, but for what asks WeCom for everything. */
export const jobs = (test: TestApp): Visit[] =>
  jobsOf(test.services)
    .filter(({ job }) => job.cron !== undefined && !/^(sync\.nightly|staff\.|audit\.chain)/.test(job.name))
    .map(({ job, work }) =>
      act(`任务 ${job.name}`, () => work(job.payload.parse({}), new AbortController().signal)),
    )
