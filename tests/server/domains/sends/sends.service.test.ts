import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { SILENCE_SECONDS } from '../../../../server/domains/sends/sends.service.ts'
import type { z } from 'zod'
import {
  PartResults,
  type PartOutcome,
  type Send,
  type SendDraft,
} from '../../../../shared/contract/sends.ts'
import type { MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld

beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())
afterEach(() => world.resetClock())

type PartResultsInput = z.input<typeof PartResults>
const draftOf = (texts: string[], more: Partial<SendDraft> = {}): SendDraft => ({
  title: '生日祝福 · 给长辈',
  parts: texts.map(text => ({ kind: 'text', text })),
  script: null,
  reminderId: null,
  ...more,
})
type Customer = Pick<MadeCustomer, 'externalUserId'>
const start = (guide: StaffActor, customer: Customer, draft = draftOf(['婉清姐，生日快乐']), key?: string) =>
  world.sends.start(guide, customer.externalUserId, draft, intentOf('startSend', draft, key))
const tell = (
  guide: StaffActor,
  customer: Customer,
  sendId: string,
  told: PartResultsInput,
  key?: string,
) => {
  const body = PartResults.parse(told)
  const intent = intentOf('finishSend', { sendId, ...body }, key)
  return world.sends.finish(guide, customer.externalUserId, sendId, body, intent)
}
const finish = (
  guide: StaffActor,
  customer: Customer,
  sendId: string,
  ...outcomes: [index: number, outcome: PartOutcome, reason?: string][]
) => {
  const results = outcomes.map(([index, outcome, reason]) => ({ index, outcome, reason: reason ?? null }))
  return tell(guide, customer, sendId, { results })
}
const openTo = async (guide: StaffActor, customer: Customer) =>
  (await world.sends.listOpen(guide, customer.externalUserId)).sends
const statesOf = ({ parts }: Send) => parts.map(({ state }) => state)

describe('starting a send', () => {
  it('notes the final words before anything leaves', async () => {
    const { guide, customer } = await world.shop()
    const send = await start(guide, customer, draftOf(['第一条', '第二条 {} {', '第三条']))
    expect(send).toMatchObject({ title: '生日祝福 · 给长辈', outcome: null })
    expect(send.parts.map(part => [part.body, part.outcome])).toEqual([
      [{ kind: 'text', text: '第一条' }, null],
      [{ kind: 'text', text: '第二条 {} {' }, null],
      [{ kind: 'text', text: '第三条' }, null],
    ])
    expect(send.startedAt).toBe(world.clock.now().toISOString())
    expect(await world.touchesOf(customer.customerId)).toEqual([])
  })

  it('refuses a variable that is still open, with the path of its text', async () => {
    const { guide, customer } = await world.shop()
    const draft = draftOf([], {
      parts: [
        { kind: 'text', text: '好的' },
        { kind: 'text', text: '{称呼}，{家人称呼|阿姨}的生日快到了' },
        { kind: 'news', title: '看看', description: '{门店}', link: 'https://a.example/', imageUrl: null },
        { kind: 'text', text: '12月3日是{阿姨}的生日' },
      ],
    })
    await expect(start(guide, customer, draft)).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [
        { path: 'parts.1.text', message: '还没填上「称呼」「家人称呼」' },
        { path: 'parts.2.description', message: '还没填上「门店」' },
        { path: 'parts.3.text', message: '还没填上「阿姨」' },
      ],
    })
    expect(
      await world.rows(sql`select 1 from sends where customer_id = ${customer.customerId}`),
    ).toHaveLength(0)
  })

  it('takes scripts and reminders only from her own', async () => {
    const { corp, guide, customer } = await world.shop()
    const other = await world.make.staff(corp, { name: '周敏' })
    const personal = await world.make.script(corp, { scope: 'personal', owner: other })
    const elsewhere = await world.shop()
    const foreign = await world.make.script(elsewhere.corp)
    const own = await world.make.script(corp)
    const script = (scriptId: string, version = 1) =>
      start(guide, customer, draftOf(['好'], { script: { scriptId, version } }))
    for (const scriptId of [personal.scriptId, foreign.scriptId, randomUUID()])
      await expect(script(scriptId)).rejects.toMatchObject({ fields: [{ path: 'script.scriptId' }] })
    await expect(script(own.scriptId, 2)).rejects.toMatchObject({ fields: [{ path: 'script.version' }] })
    await expect(script(own.scriptId)).resolves.toMatchObject({ outcome: null })

    await world.make.follow(other, customer)
    const { reminderId } = await world.make.reminder(other, customer, { occurrence: '2026-12-03' })
    await expect(start(guide, customer, draftOf(['好'], { reminderId }))).rejects.toMatchObject({
      fields: [{ path: 'reminderId' }],
    })
  })

  it('P2 answers for a customer of others as for nobody', async () => {
    const { corp, guide, customer } = await world.shop()
    const other = await world.make.staff(corp, { name: '周敏' })
    await expect(start(other, customer)).rejects.toMatchObject({ code: 'not_found' })
    await expect(start(guide, { externalUserId: 'wmNobody' })).rejects.toMatchObject({ code: 'not_found' })
    const send = await start(guide, customer)
    await world.make.follow(other, customer)
    await expect(finish(other, customer, send.sendId, [0, 'ok'])).rejects.toMatchObject({ code: 'not_found' })
    const second = await world.make.followed(corp, guide)
    await expect(finish(guide, second, send.sendId, [0, 'ok'])).rejects.toMatchObject({ code: 'not_found' })
  })

  it('P11 is one send for one key', async () => {
    const { guide, customer } = await world.shop()
    const draft = draftOf(['好'])
    const first = await start(guide, customer, draft, 'one-key-for-one-send')
    expect(await start(guide, customer, draft, 'one-key-for-one-send')).toEqual(first)
    await expect(start(guide, customer, draftOf(['别的']), 'one-key-for-one-send')).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })
})

