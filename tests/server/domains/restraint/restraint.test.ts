import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ContactRulesDraft } from '../../../../shared/contract/contactRules.ts'
import type { SendDraft } from '../../../../shared/contract/sends.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { ensureCorp } from '../../../../server/db/corp.ts'
import { openDb } from '../../../../server/db/db.ts'
import { TEST_NOW } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
/** Another server on the same database. */
let other: GuideWorld
let closeOther: () => Promise<void>

beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  const db = openDb(test.url, { log: { warn: () => undefined }, poolSize: 5 })
  other = createGuideWorld(db)
  closeOther = () => db.close()
})
afterAll(async () => {
  await closeOther()
  await test.drop()
})
afterEach(() => {
  world.resetClock()
  other.resetClock()
})

const DAY_SECONDS = 86_400
const draftOf = (more: Partial<SendDraft> = {}): SendDraft => ({
  title: '问候',
  parts: [{ kind: 'text', text: '您好' }],
  script: null,
  reminderId: null,
  ...more,
})
type Customer = { externalUserId: string }
const start = (guide: StaffActor, customer: Customer, more: Partial<SendDraft> = {}, at = world) => {
  const draft = draftOf(more)
  return at.sends.start(guide, customer.externalUserId, draft, intentOf('startSend', draft))
}
/** A message that arrives. */
async function write(guide: StaffActor, customer: Customer, more: Partial<SendDraft> = {}, at = world) {
  const { sendId } = await start(guide, customer, more, at)
  const told = { results: [{ index: 0, outcome: 'ok' as const, reason: null }] }
  await at.sends.finish(guide, customer.externalUserId, sendId, told, intentOf('finishSend', sendId))
  return sendId
}
const refused = (hardness: 'soft' | 'hard', more: object = {}) => ({
  code: 'limit_reached',
  limit: expect.objectContaining({ hardness, ...more }) as unknown,
})
/** Two guides of one customer, in a corp with such a rule. */
async function shop(rule: Parameters<GuideWorld['make']['contactRule']>[1] | null = {}) {
  const { corp, store, guide, customer } = await world.shop()
  if (rule) await world.make.contactRule(corp, rule)
  const colleague = await world.make.staff(corp, { name: '周敏', store })
  await world.make.follow(colleague, customer)
  return { corp, store, guide, colleague, customer }
}
const sendRow = async (sendId: string) =>
  (
    await world.rows(sql<{ reason: string | null; isAnswer: boolean; by: string | null; hasRule: boolean }>`
      select reason_class as reason, is_answer as "isAnswer", lifted_by as by, lifted_rule_id is not null as "hasRule"
      from sends where send_id = ${sendId}`)
  )[0]
const liftsOf = async (customerId: number) =>
  (await world.touchesOf(customerId)).filter(({ kind }) => kind === 'limitLifted')

