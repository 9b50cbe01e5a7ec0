import { afterAll, beforeAll, expect, it } from 'vitest'
import { CustomerTags, TagCatalogue } from '../../../../shared/contract/tags.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'

let test: TestApp
let guide: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  guide = await test.signIn(await test.make.staff(test.corp))
})
afterAll(() => test.close())

it('a tag goes through the queue to WeCom, and a refusal comes back to the card', async () => {
  const { tags } = await test.make.tagGroup(test.corp)
  const customer = await test.make.followed(test.corp, guide.actor)
  const path = `/api/customers/${customer.externalUserId}/tags`
  const add = async (tagId: string) => {
    const answer = await guide.fetch(path, {
      method: 'POST',
      json: { add: [tagId] },
      key: `intention-${tagId}`,
    })
    expect(answer.status).toBe(200)
    return CustomerTags.parse(await answer.json())
  }
  const read = async () => CustomerTags.parse(await (await guide.fetch(path)).json())

  expect((await add(tags[0]!.tagId)).tags).toMatchObject([{ name: '简约', sync: 'pending' }])
  expect(test.wecom.calls).toEqual([])
  await test.runQueued()
  expect(test.wecom.callsOf('markTag')).toEqual([
    [
      {
        userId: guide.actor.userId,
        externalUserId: customer.externalUserId,
        add: [tags[0]!.tagId],
        remove: [],
      },
    ],
  ])
  expect((await read()).tags).toMatchObject([{ name: '简约', sync: 'done' }])

  test.wecom.fail('markTag', new WecomError('externalcontact/mark_tag', { errcode: 84061 }), 1)
  await add(tags[1]!.tagId)
  await test.runQueued()
  const after = await read()
  expect(after.tags.map(tag => tag.name)).toEqual(['简约'])
  expect(after.refused).toMatchObject([{ name: '古法', change: 'add' }])
})

it('the catalogue is not sent again while it is the same', async () => {
  const first = await guide.fetch('/api/tag-groups')
  TagCatalogue.parse(await first.json())
  const again = await guide.fetch('/api/tag-groups', {
    headers: { 'If-None-Match': first.headers.get('etag')! },
  })
  expect(again.status).toBe(304)
  await test.make.tagGroup(test.corp, { name: '新的一组' })
  const changed = await guide.fetch('/api/tag-groups', {
    headers: { 'If-None-Match': first.headers.get('etag')! },
  })
  expect(changed.status).toBe(200)
})

it('only managers decide how many of a group may be worn', async () => {
  const group = await test.make.tagGroup(test.corp)
  const manager = await test.signIn(await test.make.staff(test.corp, { role: 'manager' }))
  const choose = (who: SignedIn) =>
    who.fetch(`/api/tag-groups/${group.groupId}`, { method: 'PATCH', json: { choice: 'single' } })
  expect((await choose(guide)).status).toBe(403)
  expect((await choose(manager)).status).toBe(200)
})

it('names unknown tags by their path', async () => {
  const customer = await test.make.followed(test.corp, guide.actor)
  const path = `/api/customers/${customer.externalUserId}/tags`
  const answer = await guide.fetch(path, { method: 'POST', json: { add: ['etNobody'] } })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ path: 'add.0' }] })
})