describe('how a send ends', () => {
  it('ok when every part has arrived, in whatever pieces the answers come; the reminder is done with', async () => {
    const { guide, customer } = await world.shop()
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
    const { sendId } = await start(guide, customer, draftOf(['一', '二'], { reminderId }))
    expect((await finish(guide, customer, sendId, [0, 'ok'])).outcome).toBe('partial')
    expect(await world.touchesOf(customer.customerId)).toMatchObject([
      { outcome: 'partial', detail: '2 条里 1 条发出' },
    ])
    expect(await world.reminderState(reminderId)).toBe('pending')
    const ended = await finish(guide, customer, sendId, [1, 'ok'])
    expect(ended.outcome).toBe('ok')
    expect(await world.reminderState(reminderId)).toBe('sent')
    expect(await world.touchesOf(customer.customerId)).toEqual([
      { kind: 'send', actor: 'staff', what: '生日祝福 · 给长辈', detail: null, outcome: 'ok' },
    ])
  })

  it.each(['cancelled', 'failed', 'unknown'] as const)(
    '%s when the first part does not arrive; the reminder stays open',
    async outcome => {
      const { guide, customer } = await world.shop()
      const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
      const { sendId } = await start(guide, customer, draftOf(['一', '二'], { reminderId }))
      const ended = await finish(guide, customer, sendId, [0, outcome, 'sendChatMessage:cancel'])
      expect(ended.outcome).toBe(outcome)
      expect(ended.parts[0]).toMatchObject({ outcome, reason: 'sendChatMessage:cancel' })
      expect(ended.parts[1]?.outcome).toBeNull()
      expect(await world.reminderState(reminderId)).toBe('pending')
      expect(await world.touchesOf(customer.customerId)).toMatchObject([{ kind: 'send', outcome }])
    },
  )

  it('partial when a later one does not, and ok once the rest is sent again', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二']))
    expect((await finish(guide, customer, sendId, [0, 'ok'], [1, 'failed'])).outcome).toBe('partial')
    expect((await finish(guide, customer, sendId, [1, 'ok'])).outcome).toBe('ok')
    expect(await world.touchesOf(customer.customerId)).toMatchObject([{ outcome: 'ok', detail: null }])
  })

  it('never takes back what has arrived, and leaves one trace however often it is told', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer)
    await finish(guide, customer, sendId, [0, 'ok'])
    for (const outcome of ['failed', 'cancelled', 'ok'] as const)
      expect((await finish(guide, customer, sendId, [0, outcome])).outcome).toBe('ok')
    expect(await world.touchesOf(customer.customerId)).toHaveLength(1)
  })

  it('refuses answers for parts that were not sent, or twice for one', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer)
    await expect(finish(guide, customer, sendId, [1, 'ok'])).rejects.toMatchObject({
      fields: [{ path: 'results.0.index' }],
    })
    await expect(finish(guide, customer, sendId, [0, 'ok'], [0, 'failed'])).rejects.toMatchObject({
      fields: [{ path: 'results.1.index' }],
    })
  })

  it('leaves the send of a coupon to its coupon', async () => {
    const { corp, guide, customer } = await world.shop()
    const { templateId } = await world.make.couponTemplate(corp)
    const request = { templateId, externalUserId: customer.externalUserId, reminderId: null }
    const { sendId } = await world.coupons.reserve(guide, request, intentOf('reserveCoupon', request))
    await expect(finish(guide, customer, sendId, [0, 'ok'])).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('P12 forgets everything when the trace cannot be written', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一'], { title: '写不进去的' }))
    await world.rows(sql`alter table touches add constraint no_trace check (what <> '写不进去的') not valid`)
    try {
      await expect(finish(guide, customer, sendId, [0, 'ok'])).rejects.toThrow(/no_trace/)
    } finally {
      await world.rows(sql`alter table touches drop constraint no_trace`)
    }
    const parts = await world.rows(
      sql<{ outcome: string | null }>`select outcome from send_parts where send_id = ${sendId}`,
    )
    expect(parts).toEqual([{ outcome: null }])
    expect((await finish(guide, customer, sendId, [0, 'ok'])).outcome).toBe('ok')
  })

  it('counts two answers at once as one', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer)
    await Promise.all(Array.from({ length: 6 }, () => finish(guide, customer, sendId, [0, 'ok'])))
    expect(await world.touchesOf(customer.customerId)).toHaveLength(1)
  })
})

