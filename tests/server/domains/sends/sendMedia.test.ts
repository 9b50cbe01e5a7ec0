import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { LEAST_LIFE_MINUTES, LIFE_HOURS } from '../../../../server/domains/media/media.service.ts'
import { PartResults, type SendDraft } from '../../../../shared/contract/sends.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_NOW, type MadeCustomer } from '../../../support/make.ts'
import { intentOf } from '../guideWorld.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
afterEach(() => test.clock.set(TEST_NOW))

const travel = (minutes: number) => test.clock.set(new Date(TEST_NOW.getTime() + minutes * 60_000))
const guideWithCustomer = async () => {
  const guide = await test.make.staff(test.corp)
  return { guide, customer: await test.make.followed(test.corp, guide) }
}
const picture = async (guide: StaffActor) => {
  const bytes = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, ...randomBytes(40)])
  const intent = intentOf('uploadScriptAsset')
  const file = { type: 'image/jpeg', bytes }
  return test.services.scriptAssets.upload(guide, '店面.jpg', file, intent)
}
const draftOf = (...parts: SendDraft['parts']): SendDraft => ({
  title: '看看店面',
  parts,
  script: null,
  reminderId: null,
})
const start = (
  guide: StaffActor,
  { externalUserId }: Pick<MadeCustomer, 'externalUserId'>,
  draft: SendDraft,
) => test.services.sends.start(guide, externalUserId, draft, intentOf('startSend', draft))

describe('pictures, videos and files', () => {
  it('go out under the id WeCom knows them by, and say so when it does not know them yet', async () => {
    const { guide, customer } = await guideWithCustomer()
    const { assetId } = await picture(guide)
    const draft = draftOf({ kind: 'text', text: '您看' }, { kind: 'image', assetId })
    const early = await start(guide, customer, draft)
    expect(early.parts[1]?.body).toEqual({ kind: 'image', assetId, mediaId: null })

    await test.services.media.renewDue()
    const ready = await start(guide, customer, draft)
    expect(ready.parts[1]?.body).toEqual({
      kind: 'image',
      assetId,
      mediaId: expect.stringMatching(/./) as string,
    })
  })

  it('have an id that lives when their part goes out, however long ago the send began', async () => {
    const { guide, customer } = await guideWithCustomer()
    const { assetId } = await picture(guide)
    await test.services.media.renewDue()
    // The id has just enough time left at the start, and none when the rest is continued.
    travel(LIFE_HOURS * 60 - LEAST_LIFE_MINUTES - 1)
    const draft = draftOf({ kind: 'text', text: '您看' }, { kind: 'image', assetId })
    const { sendId, parts } = await start(guide, customer, draft)
    const before = parts[1]?.body
    expect(before).toMatchObject({ mediaId: expect.stringMatching(/./) as string })
    const next = async (told: Parameters<typeof PartResults.parse>[0]) => {
      const body = PartResults.parse(told)
      const sent = await test.services.sends.finish(guide, customer.externalUserId, sendId, body, undefined)
      return sent.parts[1]?.body
    }
    travel(LIFE_HOURS * 60)
    const first = { results: [{ index: 0, outcome: 'ok' }], next: 1 }
    expect(await next(first)).toMatchObject({ mediaId: null })
    await next({ results: [{ index: 1, outcome: 'failed' }] })
    await test.services.media.renewDue()
    const fresh = await next({ next: 1 })
    expect(fresh).toMatchObject({ mediaId: expect.stringMatching(/./) as string })
    expect(fresh).not.toEqual(before)
  })

  it('P2 of somebody else are not there', async () => {
    const { guide, customer } = await guideWithCustomer()
    const { assetId } = await picture(await test.make.staff(test.corp))
    await expect(start(guide, customer, draftOf({ kind: 'image', assetId }))).rejects.toMatchObject({
      fields: [{ path: 'parts.0.assetId', message: '没有这个素材' }],
    })
  })
})
