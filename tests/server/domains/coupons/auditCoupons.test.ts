import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditCoupons } from '../../../../server/domains/coupons/auditCoupons.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, PUBLIC_URL, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
let given: { couponId: string; templateId: string; customerId: number }
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  const { corp, guide, customer } = await world.shop()
  const { templateId } = await world.make.couponTemplate(corp, { stock: 1 })
  const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
  const { couponId, card } = await world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
  await world.coupons.confirm(guide, couponId, intentOf('confirmCoupon', couponId))
  await world.coupons.claim(card.link.slice(`${PUBLIC_URL}/c/`.length))
  given = { couponId, templateId, customerId: customer.customerId }
})
afterAll(() => test.drop())

const run = (place: Record<string, string> = { DATABASE_URL: test.url }) =>
  new Promise<{ code: number; said: string; complained: string }>(resolve => {
    const env = { ...process.env, DATABASE_URL: '', ...place }
    execFile(process.execPath, ['server/auditCoupons.ts'], { env }, (error, said, complained) =>
      resolve({ code: Number(error?.code ?? 0), said, complained }),
    )
  })
const NO_DATABASE = '这里没有数据库，DATA_DIR 或 DATABASE_URL 对吗\n'

describe('npm run audit:coupons', () => {
  it('finds nothing where nothing is wrong', async () => {
    const { code, said } = await run()
    expect([code, said]).toEqual([0, '1 种券，1 张，3 行账\n库存、券和账完全一致\n'])
  }, 60_000)

  it('prints what does not agree, and ends with 1', async () => {
    await sql`update coupons set state = 'redeemed' where coupon_id = ${given.couponId}`.execute(test.db)
    const { code, said } = await run()
    await sql`update coupons set state = 'claimed' where coupon_id = ${given.couponId}`.execute(test.db)
    expect(code).toBe(1)
    expect(said).toContain('a coupon’s state is its last entry')
    expect(said).toContain(
      `${given.couponId}: redeemed ${given.templateId} 0 ≠ claimed ${given.templateId} 0`,
    )
    expect(said).toContain('账对不上，2 处')
  }, 60_000)

  it('makes no database where there is none, says so, and ends with 2', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guidebar-audit-'))
    try {
      const { code, complained } = await run({ DATA_DIR: folder })
      expect([code, complained]).toEqual([2, NO_DATABASE])
      expect(readdirSync(folder)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 60_000)

  it('takes a database that was never set up, or is not there, for none', async () => {
    const named = (name: string) => Object.assign(new URL(test.url), { pathname: `/${name}` }).href
    for (const name of ['template1', 'no_such_database']) {
      const { code, complained } = await run({ DATABASE_URL: named(name) })
      expect([name, code, complained]).toEqual([name, 2, NO_DATABASE])
    }
  }, 60_000)

  // Each is undone by rolling back what was done to it.
  it.each([
    ['a template’s stock is the sum of its pools', sql`update coupon_templates set stock = 2`],
    ['pools are open while the template runs, and closed else', sql`update coupon_pools set is_open = false`],
    ['a pool counts its live coupons', sql`update coupon_pools set live = 0`],
    [
      'what the ledger took from a pool and gave back is what is out',
      sql`insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, at)
          select corp_id, coupon_id, template_id, 'claimed', 'expired', 'test', now() from coupons`,
    ],
    [
      'every entry goes on from the one before, by a step a coupon may take',
      sql`insert into coupon_ledger (corp_id, coupon_id, template_id, from_state, to_state, actor, at)
          select corp_id, coupon_id, template_id, 'claimed', 'issued', 'test', now() from coupons`,
    ],
    [
      'nobody known by a link only holds more of a template than a person may',
      sql`with known as (update coupons set holder = '\\x01' returning *)
          insert into coupons (coupon_id, corp_id, template_id, customer_id, staff_id, token, code, state, slot, reserved_at,
                               deadline, holder)
          select gen_random_uuid(), corp_id, template_id, customer_id, staff_id, token || '2', '2', state, 2, reserved_at,
                 deadline, holder
          from known`,
    ],
    [
      'a redeemed coupon knows when, and no other does',
      sql`update coupons set redeemed_at = now() where state = 'claimed'`,
    ],
    [
      'what has ended here was not used at its issuer',
      sql`insert into coupon_issuer_debts (coupon_id, issuer, reason, since, next_at, answer)
          select coupon_id, 'pos', 'lastDay', now(), now(), 'redeemed' from coupons`,
    ],
    [
      'a sale with a coupon is of one that is redeemed, by its holder',
      sql`insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_at, coupon_id)
          select gen_random_uuid(), corp_id, customer_id, '2026-11-21', '足金手链', 100, now(), coupon_id from coupons`,
    ],
  ])('sees when it does not hold that %s', async (rule, tamper) => {
    const undone = new Error('undone')
    let broken: string[] = []
    await test.db
      .transaction(async tx => {
        await tamper.execute(tx)
        // The same transaction, so that nothing of it is left.
        const inside = { transaction: <T>(work: (inner: typeof tx) => Promise<T>) => work(tx) }
        broken = (await auditCoupons(inside, { isFrozen: true })).differences.map(each => each.rule)
        throw undone
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error
      })
    expect(broken).toContain(rule)
  })
})