describe('part after part', () => {
  it('notes each part before it leaves and how it ended, and from which client', async () => {
    const { guide, customer } = await world.shop()
    const client = { platform: 'windows' as const, version: '5.0.11' }
    const started = await start(guide, customer, draftOf(['一', '二', '三'], { client }))
    expect(started).toMatchObject({ client, isStopped: false })
    expect(statesOf(started)).toEqual(['leaving', 'waiting', 'waiting'])
    const told = { results: [{ index: 0, outcome: 'ok' as const }], next: 1 }
    expect(statesOf(await tell(guide, customer, started.sendId, told))).toEqual(['ok', 'leaving', 'waiting'])
  })

  it('keeps their order: none goes out before the one before it', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三']))
    await finish(guide, customer, sendId, [0, 'ok'])
    for (const next of [0, 2])
      await expect(tell(guide, customer, sendId, { next })).rejects.toMatchObject({ code: 'state_conflict' })
    expect(statesOf(await tell(guide, customer, sendId, { next: 1 }))).toEqual(['ok', 'leaving', 'waiting'])
  })

  it.each([
    ['the client never answered', [[1, 'unknown']] as [number, PartOutcome][]],
    ['the page was gone before the answer', []],
  ])('never sends a part again of which nobody knows: %s', async (_, results) => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三']))
    await tell(guide, customer, sendId, { results: [{ index: 0, outcome: 'ok' }], next: 1 })
    if (results.length > 0) await finish(guide, customer, sendId, ...results)
    await expect(tell(guide, customer, sendId, { next: 1 })).rejects.toMatchObject({
      code: 'state_conflict',
      detail: '第 2 条不确定发出没有，看看聊天再继续',
    })
    expect(statesOf(await tell(guide, customer, sendId, { next: 1, again: true }))).toEqual([
      'ok',
      'leaving',
      'waiting',
    ])
  })

  it('P11 lets one of two pages go on that continue at once, and a repeated request is one', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二']))
    await finish(guide, customer, sendId, [0, 'ok'])
    const pages = await Promise.allSettled(
      Array.from({ length: 4 }, () => tell(guide, customer, sendId, { next: 1 })),
    )
    expect(pages.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const again = { next: 1, again: true }
    const first = await tell(guide, customer, sendId, again, 'the-same-key-both-times')
    expect(await tell(guide, customer, sendId, again, 'the-same-key-both-times')).toEqual(first)
  })

  it('P11 hears of an earlier attempt too late once the part leaves again, unless it has arrived', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三']))
    await finish(guide, customer, sendId, [0, 'ok'])
    const [lost, first, second] = [randomUUID(), randomUUID(), randomUUID()]
    const say = (outcome: PartOutcome, index: number, attempt: string) =>
      tell(guide, customer, sendId, { results: [{ index, outcome, attempt }] })
    await tell(guide, customer, sendId, { next: 1, attempt: first })
    await say('failed', 1, first)
    await tell(guide, customer, sendId, { next: 1, attempt: second })
    expect(statesOf(await say('failed', 1, first))).toEqual(['ok', 'leaving', 'waiting'])
    expect(statesOf(await say('failed', 1, second))).toEqual(['ok', 'failed', 'waiting'])
    await tell(guide, customer, sendId, { next: 1, attempt: randomUUID() })
    expect(statesOf(await say('ok', 1, second))).toEqual(['ok', 'ok', 'waiting'])
    expect(statesOf(await say('failed', 2, lost))).toEqual(['ok', 'ok', 'failed'])
    await tell(guide, customer, sendId, { next: 2, attempt: second })
    expect(statesOf(await say('failed', 2, lost))).toEqual(['ok', 'ok', 'leaving'])
    await expect(tell(guide, customer, sendId, { next: 2 })).rejects.toMatchObject({ code: 'state_conflict' })
  })

  it('goes on only while it is offered: not a day later, and not when nothing of it has left', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二']))
    await finish(guide, customer, sendId, [0, 'ok'])
    world.travel(24 * 3600)
    expect(await openTo(guide, customer)).toEqual([])
    await expect(tell(guide, customer, sendId, { next: 1 })).rejects.toMatchObject({ code: 'state_conflict' })
    // How it ended can be told all the same.
    expect(statesOf(await finish(guide, customer, sendId, [1, 'failed']))).toEqual(['ok', 'failed'])
    const none = await start(guide, customer, draftOf(['三', '四']))
    await finish(guide, customer, none.sendId, [0, 'cancelled'])
    expect(await openTo(guide, customer)).toEqual([])
    await expect(tell(guide, customer, none.sendId, { next: 0 })).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  it('goes on after a cancel where it stopped; the timeline has one line for all of it', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三', '四']))
    await finish(guide, customer, sendId, [0, 'ok'], [1, 'ok'], [2, 'cancelled'])
    expect(await world.touchesOf(customer.customerId)).toMatchObject([
      { outcome: 'partial', detail: '4 条里 2 条发出 · 第 3 条取消' },
    ])
    await tell(guide, customer, sendId, { next: 2 })
    await tell(guide, customer, sendId, { results: [{ index: 2, outcome: 'ok' }], next: 3 })
    expect((await finish(guide, customer, sendId, [3, 'ok'])).outcome).toBe('ok')
    expect(await world.touchesOf(customer.customerId)).toMatchObject([{ outcome: 'ok', detail: null }])
  })

  it('gives up the rest for good: what was with the client is unknown, and the reminder is done with', async () => {
    const { guide, customer } = await world.shop()
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三'], { reminderId }))
    await tell(guide, customer, sendId, { results: [{ index: 0, outcome: 'ok' }], next: 1 })
    const stopped = await tell(guide, customer, sendId, { stop: true })
    expect(stopped).toMatchObject({ isStopped: true, outcome: 'partial' })
    expect(statesOf(stopped)).toEqual(['ok', 'unknown', 'waiting'])
    expect(await world.reminderState(reminderId)).toBe('sent')
    await expect(tell(guide, customer, sendId, { next: 1, again: true })).rejects.toMatchObject({
      code: 'state_conflict',
    })
    expect(await openTo(guide, customer)).toEqual([])
    // What the guide finds in the chat afterwards is still the truth.
    expect((await finish(guide, customer, sendId, [1, 'ok', '导购在聊天里看到了'])).outcome).toBe('partial')
  })

  it('keeps the reminder open when nothing reached her, however it was given up', async () => {
    const { guide, customer } = await world.shop()
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
    const { sendId } = await start(guide, customer, draftOf(['一', '二'], { reminderId }))
    await tell(guide, customer, sendId, { results: [{ index: 0, outcome: 'cancelled' }], stop: true })
    expect(await world.reminderState(reminderId)).toBe('pending')
  })
})

