import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CouponReservation, CouponShelf, CustomerCoupon } from '../../../../shared/contract/coupons.ts'
import { Problem } from '../../../../shared/contract/problem.ts'
import { starterScripts } from '../../../../server/domains/scripts/starterScripts.ts'
import { ScriptCatalogue } from '../../../../shared/contract/scripts.ts'
import { Send } from '../../../../shared/contract/sends.ts'
import { wholeCatalogue } from '../../../support/catalogue.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import type { StaffActor } from '../../../../server/actor.ts'

let test: TestApp
let guide: StaffActor

beforeAll(async () => {
  test = await createTestApp()
  guide = await test.make.staff(test.corp, { store: await test.make.store(test.corp) })
})
afterAll(() => test.close())

let keys = 0
const newKey = () => `key-of-intention-${++keys}`
const problemOf = async (answer: Response) => Problem.parse(await answer.json())

describe('coupons over HTTP', () => {
  it('P6 are looked for by a code in a body: an address that names one finds nothing', async () => {
    const customer = await test.make.followed(test.corp, guide)
    const { templateId } = await test.make.couponTemplate(test.corp)
    const me = await test.signIn(guide)
    const asked = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const reserved = await me.fetch('/api/coupons', { method: 'POST', json: asked, key: newKey() })
    const { couponId, card } = CouponReservation.parse(await reserved.json())
    const token = new URL(card.link).pathname.split('/').at(-1)
    const found = await me.fetch('/api/coupons/find', { method: 'POST', json: { token } })
    expect(await found.json()).toMatchObject({ couponId, state: 'reserved' })
    for (const path of [`/api/coupons?token=${token}`, `/api/coupons/find?token=${token}`])
      expect((await problemOf(await me.fetch(path))).code).toBe('method_not_allowed')
    const inAddress = await me.fetch(`/api/coupons/find?token=${token}`, { method: 'POST', json: {} })
    expect(inAddress.status).toBe(422)
  })

  it('go from the shelf through the chat to the customer', async () => {
    const customer = await test.make.followed(test.corp, guide)
    const { templateId } = await test.make.couponTemplate(test.corp)
    const me = await test.signIn(guide)
    const shelf = async () =>
      CouponShelf.parse(await (await me.fetch(`/api/customers/${customer.externalUserId}/coupons`)).json())
    expect((await shelf()).offers.map(offer => offer.templateId)).toContain(templateId)

    const asked = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const key = newKey()
    const reserve = () => me.fetch('/api/coupons', { method: 'POST', json: asked, key })
    const answer = await reserve()
    expect(answer.status).toBe(201)
    const reservation = CouponReservation.parse(await answer.json())
    const again = await reserve()
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await again.json()).toEqual(reservation)

    const confirmed = await me.fetch(`/api/coupons/${reservation.couponId}/confirm`, {
      method: 'POST',
      key: newKey(),
    })
    expect(CustomerCoupon.parse(await confirmed.json()).state).toBe('issued')
    const late = await me.fetch(`/api/coupons/${reservation.couponId}/release`, {
      method: 'POST',
      json: { outcome: 'cancelled' },
      key: newKey(),
    })
    expect([late.status, (await problemOf(late)).code]).toEqual([409, 'state_conflict'])

    const path = new URL(reservation.card.link).pathname
    const page = await test.fetch(path)
    expect(page.headers.get('content-security-policy')).toContain("style-src 'nonce-")
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    const claimed = await test.fetch(path, {
      method: 'POST',
      headers: { origin: new URL(test.config.publicUrl).origin },
    })
    expect(claimed.status).toBe(303)
    expect((await shelf()).held).toMatchObject([{ couponId: reservation.couponId, state: 'claimed' }])
    expect((await shelf()).offers.find(offer => offer.templateId === templateId)?.refusal).toBe('alreadyHeld')
    expect((await test.fetch('/c/icon.png')).status).toBe(200)
    // P6: the link's token is in no line of the log.
    expect(test.logged.length).toBeGreaterThan(0)
    expect(JSON.stringify(test.logged)).not.toContain(path.slice('/c/'.length))
  })

  it('need a key, and refuse with a word for the guide', async () => {
    const customer = await test.make.followed(test.corp, guide)
    const { templateId } = await test.make.couponTemplate(test.corp, { stock: 0 })
    const me = await test.signIn(guide)
    const asked = { templateId, externalUserId: customer.externalUserId }
    const keyless = await me.fetch('/api/coupons', { method: 'POST', json: asked })
    expect([keyless.status, (await problemOf(keyless)).code]).toEqual([400, 'idempotency_key_required'])
    const soldOut = await me.fetch('/api/coupons', { method: 'POST', json: asked, key: newKey() })
    expect([soldOut.status, (await problemOf(soldOut)).title]).toEqual([409, '这张券发完了'])
    const unknown = await me.fetch(`/api/coupons/${templateId}/confirm`, { method: 'POST', key: newKey() })
    expect(unknown.status).toBe(404)
  })

  it('are given back by the job when nobody answers', async () => {
    const customer = await test.make.followed(test.corp, guide)
    const { templateId } = await test.make.couponTemplate(test.corp, { stock: 1 })
    const me = await test.signIn(guide)
    const asked = { templateId, externalUserId: customer.externalUserId }
    await me.fetch('/api/coupons', { method: 'POST', json: asked, key: newKey() })
    test.clock.set(new Date(test.clock.now().getTime() + 11 * 60_000))
    for (const name of ['coupons.sweep', 'coupons.expire', 'sends.endSilent'])
      await test.queue.boss.send(name, {})
    await test.runQueued()
    const [left] = (
      await sql<{ live: number; state: string }>`
        select p.live, c.state from coupon_pools p join coupons c using (template_id)
        where p.template_id = ${templateId}`.execute(test.db)
    ).rows
    expect(left).toEqual({ live: 0, state: 'released' })
  })
})

