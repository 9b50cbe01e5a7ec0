import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Card } from '../../../../shared/contract/customers.ts'
import type { Reminder } from '../../../../shared/contract/reminders.ts'
import { useCurrentCustomerStore } from '../../../../web/domains/customers/currentCustomer.store.ts'
import NextStepCard from '../../../../web/domains/reminders/NextStepCard.vue'
import { useSessionStore } from '../../../../web/domains/session/session.store.ts'
import SkipSheet from '../../../../web/domains/reminders/SkipSheet.vue'
import { hideToast, toast } from '../../../../web/ui/undoToast.ts'
import { createFakeApi, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { serveSends } from '../../../support/fakeSends.ts'
import { makeCard, makeDate, makeReminder, makeSession } from '../../../support/makeCard.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let api = createFakeApi()
let reminders: Reminder[]
async function show(given: Reminder[], card: Partial<Card> = {}, isLocked = false) {
  reminders = given
  api.on('get', /card$/, () => ok(makeCard('wmA', { ...card, reminders })))
  await useCurrentCustomerStore().follow()
  await vi.waitFor(() => expect(useCurrentCustomerStore().card).toBeDefined())
  return mount(NextStepCard, { props: { isLocked } })
}
type View = Awaited<ReturnType<typeof show>>
const button = (view: View, words: string) => {
  const found = view.findAll('button').find(one => one.text().includes(words))
  if (!found) throw new Error(`no button ${words} in ${view.text()}`)
  return found
}

beforeEach(async () => {
  setActivePinia(createPinia())
  useSessionStore().begin(makeSession())
  fakeBridge.reset(inChatWith('wmA'))
  api = createFakeApi()
  await api.install()
  serveSends(api)
  localStorage.clear()
  api.on('patch', /reminders\//, () => ok(makeReminder()))
})
afterEach(() => {
  hideToast()
  vi.unstubAllGlobals()
})

describe('what is shown', () => {
  it('is the occasion, why, and the very words that will go out', async () => {
    const view = await show([makeReminder()])
    expect(view.get('h2').text().replace('，', ' ')).toBe('妈妈生日 还有 12 天')
    expect(view.text()).toContain('12月3日 星期四')
    expect(view.get('.next__message').text()).toBe('婉清姐，12月3日是阿姨的生日。')
    expect(button(view, '发给婉清姐').attributes('disabled')).toBeUndefined()
  })

  it('begins with the words that can be sent, and says why they are offered', async () => {
    const reminder = makeReminder({}, ['手围 {手围}', '{称呼}，生日快乐。'])
    reminder.scripts[1]!.why = '店里 8 成有回音'
    const view = await show([reminder])
    expect(view.get('.next__message').text()).toBe('婉清姐，生日快乐。')
    expect(view.text()).toContain('店里 8 成有回音')
    await button(view, '换一条').trigger('click')
    expect(view.get('.next__message').text()).toContain('手围')
    expect(view.text()).not.toContain('店里 8 成有回音')
  })

  it('says how many more wait, and turns to the next', async () => {
    const own = makeReminder({ occurrence: '2026-11-22' })
    const view = await show([makeReminder(), { ...own, date: own.date && { ...own.date, person: null } }])
    await button(view, '还有 1 件').trigger('click')
    expect(view.get('h2').text()).toContain('本人生日')
    expect(view.get('h2').text()).toContain('就在明天')
  })

  it('offers no other text when there is none', async () => {
    expect((await show([makeReminder({}, ['只有一条'])])).text()).not.toContain('换一条')
  })

  it('offers another text, round and round', async () => {
    const view = await show([makeReminder({}, ['第一条', '第二条'])])
    await button(view, '换一条').trigger('click')
    expect(view.get('.next__message').text()).toBe('第二条')
    await button(view, '换一条').trigger('click')
    expect(view.get('.next__message').text()).toBe('第一条')
  })
})

describe('words that stand there', () => {
  const current = () => useCurrentCustomerStore()

  it('stay while she reads, when the card comes anew and another would be the first', async () => {
    const reminder = makeReminder({}, ['第一条', '第二条', '第三条'])
    const view = await show([reminder])
    const [one, two, three] = reminder.scripts
    reminders = [{ ...reminder, scripts: [three!, one!, two!] }]
    await current().refresh()
    await flushPromises()
    expect(view.get('.next__message').text()).toBe('第一条')
    await button(view, '换一条').trigger('click')
    expect(view.get('.next__message').text()).toBe('第二条')
    await button(view, '换一条').trigger('click')
    expect(view.get('.next__message').text()).toBe('第三条')
  })

  it('stay when what is missing is filled in', async () => {
    const view = await show([makeReminder({}, ['{城市}的冬天', '{手围}的手链'])])
    expect(view.get('.next__message').text()).toBe('城市的冬天')
    const { profile } = current().card!.customer
    current().showProfile({ ...profile, wristSize: '16' })
    await flushPromises()
    expect(view.get('.next__message').text()).toBe('城市的冬天')
  })

  it('are those of the script as it is now, or of another one when it is gone', async () => {
    const reminder = makeReminder({}, ['第一条', '第二条'])
    const view = await show([reminder])
    const [one, two] = reminder.scripts
    const edited = { ...one!, version: 2, parts: [{ kind: 'text' as const, text: '改过的第一条' }] }
    reminders = [{ ...reminder, scripts: [two!, edited] }]
    await current().refresh()
    await flushPromises()
    expect(view.get('.next__message').text()).toBe('改过的第一条')
    reminders = [{ ...reminder, scripts: [two!] }]
    await current().refresh()
    await flushPromises()
    expect(view.get('.next__message').text()).toBe('第二条')
  })

  it('begin with the first again for another day, even if the same words are offered for both', async () => {
    const reminder = makeReminder({}, ['第一条', '第二条'])
    const father = { ...makeReminder({ occurrence: '2026-11-30' }), scripts: reminder.scripts }
    const view = await show([reminder, father])
    await button(view, '换一条').trigger('click')
    await button(view, '还有 1 件').trigger('click')
    expect(view.get('.next__message').text()).toBe('第一条')
  })
})

describe('too late to have something made', () => {
  const order = { productLine: '刻字', productionDays: 7, lastOrderOn: '2026-11-20' }
  const offer = (pieceId: string, isOffered: boolean) => ({
    pieceId,
    goldPriceFen: null,
    platinumPriceFen: null,
    productionDays: 7,
    details: '',
    isOffered,
    version: 1,
  })
  beforeEach(() => {
    const offers = [offer('roundPendant', true), offer('ring', false), offer('bangle', true)]
    api.on('get', /^\/engraving-offers$/, () => ok({ offers, closures: [] }))
  })

  it('shows the pieces that lie in the shop, and a tap leads to the words about them', async () => {
    const view = await show([makeReminder({ order, occurrence: '2026-11-25' })])
    await vi.waitFor(() => expect(view.findAll('.ready img')).toHaveLength(2), { timeout: 10_000 })
    expect(view.get('.ready').text()).toBe('圆牌吊坠手镯')
    await view.get('.ready button').trigger('click')
    expect(useCurrentCustomerStore()).toMatchObject({ tab: 'scripts', askedFolder: '现货' })
  })

  it('is not told on the day itself, on which one only congratulates', async () => {
    const view = await show([makeReminder({ order, occurrence: '2026-11-21' })])
    await flushPromises()
    expect(view.get('h2').text()).toContain('就在今天')
    expect(view.text()).not.toContain('来不及')
    expect(view.find('.ready').exists()).toBe(false)
  })

  it('shows none while it can still be ordered, or when the day has passed', async () => {
    const inTime = { ...order, lastOrderOn: '2026-11-21' }
    const shown = await show([makeReminder({ order: inTime, occurrence: '2026-11-28' })])
    await flushPromises()
    expect(shown.find('.ready').exists()).toBe(false)
    expect((await show([makeReminder({ order, occurrence: '2026-11-19' })])).find('.ready').exists()).toBe(
      false,
    )
  })
})

describe('other reasons', () => {
  const plain = { date: null, occurrence: '2026-11-23' }

  it('a promise is done with one tap, without a message', async () => {
    const promise = makeReminder(
      { ...plain, kind: 'promise', about: '周五前回复价格', because: '你答应周一（11月23日）做到' },
      [],
    )
    const view = await show([promise])
    expect(view.get('h2').text()).toBe('周五前回复价格')
    expect(view.text()).toContain('你答应周一')
    await button(view, '做到了').trigger('click')
    const acts = () => api.sentTo('patch', /reminders\//).map(({ body }) => body)
    await vi.waitFor(() => expect(acts()).toEqual([{ action: 'done', how: 'inChat' }]))
  })

  it('a coupon fills its own name and day into the words', async () => {
    const coupon = makeReminder(
      { ...plain, kind: 'coupon', about: '足金券', because: '「足金券」还有 2 天到期' },
      ['您的「{优惠券名}」用到{优惠券到期}。'],
    )
    const view = await show([coupon])
    expect(view.get('.next__message').text()).toBe('您的「足金券」用到11月23日。')
    expect(view.text()).toContain('还有 2 天到期')
  })

  it.each([
    [null, '您的足金手链戴了一阵子了'],
    ['妈妈', '您送妈妈的足金手链戴了一阵子了'],
  ])('a care speaks of its own piece, bought for %s', async (recipient, words) => {
    const cared = { piece: '足金手链', day: '2026-05-25', recipient }
    const care = makeReminder({ ...plain, kind: 'care', about: '足金手链', cared }, [
      '{哪件首饰|您的首饰}戴了一阵子了',
    ])
    expect((await show([care])).get('.next__message').text()).toBe(words)
  })

  it.each([
    ['2026-11-26', '刻字要 7 天，最晚周四（11月26日）下单'],
    ['2026-11-20', '来不及刻字了，换现货也来得及'],
  ])('ordered until %s: %s', async (lastOrderOn, words) => {
    const order = { productLine: '刻字', productionDays: 7, lastOrderOn }
    expect((await show([makeReminder({ order })])).text()).toContain(words)
  })

  it.each([
    ['2026-12-03', 1],
    ['2026-11-21', 0],
    ['2026-11-16', 0],
  ])('offers something to be engraved for %s, unless that day has come', async (occurrence, links) => {
    const view = await show([makeReminder({ date: makeDate(), occurrence })])
    expect(view.findAllComponents({ name: 'EngravingLink' })).toHaveLength(links)
  })

  it('remembers what was given to this person', async () => {
    const gift = {
      bought: [{ day: '2025-09-10', piece: '足金手链', engraving: '平安' }],
      ringSize: '13',
      wristSize: null,
      neckSize: null,
      likes: null,
      avoids: '银',
      allergies: null,
    }
    const view = await show([makeReminder({ gift })])
    expect(view.get('.next__gift').text()).toContain('送过足金手链（2025年，刻「平安」）')
    expect(view.get('.next__gift').text()).toContain('避开：银')
  })

  it('has no tomorrow on the day itself', async () => {
    const view = await show([makeReminder({ occurrence: '2026-11-21' })])
    expect(view.text()).not.toContain('明天提醒')
  })
})

describe('sending', () => {
  it('takes one tap; the exact words leave, bound to the reminder', async () => {
    const reminder = makeReminder()
    const view = await show([reminder])
    await button(view, '发给婉清姐').trigger('click')
    await vi.waitFor(() => expect(view.text()).toContain('已发出'))
    expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '婉清姐，12月3日是阿姨的生日。' }])
    expect(api.sentTo('post', /sends$/)[0]?.body).toMatchObject({ reminderId: reminder.reminderId })
  })

  it('stops at a hole, names it, and leads to the fact', async () => {
    const card = makeCard('wmA')
    const profile = { ...card.customer.profile, salutation: null }
    const view = await show([makeReminder()], { customer: { ...card.customer, profile } })
    expect(view.text()).toContain('还差 1 项，补上才能发')
    expect(button(view, '发给').attributes('disabled')).toBeDefined()
    await button(view, '补上').trigger('click')
    expect(useCurrentCustomerStore().askedField).toBe('salutation')
  })

  it('is locked when the rule says so', async () => {
    expect(button(await show([makeReminder()], {}, true), '发给').attributes('disabled')).toBeDefined()
  })

  it('says that nothing left when the guide cancelled, and stays', async () => {
    const view = await show([makeReminder()])
    fakeBridge.answers = ['cancelled']
    await button(view, '发给婉清姐').trigger('click')
    await vi.waitFor(() => expect(view.text()).toContain('你取消了，没有发出'))
    expect(button(view, '发给婉清姐').attributes('disabled')).toBeUndefined()
  })

  it('opens the chat where nothing can be sent', async () => {
    fakeBridge.reset(inChatWith('wmA', false))
    const view = await show([makeReminder()])
    await button(view, '去聊天里发').trigger('click')
    expect(fakeBridge.opened).toEqual(['wmA'])
    expect(fakeBridge.sent).toEqual([])
  })

  it('says so where the client does not open a chat either', async () => {
    fakeBridge.reset(inChatWith('wmA', false))
    fakeBridge.openChat.mockResolvedValueOnce('unknown')
    const view = await show([makeReminder()])
    await button(view, '去聊天里发').trigger('click')
    await vi.waitFor(() => expect(toast.value?.text).toContain('打不开聊天'))
  })
})