describe('a message of our own accord', () => {
  it('counts whoever of us wrote; a soft rule asks once and says until when', async () => {
    const { guide, colleague, customer } = await shop()
    await write(colleague, customer)
    const second = start(guide, customer)
    await expect(second).rejects.toMatchObject(
      refused('soft', { endsOn: '2026-11-28', bypass: ['orderReady', 'afterSales', 'answer'] }),
    )
    await expect(second).rejects.toThrow('周敏今天刚写过，有要紧事再写，11月28日起可以再写')
    const sendId = await write(guide, customer, { confirmed: true })
    expect(await sendRow(sendId)).toEqual({ reason: null, isAnswer: false, by: 'confirmed', hasRule: true })
    expect(await liftsOf(customer.customerId)).toEqual([])
  })

  it('is stopped by a hard rule, confirmed or not', async () => {
    const { guide, colleague, customer } = await shop({ hardness: 'hard', bypass: [] })
    await write(colleague, customer)
    for (const confirmed of [false, true])
      await expect(start(guide, customer, { confirmed })).rejects.toMatchObject(
        refused('hard', { bypass: [] }),
      )
  })

  it('leaves nothing behind when it is refused, and the same key may be tried again', async () => {
    const { guide, colleague, customer } = await shop()
    await write(colleague, customer)
    const intent = () => intentOf('startSend', {}, 'one-key-of-one-intention')
    const draft = draftOf()
    await expect(world.sends.start(guide, customer.externalUserId, draft, intent())).rejects.toMatchObject(
      refused('soft'),
    )
    const rows = await world.rows(sql`select from sends where staff_id = ${guide.staffId}`)
    expect(rows).toEqual([])
    world.travel(7 * DAY_SECONDS)
    expect((await world.sends.start(guide, customer.externalUserId, draft, intent())).outcome).toBeNull()
  })

  it('is free again at midnight of the day that was named', async () => {
    const { guide, customer } = await shop({ hardness: 'hard' })
    await write(guide, customer)
    // 10:20 in Shanghai, so 13 h 40 min to midnight
    world.travel(6 * DAY_SECONDS + 13 * 3600 + 39 * 60)
    await expect(start(guide, customer)).rejects.toMatchObject(refused('hard', { endsOn: '2026-11-28' }))
    world.travel(60)
    expect((await start(guide, customer)).outcome).toBeNull()
  })

  it('that never left does not count, one on its way does', async () => {
    const { guide, colleague, customer } = await shop()
    const { sendId } = await start(colleague, customer)
    await expect(start(guide, customer)).rejects.toMatchObject(refused('soft'))
    const told = { results: [{ index: 0, outcome: 'cancelled' as const, reason: null }] }
    await world.sends.finish(colleague, customer.externalUserId, sendId, told, intentOf('finishSend'))
    expect((await start(guide, customer)).outcome).toBeNull()
  })

  it('names the nth newest as the one that makes room', async () => {
    const { guide, customer } = await shop({ periodDays: 30, maxCount: 2, hardness: 'hard' })
    for (const _ of [1, 2]) {
      await write(guide, customer)
      world.travel(5 * DAY_SECONDS)
    }
    await expect(start(guide, customer)).rejects.toMatchObject(refused('hard', { endsOn: '2026-12-21' }))
  })

  it('of several rules the hardest speaks', async () => {
    const { corp, guide, customer } = await shop()
    await world.make.contactRule(corp, { periodDays: 30, maxCount: 1, hardness: 'hard' })
    await write(guide, customer)
    await expect(start(guide, customer, { confirmed: true })).rejects.toMatchObject(
      refused('hard', { endsOn: '2026-12-21' }),
    )
  })

  it('is nothing to other customers, other corps and rules that are off', async () => {
    const { corp, guide, customer } = await shop({ isOn: false, hardness: 'hard' })
    const elsewhere = await shop({ hardness: 'hard' })
    const another = await world.make.followed(corp, guide)
    await write(guide, customer)
    await write(guide, customer)
    await write(elsewhere.guide, elsewhere.customer)
    expect((await start(guide, another)).outcome).toBeNull()
  })
})

describe('two guides on two servers', () => {
  it('never both take the last allowance, and see each other at once', async () => {
    for (let round = 0; round < 8; round++) {
      const { guide, colleague, customer } = await shop({ hardness: 'hard' })
      const tries = await Promise.allSettled([
        start(guide, customer, {}, world),
        start(colleague, customer, {}, other),
        start(guide, customer, {}, other),
        start(colleague, customer, {}, world),
      ])
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const one of tries)
        if (one.status === 'rejected') expect(one.reason).toMatchObject(refused('hard'))
    }
  })

  it('nor of the whole store, to different customers', async () => {
    const { corp, store, guide, colleague, customer } = await shop(null)
    await world.make.contactRule(corp, { scope: 'store', periodDays: 1, maxCount: 2, hardness: 'hard' })
    const another = await world.make.followed(corp, colleague)
    const outsider = await world.make.staff(corp, { store: await world.make.store(corp, { name: '朝阳店' }) })
    const hers = await world.make.followed(corp, outsider)
    expect(store.storeId).not.toBe(outsider.store?.storeId)
    const tries = await Promise.allSettled([
      start(guide, customer, {}, world),
      start(colleague, another, {}, other),
      start(colleague, customer, {}, other),
      start(guide, customer, {}, world),
    ])
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect((await start(outsider, hers, {}, other)).outcome).toBeNull()
  })

  it('go by a changed row at once', async () => {
    const { corp, guide, customer } = await shop(null)
    const admin = await world.make.staff(corp, { role: 'admin' })
    await write(guide, customer)
    await write(guide, customer, {}, other)
    const { quietHours, version } = await world.restraint.getRules(admin)
    const rule = { ...weekly, hardness: 'hard' as const }
    await world.restraint.changeRules(admin, { rules: [rule], quietHours }, version)
    await expect(start(guide, customer, {}, other)).rejects.toMatchObject(refused('hard'))
    await world.restraint.changeRules(admin, { rules: [{ ...rule, isOn: false }], quietHours }, version + 1)
    expect((await start(guide, customer, {}, other)).outcome).toBeNull()
  })
})