describe('scripts and sends over HTTP', () => {
  it('send what the library holds, filled', async () => {
    await test.services.scripts.installStarter({ kind: 'job', corpId: test.corp.corpId, name: 'test' })
    const customer = await test.make.followed(test.corp, guide)
    const me = await test.signIn(guide)
    const catalogue = async () =>
      wholeCatalogue(ScriptCatalogue.parse(await (await me.fetch('/api/scripts')).json()))
    const { scripts } = await catalogue()
    expect(scripts).toHaveLength(starterScripts.length)

    const [script] = scripts
    const draft = {
      title: script!.title,
      parts: [{ kind: 'text', text: '{称呼}，好' }],
      script: { scriptId: script!.scriptId, version: script!.version },
    }
    const path = `/api/customers/${customer.externalUserId}/sends`
    const unfilled = await me.fetch(path, { method: 'POST', json: draft, key: newKey() })
    expect(unfilled.status).toBe(422)
    expect((await problemOf(unfilled)).errors).toMatchObject([{ path: 'parts.0.text' }])

    const filled = { ...draft, parts: [{ kind: 'text', text: '婉清姐，好' }] }
    const started = await me.fetch(path, { method: 'POST', json: filled, key: newKey() })
    expect(started.status).toBe(201)
    const { sendId } = Send.parse(await started.json())
    const finished = await me.fetch(`${path}/${sendId}`, {
      method: 'PATCH',
      json: { results: [{ index: 0, outcome: 'ok' }] },
    })
    expect(Send.parse(await finished.json()).outcome).toBe('ok')
    expect((await catalogue()).scripts[0]?.uses).toBe(1)
  })

  it('P2 answers 404 for a customer of others', async () => {
    const other = await test.make.staff(test.corp, { name: '周敏' })
    const customer = await test.make.followed(test.corp, other)
    const me = await test.signIn(guide)
    const draft = { title: '好', parts: [{ kind: 'text', text: '好' }] }
    for (const id of [customer.externalUserId, 'wmNobody']) {
      const answer = await me.fetch(`/api/customers/${id}/sends`, {
        method: 'POST',
        json: draft,
        key: newKey(),
      })
      expect([answer.status, (await problemOf(answer)).code]).toEqual([404, 'not_found'])
    }
  })
})