describe('what is left to be sent', () => {
  it('is told to who began it, on any page, for a day', async () => {
    const { corp, guide, customer } = await world.shop()
    const other = await world.make.staff(corp, { name: '周敏' })
    await world.make.follow(other, customer)
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三', '四']))
    await finish(guide, customer, sendId, [0, 'ok'], [1, 'ok'])
    expect(await openTo(guide, customer)).toMatchObject([{ sendId, outcome: 'partial' }])
    expect(await openTo(other, customer)).toEqual([])
    const elsewhere = await world.make.followed(corp, guide)
    expect(await openTo(guide, elsewhere)).toEqual([])
    await expect(openTo(other, elsewhere)).rejects.toMatchObject({ code: 'not_found' })
    world.travel(24 * 3600 - 1)
    expect(await openTo(guide, customer)).toHaveLength(1)
    world.travel(1)
    expect(await openTo(guide, customer)).toEqual([])
  })

  it('is nothing while nothing can have reached her', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二']))
    expect(await openTo(guide, customer)).toHaveLength(1)
    await finish(guide, customer, sendId, [0, 'cancelled'])
    expect(await openTo(guide, customer)).toEqual([])
  })

  it('stays after the silence: only what was with the client becomes unknown', async () => {
    const { guide, customer } = await world.shop()
    const { sendId } = await start(guide, customer, draftOf(['一', '二', '三']))
    await tell(guide, customer, sendId, { results: [{ index: 0, outcome: 'ok' }], next: 1 })
    world.travel(SILENCE_SECONDS + 1)
    await world.sends.endSilent()
    const [open] = await openTo(guide, customer)
    expect(open && statesOf(open)).toEqual(['ok', 'unknown', 'waiting'])
    expect(await world.touchesOf(customer.customerId)).toMatchObject([
      { outcome: 'partial', detail: '3 条里 1 条发出 · 第 2 条不确定' },
    ])
    // The guide has looked: it is there. The third goes out, and the ten minutes count anew.
    const looked = { results: [{ index: 1, outcome: 'ok' as const, reason: '导购在聊天里看到了' }], next: 2 }
    await tell(guide, customer, sendId, looked)
    world.travel(SILENCE_SECONDS - 1)
    await world.sends.endSilent()
    expect((await openTo(guide, customer)).map(statesOf)).toEqual([['ok', 'ok', 'leaving']])
    expect((await finish(guide, customer, sendId, [2, 'ok'])).outcome).toBe('ok')
  })

  it('is given up when she begins the same words anew', async () => {
    const { guide, customer } = await world.shop()
    const first = await start(guide, customer, draftOf(['一', '二']))
    await finish(guide, customer, first.sendId, [0, 'ok'])
    const second = await start(guide, customer, draftOf(['一', '二']))
    expect((await openTo(guide, customer)).map(({ sendId }) => sendId)).toEqual([second.sendId])
  })

  it('stays when she begins another script of the same title, until she begins this one anew', async () => {
    const { corp, guide, customer } = await world.shop()
    const begin = async (scriptId: string) => {
      const draft = draftOf(['一', '二'], { script: { scriptId, version: 1 } })
      const { sendId } = await start(guide, customer, draft)
      await finish(guide, customer, sendId, [0, 'ok'])
      return sendId
    }
    const open = async () => (await openTo(guide, customer)).map(({ sendId }) => sendId).sort()
    const one = await world.make.script(corp)
    const other = await world.make.script(corp)
    const first = await begin(one.scriptId)
    const second = await begin(other.scriptId)
    expect(await open()).toEqual([first, second].sort())
    const third = await begin(one.scriptId)
    expect(await open()).toEqual([second, third].sort())
  })
})

