import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Family } from '../../../../shared/contract/people.ts'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import { toast } from '../../../../web/ui/undoToast.ts'
import { useDraftsStore } from '../../../../web/domains/drafts/drafts.store.ts'
import { freshDevice, onDevice } from '../../../support/device.ts'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeDate, makePerson, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { button, sheet, sheetWith, tap, type as typeInto, undo } from './sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const LINE = '她妈妈农历八月十五生日，圈口13，别送银的'
const undoId = newUuid()
let stand: Stand
let family: Family
beforeEach(async () => {
  family = { people: [], dates: [] }
  stand = await standInChat(inChatWith('wmA'))
  stand.api.on('get', /\/people$/, () => ok(family))
  stand.api.on('get', /^\/reminder-rules$/, () => noNetwork())
  stand.api.on('post', /\/facts$/, () => ok({ undoId }, 201))
  stand.api.on('post', /\/undo\//, () => ok(family))
})
afterEach(() => {
  stand.leave()
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
})

const type = (words: string) => typeInto(words, 'textarea')
const chips = () =>
  [...sheet().querySelectorAll('.line__fact')].map(one => one.textContent.replace(/\s+/g, ' ').trim())
const sent = () => stand.api.sentTo('post', /\/facts$/).map(({ body }) => body)
async function opened() {
  const strip = stand.mount(FamilyStrip)
  await strip.find('[aria-label=加家人的日子]').trigger('click')
  await sheetWith('.add__paste')
  await tap('知道好几样？粘一句话')
  await sheetWith('textarea')
}

describe('one line in', () => {
  it('is shown chip by chip, and nothing is noted before the confirm', async () => {
    await opened()
    await type(LINE)
    expect(chips()).toEqual(['妈妈 生日 农历八月十五 还有 298 天', '妈妈 戒圈 13', '妈妈 不要银'])
    expect(sent()).toEqual([])
    await tap('记下这 3 项')
    expect(sent()).toEqual([
      {
        people: [
          {
            person: { relation: 'mother', callName: null, isMinor: null },
            changes: { ringSize: '13', avoids: '银' },
            dates: [
              {
                kind: 'birthday',
                label: null,
                date: { calendar: 'lunar', month: 8, day: 15, isLeapMonth: false, year: null },
              },
            ],
            consent: null,
          },
        ],
        self: null,
        note: null,
      },
    ])
    expect(toast.value?.text).toBe('记下了 3 项')
  })

  it('something promised is a chip with the day on which one is reminded, and can be moved to another', async () => {
    await opened()
    await type('妈妈戒圈13，下周三给她看图')
    expect(chips()).toEqual(['妈妈 戒圈 13', '答应 下周三给她看图 11月25日 周三提醒你'])
    const row = [...sheet().querySelectorAll<HTMLElement>('.line__fact')].at(-1)
    row?.click()
    await flushPromises()
    expect(sheet().querySelector('.editor')?.textContent).not.toContain('谁的')
    await typeInto('2026-11-24', '.editor input[type=date]')
    await tap('就这样')
    expect(chips().at(-1)).toContain('11月24日 周二提醒你')
    await tap('记下这 2 项')
    expect(sent()).toMatchObject([
      {
        people: [{ changes: { ringSize: '13' } }],
        promises: [{ words: '下周三给她看图', day: '2026-11-24' }],
      },
    ])
  })

  it('is taken back in one tap', async () => {
    await opened()
    await type(LINE)
    await tap('记下这 3 项')
    await undo()
    expect(stand.api.sentTo('post', /\/undo\//)).toMatchObject([{ path: `/customers/wmA/undo/${undoId}` }])
  })

  it('can be dropped and changed, one by one', async () => {
    await opened()
    await type(LINE)
    await tap('不记妈妈不要银')
    sheet().querySelectorAll<HTMLElement>('.line__fact')[1]!.click()
    await flushPromises()
    await typeInto('14', '.editor input')
    const whose = sheet().querySelector<HTMLSelectElement>('.editor select')!
    whose.value = 'mother_of_husband'
    whose.dispatchEvent(new Event('change'))
    sheet().querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    await tap('记下这 2 项')
    expect(sent()).toMatchObject([
      {
        people: [
          { person: { relation: 'mother' }, changes: {} },
          { person: { relation: 'mother_of_husband' }, changes: { ringSize: '14' } },
        ],
      },
    ])
  })

  it('keeps what was dropped dropped while the guide types on', async () => {
    await opened()
    await type(LINE)
    await tap('不记妈妈不要银')
    await type(`${LINE}，`)
    expect(button('记下这 2 项')).toBeTruthy()
  })

  it.each([
    ['改成这天', 'instead'],
    ['两个都记', 'isAnother'],
  ] as const)('asks what becomes of a birthday that is noted already: %s', async (choice, field) => {
    const mother = makePerson({})
    const { personId, relation, callName, isMinor } = mother
    const birthday = makeDate({
      person: { personId, relation, callName, isMinor },
      calendar: 'lunar',
      month: 10,
      day: 25,
    })
    family = { people: [mother], dates: [birthday] }
    await opened()
    await type(LINE)
    expect(sheet().querySelector('.line__twin')?.textContent).toContain('已记了农历十月廿五')
    expect(button('记下这 3 项').disabled).toBe(true)
    await tap(choice)
    await tap('记下这 3 项')
    const value = field === 'instead' ? birthday.dateId : true
    expect(sent()).toMatchObject([{ people: [{ dates: [{ [field]: value, date: { day: 15 } }] }] }])
  })

  it('adds to who is known, over the version seen, and leaves out what is noted already', async () => {
    const mother = makePerson({ avoids: '玉', version: 4 })
    const { personId, relation, callName, isMinor } = mother
    const birthday = makeDate({ person: { personId, relation, callName, isMinor }, month: 8, day: 15 })
    family = { people: [mother], dates: [birthday] }
    await opened()
    await type(LINE)
    expect(chips()[0]).toContain('已经记着了')
    await tap('记下这 2 项')
    expect(sent()).toMatchObject([
      {
        people: [
          {
            person: { personId, version: 4 },
            changes: { ringSize: '13', avoids: '玉、银' },
            dates: [],
          },
        ],
      },
    ])
  })

  it('notes the customer’s own sizes in the profile, her tastes and the rest behind the note', async () => {
    await opened()
    await type('叫她王姐，手围15.5，对镍过敏，预算5000，家里养了猫')
    expect(sheet().querySelector('.line__rest')?.textContent).toContain('家里养了猫')
    sheet().querySelector<HTMLInputElement>('[type=checkbox]')!.click()
    await flushPromises()
    await tap('记下这 5 项')
    expect(sent()).toMatchObject([
      {
        people: [],
        self: { version: 1, changes: { salutation: '王姐', wristSize: '15.5' }, dates: [] },
        note: '对镍过敏；预算 5000；家里养了猫',
      },
    ])
  })

  it('leaves what was not understood where it is, unless it is asked for', async () => {
    await opened()
    await type(`${LINE}，家里养了猫`)
    await tap('记下这 3 项')
    expect(sent()).toMatchObject([{ note: null }])
  })

  it('says when it understood nothing, and has nothing to confirm', async () => {
    await opened()
    await type('周末来店里')
    expect(sheet().textContent).toContain('没看出日子、尺寸或喜好')
    expect(button('记下').disabled).toBe(true)
  })

  it('marks what it is not sure of', async () => {
    await opened()
    await type('老公戴20号')
    expect(chips()[0]).toContain('看一眼对不对')
  })

  it('P28 asks for the guardian’s consent before a child is noted', async () => {
    await opened()
    await type('女儿6月1号生日')
    expect(button('记下这 1 项').disabled).toBe(true)
    await tap('孩子另一位家长')
    await tap('当面说的')
    await tap('记下这 1 项')
    expect(sent()).toMatchObject([
      { people: [{ consent: { guardian: 'otherParent', how: 'inPerson', givenOn: '2026-11-21' } }] },
    ])
  })

  it('P14 is never noted of another customer', async () => {
    await opened()
    await type(LINE)
    stand.turnSilently(inChatWith('wmB'))
    await tap('记下这 3 项')
    expect(sent()).toEqual([])
  })

  it('keeps the words when it was not noted', async () => {
    stand.api.on('post', /\/facts$/, () => problem('version_conflict'))
    await opened()
    await type(LINE)
    await tap('记下这 3 项')
    expect(sheet().querySelector('[role=alert]')?.textContent).toContain('都还没有记下')
    expect(sheet().querySelector('textarea')?.value).toBe(LINE)
  })

  it('says when the family did not come, and tries again', async () => {
    stand.api.on('get', /\/people$/, () => noNetwork())
    await opened()
    await type(LINE)
    expect(button('记下这 3 项').disabled).toBe(true)
    stand.api.on('get', /\/people$/, () => ok(family))
    await tap('再取一次')
    expect(button('记下这 3 项').disabled).toBe(false)
  })
})

describe('a line on the device', () => {
  const consent = { guardian: 'customer', how: 'chat', givenOn: '2026-11-01' } as const
  const noted = { ...consent, recordedBy: '陈露', recordedOn: '2026-11-01' }

  it('P28 of a child whose consent is noted already is none, and waits for no network', async () => {
    freshDevice()
    family.people = [makePerson({ relation: 'daughter', isMinor: true, consent: noted })]
    stand.api.on('post', /\/facts$/, () => noNetwork())
    await opened()
    await type('女儿6月1日生日')
    expect(sheet().textContent).not.toContain('监护人同意')
    await tap('记下这 1 项')
    expect(sheet().textContent).toContain('都还没有记下')
    expect(useDraftsStore().draftOf('wmA', 'line')?.isPageOnly).toBe(true)
    expect(await onDevice('write')).toEqual([])
    expect(await onDevice('draft')).toEqual([])
  })

  it('P28 about a child stays away from it also while its chip is dropped', async () => {
    freshDevice()
    await opened()
    await type('女儿6月1日生日，妈妈圈口13')
    sheet().querySelector<HTMLElement>('.line__row button.round')?.click()
    await flushPromises()
    await type('女儿6月1日生日，妈妈圈口14')
    expect(useDraftsStore().draftOf('wmA', 'line')?.isPageOnly).toBe(true)
  })

  it('is gone once it is saved, also when another chat has come in view meanwhile', async () => {
    const answer = later<ReturnType<typeof ok>>()
    stand.api.on('post', /\/facts$/, () => answer.promise)
    await opened()
    await type(LINE)
    await tap('记下这 3 项')
    await stand.turnTo(inChatWith('wmB'))
    answer.settle(ok({ undoId }, 201))
    await vi.waitFor(() => expect(useDraftsStore().draftOf('wmA', 'line')).toBeUndefined())
  })
})
