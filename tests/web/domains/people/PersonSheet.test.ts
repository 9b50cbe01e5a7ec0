import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  MAX_LEAD_DAYS,
  type Family,
  type Person,
  type PersonChange,
} from '../../../../shared/contract/people.ts'
import DateSheet from '../../../../web/domains/people/DateSheet.vue'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import PersonSheet from '../../../../web/domains/people/PersonSheet.vue'
import ProfilePanel from '../../../../web/views/ProfilePanel.vue'
import { toast } from '../../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeDate, makePerson, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { button, sheet, sheetWith, tap, type, undo } from './sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const undoId = newUuid()
let stand: Stand
let family: Family
let mother: Person
beforeEach(async () => {
  mother = makePerson({ ringSize: '13', avoids: '银' })
  const { personId, relation, callName, isMinor } = mother
  const birthday = makeDate({
    person: { personId, relation, callName, isMinor },
    years: 66,
    nominalYears: 68,
  })
  family = { people: [mother], dates: [birthday] }
  stand = await standInChat(inChatWith('wmA'), { card: id => makeCard(id, { dates: family.dates }) })
  stand.api.on('get', /\/people$/, () => ok(family))
  stand.api.on('get', /\/purchases$/, () => ok({ items: [], nextCursor: null }))
  stand.api.on('get', /^\/reminder-rules$/, () => noNetwork())
  stand.api.on('delete', /./, () => {
    family = { people: [], dates: [] }
    return ok({ undoId })
  })
  stand.api.on('post', /\/undo\//, () => ok(family))
  stand.api.on('patch', /\/people\//, request => {
    if (request.version !== `"${mother.version}"`) return problem('version_conflict')
    const { consent: _, isMinor: _stated, ...change } = request.body as PersonChange
    mother = { ...mother, ...change, version: mother.version + 1 } as Person
    family = { ...family, people: [mother] }
    return ok(mother)
  })
})
afterEach(() => {
  stand.leave()
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
})

const openPerson = async () => {
  stand.mount(PersonSheet, { open: true, personId: mother.personId })
  await flushPromises()
}
const openDate = async () => {
  stand.mount(DateSheet, { open: true, date: family.dates[0], today: '2026-11-21' })
  await flushPromises()
}
const edits = (path: RegExp) => stand.api.sentTo('patch', path)
async function edit(label: string, words: string) {
  const field = [...sheet().querySelectorAll<HTMLElement>('.field')].find(
    one => one.querySelector('.field__label')?.textContent === label,
  )!
  field.querySelector('button')!.click()
  await flushPromises()
  const input = field.querySelector<HTMLInputElement>('.field__input')!
  input.value = words
  input.dispatchEvent(new Event('input'))
  input.dispatchEvent(new Event('blur'))
  await flushPromises()
}

