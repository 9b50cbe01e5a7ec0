import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditWords, auditWho } from '../../../../shared/rules/auditWords.ts'
import {
  AuditAction,
  type AuditChain,
  type AuditDetail,
  type AuditRow,
} from '../../../../shared/contract/audit.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { appendAudit } from '../../../../server/domains/audit/appendAudit.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import type { MadeCustomer } from '../../../support/make.ts'

let test: TestApp
let admin: SignedIn
let guide: StaffActor
let customer: MadeCustomer
const appended: string[] = []
const because: AuditDetail = { reason: '约取货' }
beforeAll(async () => {
  test = await createTestApp()
  const { make, corp, clock } = test
  admin = await test.signIn(await make.staff(corp, { role: 'admin', name: '方致远' }))
  guide = await make.staff(corp, { name: '=陈露' })
  customer = await make.followed(corp, guide, { name: '李女士' })
  const stranger = await make.staff(await make.corp())
  for (let day = 0; day < 6; day++) {
    const action = day % 2 === 0 ? ('phoneRevealed' as const) : ('couponRevoked' as const)
    appended.push(action)
    const entry = {
      actor: day < 4 ? guide : { kind: 'customer' as const, corpId: corp.corpId },
      at: clock.now(),
      action,
      customerId: day < 2 ? customer.customerId : null,
      detail: day === 0 ? because : {},
    }
    await test.db.transaction(tx => appendAudit(tx, entry, { ...entry, actor: stranger }))
    clock.advance({ days: 1 })
  }
  // The day has gone on with them; she has signed in anew since.
  admin = await test.signIn(admin.actor)
})
afterAll(() => test.close())

interface Page {
  items: AuditRow[]
  nextCursor: string | null
  chain: AuditChain
}
const list = async (query: string): Promise<Page> =>
  (await (await admin.fetch(`/api/audit?${query}`)).json()) as Page
const actionsOf = async (query: string) => (await list(query)).items.map(({ action }) => action)

describe('the audit record, read', () => {
  it('is for admins only', async () => {
    const manager = await test.make.staff(test.corp, { role: 'manager' })
    for (const actor of [guide, manager])
      for (const path of ['/api/audit', '/api/audit/export'])
        expect((await (await test.signIn(actor)).fetch(path)).status).toBe(403)
  })

  it('tells each act with names of today, newest first, page by page without gap or repeat', async () => {
    const seen: AuditRow[] = []
    let cursor: string | null = null
    do {
      const page: Page = await list(`limit=2&topic=phone${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items)
      cursor = page.nextCursor
    } while (cursor)
    expect(seen.map(row => `${auditWho(row)} ${auditWords(row)}`)).toEqual([
      '客户 查看了 一位已删除的客户 的手机号',
      '=陈露 查看了 一位已删除的客户 的手机号',
      '=陈露 查看了 李女士 的手机号 · 理由：约取货',
    ])
    expect(new Set(seen.map(({ entryId }) => entryId)).size).toBe(3)
    expect(seen.at(-1)?.customer).toEqual({ externalUserId: customer.externalUserId, name: '李女士' })
  })

  it('is looked through by kind, member, customer and days', async () => {
    expect(await actionsOf('action=couponRevoked')).toHaveLength(3)
    expect(await actionsOf('topic=coupon&action=phoneRevealed')).toEqual([])
    expect(await actionsOf(`member=${guide.userId.toUpperCase()}&topic=phone`)).toHaveLength(2)
    expect(await actionsOf(`customer=${customer.externalUserId}`)).toEqual(['couponRevoked', 'phoneRevealed'])
    // 10:20 of the 21st in Shanghai was the first.
    expect(await actionsOf('from=2026-11-22&until=2026-11-23')).toEqual(['phoneRevealed', 'couponRevoked'])
    expect(await actionsOf('until=2026-11-21')).toEqual(['phoneRevealed'])
  })

  it('calls what was refused by its name', async () => {
    const who = await test.signIn(await test.make.staff(test.corp, { name: '周敏' }))
    await who.fetch('/api/customers/wmNobody/timeline')
    const [latest] = (await list('topic=denial')).items
    expect(latest && `${auditWho(latest)} ${auditWords(latest)}`).toBe(
      '周敏 被拒：没有这一条，或不归她看 · 动态，新的在前',
    )
  })

  it('holds nothing of another corp', async () => {
    const { items } = await list('limit=100')
    expect(items.filter(({ action }) => appended.includes(action))).toHaveLength(appended.length)
  })

  it('says how the chain stands', async () => {
    expect((await list('')).chain).toMatchObject({ state: 'unchecked' })
    await test.services.auditChain.checkWhole()
    const { chain, items } = await list('')
    expect(chain).toMatchObject({ state: 'whole', brokenAt: null })
    expect(chain.entries).toBeGreaterThanOrEqual(appended.length)
    expect(items.every(({ isChained }) => isChained)).toBe(true)
  })

  it('goes into a file in which no name is a formula, and which stands in the record itself', async () => {
    const answer = await admin.fetch('/api/audit/export?topic=phone')
    expect(answer.headers.get('content-type')).toContain('text/csv')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const lines = (await answer.text()).split('\r\n')
    expect(lines[0]).toContain('时间,谁,做了什么,编号')
    expect(lines[3]).toMatch(/^2026-11-21 10:20:00,'=陈露,查看了 李女士 的手机号 · 理由：约取货,\d+$/)
    const [latest] = (await list('topic=record')).items
    expect(latest).toMatchObject({
      action: 'auditExported',
      who: { name: '方致远' },
      detail: { rows: 3, topic: 'phone' },
    })
  })

  it('has words for every action', () => {
    for (const action of AuditAction.options)
      expect(auditWords({ action, customer: null, about: '某', detail: {} })).not.toMatch(/undefined|^$/)
  })
})
