import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { FRESH_HOURS, DISPOSABLE_DAYS } from '../../../../server/domains/media/media.service.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import {
  MAX_PICTURE_BYTES,
  type Engraving,
  type EngravingOffers,
} from '../../../../shared/contract/engravings.ts'
import type { Send } from '../../../../shared/contract/sends.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_NOW, type MadeCustomer } from '../../../support/make.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
afterEach(() => {
  test.clock.set(TEST_NOW)
  test.wecom.calls.length = 0
})

const HOUR_MS = 3_600_000
const later = (hours: number) => test.clock.set(new Date(TEST_NOW.getTime() + hours * HOUR_MS))

/** `size` bytes that begin as told. */
const bytesOf = (beginning: number[], size = 64) =>
  Uint8Array.from({ length: size }, (_, at) => beginning[at] ?? 7)
const JPEG = [0xff, 0xd8, 0xff, 0xe0]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const draft = {
  pieceId: 'roundPendant',
  metal: 'gold',
  face: 'front',
  font: 'song',
  lines: ['妈妈', '2026.9.25'],
  priceFen: 428_000,
  readyOn: '2026-12-01',
}

let keys = 0
const newKey = () => `a-key-of-an-engraving-${keys++}`

interface Shop {
  guide: StaffActor
  who: SignedIn
  customer: MadeCustomer
  path: string
}
async function shop(): Promise<Shop> {
  const guide = await test.make.staff(test.corp)
  const customer = await test.make.followed(test.corp, guide, { salutation: '婉清姐' })
  const path = `/api/customers/${customer.externalUserId}/engravings`
  return { guide, customer, path, who: await test.signIn(guide) }
}
const add = ({ who, path }: Shop, json: object = draft, key = newKey()) =>
  who.fetch(path, { method: 'POST', key, json })
const added = async (shop: Shop, json: object = draft) => (await (await add(shop, json)).json()) as Engraving
const listed = async ({ who, path }: Shop) =>
  ((await (await who.fetch(path)).json()) as { engravings: Engraving[] }).engravings

const putPicture = (
  { who, path }: Shop,
  { engravingId, version }: Pick<Engraving, 'engravingId' | 'version'>,
  bytes: Uint8Array<ArrayBuffer>,
  type = 'image/jpeg',
) =>
  who.fetch(`${path}/${engravingId}/picture`, {
    method: 'PUT',
    version,
    body: bytes,
    headers: { 'content-type': type },
  })
const withPicture = async (shop: Shop) => {
  const engraving = await added(shop)
  expect((await putPicture(shop, engraving, bytesOf(JPEG))).status).toBe(204)
  return engraving
}
const send = ({ who, customer }: Shop, engravingId: string, more: object = {}, key = newKey()) =>
  who.fetch(`/api/customers/${customer.externalUserId}/sends`, {
    method: 'POST',
    key,
    json: {
      title: '刻字预览',
      parts: [{ kind: 'text', text: '¥4,280，12月1日可取' }],
      engravingId,
      ...more,
    },
  })
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]