describe('somebody of the family', () => {
  it('is edited field by field over the version seen, and each edit can be taken back', async () => {
    await openPerson()
    await edit('不要', '')
    await edit('戒圈', '14')
    expect(edits(/\/people\//)).toMatchObject([
      { path: `/customers/wmA/people/${mother.personId}`, body: { avoids: null }, version: '"1"' },
      { body: { ringSize: '14' }, version: '"2"' },
    ])
    await undo()
    expect(edits(/\/people\//).at(-1)).toMatchObject({ body: { ringSize: '13' }, version: '"3"' })
  })

  it('keeps the words when somebody else was faster', async () => {
    await openPerson()
    mother = { ...mother, version: 5 }
    await edit('喜欢', '珍珠')
    expect(sheet().querySelector('[role=alert]')?.textContent).toContain('没有改动')
    expect(sheet().textContent).toContain('未保存的草稿')
  })

  it('is taken away with the dates, and back', async () => {
    await openPerson()
    await tap('去掉妈妈')
    expect(stand.api.sentTo('delete', /\/people\//)).toHaveLength(1)
    expect(stand.current.card?.dates).toEqual([])
    expect(toast.value?.text).toBe('已去掉妈妈')
    await undo()
    expect(stand.api.sentTo('post', /\/undo\//)).toMatchObject([{ path: `/customers/wmA/undo/${undoId}` }])
  })

  it('P28 shows who agreed for a child, and deletes for good after being asked twice', async () => {
    mother = makePerson({
      relation: 'daughter',
      isMinor: true,
      consent: {
        guardian: 'customer',
        how: 'chat',
        givenOn: '2026-11-02',
        recordedBy: '陈露',
        recordedOn: '2026-11-02',
      },
    })
    family = { people: [mother], dates: [] }
    stand.api.on('post', /\/withdrawal$/, () => ({ status: 204 }))
    await openPerson()
    expect(sheet().textContent).toContain('11月2日客户本人同意，聊天里说的，陈露记的')
    await tap('监护人收回了同意')
    expect(stand.api.sentTo('post', /\/withdrawal$/)).toEqual([])
    await tap('确定：立刻删掉孩子的资料')
    expect(stand.api.sentTo('post', /\/withdrawal$/)).toHaveLength(1)
    expect(toast.value).toMatchObject({ text: '同意已收回，孩子的资料已经删除', undo: undefined })
  })

  it('P14 is not changed once another chat is in view', async () => {
    await openPerson()
    stand.turnSilently(inChatWith('wmB'))
    await edit('喜欢', '珍珠')
    expect(edits(/./)).toEqual([])
  })

  it('stands in 档案 with sizes and tastes, also without a date', async () => {
    family = { people: [mother], dates: [] }
    const panel = stand.mount(ProfilePanel)
    await flushPromises()
    const list = panel.find('[aria-label=家人]')
    expect(list.text()).toMatch(/妈妈.*戒圈 13.*不要银/)
    await list.find('.people button').trigger('click')
    await sheetWith('.person__fields')
  })
})

describe('a date', () => {
  it('tells both ages of a lunar birthday in the strip and in full', async () => {
    const strip = stand.mount(FamilyStrip)
    expect(strip.text()).toContain('农历十月廿五 虚岁 68')
    await openDate()
    expect(sheet().textContent).toMatch(/周岁 66.*虚岁 68/)
  })

  it('is changed: day and lead, over the version seen, and back', async () => {
    const [before] = family.dates
    stand.api.on('patch', /\/dates\//, ({ body }) => ok({ ...before, ...(body as object), version: 2 }))
    await openDate()
    await tap('改一改')
    await type('农历十月廿六', '[aria-label=几月几日]')
    await type('30', '[inputmode=numeric]')
    expect(sheet().querySelector('.echo')?.textContent).toContain('农历十月廿六')
    await tap('保存')
    expect(edits(/\/dates\//)).toMatchObject([
      { body: { date: { calendar: 'lunar', month: 10, day: 26 }, leadDays: 30 }, version: '"1"' },
    ])
    await undo()
    expect(edits(/\/dates\//).at(-1)).toMatchObject({
      body: { date: { month: 10, day: 25 }, leadDays: null },
      version: '"2"',
    })
  })

  it('does not save a lead that is no number of days, and says what is one', async () => {
    await openDate()
    await tap('改一改')
    for (const words of ['400', '-1', '三天']) {
      await type(words, '[inputmode=numeric]')
      expect([words, button('保存').disabled]).toEqual([words, true])
      expect(sheet().textContent).toContain(`提前填 0 到 ${MAX_LEAD_DAYS} 天`)
    }
    await type('', '[inputmode=numeric]')
    expect(sheet().textContent).not.toContain('提前填 0')
  })

  it('is in green only when a whole day is understood', async () => {
    await openDate()
    await tap('改一改')
    const asks = () => sheet().querySelector('.echo')!.classList.contains('echo--asks')
    await type('8月15', '[aria-label=几月几日]')
    expect(asks()).toBe(false)
    await type('8月', '[aria-label=几月几日]')
    expect(asks()).toBe(true)
  })

  it('stands in one dialog with a name', async () => {
    await openDate()
    expect(document.querySelectorAll('[role=dialog]')).toHaveLength(1)
    expect(sheet().getAttribute('aria-label')).toBe('妈妈生日')
  })

  it('is taken away at once, and back', async () => {
    await openDate()
    await tap('去掉这个日子')
    expect(stand.current.card?.dates).toEqual([])
    await undo()
    expect(stand.api.sentTo('post', /\/undo\//)).toHaveLength(1)
  })
})