describe('reasons', () => {
  it('let it through where the rule knows them, and are told in the timeline', async () => {
    const { guide, colleague, customer } = await shop({ hardness: 'hard', bypass: ['orderReady'] })
    await write(colleague, customer)
    await expect(start(guide, customer, { reasonClass: 'afterSales' })).rejects.toMatchObject(
      refused('hard', { bypass: ['orderReady'] }),
    )
    const sendId = await write(guide, customer, { reasonClass: 'orderReady' })
    expect(await sendRow(sendId)).toEqual({
      reason: 'orderReady',
      isAnswer: false,
      by: 'reason',
      hasRule: true,
    })
    expect(await liftsOf(customer.customerId)).toEqual([
      {
        kind: 'limitLifted',
        actor: 'staff',
        what: '货到了',
        detail: '每位客户 · 私聊 · 7 天最多 1 次 · 到了不能发',
        outcome: null,
      },
    ])
  })

  it.each([
    ['order', 'orderReady'],
    ['afterSales', 'afterSales'],
  ] as const)("come with the script's occasion: %s", async (occasion, reason) => {
    const { corp, guide, customer } = await shop({ hardness: 'hard' })
    await write(guide, customer)
    const { scriptId } = await world.make.script(corp, { occasion, text: '好了' })
    const sendId = await write(guide, customer, { script: { scriptId, version: 1 } })
    expect(await sendRow(sendId)).toMatchObject({ reason, by: 'reason' })
  })

  it('are no lift where nothing stood against it', async () => {
    const { guide, customer } = await shop()
    const sendId = await write(guide, customer, { reasonClass: 'orderReady', confirmed: true })
    expect(await sendRow(sendId)).toEqual({
      reason: 'orderReady',
      isAnswer: false,
      by: null,
      hasRule: false,
    })
    expect(await liftsOf(customer.customerId)).toEqual([])
  })

  it('an answer opens a conversation for all of us, which counts for nothing and ends after two days', async () => {
    const { guide, colleague, customer } = await shop({ hardness: 'hard', maxCount: 1 })
    await write(guide, customer)
    await write(guide, customer, { reasonClass: 'answer' })
    const sendId = await write(colleague, customer)
    expect(await sendRow(sendId)).toEqual({ reason: null, isAnswer: true, by: null, hasRule: false })
    world.travel(2 * DAY_SECONDS + 60)
    await expect(start(colleague, customer)).rejects.toMatchObject(refused('hard', { endsOn: '2026-11-28' }))
  })
})

