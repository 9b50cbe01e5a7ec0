import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, TEST_PUBLIC_URL, type TestApp } from '../../../support/createTestApp.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

it('P6 nothing of the customer’s pages is in the log: no link, no code for the till, nobody’s id', async () => {
  const guide = await test.make.staff(test.corp)
  const customer = await test.make.followed(test.corp, guide)
  const template = await test.make.couponTemplate(test.corp)
  const { couponId, token, code } = await test.make.coupon(guide, template, customer)
  const headers = { origin: TEST_PUBLIC_URL }
  test.logged.length = 0
  expect((await test.fetch(`/c/${token}`)).status).toBe(200)
  expect((await test.fetch(`/c/${token}`, { method: 'POST', headers })).status).toBe(303)
  expect(await (await test.fetch(`/c/${token}`)).text()).toContain('class="qr"')
  expect(await (await test.fetch(`/c/${token}/state`)).text()).toBe('claimed')

  const share = 'a-link-for-a-group-000'
  await sql`
    with chat as (
      insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at)
      values (${test.corp.corpId}, 'wr-log', '老友群', ${guide.staffId}, 2, ${test.clock.now()}) returning group_chat_id)
    insert into coupon_shares (share_id, corp_id, template_id, staff_id, group_chat_id, token, count, state, reserved_at,
                               deadline, ends_at)
    select ${couponId}, ${test.corp.corpId}, ${template.templateId}, ${guide.staffId}, group_chat_id, ${share}, 1, 'issued',
           ${test.clock.now()}, ${test.clock.now()}, ${new Date(test.clock.now().getTime() + 3_600_000)}
    from chat`.execute(test.db)
  const asked = await test.fetch(`/c/${share}`, { method: 'POST', headers })
  const state = new URL(asked.headers.get('location') ?? '').searchParams.get('state') ?? ''
  const cookie = asked.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  test.wecom.visitors.set('the-code-of-wechat', {
    kind: 'outsider',
    openId: 'o-the-open-id',
    externalUserId: 'wm-of-hers',
  })
  const back = await test.fetch(`/c/back?code=the-code-of-wechat&state=${state}`, { headers: { cookie } })
  expect(back.headers.get('location')).toBe(`/c/${share}#`)

  const said = JSON.stringify(test.logged)
  expect(test.logged.length).toBeGreaterThan(4)
  for (const secret of [token, code, share, state, 'the-code-of-wechat', 'o-the-open-id', 'wm-of-hers'])
    expect(said).not.toContain(secret)
})
