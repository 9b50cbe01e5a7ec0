import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DateDraft, Family } from '../../../../shared/contract/people.ts'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import { freshDevice, onDevice } from '../../../support/device.ts'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { useDraftsStore } from '../../../../web/domains/drafts/drafts.store.ts'
import { settleWaiting } from '../../../../web/domains/drafts/pendingWrites.ts'
import { makeCard, makeDate, makePerson, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { button, sheet, sheetWith, tap, type as typeInto, undo } from './sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
let family: Family
beforeEach(async () => {
  family = { people: [], dates: [] }
  stand = await standInChat(inChatWith('wmA'), { card: id => makeCard(id, { dates: family.dates }) })
  stand.api.on('get', /\/people$/, () => ok(family))
  stand.api.on('get', /^\/reminder-rules$/, () => noNetwork())
  stand.api.on('post', /\/dates$/, request => {
    const { person, kind, label, date } = request.body as DateDraft
    const whose =
      person === null
        ? null
        : 'personId' in person
          ? { personId: person.personId, relation: 'mother', callName: null, isMinor: false }
          : { personId: newUuid(), relation: person.relation, callName: null, isMinor: false }
    const made = makeDate({ person: whose, kind, label, ...date, nextOn: '2026-12-05' })
    family.dates.push(made)
    return ok(made, 201)
  })
})
afterEach(() => {
  stand.leave()
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
})

const type = (words: string, label = '几月几日') => typeInto(words, `[aria-label=${label}]`)
async function opened() {
  const strip = stand.mount(FamilyStrip)
  await strip.find('[aria-label=加家人的日子]').trigger('click')
  await sheetWith('[aria-label=几月几日]')
  return strip
}
const drafts = () => stand.api.sentTo('post', /\/dates$/).map(({ body }) => body as DateDraft)

describe('a relative’s birthday', () => {
  it('can be taken back in one tap, also when another chat is in view', async () => {
    stand.api.on('delete', /\/dates\//, () => {
      family.dates.splice(0)
      return ok({ undoId: newUuid() })
    })
    await opened()
    await type('八月十五')
    await tap('保存')
    await vi.waitFor(() => expect(stand.current.card?.dates).toHaveLength(1))
    const [noted] = family.dates
    await stand.turnTo(inChatWith('wmB'))
    await undo()
    const [gone] = stand.api.sentTo('delete', /\/dates\//)
    expect(gone?.path).toBe(`/customers/wmA/dates/${noted?.dateId}`)
    await stand.turnTo(inChatWith('wmA'))
    expect(stand.current.card?.dates).toEqual([])
  })

  it('takes three taps and the typing', async () => {
    await opened() // 1: 家人
    await tap('妈妈') // 2
    await type('八月十五')
    await tap('保存') // 3
    expect(drafts()).toEqual([
      {
        person: { relation: 'mother', callName: null, isMinor: null },
        kind: 'birthday',
        label: null,
        date: {
          calendar: 'lunar',
          month: 8,
          day: 15,
          isLeapMonth: false,
          year: null,
          leapPolicy: 'leapElseOrdinary',
        },
        leadDays: null,
        consent: null,
      },
    ])
    expect(stand.current.card?.dates).toMatchObject([{ person: { relation: 'mother' } }])
  })

  it.each([
    ['改成这天', 'patch'],
    ['两个都记', 'post'],
  ] as const)(
    'of somebody whose birthday is noted already: %s, with as many taps',
    async (choice, method) => {
      const mother = { personId: newUuid(), relation: 'mother', callName: null, isMinor: false }
      const before = makeDate({ person: mother, calendar: 'lunar', month: 10, day: 25, version: 3 })
      family.dates.push(before)
      await stand.current.refresh()
      stand.api.on('patch', /\/dates\//, request => {
        const changed = { ...before, ...(request.body as { date: object }).date, version: 4 }
        family.dates = [changed]
        return ok(changed)
      })
      await opened()
      await tap('妈妈')
      expect(sheet().textContent).toContain('妈妈已记了农历十月廿五')
      await type('农历十月廿五')
      expect(sheet().textContent).toContain('已经记着这一天了')
      await type('八月十五')
      expect([...sheet().querySelectorAll('button')].map(one => one.textContent?.trim())).not.toContain(
        '保存',
      )
      await tap(choice)
      const [sent] = stand.api.sentTo(method, /\/dates/)
      expect(sent?.body).toMatchObject(
        method === 'patch'
          ? { date: { calendar: 'lunar', month: 8, day: 15 } }
          : { person: { personId: mother.personId }, isAnother: true, date: { month: 8, day: 15 } },
      )
      expect(stand.api.sentTo(method === 'patch' ? 'post' : 'patch', /\/dates/)).toEqual([])
      if (method === 'patch') {
        expect(sent?.path).toContain(before.dateId)
        expect(stand.current.card?.dates).toMatchObject([{ month: 8, day: 15 }])
      }
    },
  )

  it('is said back in both calendars, with the weekday, before it is saved', async () => {
    await opened()
    await type('8.15')
    expect(sheet().querySelector('.echo')?.textContent).toMatch(
      /8月15日.*2027年8月15日 星期日.*那天农历七月十四.*还有 267 天/,
    )
    expect(drafts()).toEqual([])
  })

  it('keeps the month alone, and says on which day it reminds', async () => {
    await opened()
    await type('农历八月')
    expect(sheet().querySelector('.echo')?.textContent).toContain('只知道月份，按初一提醒')
    await tap('保存')
    expect(drafts()).toMatchObject([{ date: { calendar: 'lunar', month: 8, day: null } }])
  })

  it('asks what a leap month means in other years', async () => {
    await opened()
    await type('闰四月初三')
    await tap('两个月都过')
    await tap('保存')
    expect(drafts()).toMatchObject([{ date: { isLeapMonth: true, leapPolicy: 'both' } }])
  })

  it('keeps the year that was typed, and says so', async () => {
    await opened()
    expect(sheet().textContent).toContain('只记称呼和月日，不记年份和电话')
    await type('1960年8月15')
    expect(sheet().textContent).toContain('年份也会记下')
    await tap('保存')
    expect(drafts()).toMatchObject([{ date: { year: 1960 } }])
  })

  it('goes to somebody known without a birthday', async () => {
    const mother = makePerson({ ringSize: '13' })
    family = { people: [mother], dates: [] }
    await opened()
    await type('八月十五')
    await tap('保存')
    expect(drafts()).toMatchObject([{ person: { personId: mother.personId } }])
  })

  it('can be a day of another name', async () => {
    await opened()
    await tap('别的日子')
    await type('12.5')
    expect(button('保存').disabled).toBe(true)
    await type('退休', '这个日子叫什么')
    await tap('保存')
    expect(drafts()).toMatchObject([{ kind: 'other', label: '退休' }])
  })
})

