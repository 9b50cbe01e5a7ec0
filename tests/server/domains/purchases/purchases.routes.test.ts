import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'

let test: TestApp
let manager: SignedIn
let externalUserId: string
beforeAll(async () => {
  test = await createTestApp()
  const store = await test.make.store(test.corp)
  const actor = await test.make.staff(test.corp, { role: 'manager', store, manages: [store] })
  manager = await test.signIn(actor)
  externalUserId = (await test.make.followed(test.corp, actor)).externalUserId
})
afterAll(() => test.close())

const header = 'externalUserId,day,piece,amount'
const upload = (path: string, body: string, given: { type?: string; key?: string } = {}) =>
  manager.fetch(`/api/purchase-imports${path}?columns=${header}${path === '' ? '&name=a.csv' : ''}`, {
    method: 'POST',
    headers: { 'Content-Type': given.type ?? 'text/csv' },
    body,
    ...(given.key ? { key: given.key } : {}),
  })
const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code

it('a file may be larger than other bodies, up to its own limit', async () => {
  const line = `${externalUserId},2026-11-20,${'戒'.repeat(20)},1\n`
  const large = `${header}\n${line.repeat(Math.floor((200 * 1024) / Buffer.byteLength(line)))}`
  expect((await upload('/preview', large)).status).toBe(200)
  const tooLarge = await upload('/preview', ' '.repeat(1024 * 1024 + 1))
  expect([tooLarge.status, await codeOf(tooLarge)]).toEqual([413, 'payload_too_large'])
  const elsewhere = await manager.fetch(`/api/customers/${externalUserId}/purchases`, {
    method: 'POST',
    json: { piece: 'x'.repeat(70 * 1024) },
    key: 'a-key-of-something-large',
  })
  expect([elsewhere.status, await codeOf(elsewhere)]).toEqual([413, 'payload_too_large'])
})

it.each(['application/json', 'application/zip', 'text/html'])('a file of type %s is refused', async type => {
  const answer = await upload('/preview', header, { type })
  expect([answer.status, await codeOf(answer)]).toEqual([415, 'unsupported_media_type'])
})

it('P11 an import needs a key, which holds for one file only', async () => {
  const file = `${header}\n${externalUserId},2026-11-20,金戒指,1200`
  expect(await codeOf(await upload('', file))).toBe('idempotency_key_required')
  const first = await upload('', file, { key: 'a-key-of-one-file-0001' })
  const again = await upload('', file, { key: 'a-key-of-one-file-0001' })
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true'])
  expect(await again.json()).toEqual(await first.json())
  const other = await upload('', `${file}0`, { key: 'a-key-of-one-file-0001' })
  expect(await codeOf(other)).toBe('idempotency_key_reused')
})
