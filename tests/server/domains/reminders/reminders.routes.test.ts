import { afterAll, beforeAll, expect, it } from 'vitest'
import { Card } from '../../../../shared/contract/customers.ts'
import { Family, ImportantDate } from '../../../../shared/contract/people.ts'
import { Reminder, Today } from '../../../../shared/contract/reminders.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'

let test: TestApp
let guide: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  guide = await test.signIn(await test.make.staff(test.corp))
})
afterAll(() => test.close())

it('a near date becomes the next step, stands in 今日, and is gone from both when it is done', async () => {
  const customer = await test.make.followed(test.corp, guide.actor)
  await test.make.script(test.corp, { occasion: 'birthdayElder' })
  const path = `/api/customers/${customer.externalUserId}`
  const draft = { person: { relation: 'mother' }, date: { calendar: 'lunar', month: 10, day: 25 } }
  const added = await guide.fetch(`${path}/dates`, { method: 'POST', json: draft, key: 'date-of-her-mother' })
  expect(added.status).toBe(201)
  const date = ImportantDate.parse(await added.json())
  expect(date.nextOn).toBe('2026-12-03')

  const card = async () => Card.parse(await (await guide.fetch(`${path}/card`)).json())
  const [next] = (await card()).reminders
  expect(next).toMatchObject({ occurrence: '2026-12-03', date: { dateId: date.dateId }, scripts: [{}] })

  test.statements.length = 0
  const today = Today.parse(await (await guide.fetch('/api/today')).json())
  expect(test.statements.length).toBeLessThanOrEqual(2)
  expect(today.sections.find(section => section.name === 'due')?.rows).toMatchObject([
    { reminderId: next!.reminderId },
  ])

  const act = (json: object) => guide.fetch(`/api/reminders/${next!.reminderId}`, { method: 'PATCH', json })
  expect(Reminder.parse(await (await act({ action: 'done' })).json()).state).toBe('done')
  expect((await card()).reminders).toEqual([])
  const late = await act({ action: 'skip', reason: 'badTime' })
  expect(late.status).toBe(409)
  expect(await late.json()).toMatchObject({ code: 'state_conflict' })
  expect(Reminder.parse(await (await act({ action: 'reopen' })).json()).state).toBe('pending')

  expect((await guide.fetch(`${path}/dates/${date.dateId}`, { method: 'DELETE' })).status).toBe(200)
  expect(Family.parse(await (await guide.fetch(`${path}/people`)).json())).toEqual({ people: [], dates: [] })
  expect((await act({ action: 'done' })).status).toBe(404)
})

it('says in Chinese, and by its path, why a day cannot be', async () => {
  const customer = await test.make.followed(test.corp, guide.actor)
  const answer = await guide.fetch(`/api/customers/${customer.externalUserId}/dates`, {
    method: 'POST',
    json: { person: null, date: { calendar: 'solar', month: 4, day: 31 } },
  })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({
    errors: [{ path: 'date.day', message: '4月最多 30 天，没有 31 号' }],
  })
})

it('P28 asks for consent before a child is noted', async () => {
  const customer = await test.make.followed(test.corp, guide.actor)
  const answer = await guide.fetch(`/api/customers/${customer.externalUserId}/dates`, {
    method: 'POST',
    json: { person: { relation: 'son' }, date: { calendar: 'solar', month: 4, day: 3 } },
  })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ code: 'guardian_consent_required' })
})
