import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useCurrentCustomerStore } from '../../../../web/domains/customers/currentCustomer.store.ts'
import { BridgeSilent } from '../../../../web/wecom/bridge.ts'
import { createFakeApi, later, ok, problem, type Answer } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { makeCard, makeDate, makeReminder } from '../../../support/makeCard.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let api = createFakeApi()
beforeEach(async () => {
  setActivePinia(createPinia())
  fakeBridge.reset(inChatWith('wmA'))
  api = createFakeApi()
  await api.install()
  for (const id of ['wmA', 'wmB']) api.on('get', new RegExp(`/customers/${id}/card`), () => ok(makeCard(id)))
})
afterEach(() => vi.unstubAllGlobals())

const loaded = async () => {
  const current = useCurrentCustomerStore()
  await current.follow()
  await vi.waitFor(() => expect(current.card).toBeDefined())
  return current
}

describe('following the chat', () => {
  it('shows the customer in view after one request', async () => {
    const current = await loaded()
    expect(current.place).toBe('customer')
    expect(current.card?.customer.externalUserId).toBe('wmA')
    expect(api.requests.length).toBe(1)
  })

  it('goes on with a card that was asked for before', async () => {
    const current = useCurrentCustomerStore()
    await current.follow(Promise.resolve(inChatWith('wmA')), Promise.resolve(makeCard('wmA')))
    await vi.waitFor(() => expect(current.card).toBeDefined())
    expect(api.requests).toEqual([])
  })

  it('clears the old customer before the new one is there', async () => {
    const current = await loaded()
    const slow = later<Answer>()
    api.on('get', /wmB\/card/, () => slow.promise)
    fakeBridge.contact = inChatWith('wmB')
    await current.follow()
    expect(current.externalUserId).toBe('wmB')
    expect(current.card).toBeUndefined()
    slow.settle(ok(makeCard('wmB')))
    await vi.waitFor(() => expect(current.card?.customer.externalUserId).toBe('wmB'))
  })

  it('doubts the customer on the screen while the client takes long, and no longer than that', async () => {
    const current = await loaded()
    vi.useFakeTimers()
    try {
      const slow = later<ReturnType<typeof inChatWith>>()
      const asked = current.follow(slow.promise)
      expect(current.isDoubtful).toBe(false)
      await vi.advanceTimersByTimeAsync(400)
      expect(current.isDoubtful).toBe(true)
      slow.settle(inChatWith('wmA'))
      await asked
      expect(current.isDoubtful).toBe(false)
      expect(current.card?.customer.externalUserId).toBe('wmA')
    } finally {
      vi.useRealTimers()
    }
  })

  it('never paints the late answer of a customer who was left', async () => {
    const slow = later<Answer>()
    api.on('get', /wmA\/card/, () => slow.promise)
    const current = useCurrentCustomerStore()
    await current.follow()
    fakeBridge.contact = inChatWith('wmB')
    await current.follow()
    await vi.waitFor(() => expect(current.card?.customer.externalUserId).toBe('wmB'))
    slow.settle(ok(makeCard('wmA')))
    await slow.promise
    await new Promise(resolve => setTimeout(resolve))
    expect(current.card?.customer.externalUserId).toBe('wmB')
  })

  it('lets the latest question win when the client answers the earlier one later', async () => {
    const current = useCurrentCustomerStore()
    const early = later<ReturnType<typeof inChatWith>>()
    const first = current.follow(early.promise)
    await current.follow(Promise.resolve(inChatWith('wmB')))
    early.settle(inChatWith('wmA'))
    await first
    expect(current.externalUserId).toBe('wmB')
  })

  it('shows a customer seen before at once, marked as being updated', async () => {
    const current = await loaded()
    fakeBridge.contact = inChatWith('wmB')
    await current.follow()
    await vi.waitFor(() => expect(current.card?.customer.externalUserId).toBe('wmB'))
    const slow = later<Answer>()
    api.on('get', /wmA\/card/, () => slow.promise)
    fakeBridge.contact = inChatWith('wmA')
    await current.follow()
    expect(current.card?.customer.externalUserId).toBe('wmA')
    expect(current.isUpdating).toBe(true)
    slow.settle(ok(makeCard('wmA', { colleagues: ['周敏'] })))
    await vi.waitFor(() => expect(current.card?.colleagues).toEqual(['周敏']))
    expect(current.isUpdating).toBe(false)
  })

  it('forgets a customer who is not mine any more', async () => {
    const current = await loaded()
    api.on('get', /wmA\/card/, () => problem('not_found'))
    await current.refresh()
    expect(current.card).toBeUndefined()
    expect(current.error).toBeDefined()
  })

  it('keeps what is known when a refresh does not come through', async () => {
    const current = await loaded()
    api.on('get', /wmA\/card/, () => problem('database_unavailable'))
    await current.refresh()
    expect(current.card?.customer.externalUserId).toBe('wmA')
    expect(current.error).toBeDefined()
  })

  it('knows groups, other places, and silence', async () => {
    const current = useCurrentCustomerStore()
    await current.follow(Promise.resolve(inGroup('wrG')))
    expect([current.place, current.chatId, current.canSend]).toEqual(['group', 'wrG', true])
    await current.follow(Promise.resolve({ kind: 'elsewhere', entry: 'normal' }))
    expect([current.place, current.canSend]).toEqual(['elsewhere', false])
  })

  it('says that the client is silent when nobody was in view yet, and keeps a customer who was', async () => {
    const fresh = useCurrentCustomerStore()
    await fresh.follow(Promise.reject(new BridgeSilent('getContext')))
    expect(fresh.place).toBe('silent')
    await fresh.follow()
    await fresh.follow(Promise.reject(new BridgeSilent('getContext')))
    expect(fresh.place).toBe('customer')
  })
})