describe('another chat while a day is being saved', () => {
  it('leaves no draft behind where it was saved, and the sheet open where she is now', async () => {
    const answer = later<ReturnType<typeof ok>>()
    stand.api.on('post', /\/dates$/, () => answer.promise)
    const strip = await opened()
    await type('八月十五')
    await tap('保存')
    await stand.turnTo(inChatWith('wmB'))
    await strip.find('[aria-label=加家人的日子]').trigger('click')
    await flushPromises()
    await type('6.1')
    answer.settle(ok(makeDate(), 201))
    await vi.waitFor(() => expect(useDraftsStore().draftOf('wmA', 'date')).toBeUndefined())
    expect(useDraftsStore().draftOf('wmB', 'date')).toMatchObject({ value: { words: '6.1' } })
    expect(sheet().querySelector<HTMLInputElement>('[aria-label=几月几日]')?.value).toBe('6.1')
  })
})

describe('P28 a child', () => {
  it('cannot be saved before it is said who agreed and how', async () => {
    await opened()
    await tap('孩子')
    await type('6.1')
    expect(button('保存').disabled).toBe(true)
    await tap('客户本人')
    await tap('聊天里说的')
    await tap('保存')
    expect(drafts()).toMatchObject([
      {
        person: { relation: 'child' },
        consent: { guardian: 'customer', how: 'chat', givenOn: '2026-11-21' },
      },
    ])
  })

  it('is asked about by year of birth, and not once it is fourteen', async () => {
    await opened()
    await tap('孩子')
    await type('2012年11月20')
    expect(sheet().textContent).not.toContain('监护人同意')
    await type('2012年11月30')
    expect(sheet().textContent).toContain('监护人同意')
  })

  it('is none where the guide says so', async () => {
    await opened()
    await tap('孩子')
    await type('6.1')
    await tap('已满 14 岁')
    await tap('保存')
    expect(drafts()).toMatchObject([{ person: { relation: 'child', isMinor: false }, consent: null }])
  })

  it('is asked about when the server knows better', async () => {
    stand.api.on('post', /\/dates$/, () => problem('guardian_consent_required'))
    await opened()
    await type('6.1')
    await tap('保存')
    expect(sheet().querySelector('[role=alert]')?.textContent).toContain('还没有记下')
    expect(sheet().textContent).toContain('监护人同意')
    expect(button('保存').disabled).toBe(true)
  })

  it('whose consent is noted already lies on no device either, and waits for no network', async () => {
    freshDevice()
    const consent = { guardian: 'customer', how: 'chat', givenOn: '2026-11-01' } as const
    const noted = { ...consent, recordedBy: '陈露', recordedOn: '2026-11-01' }
    family.people = [makePerson({ relation: 'daughter', isMinor: true, consent: noted })]
    stand.api.on('post', /\/dates$/, () => noNetwork())
    await opened()
    await tap('其他关系')
    await tap('女儿')
    await type('6.1')
    expect(sheet().textContent).not.toContain('监护人同意')
    await tap('保存')
    expect(sheet().querySelector('[role=alert]')?.textContent).toContain('还没有记下')
    expect(useDraftsStore().draftOf('wmA', 'date')?.isPageOnly).toBe(true)
    await settleWaiting()
    expect(await onDevice('write')).toEqual([])
    expect(await onDevice('draft')).toEqual([])
  })

  it('whom only the server knew leaves the device with its refusal', async () => {
    freshDevice()
    stand.api.on('post', /\/dates$/, () => problem('guardian_consent_required'))
    await opened()
    await type('6.1')
    await vi.waitFor(async () => expect(await onDevice('draft')).toHaveLength(1))
    await tap('保存')
    await vi.waitFor(async () => expect(await onDevice('draft')).toEqual([]))
    await type('6.12')
    expect(useDraftsStore().draftOf('wmA', 'date')).toMatchObject({ isPageOnly: true })
  })

  it('is not kept in memory for a second look at the customer', async () => {
    const child = { personId: newUuid(), relation: 'daughter', callName: null, isMinor: true }
    family.dates = [makeDate({ person: child }), makeDate()]
    await stand.turnTo(inChatWith('wmB'))
    await stand.turnTo(inChatWith('wmC'))
    stand.api.on('get', /\/card$/, () => noNetwork())
    await stand.turnTo(inChatWith('wmB'))
    expect(stand.current.card?.dates.map(({ person }) => person?.relation)).toEqual(['mother'])
  })
})
