import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import {
  LEAST_LIFE_MINUTES,
  LIFE_HOURS,
  RENEW_HOURS,
} from '../../../../server/domains/media/media.service.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import {
  ASSET_MAX_BYTES,
  type ManagedScript,
  type ScriptAsset,
} from '../../../../shared/contract/scriptLibrary.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_NOW } from '../../../support/make.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
afterEach(async () => {
  test.clock.set(TEST_NOW)
  test.wecom.calls.length = 0
})

const HOUR_MS = 3_600_000
const after = (hours: number) => test.clock.set(new Date(TEST_NOW.getTime() + hours * HOUR_MS))
let count = 0
const newKey = () => `a-key-of-an-asset-${count++}`
const bytesOf = (beginning: number[], size = 64) =>
  Uint8Array.from({ length: size }, (_, at) => beginning[at] ?? (at + count) % 256)
const JPEG = [0xff, 0xd8, 0xff, 0xe0]
const MP4 = [0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70]
const PDF = [0x25, 0x50, 0x44, 0x46]

const upload = (
  who: SignedIn,
  { name = '店面.jpg', type = 'image/jpeg', bytes = bytesOf(JPEG), key = newKey() } = {},
) =>
  who.fetch(`/api/script-assets?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': type },
    key,
  })
const uploaded = async (who: SignedIn, given = {}) => (await (await upload(who, given)).json()) as ScriptAsset
const write = async (who: SignedIn, parts: object[], more: object = {}) => {
  const json = { title: `图 ${count++}`, occasion: 'visit', scope: 'personal', parts, ...more }
  const answer = await who.fetch('/api/scripts', { method: 'POST', key: newKey(), json })
  expect(answer.status).toBe(201)
  return (await answer.json()) as ManagedScript
}
const guideOf = async () => {
  const actor = await test.make.staff(test.corp)
  return { actor, who: await test.signIn(actor) }
}
const mediaIdOf = async (actor: StaffActor, { assetId }: { assetId: string }) =>
  (await test.services.scriptAssets.mediaIdOf(test.db, actor, [assetId])).get(assetId)
const uploads = () => test.wecom.callsOf('uploadMedia') as { kind: string; fileName: string }[][]

describe('an asset', () => {
  it.each([
    ['image', '店面.jpg', 'image/jpeg', JPEG, 'image/jpeg'],
    ['video', '戒指.mp4', 'video/mp4', MP4, 'video/mp4'],
    ['file', '保养.pdf', 'application/pdf', PDF, 'application/pdf'],
    ['image', '说是文件.bin', 'application/octet-stream', JPEG, 'image/jpeg'],
    ['file', '价目.xlsx', 'application/octet-stream', [0x50, 0x4b, 3, 4], 'application/octet-stream'],
  ])('is a %s by its first bytes: %s', async (kind, name, type, beginning, shownAs) => {
    const { who, actor } = await guideOf()
    const bytes = bytesOf(beginning)
    const asset = await uploaded(who, { name, type, bytes })
    expect(asset).toMatchObject({ kind, name, bytes: 64 })
    const shown = await who.fetch(`/api/script-assets/${asset.assetId}`)
    expect(shown.headers.get('content-type')).toBe(shownAs)
    expect(new Uint8Array(await shown.arrayBuffer())).toEqual(bytes)
    expect(/attachment/.test(shown.headers.get('content-disposition') ?? '')).toBe(kind === 'file')
    await test.services.media.renewDue()
    expect(uploads().map(([given]) => [given?.kind, given?.fileName])).toContainEqual([kind, name])
    expect(await mediaIdOf(actor, asset)).toMatch(/^media-/)
  })

  it.each([
    ['a picture that is none', { type: 'image/png', bytes: bytesOf(PDF) }, '图片要 JPG 或 PNG，视频要 MP4'],
    ['a picture over 2 MB', { bytes: bytesOf(JPEG, ASSET_MAX_BYTES.image + 1) }, '图片最大 2 MB'],
    ['nothing', { type: 'application/pdf', bytes: bytesOf(PDF, 5) }, '这个文件是空的'],
  ])('%s is refused in words', async (_, given, words) => {
    const { who } = await guideOf()
    const answer = await upload(who, given)
    expect(await answer.json()).toMatchObject({ code: 'validation_failed', detail: words })
  })

  it('the same intention keeps one', async () => {
    const { who } = await guideOf()
    const given = { key: newKey(), bytes: bytesOf(JPEG) }
    const [first, second] = [await uploaded(who, given), await uploaded(who, given)]
    expect(second.assetId).toBe(first.assetId)
  })

  describe('has to find room', () => {
    const limit = (corpId: number, guideMib: number, managerMib: number, corpMib: number) =>
      sql`insert into script_asset_limits (corp_id, guide_mib, manager_mib, corp_mib)
          values (${corpId}, ${guideMib}, ${managerMib}, ${corpMib})
          on conflict (corp_id) do update
          set guide_mib = excluded.guide_mib, manager_mib = excluded.manager_mib, corp_mib = excluded.corp_mib`.execute(
        test.db,
      )
    afterEach(() => sql`delete from script_asset_limits where corp_id = ${test.corp.corpId}`.execute(test.db))
    const pdf = (bytes: number) => ({
      name: '册子.pdf',
      type: 'application/pdf',
      bytes: bytesOf(PDF, bytes),
    })
    const refusal = async (answer: Response) => {
      const { code, detail } = (await answer.json()) as { code: string; detail: string }
      return [answer.status, code, detail]
    }
    const MIB = 1024 * 1024

    it('of her own: up to the last byte, said in numbers, and others are not touched by it', async () => {
      await limit(test.corp.corpId, 1, 2, 1000)
      const { who } = await guideOf()
      expect((await upload(who, pdf(MIB / 2))).status).toBe(201)
      expect(await refusal(await upload(who, pdf(MIB / 2 + 1)))).toEqual([
        422,
        'limit_reached',
        '你传的一共最多 1 MB，还能传 0.5 MB。没用进话术的、换下来没发过的，7 天后自动清掉',
      ])
      expect((await upload(who, pdf(MIB / 2))).status).toBe(201)
      expect((await refusal(await upload(who, pdf(64))))[2]).toContain('已经满了')
      expect((await upload((await guideOf()).who, pdf(64))).status).toBe(201)
      const manager = await test.signIn(await test.make.staff(test.corp, { role: 'manager' }))
      expect((await upload(manager, pdf(MIB + 1))).status).toBe(201)
    })

    it('of the whole corp, also when two upload at once', async () => {
      const { rows } = await sql<{ mib: number }>`
        select ceil(sum(byte_count) / 1048576.0)::int + 1 as mib from script_assets
        where corp_id = ${test.corp.corpId}`.execute(test.db)
      const { rows: used } = await sql<{ bytes: number }>`
        select sum(byte_count)::bigint as bytes from script_assets where corp_id = ${test.corp.corpId}`.execute(
        test.db,
      )
      const corpMib = rows[0]?.mib ?? 0
      await limit(test.corp.corpId, 1000, 1000, corpMib)
      const room = corpMib * MIB - (used[0]?.bytes ?? 0)
      const [one, other] = [await guideOf(), await guideOf()]
      const both = await Promise.all(
        [one, other].map(({ who }) => upload(who, pdf(Math.floor(room / 2) + 1))),
      )
      expect(both.map(({ status }) => status).sort()).toEqual([201, 422])
      const refused = both.find(({ status }) => status === 422)!
      expect(await refusal(refused)).toEqual([
        422,
        'limit_reached',
        expect.stringMatching(
          /^全公司的素材一共最多 \d+ MB，还能传 \d\.\d MB。没用进话术的、换下来没发过的，7 天后自动清掉$/,
        ),
      ])
    })

    it('what never came into a script makes room again', async () => {
      await limit(test.corp.corpId, 1, 1, 1000)
      const { who, actor } = await guideOf()
      expect((await upload(who, pdf(MIB))).status).toBe(201)
      expect((await upload(who, pdf(64))).status).toBe(422)
      after(8 * 24)
      await test.services.scriptAssets.dropForgotten()
      expect((await upload(await test.signIn(actor), pdf(64))).status).toBe(201)
    })
  })

  it('that a script holds no more goes after a week, unless it was sent', async () => {
    const { who, actor } = await guideOf()
    const customer = await test.make.followed(test.corp, actor)
    const [replaced, sent, kept] = [await uploaded(who), await uploaded(who), await uploaded(who)]
    const rewrite = async (before: ScriptAsset) => {
      const script = await write(who, [{ kind: 'image', assetId: before.assetId }])
      const answer = await who.fetch(`/api/scripts/${script.scriptId}`, {
        method: 'PATCH',
        version: script.version,
        json: { parts: [{ kind: 'image', assetId: kept.assetId }] },
      })
      expect(answer.status).toBe(200)
      return script
    }
    await test.make.send(actor, customer, { script: await rewrite(sent) })
    after(8 * 24)
    const again = await test.signIn(actor)
    const late = await write(again, [{ kind: 'image', assetId: replaced.assetId }])
    await again.fetch(`/api/scripts/${late.scriptId}`, {
      method: 'PATCH',
      version: late.version,
      json: { parts: [{ kind: 'image', assetId: kept.assetId }] },
    })
    const left = async (inHours: number) => {
      after(inHours)
      await test.services.scriptAssets.dropForgotten()
      const guide = await test.signIn(actor)
      const all = [replaced, sent, kept].map(
        async ({ assetId }) => (await guide.fetch(`/api/script-assets/${assetId}`)).status,
      )
      return Promise.all(all)
    }
    expect(await left(9 * 24)).toEqual([200, 200, 200])
    expect(await left(16 * 24)).toEqual([404, 200, 200])
  })

  it('is seen by who may use a script it stands in, and by nobody else', async () => {
    const store = await test.make.store(test.corp)
    const manager = await test.signIn(
      await test.make.staff(test.corp, { role: 'manager', store, manages: [store] }),
    )
    const inStore = await test.make.staff(test.corp, { store })
    const { who: elsewhere, actor } = await guideOf()
    const asset = await uploaded(manager)
    const path = `/api/script-assets/${asset.assetId}`
    const guide = await test.signIn(inStore)
    expect((await guide.fetch(path)).status).toBe(404)
    const found = await sql<{ id: number }>`
      select department_id as id from stores where store_id = ${store.storeId}`.execute(test.db)
    const storeId = found.rows[0]?.id
    await write(manager, [{ kind: 'image', assetId: asset.assetId }], { scope: 'store', storeId })
    expect((await guide.fetch(path)).status).toBe(200)
    expect((await elsewhere.fetch(path)).status).toBe(404)
    expect(await mediaIdOf(actor, asset)).toBeUndefined()
    expect(await mediaIdOf(inStore, asset)).toBeNull()
  })

  it('comes along with a store’s copy and stays when the company’s is put away', async () => {
    const store = await test.make.store(test.corp)
    const manager = await test.signIn(
      await test.make.staff(test.corp, { role: 'manager', store, manages: [store] }),
    )
    const admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
    const guide = await test.make.staff(test.corp, { store })
    const asset = await uploaded(admin)
    const company = await write(admin, [{ kind: 'image', assetId: asset.assetId }], { scope: 'company' })
    const found = await sql<{ id: number }>`
      select department_id as id from stores where store_id = ${store.storeId}`.execute(test.db)
    const answer = await manager.fetch(`/api/scripts/${company.scriptId}/copy`, {
      method: 'POST',
      key: newKey(),
      json: { storeId: found.rows[0]?.id },
    })
    expect(((await answer.json()) as ManagedScript).parts).toEqual(company.parts)
    await admin.fetch(`/api/scripts/${company.scriptId}`, { method: 'DELETE' })
    await test.services.media.renewDue()
    expect(await mediaIdOf(guide, asset)).toMatch(/^media-/)
  })

  it('of another kind than the part says is refused', async () => {
    const { who } = await guideOf()
    const { assetId } = await uploaded(who)
    const json = { title: '视频', occasion: 'visit', scope: 'personal', parts: [{ kind: 'video', assetId }] }
    expect((await who.fetch('/api/scripts', { method: 'POST', key: newKey(), json })).status).toBe(422)
  })
})

describe('standing ready at WeCom', () => {
  it('goes there as soon as it is uploaded, and again a day before its three days are over', async () => {
    const { who, actor } = await guideOf()
    const asset = await uploaded(who)
    await write(who, [{ kind: 'image', assetId: asset.assetId }])
    expect(await mediaIdOf(actor, asset)).toBeNull()
    await test.runQueued()
    const first = await mediaIdOf(actor, asset)
    expect(first).toMatch(/^media-/)
    after(RENEW_HOURS - 0.1)
    await test.services.media.renewDue()
    expect(await mediaIdOf(actor, asset)).toBe(first)
    after(RENEW_HOURS + 0.1)
    await test.services.media.renewDue()
    const second = await mediaIdOf(actor, asset)
    expect(second).not.toBe(first)
    // The new three days count from the renewal.
    after(RENEW_HOURS + 0.1 + LIFE_HOURS - LEAST_LIFE_MINUTES / 60 - 0.01)
    expect(await mediaIdOf(actor, asset)).toBe(second)
    after(RENEW_HOURS + 0.1 + LIFE_HOURS - LEAST_LIFE_MINUTES / 60)
    expect(await mediaIdOf(actor, asset)).toBeNull()
  })

  it('P18 an outage of WeCom is waited out; a file it refuses does not keep the others waiting', async () => {
    const { who, actor } = await guideOf()
    const asset = await uploaded(who)
    test.wecom.fail('uploadMedia', new WecomError('media/upload', { trouble: 'network' }), 1)
    await test.services.media.renewDue()
    expect(await mediaIdOf(actor, asset)).toBeNull()
    after(0.1)
    await test.services.media.renewDue()
    expect(await mediaIdOf(actor, asset)).toMatch(/^media-/)

    const [refused, fine] = [await uploaded(who), await uploaded(who)]
    test.wecom.fail('uploadMedia', new WecomError('media/upload', { errcode: 40004 }), 1)
    await test.services.media.renewDue()
    const standing = [await mediaIdOf(actor, refused), await mediaIdOf(actor, fine)]
    expect(standing.filter(mediaId => mediaId === null)).toHaveLength(1)
  })

  it('two runs at once give WeCom each file once', async () => {
    const { who } = await guideOf()
    await test.services.media.renewDue()
    test.wecom.calls.length = 0
    for (let index = 0; index < 4; index++) await uploaded(who)
    await Promise.all([1, 2, 3].map(() => test.services.media.renewDue()))
    expect(uploads()).toHaveLength(4)
  })

  it('what stands in no script that can be sent is not renewed, until it does again', async () => {
    const { who, actor } = await guideOf()
    const asset = await uploaded(who)
    const script = await write(who, [{ kind: 'image', assetId: asset.assetId }])
    await test.services.media.renewDue()
    await who.fetch(`/api/scripts/${script.scriptId}`, { method: 'DELETE' })
    after(LIFE_HOURS)
    await test.services.media.renewDue()
    expect(await mediaIdOf(actor, asset)).toBeNull()
    const signedIn = await test.signIn(actor)
    await signedIn.fetch(`/api/scripts/${script.scriptId}/restore`, { method: 'POST' })
    await test.services.media.renewDue()
    expect(await mediaIdOf(actor, asset)).toMatch(/^media-/)
  })

  it('an upload that never came into a script goes after a week; one of a script put away stays', async () => {
    const { who, actor } = await guideOf()
    const [forgotten, putAway] = [await uploaded(who), await uploaded(who)]
    const script = await write(who, [{ kind: 'image', assetId: putAway.assetId }])
    await who.fetch(`/api/scripts/${script.scriptId}`, { method: 'DELETE' })
    after(7 * 24 + 1)
    await test.services.scriptAssets.dropForgotten()
    expect(await mediaIdOf(actor, forgotten)).toBeUndefined()
    expect(await mediaIdOf(actor, putAway)).toBeNull()
  })
})