describe('silence', () => {
  it('ends after ten minutes as unknown or partial, and a late answer still counts', async () => {
    const { guide, customers } = await world.shop({ customers: 3 })
    const [one, two, three] = customers
    const silent = await start(guide, one!)
    const halfway = await start(guide, two!, draftOf(['一', '二']))
    await finish(guide, two!, halfway.sendId, [0, 'ok'])
    world.travel(SILENCE_SECONDS)
    const fresh = await start(guide, three!)
    await world.sends.endSilent()
    expect(await world.touchesOf(one!.customerId)).toEqual([])
    world.travel(1)
    await world.sends.endSilent()
    await world.sends.endSilent()

    expect(await world.touchesOf(one!.customerId)).toMatchObject([{ outcome: 'unknown', detail: null }])
    expect(await world.touchesOf(two!.customerId)).toMatchObject([
      { outcome: 'partial', detail: '2 条里 1 条发出' },
    ])
    expect(await world.touchesOf(three!.customerId)).toEqual([])
    expect((await finish(guide, one!, silent.sendId, [0, 'ok'])).outcome).toBe('ok')
    expect((await finish(guide, three!, fresh.sendId, [0, 'ok'])).outcome).toBe('ok')
  })

  it('is found by two servers at once and ended once', async () => {
    const { guide, customers } = await world.shop({ customers: 8 })
    for (const customer of customers) await start(guide, customer)
    world.travel(SILENCE_SECONDS + 1)
    const counts = await Promise.all([world.sends.endSilent(), world.sends.endSilent()])
    expect(counts[0] + counts[1]).toBe(8)
    for (const customer of customers) expect(await world.touchesOf(customer.customerId)).toHaveLength(1)
  })
})

