import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { sql } from 'kysely'
import type { StaffActor } from '../../../../server/actor.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import type { MadeCorp } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createChannelWorld, type ChannelWorld } from './channelWorld.ts'

let test: TestDb
let world: ChannelWorld
let corp: MadeCorp
let guide: StaffActor
let state: string
let externalUserId: string
const welcomeTextOfCode = '{称呼}，您好，我是{门店}的{导购姓名}'
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())

async function openCode(given: { welcomeText?: string; hasCoupon?: boolean } = {}) {
  const { welcomeText = welcomeTextOfCode, hasCoupon = true } = given
  const templateId = hasCoupon ? (await world.make.couponTemplate(corp)).templateId : null
  const manager = { ...guide, role: 'admin' as const }
  const code = await world.codes.add(manager, world.draft([guide], { welcomeText, templateId }))
  return world.stateOf(code)
}
beforeEach(async () => {
  world = createChannelWorld(test.db)
  ;({ corp, guide } = await world.shop())
  externalUserId = `wm${randomUUID()}`
  state = await openCode()
})

const scan = (given: { welcomeCode?: string } = {}) =>
  world.scans(corp.corpId, { state, userId: guide.userId, externalUserId, ...given })
async function scanAndGreet() {
  const welcomeId = await scan()
  if (welcomeId === undefined) throw new Error('nobody is to be greeted')
  await world.welcomes.greet(welcomeId)
  return welcomeId
}
const sent = () => world.wecom.callsOf('sendWelcome').map(([welcome]) => welcome)
const refuseWith = (errcode: number) =>
  world.wecom.fail('sendWelcome', new WecomError('externalcontact/send_welcome_msg', { errcode }), 1)
/** WeCom refuses one call after the other with these. */
function answerInTurn(...errcodes: number[]) {
  world.wecom.before = async ({ verb }) => {
    const errcode = verb === 'sendWelcome' ? errcodes.shift() : undefined
    if (errcode !== undefined) throw new WecomError('externalcontact/send_welcome_msg', { errcode })
  }
}
const stateOf = async (welcomeId: string) =>
  (
    await world.rows(sql<{ state: string; sealed: Buffer | null; person: string | null }>`
      select state, code_sealed as sealed, external_user_id as person from welcomes where welcome_id = ${welcomeId}`)
  )[0]

describe('who came by a code', () => {
  it('is greeted by name, from the guide she added, with the link of her coupon', async () => {
    await world.make.customer(corp, { externalUserId, name: '婉清', salutation: '婉清姐' })
    const welcomeId = await scan({ welcomeCode: 'CODE1' })
    await world.welcomes.greet(welcomeId ?? '')
    const [coupon] = world.coupons.taken
    expect(sent()).toEqual([
      {
        welcomeCode: 'CODE1',
        text: `婉清姐，您好，我是国贸店的${guide.name}`,
        link: expect.objectContaining({ url: `https://guidebar.example/c/${coupon?.couponId}` }) as unknown,
      },
    ])
    expect(world.coupons.back).toEqual([])
    expect(await stateOf(welcomeId ?? '')).toEqual({ state: 'sent', sealed: null, person: null })
    expect(await world.touchesOf(externalUserId)).toMatchObject([
      {
        kind: 'welcomed',
        what: '欢迎语',
        outcome: 'ok',
        detail: '她扫「国贸店收银台」加的，不算主动写',
      },
    ])
  })

  it('is greeted without a name when WeCom does not tell it yet', async () => {
    await scanAndGreet()
    expect(sent()).toMatchObject([{ text: `您好，我是国贸店的${guide.name}` }])
  })

  it('is greeted by nobody where the code is not ours, is deleted, or says and gives nothing', async () => {
    const nobody = { userId: guide.userId, externalUserId }
    expect(await world.scans(corp.corpId, { ...nobody, state: 'theirs' })).toBeUndefined()
    state = await openCode({ welcomeText: '', hasCoupon: false })
    expect(await scan()).toBeUndefined()
    const other = await world.shop()
    expect(await world.scans(other.corp.corpId, { ...nobody, state })).toBeUndefined()
  })
})