describe('a draft', () => {
  it('is kept on the customer with who made it, changed by the version she saw, and taken away', async () => {
    const here = await shop()
    const first = await added(here)
    expect(first).toMatchObject({ ...draft, by: here.guide.name, sentAt: null, version: 1 })
    expect(await listed(here)).toEqual([first])

    const change = (version: number) =>
      here.who.fetch(`${here.path}/${first.engravingId}`, {
        method: 'PUT',
        version,
        json: { ...draft, lines: ['平安'] },
      })
    expect((await change(1)).status).toBe(200)
    expect(await codeOf(await change(1))).toEqual([412, 'version_conflict'])
    expect(await listed(here)).toMatchObject([{ lines: ['平安'], version: 2 }])

    const removal = () => here.who.fetch(`${here.path}/${first.engravingId}`, { method: 'DELETE' })
    expect((await removal()).status).toBe(204)
    expect((await removal()).status).toBe(404)
    expect(await listed(here)).toEqual([])
  })

  it('P11 is added once, however often the same tap arrives', async () => {
    const here = await shop()
    const key = newKey()
    const [one, other] = [await add(here, draft, key), await add(here, draft, key)]
    expect([one.status, other.status]).toEqual([201, 201])
    expect(await other.json()).toEqual(await one.json())
    expect(await listed(here)).toHaveLength(1)
  })

  it.each([
    ['more than the face takes', { lines: ['妈妈平安喜乐'] }, 'lines.0', '这里一行最多 5 字，多了 1 字'],
    [
      'a second line where there is one',
      { pieceId: 'bracelet', lines: ['一', '二'] },
      'lines',
      '这里最多刻 1 行',
    ],
    ['nothing but spaces', { lines: [' ', ''] }, 'lines', '写下要刻的字'],
    ['a face of another piece', { face: 'inside' }, 'face', '这个款式没有这一面'],
    ['an invisible character', { lines: ['妈\u200b妈'] }, 'lines.0', '有看不见的字'],
  ])('is refused with %s', async (_, change, path, message) => {
    const here = await shop()
    const answer = await add(here, { ...draft, ...change })
    expect(answer.status).toBe(422)
    expect(((await answer.json()) as { errors: object[] }).errors).toMatchObject([{ path, message }])
    expect(await listed(here)).toEqual([])
  })

  it('is the one that is there when the same is made again, with the price of now', async () => {
    const open = await shop()
    const first = await added(open)
    const again = await added(open, { ...draft, priceFen: 398_000, readyOn: '2026-12-05' })
    expect(again).toMatchObject({
      engravingId: first.engravingId,
      priceFen: 398_000,
      readyOn: '2026-12-05',
      version: first.version + 1,
    })
    expect(await added(open, { ...draft, lines: ['妈妈'] })).not.toMatchObject({
      engravingId: first.engravingId,
    })
    expect(await added(open, { ...draft, metal: 'platinum' })).not.toMatchObject({
      engravingId: first.engravingId,
    })
    expect(await listed(open)).toHaveLength(3)
  })

  it('stops at twenty of one customer', async () => {
    const here = await shop()
    const answers = await Promise.all(
      Array.from({ length: 23 }, (_, each) => add(here, { ...draft, lines: [`妈妈${each}`] })),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([...Array<number>(20).fill(201), ...Array<number>(3).fill(422)])
    expect(await listed(here)).toHaveLength(20)
  })

  it('P2 is not there for who does not follow the customer', async () => {
    const here = await shop()
    const { engravingId } = await withPicture(here)
    const stranger = { ...here, who: await test.signIn(await test.make.staff(test.corp)) }
    const other = await shop()
    const answers = [
      await stranger.who.fetch(here.path),
      await add(stranger),
      await putPicture(stranger, { engravingId, version: 1 }, bytesOf(JPEG)),
      await putPicture(other, { engravingId, version: 1 }, bytesOf(JPEG)),
      await other.who.fetch(`${other.path}/${engravingId}`, { method: 'DELETE' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
    expect(await codeOf(await send(other, engravingId))).toEqual([422, 'validation_failed'])
    expect(test.wecom.callsOf('uploadMedia')).toEqual([])
  })
})

describe('a picture', () => {
  it.each([
    ['a JPEG', JPEG, 'image/jpeg', 204],
    ['a PNG', PNG, 'image/png', 204],
    ['a PNG that says it is a JPEG', PNG, 'image/jpeg', 204],
    [
      'a drawing that says it is a PNG',
      [...Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
      'image/png',
      422,
    ],
    ['half a beginning', PNG.slice(0, 4), 'image/png', 422],
    ['a drawing', [...Buffer.from('<svg/>')], 'image/svg+xml', 415],
    ['JSON', [...Buffer.from('{}')], 'application/json', 415],
  ])('%s is looked at by its first bytes', async (_, beginning, type, status) => {
    const here = await shop()
    const engraving = await added(here)
    expect((await putPicture(here, engraving, bytesOf(beginning), type)).status).toBe(status)
    // Named after what it is, whatever it was called.
    if (status !== 204) return
    await send(here, engraving.engravingId)
    const contentType = beginning === PNG ? 'image/png' : 'image/jpeg'
    expect(test.wecom.callsOf('uploadMedia')).toMatchObject([[{ contentType }]])
  })

  it('may weigh 400 KB and not a byte more', async () => {
    const here = await shop()
    const engraving = await added(here)
    expect((await putPicture(here, engraving, bytesOf(JPEG, MAX_PICTURE_BYTES))).status).toBe(204)
    const larger = await putPicture(here, engraving, bytesOf(JPEG, MAX_PICTURE_BYTES + 1))
    expect(await codeOf(larger)).toEqual([413, 'payload_too_large'])
  })

  it('belongs to one version of the text: a change takes it away, a late one is refused', async () => {
    const here = await shop()
    const engraving = await withPicture(here)
    const json = { ...draft, lines: ['平安'] }
    await here.who.fetch(`${here.path}/${engraving.engravingId}`, { method: 'PUT', version: 1, json })
    expect((await putPicture(here, engraving, bytesOf(JPEG))).status).toBe(412)
    expect(await codeOf(await send(here, engraving.engravingId))).toEqual([422, 'validation_failed'])
  })

  it('goes after a month; the draft stays', async () => {
    const here = await shop()
    const old = await withPicture(here)
    later(DISPOSABLE_DAYS * 24)
    here.who = await test.signIn(here.guide)
    const young = await added(here, { ...draft, lines: ['爸爸'] })
    expect((await putPicture(here, young, bytesOf(JPEG))).status).toBe(204)
    later(DISPOSABLE_DAYS * 24 + 1)
    await test.services.media.dropOld()
    expect((await listed(here)).map(({ engravingId }) => engravingId).toSorted()).toEqual(
      [old.engravingId, young.engravingId].toSorted(),
    )
    expect((await send(here, old.engravingId)).status).toBe(422)
    expect((await send(here, young.engravingId)).status).toBe(201)
  })
})

describe('sending it', () => {
  it('sends the picture first and the words after it, and tells when it was sent', async () => {
    const here = await shop()
    const { engravingId } = await withPicture(here)
    const started = (await (await send(here, engravingId)).json()) as Send
    expect(started.parts.map(({ body }) => body)).toEqual([
      { kind: 'image', engravingId, mediaId: 'media-1' },
      { kind: 'text', text: '¥4,280，12月1日可取' },
    ])
    expect(await listed(here)).toMatchObject([{ sentAt: null }])
    const results = [0, 1].map(index => ({ index, outcome: 'ok' }))
    await here.who.fetch(`/api/customers/${here.customer.externalUserId}/sends/${started.sendId}`, {
      method: 'PATCH',
      json: { results },
    })
    expect(await listed(here)).toMatchObject([{ sentAt: started.startedAt }])
  })

  it('P11 asked again after an answer that was lost, it is the same send, also when the draft is gone meanwhile', async () => {
    const here = await shop()
    const { engravingId } = await withPicture(here)
    const key = newKey()
    const first = (await (await send(here, engravingId, {}, key)).json()) as Send
    expect((await here.who.fetch(`${here.path}/${engravingId}`, { method: 'DELETE' })).status).toBe(204)
    const again = await send(here, engravingId, {}, key)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(((await again.json()) as Send).sendId).toBe(first.sendId)
  })

  it('gives WeCom the picture once, and again shortly before its three days are over', async () => {
    const here = await shop()
    const { engravingId } = await withPicture(here)
    const mediaIds: unknown[] = []
    for (const hours of [0, 1, FRESH_HOURS - 0.01, FRESH_HOURS, FRESH_HOURS * 2 - 0.01]) {
      later(hours)
      here.who = await test.signIn(here.guide)
      const started = (await (await send(here, engravingId)).json()) as Send
      mediaIds.push(started.parts[0]?.body)
    }
    expect(mediaIds.map(body => (body as { mediaId: string }).mediaId)).toEqual([
      'media-1',
      'media-1',
      'media-1',
      'media-2',
      'media-2',
    ])
    const [[uploaded]] = test.wecom.callsOf('uploadMedia') as [[{ bytes: Buffer; fileName: string }]]
    expect(Uint8Array.from(uploaded.bytes)).toEqual(bytesOf(JPEG))
    expect(uploaded.fileName).toBe('engraving.jpg')
  })

  it('the same picture put once more is not given to WeCom again, another one is', async () => {
    const here = await shop()
    const engraving = await withPicture(here)
    await send(here, engraving.engravingId)
    await putPicture(here, engraving, bytesOf(JPEG))
    await send(here, engraving.engravingId)
    expect(test.wecom.callsOf('uploadMedia')).toHaveLength(1)
    await putPicture(here, engraving, bytesOf(JPEG, 65))
    await send(here, engraving.engravingId)
    expect(test.wecom.callsOf('uploadMedia')).toHaveLength(2)
  })

  it.each([
    [new WecomError('media/upload', { trouble: 'timeout' }), 504, 'wecom_timeout'],
    [new WecomError('media/upload', { trouble: 'network' }), 503, 'wecom_unavailable'],
    [new WecomError('media/upload', { errcode: 45009 }), 503, 'wecom_unavailable'],
    [new WecomError('media/upload', { errcode: 40009 }), 502, 'wecom_error'],
  ])(
    'P18 %s: nothing is noted as sent, the draft is kept, and the same tap may be repeated',
    async (error, ...said) => {
      const here = await shop()
      const { engravingId } = await withPicture(here)
      test.wecom.fail('uploadMedia', error, 1)
      const key = newKey()
      expect(await codeOf(await send(here, engravingId, {}, key))).toEqual(said)
      expect(await listed(here)).toMatchObject([{ engravingId, sentAt: null }])
      expect((await send(here, engravingId, {}, key)).status).toBe(201)
    },
  )

  it('goes to the customer it was made for, never to a group', async () => {
    const here = await shop()
    const { engravingId } = await withPicture(here)
    await test.services.groups.upsertGroup(
      test.db,
      { kind: 'job', corpId: test.corp.corpId, name: 'test' },
      {
        chatId: `wr-${engravingId}`,
        name: '老友群',
        ownerUserId: here.guide.userId,
        members: [{ id: here.guide.userId, kind: 'staff' }],
      },
      TEST_NOW,
    )
    const answer = await here.who.fetch(`/api/groups/wr-${engravingId}/sends`, {
      method: 'POST',
      key: newKey(),
      json: { title: '刻字预览', parts: [{ kind: 'text', text: '好' }], engravingId },
    })
    expect(await codeOf(answer)).toEqual([422, 'validation_failed'])
    const other = { ...here, customer: await test.make.followed(test.corp, here.guide) }
    expect(await codeOf(await send(other, engravingId))).toEqual([422, 'validation_failed'])
    expect(test.wecom.callsOf('uploadMedia')).toEqual([])
  })
})

describe('offers', () => {
  it('come with the days on which the workshop is closed, also for a guide', async () => {
    const admin = await test.make.staff(test.corp, { role: 'admin', userId: `admin_${newKey()}` })
    const holiday = { firstDay: '2027-02-04', lastDay: '2027-02-12' }
    const rules = { leads: [], closures: [{ ...holiday, name: '春节' }], cares: [] }
    const { version } = await test.services.reminderRules.get(admin)
    await test.services.reminderRules.change(admin, rules, version)
    const { who } = await shop()
    const { closures } = (await (await who.fetch('/api/engraving-offers')).json()) as EngravingOffers
    expect(closures).toEqual([holiday])
  })

  const offersOf = async (who: SignedIn) =>
    ((await (await who.fetch('/api/engraving-offers')).json()) as { offers: { pieceId: string }[] }).offers

  it('are there for every piece from the first day, without a price nobody has set', async () => {
    const { who } = await shop()
    const offers = await offersOf(who)
    expect(offers.length).toBeGreaterThanOrEqual(6)
    for (const offer of offers)
      expect(offer).toMatchObject({
        goldPriceFen: null,
        platinumPriceFen: null,
        productionDays: 7,
        isOffered: true,
      })
  })

  it('are changed by admins, by the version they saw', async () => {
    const admin = await test.signIn(
      await test.make.staff(test.corp, { role: 'admin', userId: `admin_${newKey()}` }),
    )
    const { who } = await shop()
    const change = (by: SignedIn, version: number, json: object) =>
      by.fetch('/api/engraving-offers/ring', { method: 'PATCH', version, json })
    expect((await change(who, 0, { productionDays: 3 })).status).toBe(403)
    expect((await change(admin, 0, { productionDays: 12, goldPriceFen: 268_000 })).status).toBe(200)
    expect((await change(admin, 0, { productionDays: 3 })).status).toBe(412)
    expect((await change(admin, 1, { details: '约 3 克' })).status).toBe(200)
    expect((await offersOf(who)).find(({ pieceId }) => pieceId === 'ring')).toEqual({
      pieceId: 'ring',
      goldPriceFen: 268_000,
      platinumPriceFen: null,
      productionDays: 12,
      details: '约 3 克',
      isOffered: true,
      version: 2,
    })
  })
})