describe('customer groups', () => {
  async function groupOf(guide: StaffActor) {
    const chatId = `wr${randomUUID().slice(0, 8)}`
    const [group] = await world.rows(sql<{ id: number }>`
      insert into group_chats (corp_id, chat_id, name, member_count, synced_at)
      values (${guide.corpId}, ${chatId}, '老友群', 3, ${world.clock.now()}) returning group_chat_id as id`)
    await world.rows(
      sql`insert into group_members (group_chat_id, member_id, kind) values (${group!.id}, ${guide.userId}, 1)`,
    )
    return chatId
  }

  it('get messages of their members, and nobody else’s', async () => {
    const { corp, guide } = await world.shop()
    const chatId = await groupOf(guide)
    const draft = draftOf(['各位早上好'])
    const send = await world.sends.startInGroup(guide, chatId, draft, intentOf('startGroupSend'))
    const results = PartResults.parse({ results: [{ index: 0, outcome: 'ok' }] })
    const ended = await world.sends.finishInGroup(
      guide,
      chatId,
      send.sendId,
      results,
      intentOf('finishGroupSend'),
    )
    expect(ended.outcome).toBe('ok')
    const other = await world.make.staff(corp, { name: '周敏' })
    await expect(
      world.sends.startInGroup(other, chatId, draft, intentOf('startGroupSend')),
    ).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('have no reminders', async () => {
    const { guide, customer } = await world.shop()
    const chatId = await groupOf(guide)
    const { reminderId } = await world.make.reminder(guide, customer, { occurrence: '2026-12-03' })
    await expect(
      world.sends.startInGroup(guide, chatId, draftOf(['好'], { reminderId }), intentOf('startGroupSend')),
    ).rejects.toMatchObject({ fields: [{ path: 'reminderId' }] })
  })
})