describe('confirming the contact', () => {
  it('says yes when the chat is the same', async () => {
    const current = await loaded()
    expect(await current.confirmStillHere()).toBe(true)
    expect(current.notice).toBeUndefined()
  })

  it('says no, shows the strip and follows when the chat has changed', async () => {
    const current = await loaded()
    fakeBridge.contact = inChatWith('wmB')
    expect(await current.confirmStillHere()).toBe(false)
    expect(current.notice).toEqual({ kind: 'switched' })
    await vi.waitFor(() => expect(current.card?.customer.externalUserId).toBe('wmB'))
  })

  it('says no when the client does not answer', async () => {
    const current = await loaded()
    fakeBridge.contact = new BridgeSilent('getContext')
    expect(await current.confirmStillHere()).toBe(false)
    expect(current.notice).toEqual({ kind: 'silent' })
    expect(current.card?.customer.externalUserId).toBe('wmA')
  })

  it('says no where no chat is in view', async () => {
    fakeBridge.contact = { kind: 'elsewhere', entry: 'normal' }
    const current = useCurrentCustomerStore()
    await current.follow()
    expect(await current.confirmStillHere()).toBe(false)
  })
})

describe('changes of the card', () => {
  it('reach a customer who is no longer in view', async () => {
    const current = await loaded()
    fakeBridge.contact = inChatWith('wmB')
    await current.follow()
    current.showDate('wmA', makeDate({ nextOn: '2026-11-30' }))
    await vi.waitFor(() => expect(current.card?.customer.externalUserId).toBe('wmB'))
    expect(current.card?.dates).toEqual([])
    const slow = later<Answer>()
    api.on('get', /wmA\/card/, () => slow.promise)
    fakeBridge.contact = inChatWith('wmA')
    await current.follow()
    expect(current.card?.dates.length).toBe(1)
  })

  it('keeps dates in the order in which they come', async () => {
    const current = await loaded()
    current.showDate('wmA', makeDate({ nextOn: '2027-05-20' }))
    current.showDate('wmA', makeDate({ nextOn: '2026-12-03' }))
    expect(current.card?.dates.map(date => date.nextOn)).toEqual(['2026-12-03', '2027-05-20'])
  })

  it('keeps the reason given for a message for that one only', async () => {
    const current = await loaded()
    current.reasonClass = 'orderReady'
    current.showContacted('wmB', '生日祝福')
    expect(current.reasonClass).toBe('orderReady')
    current.showContacted('wmA', '生日祝福')
    expect(current.reasonClass).toBeUndefined()
  })

  it('takes a reminder away', async () => {
    const reminder = makeReminder()
    api.on('get', /wmA\/card/, () => ok(makeCard('wmA', { reminders: [reminder] })))
    const current = await loaded()
    current.changeReminders('wmA', before => before.filter(one => one.reminderId !== reminder.reminderId))
    expect(current.card?.reminders).toEqual([])
  })
})

it('does not let a card that was read before a change take the change away', async () => {
  const current = await loaded()
  const slow = later<Answer>()
  const date = makeDate({ nextOn: '2026-11-30' })
  api.on('get', /wmA\/card/, () => slow.promise)
  const refreshing = current.refresh()
  current.showDate('wmA', date)
  api.on('get', /wmA\/card/, () => ok(makeCard('wmA', { dates: [date] })))
  slow.settle(ok(makeCard('wmA')))
  await refreshing
  expect(current.card?.dates.length).toBe(1)
  expect(current.isLoading).toBe(false)
})

it('never offers again what was sent, while the server has not heard of it', async () => {
  const [sent, other] = [makeReminder(), makeReminder()]
  api.on('get', /wmA\/card/, () => ok(makeCard('wmA', { reminders: [sent, other] })))
  const current = await loaded()
  current.showReminderSent('wmA', sent.reminderId)
  await current.refresh()
  expect(current.card?.reminders.map(one => one.reminderId)).toEqual([other.reminderId])
})

it('leads from a hole to the field or the date that fills it', async () => {
  const current = await loaded()
  current.askFor('称呼')
  expect([current.tab, current.askedField]).toEqual(['profile', 'salutation'])
  current.askFor('家人称呼')
  expect(current.isAskingForDate).toBe(true)
})