describe('putting it off', () => {
  it('until tomorrow takes one tap and can be undone', async () => {
    const view = await show([makeReminder()])
    await button(view, '明天提醒').trigger('click')
    expect(useCurrentCustomerStore().card?.reminders).toEqual([])
    await vi.waitFor(() => expect(toast.value?.text).toBe('明天再提醒你'))
    expect(api.sentTo('patch', /reminders/)[0]?.body).toEqual({ action: 'snooze', until: '2026-11-22' })
    toast.value?.undo?.()
    await flushPromises()
    expect(useCurrentCustomerStore().card?.reminders.length).toBe(1)
    await vi.waitFor(() => expect(api.sentTo('patch', /reminders/)[1]?.body).toEqual({ action: 'reopen' }))
  })

  it('is put back when the server refuses', async () => {
    api.on('patch', /reminders\//, () => problem('state_conflict'))
    const view = await show([makeReminder()])
    await button(view, '明天提醒').trigger('click')
    await vi.waitFor(() => expect(toast.value?.text).toContain('没有改动'))
    expect(useCurrentCustomerStore().card?.reminders.length).toBe(1)
  })

  it('writes nothing when the chat has changed', async () => {
    const view = await show([makeReminder()])
    fakeBridge.contact = inChatWith('wmB')
    await button(view, '明天提醒').trigger('click')
    await vi.waitFor(() => expect(useCurrentCustomerStore().notice).toEqual({ kind: 'switched' }))
    expect(api.sentTo('patch', /reminders/)).toEqual([])
  })

  it('a reason speaks of the one the sheet was opened for, and the sheet goes when the card moves on', async () => {
    const [first, second] = [makeReminder(), makeReminder()]
    const view = await show([first, second])
    await button(view, '跳过').trigger('click')
    await vi.waitFor(() => expect(document.body.textContent).toContain('为什么不发'))
    const reason = () =>
      [...document.body.querySelectorAll<HTMLElement>('.reason')].find(one =>
        one.textContent?.includes('当面'),
      )
    const tapped = reason()
    // Done on her other device meanwhile.
    api.on('get', /card$/, () => ok(makeCard('wmA', { reminders: [second] })))
    await useCurrentCustomerStore().refresh()
    await flushPromises()
    tapped?.click()
    await flushPromises()
    expect(api.sentTo('patch', new RegExp(second.reminderId))).toEqual([])
    expect(view.findComponent(SkipSheet).props('open')).toBe(false)
  })
})

describe('先别写', () => {
  const stopped = (until: string): Partial<Card> => ({
    contact: { ...makeCard('wmA').contact, quiet: { level: 'none', until, reason: '忙' } },
  })

  it('offers the day on which she may be written to again instead of the send', async () => {
    const view = await show([makeReminder()], stopped('2026-12-01'), true)
    expect(view.text()).toContain('她说忙，12月1日前不打扰')
    expect(view.text()).not.toContain('发给婉清姐')
    await button(view, '12月1日再提醒').trigger('click')
    await vi.waitFor(() =>
      expect(api.sentTo('patch', /reminders\//)[0]?.body).toEqual({ action: 'snooze', until: '2026-12-01' }),
    )
    expect(toast.value?.text).toBe('12月1日再提醒你')
  })

  it('a promise can be ticked off all the same: nothing is sent', async () => {
    const promise = makeReminder(
      {
        kind: 'promise',
        date: null,
        occurrence: '2026-11-20',
        about: '今天给她看图',
        because: '还没做 · 过了 1 天',
      },
      [],
    )
    const view = await show([promise], stopped('2026-12-01'), true)
    expect(view.text()).not.toContain('12月1日再提醒')
    await button(view, '做到了').trigger('click')
    await vi.waitFor(() =>
      expect(api.sentTo('patch', /reminders\//)[0]?.body).toEqual({ action: 'done', how: 'inChat' }),
    )
  })

  it('does not put a day off beyond itself; tomorrow and the urgent stay', async () => {
    const view = await show([makeReminder()], stopped('2027-01-05'), true)
    expect(button(view, '发给婉清姐').attributes('disabled')).toBeDefined()
    expect(view.text()).not.toContain('再提醒你')
    button(view, '明天提醒')
    await button(view, '有要紧事').trigger('click')
    expect(useCurrentCustomerStore().isRuleOpen).toBe(true)
  })
})