describe('a welcome goes out once', () => {
  it('whoever of two servers is woken for it, and however often (P16)', async () => {
    const welcomeId = (await scan()) ?? ''
    const other = createChannelWorld(test.db)
    other.wecom.sendWelcome = welcome => world.wecom.sendWelcome(welcome)
    await Promise.all([world, other, world, other].map(server => server.welcomes.greet(welcomeId)))
    await world.welcomes.greet(welcomeId)
    expect(sent()).toHaveLength(1)
    expect(world.coupons.taken.length + other.coupons.taken.length).toBe(1)
  })

  it('also when the event comes again with the same code', async () => {
    await world.welcomes.greet((await scan({ welcomeCode: 'SAME' })) ?? '')
    expect(await scan({ welcomeCode: 'SAME' })).toBeUndefined()
  })

  it('and is not repeated after its answer was lost: her coupon stays hers', async () => {
    const lost = new WecomError('externalcontact/send_welcome_msg', { trouble: 'timeout' })
    world.wecom.fail('sendWelcome', lost, 1)
    const welcomeId = await scanAndGreet()
    await world.welcomes.greet(welcomeId)
    await world.welcomes.endOverdue()
    expect(sent()).toHaveLength(1)
    expect(world.coupons.back).toEqual([])
    expect(await world.touchesOf(externalUserId)).toMatchObject([{ outcome: 'unknown' }])
  })

  it('and is hers when WeCom, busy at first, then says that somebody has greeted her', async () => {
    answerInTurn(-1, 41051)
    const welcomeId = await scanAndGreet()
    expect(sent()).toHaveLength(2)
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'unknown' })
    expect(world.coupons.back).toEqual([])
    expect(await world.touchesOf(externalUserId)).toMatchObject([{ outcome: 'unknown' }])
  })

  it('and is not ended as late by a server that slept while another was sending it (P12)', async () => {
    const welcomeId = (await scan()) ?? ''
    world.clock.advance({ seconds: 21 })
    let late: Promise<void> | undefined
    await test.db.transaction(async tx => {
      await sql`update welcomes set state = 'sending' where welcome_id = ${welcomeId}`.execute(tx)
      late = world.welcomes.greet(welcomeId)
      await vi.waitFor(async () => {
        const waiting = await world.rows(sql`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
        expect(waiting).toHaveLength(1)
      }, 5_000)
    })
    await late
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'sending' })
    expect(await world.touchesOf(externalUserId)).toEqual([])
  })

  it('and not after its server died in the middle (P12)', async () => {
    const welcomeId = (await scan()) ?? ''
    world.wecom.before = async () => {
      throw new Error('the process is gone')
    }
    await expect(world.welcomes.greet(welcomeId)).rejects.toThrow()
    world.wecom.before = undefined
    await world.welcomes.greet(welcomeId)
    world.clock.advance({ seconds: 61 })
    await world.welcomes.endOverdue()
    await world.welcomes.endOverdue()
    expect(sent()).toHaveLength(1)
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'unknown', sealed: null })
    expect(world.coupons.back).toEqual([])
  })
})

describe('a welcome that does not reach her', () => {
  it.each([
    [41050, '过了 20 秒，企业微信不收了'],
    [41051, '你们已经聊起来了，或别处已经打过招呼'],
  ])('is told in 动态, and gives its coupon back (%i)', async (errcode, detail) => {
    refuseWith(errcode)
    const welcomeId = await scanAndGreet()
    expect(sent()).toHaveLength(1)
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'refused' })
    expect(world.coupons.back).toEqual(world.coupons.taken.map(({ couponId }) => couponId))
    expect(await world.touchesOf(externalUserId)).toMatchObject([
      { kind: 'welcomed', outcome: 'failed', detail },
    ])
  })

  it('leaves her first coupon to the next time', async () => {
    refuseWith(41050)
    await scanAndGreet()
    await scanAndGreet()
    expect(sent()[1]).toMatchObject({ link: { title: '见面礼券 ¥50' } })
  })

  it('is tried again while another app is greeting (41096)', async () => {
    refuseWith(41096)
    await scanAndGreet()
    expect(sent()).toHaveLength(2)
    expect(world.coupons.back).toEqual([])
  })

  it('because another app was quicker, gives its coupon back', async () => {
    answerInTurn(41096, 41051)
    const welcomeId = await scanAndGreet()
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'refused' })
    expect(world.coupons.back).toHaveLength(1)
  })

  it('is not even tried after 20 seconds', async () => {
    const welcomeId = (await scan()) ?? ''
    world.clock.advance({ seconds: 21 })
    await world.welcomes.greet(welcomeId)
    expect(sent()).toEqual([])
    expect(world.coupons.taken).toEqual([])
    expect(await world.touchesOf(externalUserId)).toMatchObject([
      { outcome: 'failed', detail: '过了 20 秒没来得及发' },
    ])
  })

  it('is ended when nobody took it up', async () => {
    const welcomeId = (await scan()) ?? ''
    world.clock.advance({ seconds: 59 })
    await world.welcomes.endOverdue()
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'waiting' })
    world.clock.advance({ seconds: 2 })
    await world.welcomes.endOverdue()
    expect(await stateOf(welcomeId)).toMatchObject({ state: 'refused' })
    const whose = sql<{ person: string }>`
      select p.external_user_id as person from welcomes w join customers p on p.customer_id = w.customer_id
      where w.welcome_id = ${welcomeId}`
    expect(await world.rows(whose)).toEqual([{ person: externalUserId }])
  })
})

describe('the coupon of a welcome', () => {
  it('is given once to a person ever, also after she has left and come again by another code', async () => {
    await scanAndGreet()
    await sql`delete from touches`.execute(test.db)
    await scanAndGreet()
    expect(sent()[1]).toMatchObject({ text: `您好，我是国贸店的${guide.name}`, link: null })

    const [{ templateId } = { templateId: '' }] = world.coupons.taken
    const manager = { ...guide, role: 'admin' as const }
    const code = await world.codes.add(manager, world.draft([guide], { welcomeText: '又见面了', templateId }))
    state = await world.stateOf(code)
    await scanAndGreet()
    expect(sent()[2]).toMatchObject({ text: '又见面了', link: null })
    expect(world.coupons.taken).toHaveLength(1)
  })

  it('is given once when she scans two codes at the same moment', async () => {
    const ids = await Promise.all([scan(), scan()])
    const welcomeIds = [...new Set(ids)]
    const waiting = await world.rows(sql<{ id: string }>`
      select welcome_id as id from welcomes where external_user_id = ${externalUserId}`)
    expect(welcomeIds.length).toBeGreaterThan(0)
    await Promise.all(waiting.map(({ id }) => world.welcomes.greet(id)))
    expect(sent()).toHaveLength(2)
    expect(world.coupons.taken).toHaveLength(1)
  })

  it.each(['soldOut', 'notRunning'] as const)(
    'is left out when there is none (%s), and she may have it later',
    async refusal => {
      world.coupons.refusal = refusal
      await scanAndGreet()
      expect(sent()).toMatchObject([{ link: null }])
      world.coupons.refusal = undefined
      await scanAndGreet()
      expect(world.coupons.taken).toHaveLength(1)
    },
  )

  it('goes alone where the code has no words, and nothing goes when there is none', async () => {
    state = await openCode({ welcomeText: '' })
    await scanAndGreet()
    expect(sent()).toMatchObject([{ text: '', link: { title: '见面礼券 ¥50' } }])
    await scanAndGreet()
    expect(sent()).toHaveLength(1)
  })

  it('is noted as the one that was given, also when its code gets another one at that moment', async () => {
    const { templateId } = await world.make.couponTemplate(corp)
    const give = world.coupons.issueWelcome
    world.coupons.issueWelcome = async (tx, given) => {
      await sql`update channel_codes set template_id = ${templateId} where state = ${state}`.execute(test.db)
      return give(tx, given)
    }
    refuseWith(41050)
    await scanAndGreet()
    const marks = await world.rows(sql`select from welcome_coupons where corp_id = ${corp.corpId}`)
    expect([marks, world.coupons.back.length]).toEqual([[], 1])
  })

  it('is remembered without naming her', async () => {
    await scanAndGreet()
    const kept = await world.rows(sql<{ text: string }>`select w::text as text from welcome_coupons w`)
    expect(kept.some(({ text }) => text.includes(externalUserId))).toBe(false)
  })
})