describe('the customer’s own wish', () => {
  const wish = (guide: StaffActor, customer: Customer, level: 'less' | 'none', version = 0) =>
    world.restraint.changeQuiet(
      guide,
      customer.externalUserId,
      { level, until: '2026-12-15', reason: '忙' },
      version,
    )

  it('勿扰 stops all of us, up to its day, but for what she waits for', async () => {
    const { guide, colleague, customer } = await shop(null)
    await wish(colleague, customer, 'none')
    const first = start(guide, customer, { confirmed: true })
    await expect(first).rejects.toMatchObject(refused('hard', { endsOn: '2026-12-15' }))
    await expect(first).rejects.toThrow('她说忙，12月15日前不打扰')
    await write(guide, customer, { reasonClass: 'afterSales' })
    expect(await liftsOf(customer.customerId)).toMatchObject([{ what: '售后' }])
    world.travel(24 * DAY_SECONDS)
    expect((await start(guide, customer)).outcome).toBeNull()
  })

  it('少打扰 leaves one message in thirty days', async () => {
    const { guide, colleague, customer } = await shop(null)
    await wish(guide, customer, 'less')
    await write(guide, customer)
    await expect(start(colleague, customer)).rejects.toMatchObject(refused('soft', { endsOn: '2026-12-15' }))
    expect(await sendRow(await write(colleague, customer, { confirmed: true }))).toMatchObject({
      by: 'confirmed',
      hasRule: false,
    })
  })

  it('stands in the timeline, is taken back, and no stale edit goes over it', async () => {
    const { guide, colleague, customer } = await shop(null)
    expect(await wish(guide, customer, 'less')).toMatchObject({ version: 1 })
    await expect(wish(colleague, customer, 'none')).rejects.toMatchObject({ code: 'version_conflict' })
    await world.restraint.changeQuiet(colleague, customer.externalUserId, null, 1)
    expect(
      (await world.touchesOf(customer.customerId)).map(({ kind, what, detail }) => [kind, what, detail]),
    ).toEqual([
      ['quietChanged', '少打扰，到 12月14日', '说忙'],
      ['quietChanged', '可以正常联系', null],
    ])
  })

  it.each(['2026-11-21', '2028-12-01'])('cannot end on %s', async until => {
    const { guide, customer } = await shop(null)
    const quiet = { level: 'none' as const, until, reason: null }
    await expect(world.restraint.changeQuiet(guide, customer.externalUserId, quiet, 0)).rejects.toMatchObject(
      { code: 'validation_failed' },
    )
  })

  it('P2 is for those who serve her', async () => {
    const { corp, customer } = await shop(null)
    const stranger = await world.make.staff(corp)
    await expect(wish(stranger, customer, 'none')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('takes care and new friends off her card, not the days', async () => {
    const { corp, guide, customer } = await shop(null)
    const { hash } = await world.make.session(guide)
    const { dateId } = await world.make.date(corp, customer, { nextOn: '2026-12-03' })
    await world.make.reminder(guide, customer, { dateId, occurrence: '2026-12-03' })
    await world.make.reminder(guide, customer, { kind: 'newFriend', occurrence: '2026-11-21' })
    const kinds = async () =>
      (await world.customers.openCard(hash, customer.externalUserId)).reminders.map(({ kind }) => kind)
    expect(await kinds()).toEqual(['date', 'newFriend'])
    await wish(guide, customer, 'none')
    expect(await kinds()).toEqual(['date'])
    await wish(guide, customer, 'less', 1)
    expect(await kinds()).toEqual(['date', 'newFriend'])
  })
})

describe('other ways to be written to', () => {
  it('a coupon counts for the chat it arrives in, and is bound by it', async () => {
    const { corp, guide, customer } = await shop()
    const { templateId } = await world.make.couponTemplate(corp, { perPerson: 3 })
    const reserve = (confirmed?: boolean) =>
      world.coupons.reserve(
        guide,
        { templateId, externalUserId: customer.externalUserId, reminderId: null, confirmed },
        intentOf('reserveCoupon'),
      )
    const { couponId } = await reserve()
    await world.coupons.confirm(guide, couponId, intentOf('confirmCoupon'))
    await expect(start(guide, customer)).rejects.toMatchObject(refused('soft'))
    await expect(reserve()).rejects.toMatchObject(refused('soft'))
    const [stock] = await world.rows(
      sql<{
        live: number
      }>`select sum(live)::int as live from coupon_pools where template_id = ${templateId}`,
    )
    expect(stock?.live).toBe(1)
    await reserve(true)
  })

  it('a row of coupons binds no words', async () => {
    const { corp, guide, customer } = await shop({ channel: 'coupon', maxCount: 0, hardness: 'hard' })
    const { templateId } = await world.make.couponTemplate(corp)
    const request = { templateId, externalUserId: customer.externalUserId, reminderId: null, confirmed: true }
    await expect(world.coupons.reserve(guide, request, intentOf('reserveCoupon'))).rejects.toMatchObject(
      refused('hard', { endsOn: null }),
    )
    await write(guide, customer)
  })

  it('a group has its own count', async () => {
    const { corp, guide, colleague, customer } = await shop({ hardness: 'hard' })
    await world.make.contactRule(corp, {
      scope: 'group',
      channel: 'group',
      periodDays: 1,
      maxCount: 1,
      hardness: 'soft',
    })
    const chats = await Promise.all(
      ['wrA', 'wrB'].map(async name => {
        const chatId = `${name}${corp.corpId}`
        await world.rows(sql`
          with chat as (
            insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at)
            values (${corp.corpId}, ${chatId}, '群', ${guide.staffId}, 2, ${TEST_NOW}) returning group_chat_id)
          insert into group_members (group_chat_id, member_id, kind)
          select group_chat_id, member_id, 1 from chat, unnest(${[guide.userId, colleague.userId]}::text[]) member_id`)
        return chatId
      }),
    )
    const post = (who: StaffActor, chatId = '', confirmed = false) =>
      world.sends.startInGroup(who, chatId, draftOf({ confirmed }), intentOf('startGroupSend'))
    await write(guide, customer)
    await post(guide, chats[0])
    const second = post(colleague, chats[0])
    await expect(second).rejects.toMatchObject(refused('soft'))
    await expect(second).rejects.toThrow('群里今天已发过 1 次')
    await post(colleague, chats[1])
    const { sendId } = await post(colleague, chats[0], true)
    const told = { results: [{ index: 0, outcome: 'ok' as const, reason: null }] }
    await world.sends.finishInGroup(colleague, chats[0] ?? '', sendId, told, intentOf('finishGroupSend'))
    const cardOf = async (who: StaffActor, chatId = '') => (await world.groups.getGroup(who, chatId)).contact
    expect(await cardOf(guide, chats[0])).toMatchObject({
      lastAt: TEST_NOW.toISOString(),
      lastByName: '周敏',
      lastWhat: '问候',
      rules: [{ channel: 'group', used: 2 }],
    })
    expect(await cardOf(colleague, chats[0])).toMatchObject({ lastByName: null, lastWhat: '问候' })
    expect(await cardOf(guide, chats[1])).toMatchObject({ lastAt: null, rules: [{ used: 1 }] })
  })
})

describe('quiet hours', () => {
  it('ask at night, of groups too, and end in the morning', async () => {
    const { corp, guide, customer } = await shop(null)
    await sql`insert into contact_settings (corp_id) values (${corp.corpId})`.execute(test.db)
    await write(guide, customer)
    world.travel(12 * 3600)
    const late = start(guide, customer)
    await expect(late).rejects.toMatchObject(refused('soft', { endsOn: '2026-11-22', bypass: ['answer'] }))
    await expect(late).rejects.toThrow(/^安静时段不打扰，明天 09:00 起可以再写$/)
    await write(guide, customer, { reasonClass: 'answer' })
    world.travel(11 * 3600)
    await write(guide, customer)
  })

  it('are asked about by themselves when a reason has lifted what is hard, and both are told', async () => {
    const { corp, guide, colleague, customer } = await shop({ hardness: 'hard', bypass: ['orderReady'] })
    await sql`insert into contact_settings (corp_id) values (${corp.corpId})`.execute(test.db)
    await write(colleague, customer)
    world.travel(12 * 3600)
    const late = start(guide, customer, { reasonClass: 'orderReady' })
    await expect(late).rejects.toMatchObject(refused('soft', { endsOn: '2026-11-22', bypass: ['answer'] }))
    await write(guide, customer, { reasonClass: 'orderReady', confirmed: true })
    expect(await liftsOf(customer.customerId)).toMatchObject([{ what: '货到了' }])
  })
})

const weekly = {
  scope: 'customer',
  channel: 'private',
  periodDays: 7,
  maxCount: 1,
  hardness: 'soft',
  bypass: ['answer'],
  source: '店规',
  sourceDate: '2026-11-21',
  isOn: true,
} satisfies ContactRulesDraft['rules'][number]

describe('the rows', () => {
  it('a corp begins with the house rule, what WeCom allows, and quiet nights', async () => {
    const corpId = await ensureCorp(test.db, 'wwrestraint', TEST_NOW)
    const manager = await world.make.staff({ corpId, wecomCorpId: 'wwrestraint' }, { role: 'manager' })
    const { rules, quietHours, version } = await world.restraint.getRules(manager)
    expect(version).toBe(0)
    expect(quietHours).toMatchObject({ isOn: true, from: '21:00', until: '09:00', hardness: 'soft' })
    expect(
      rules.map(rule => [rule.scope, rule.channel, rule.maxCount, rule.periodDays, rule.hardness, rule.isOn]),
    ).toEqual([
      ['customer', 'private', 1, 7, 'soft', true],
      ['customer', 'mass', 30, 30, 'hard', true],
      ['customer', 'mass', 1, 1, 'hard', false],
      ['customer', 'mass', 7, 7, 'hard', false],
      ['group', 'mass', 30, 30, 'hard', true],
    ])
    for (const { source, sourceDate, changedBy } of rules) {
      expect(source).toMatch(/店规|企业微信/)
      expect(sourceDate).toMatch(/^2026-/)
      expect(changedBy).toBeNull()
    }
  })

  it('say who changed which when, and keep what was not touched', async () => {
    const { corp } = await shop(null)
    const admin = await world.make.staff(corp, { role: 'admin', name: '总部' })
    const second = await world.make.staff(corp, { role: 'admin', name: '副手' })
    const { quietHours } = await world.restraint.getRules(admin)
    const monthly = { ...weekly, periodDays: 30, maxCount: 4 }
    await world.restraint.changeRules(admin, { rules: [weekly, monthly], quietHours }, 0)
    world.travel(3600)
    const hours = { ...quietHours, isOn: true, from: '22:00', until: '08:00' }
    const after = await world.restraint.changeRules(
      second,
      { rules: [weekly, { ...monthly, maxCount: 3 }], quietHours: hours },
      1,
    )
    expect(after).toMatchObject({
      version: 2,
      rules: [
        { periodDays: 7, changedBy: '总部', changedAt: TEST_NOW.toISOString() },
        { periodDays: 30, maxCount: 3, changedBy: '副手' },
      ],
      quietHours: { from: '22:00', changedBy: '副手' },
    })
    const fewer = await world.restraint.changeRules(second, { rules: [weekly], quietHours: hours }, 2)
    expect(fewer.rules).toHaveLength(1)
    await expect(
      world.restraint.changeRules(admin, { rules: [], quietHours: hours }, 2),
    ).rejects.toMatchObject({ code: 'version_conflict' })
  })

  it('are read by managers and changed by admins', async () => {
    const { corp, guide } = await shop()
    const manager = await world.make.staff(corp, { role: 'manager' })
    await expect(world.restraint.getRules(guide)).rejects.toMatchObject({ code: 'forbidden' })
    const { quietHours } = await world.restraint.getRules(manager)
    for (const who of [guide, manager])
      await expect(world.restraint.changeRules(who, { rules: [], quietHours }, 0)).rejects.toMatchObject({
        code: 'forbidden',
      })
  })

  it.each<[string, Partial<ContactRulesDraft>, string]>([
    [
      'a group that gets coupons',
      { rules: [{ ...weekly, scope: 'group', channel: 'coupon' }] },
      'rules.0.channel',
    ],
    ['the same twice', { rules: [weekly, { ...weekly, maxCount: 5 }] }, 'rules.1.periodDays'],
    [
      'hours that never end',
      { quietHours: { isOn: true, from: '09:00', until: '09:00', hardness: 'soft', bypass: [] } },
      'quietHours.until',
    ],
  ])('refuse %s', async (_case, wrong, path) => {
    const { corp } = await shop(null)
    const admin = await world.make.staff(corp, { role: 'admin' })
    const { quietHours } = await world.restraint.getRules(admin)
    await expect(
      world.restraint.changeRules(admin, { rules: [], quietHours, ...wrong }, 0),
    ).rejects.toMatchObject({ code: 'validation_failed', fields: [{ path }] })
  })
})

describe('the card', () => {
  it('shows what the server refuses by', async () => {
    const { guide, colleague, customer } = await shop()
    const { hash } = await world.make.session(guide)
    const contact = async () => (await world.customers.openCard(hash, customer.externalUserId)).contact
    expect((await contact()).rules).toMatchObject([{ used: 0, freeOn: null }])
    await start(colleague, customer, {}, other)
    expect((await contact()).rules).toMatchObject([{ used: 1, freeOn: '2026-11-28' }])
    await start(colleague, customer, { reasonClass: 'answer' }, other)
    expect(await contact()).toMatchObject({ wroteAt: TEST_NOW.toISOString(), rules: [{ used: 1 }] })
  })
})
