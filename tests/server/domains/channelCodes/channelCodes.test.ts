import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import type { MadeCorp, MadeStore } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { intentOf } from '../guideWorld.ts'
import { createChannelWorld, type ChannelWorld } from './channelWorld.ts'

let test: TestDb
let world: ChannelWorld
let corp: MadeCorp
let store: MadeStore
let manager: StaffActor
let guide: StaffActor
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  world = createChannelWorld(test.db)
  ;({ corp, store, manager, guide } = await world.shop())
})

const verbsAtWecom = () => world.wecom.calls.map(({ verb }) => verb)
const refuseWith = (verb: 'addContactWay' | 'updateContactWay', errcode: number) =>
  world.wecom.fail(verb, new WecomError(`externalcontact/${verb}`, { errcode }), 1)
async function openCode(draft = world.draft([guide])) {
  const code = await world.codes.add(manager, draft)
  await world.deliver(manager, code)
  world.wecom.calls.length = 0
  return world.codes.get(manager, code.channelCodeId)
}

describe('who may look after codes', () => {
  it('is no guide', async () => {
    await expect(world.codes.list(guide)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(world.codes.add(guide, world.draft([guide]))).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('is a manager for codes with nobody of other stores on them, and an admin for all (P2)', async () => {
    const elsewhere = await world.make.staff(corp, { store: await world.make.store(corp) })
    const admin = await world.make.staff(corp, { role: 'admin' })
    const shared = await world.codes.add(admin, world.draft([guide, elsewhere], { name: '两家店' }))
    const own = await world.codes.add(manager, world.draft([guide]))
    expect((await world.codes.list(manager)).codes.map(({ name }) => name)).toEqual([own.name])
    expect((await world.codes.list(admin)).total).toBe(2)
    await expect(world.codes.get(manager, shared.channelCodeId)).rejects.toMatchObject({ code: 'not_found' })
    const { channelCodeId, version } = shared
    for (const attempt of [
      world.codes.change(manager, channelCodeId, world.draft([guide]), version),
      world.codes.remove(manager, channelCodeId, version),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'not_found' })
  })

  it('puts nobody on a code whom she does not look after, and nothing of another corp', async () => {
    const elsewhere = await world.make.staff(corp, { store: await world.make.store(corp) })
    const left = await world.make.staff(corp, { store, status: 'left' })
    const [foreignTag] = (await world.make.tagGroup(await world.make.corp())).tags
    const foreign = await world.shop()
    const draft = world.draft([guide, elsewhere, left, foreign.guide], {
      tagIds: [foreignTag?.tagId ?? ''],
      templateId: (await world.make.couponTemplate(foreign.corp)).templateId,
    })
    await expect(world.codes.add(manager, draft)).rejects.toMatchObject({
      fields: ['guideUserIds.1', 'guideUserIds.2', 'guideUserIds.3', 'tagIds.0', 'templateId'].map(path => ({
        path,
      })),
    })
  })
})

it('a code that is made, changed or deleted stands in the record, with who did it', async () => {
  const made = await world.codes.add(manager, world.draft([guide]))
  const changed = await world.codes.change(
    manager,
    made.channelCodeId,
    world.draft([guide], { name: '换了名字' }),
    made.version,
  )
  await world.codes.remove(manager, made.channelCodeId, changed.version)
  const entries = await sql<{ staffId: number; change: string }>`
    select staff_id as "staffId", detail ->> 'change' as change from audit_entries
    where action = 'channelCodeChanged' and subject_id = ${made.channelCodeId} order by entry_id`.execute(
    test.db,
  )
  expect(entries.rows).toEqual(
    ['added', 'changed', 'removed'].map(change => ({ staffId: manager.staffId, change })),
  )
})

describe('a code at WeCom', () => {
  it('is made for those who are on it, and shows its picture', async () => {
    const colleague = await world.make.staff(corp, { store })
    const code = await world.codes.add(manager, world.draft([guide, colleague], { skipVerify: false }))
    expect(code).toMatchObject({ sync: 'pending', qrCodeUrl: null, version: 1 })
    await world.deliver(manager, code)
    expect([...world.wecom.contactWays.values()]).toMatchObject([
      {
        userIds: [guide.userId, colleague.userId],
        state: await world.stateOf(code),
        remark: '国贸店收银台',
        skipVerify: false,
      },
    ])
    const shown = await world.codes.get(manager, code.channelCodeId)
    expect(shown).toMatchObject({ sync: 'done', reason: null })
    expect(shown.qrCodeUrl).toBe([...world.wecom.contactWays.values()][0]?.qrCodeUrl)
  })

  it('is found again when the answer to its making was lost, and not made twice', async () => {
    const code = await world.codes.add(manager, world.draft([guide]))
    const state = await world.stateOf(code)
    world.wecom.addContactWay = async draft => {
      world.wecom.contactWays.set('lost', { ...draft, configId: 'lost', qrCodeUrl: 'https://qr.test/lost' })
      throw new WecomError('externalcontact/add_contact_way', { trouble: 'timeout' })
    }
    await world.deliver(manager, code)
    expect((await world.codes.get(manager, code.channelCodeId)).sync).toBe('pending')
    await world.deliver(manager, code)
    expect([...world.wecom.contactWays.keys()]).toEqual(['lost'])
    expect(world.wecom.callsOf('findContactWay')).toMatchObject([[state, {}]])
    expect(await world.codes.get(manager, code.channelCodeId)).toMatchObject({
      sync: 'done',
      qrCodeUrl: 'https://qr.test/lost',
    })
  })

  it('is changed without what was printed changing', async () => {
    const code = await openCode()
    const colleague = await world.make.staff(corp, { store })
    const draft = world.draft([colleague], { name: '国贸店橱窗', skipVerify: false })
    const changed = await world.codes.change(manager, code.channelCodeId, draft, code.version)
    expect(changed).toMatchObject({
      name: '国贸店橱窗',
      version: 2,
      sync: 'pending',
      qrCodeUrl: code.qrCodeUrl,
    })
    await world.deliver(manager, code)
    expect(verbsAtWecom()).toEqual(['updateContactWay'])
    expect([...world.wecom.contactWays.values()]).toMatchObject([
      { userIds: [colleague.userId], remark: '国贸店橱窗', skipVerify: false },
    ])
  })

  it('is changed once by one intention, whose answer was lost (P11)', async () => {
    const { channelCodeId, version } = await openCode()
    const draft = world.draft([guide], { name: '国贸店橱窗' })
    const asked = () => intentOf('changeChannelCode', draft, 'a-key-of-one-edit')
    const first = await world.codes.change(manager, channelCodeId, draft, version, asked())
    const again = await world.codes.change(manager, channelCodeId, draft, version, asked())
    expect([first.version, again]).toEqual([version + 1, first])
  })

  it('refuses a change of what somebody else has changed (P13)', async () => {
    const { channelCodeId, version } = await openCode()
    await world.codes.change(manager, channelCodeId, world.draft([guide]), version)
    const stale = { code: 'version_conflict' }
    const change = world.codes.change(manager, channelCodeId, world.draft([guide]), version)
    await expect(change).rejects.toMatchObject(stale)
    await expect(world.codes.remove(manager, channelCodeId, version)).rejects.toMatchObject(stale)
  })

  it('is made anew when somebody has deleted it there', async () => {
    const code = await openCode()
    refuseWith('updateContactWay', 41044)
    await world.codes.change(manager, code.channelCodeId, world.draft([guide]), code.version)
    await world.deliver(manager, code)
    expect(verbsAtWecom()).toEqual(['updateContactWay', 'addContactWay'])
    const shown = await world.codes.get(manager, code.channelCodeId)
    expect(shown.sync).toBe('done')
    expect(shown.qrCodeUrl).not.toBe(code.qrCodeUrl)
  })

  it('is deleted, before or after it was made', async () => {
    const code = await openCode()
    await world.codes.remove(manager, code.channelCodeId, code.version)
    await world.deliver(manager, code)
    expect(world.wecom.contactWays.size).toBe(0)
    const early = await world.codes.add(manager, world.draft([guide]))
    await world.codes.remove(manager, early.channelCodeId, early.version)
    world.wecom.calls.length = 0
    await world.deliver(manager, early)
    expect(world.wecom.calls).toEqual([])
    expect((await world.codes.list(manager)).codes).toEqual([])
  })

  it('says why WeCom will not have it, until it is changed', async () => {
    refuseWith('addContactWay', 41054)
    const code = await world.codes.add(manager, world.draft([guide]))
    await world.deliver(manager, code)
    expect(await world.codes.get(manager, code.channelCodeId)).toMatchObject({
      sync: 'refused',
      reason: '有同事还没有激活企业微信',
    })
    const changed = await world.codes.change(manager, code.channelCodeId, world.draft([guide]), code.version)
    expect(changed).toMatchObject({ sync: 'pending', reason: null })
  })

  it('goes on without those who have left, and with those who come back', async () => {
    const colleague = await world.make.staff(corp, { store })
    const code = await openCode(world.draft([guide, colleague]))
    const setStatus = (status: string) =>
      sql`update staff set status = ${status} where staff_id = ${colleague.staffId}`.execute(test.db)
    const usersThere = () => [...world.wecom.contactWays.values()][0]?.userIds
    await setStatus('left')
    await world.codes.reconcile()
    await world.deliver(manager, code)
    expect(usersThere()).toEqual([guide.userId])
    expect((await world.codes.get(manager, code.channelCodeId)).guides).toMatchObject([
      { userId: guide.userId, isActive: true },
      { userId: colleague.userId, isActive: false },
    ])
    await setStatus('active')
    await world.codes.reconcile()
    await world.deliver(manager, code)
    expect(usersThere()).toEqual([guide.userId, colleague.userId])
    world.wecom.calls.length = 0
    await world.codes.reconcile()
    await world.deliver(manager, code)
    expect(world.wecom.calls).toEqual([])
  })
})

describe('a code that somebody has deleted at WeCom', () => {
  it('is made anew within a day', async () => {
    const code = await openCode()
    world.wecom.contactWays.clear()
    await world.codes.reconcile()
    await world.deliver(manager, code)
    expect(world.wecom.contactWays.size).toBe(0)
    world.clock.advance({ hours: 25 })
    await world.codes.reconcile()
    await world.deliver(manager, code)
    expect([...world.wecom.contactWays.values()]).toMatchObject([{ state: await world.stateOf(code) }])
    expect((await world.codes.get(manager, code.channelCodeId)).qrCodeUrl).not.toBe(code.qrCodeUrl)
  })
})

describe('who comes by a code', () => {
  const added = async (channelCodeId: string) => (await world.codes.get(manager, channelCodeId)).added
  const at = (day: number) => new Date(Date.UTC(2026, 10, day))
  const actor = () => ({ kind: 'job', corpId: corp.corpId, name: 'test' }) as const
  const tagsOf = async (followId: number) =>
    (
      await world.rows(
        sql<{ ids: number[] }>`select tag_ids as ids from follows where follow_id = ${followId}`,
      )
    )[0]?.ids

  async function arrive(
    code: { channelCodeId: string },
    follow: { staffId: number; customerId: number },
    given: { at?: Date; isHalf?: boolean } = {},
  ) {
    const arrival = { state: await world.stateOf(code), at: at(21), isHalf: false, ...follow, ...given }
    await test.db.transaction(tx => world.codes.settleArrivals(tx, actor(), [arrival]))
  }

  it('is counted once per person, whoever she added and however often', async () => {
    const colleague = await world.make.staff(corp, { store })
    const code = await openCode(world.draft([guide, colleague]))
    const customer = await world.make.followed(corp, guide)
    await arrive(code, { staffId: guide.staffId, customerId: customer.customerId })
    await arrive(code, { staffId: guide.staffId, customerId: customer.customerId }, { at: at(22) })
    await arrive(code, { staffId: colleague.staffId, customerId: customer.customerId })
    expect(await added(code.channelCodeId)).toBe(1)
    const other = await world.make.followed(corp, guide)
    await arrive(code, { staffId: guide.staffId, customerId: other.customerId }, { isHalf: true })
    expect(await added(code.channelCodeId)).toBe(2)
  })

  it('gets the code’s tags once WeCom knows the friendship, and again when she comes back', async () => {
    const { tags } = await world.make.tagGroup(corp)
    const code = await openCode(world.draft([guide], { tagIds: [tags[1]!.tagId, tags[0]!.tagId] }))
    const follow = await world.make.followed(corp, guide)
    await arrive(code, follow, { isHalf: true })
    expect(await tagsOf(follow.followId)).toEqual([])
    await arrive(code, follow)
    expect(await tagsOf(follow.followId)).toEqual([tags[1]!.id, tags[0]!.id])
    expect(await world.touchesOf(follow.externalUserId)).toMatchObject([
      { kind: 'tagsChanged', what: '古法、简约', detail: '加上' },
    ])
    expect(world.queued.map(({ name }) => name)).toContain('outbox.customer')

    await sql`update follows set tag_ids = '{}' where follow_id = ${follow.followId}`.execute(test.db)
    await arrive(code, follow)
    expect(await tagsOf(follow.followId)).toEqual([])
    await arrive(code, follow, { at: at(22) })
    expect(await tagsOf(follow.followId)).toHaveLength(2)
  })

  it('keeps what a guide has chosen in a group of which one holds', async () => {
    const { tags } = await world.make.tagGroup(corp, { choice: 'single' })
    const code = await openCode(world.draft([guide], { tagIds: [tags[0]!.tagId, tags[1]!.tagId] }))
    const chosen = await world.make.followed(corp, guide, { tags: [tags[2]!] })
    await arrive(code, chosen)
    expect(await tagsOf(chosen.followId)).toEqual([tags[2]!.id])
    const fresh = await world.make.followed(corp, guide)
    await arrive(code, fresh)
    expect(await tagsOf(fresh.followId)).toEqual([tags[0]!.id])
  })

  it('is nobody’s business whose state is not ours', async () => {
    const follow = await world.make.followed(corp, guide)
    const arrival = { ...follow, at: at(21), isHalf: false }
    await test.db.transaction(tx =>
      world.codes.settleArrivals(tx, actor(), [
        { ...arrival, state: `theirs${randomUUID()}` },
        { ...arrival, state: null },
      ]),
    )
    const rows = await world.rows(sql`select from channel_arrivals where customer_id = ${follow.customerId}`)
    expect(rows).toEqual([])
  })

  it('is said to have come by the code’s name', async () => {
    const code = await openCode()
    const state = await world.stateOf(code)
    expect(await world.codes.namesOf(corp.corpId, [state, '橱窗', null])).toEqual(
      new Map([[state, '国贸店收银台']]),
    )
    expect(await world.codes.namesOf((await world.make.corp()).corpId, [state])).toEqual(new Map())
  })
})
