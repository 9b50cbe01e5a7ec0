import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ImportantDate } from '../../../../shared/contract/people.ts'
import type { Purchase } from '../../../../shared/contract/purchases.ts'
import type { Script } from '../../../../shared/contract/scripts.ts'
import PurchaseList from '../../../../web/domains/customers/PurchaseList.vue'
import ScriptSheet from '../../../../web/domains/scripts/ScriptSheet.vue'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import { useDraftsStore } from '../../../../web/domains/drafts/drafts.store.ts'
import { later, ok, type Answer } from '../../../support/fakeApi.ts'
import { freshDevice, nextPage, onDevice } from '../../../support/device.ts'
import { inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { makeCard, makeDate, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { sheet, sheetWith, tap, type } from '../people/sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const bracelet: Purchase = {
  purchaseId: newUuid(),
  day: '2026-11-18',
  piece: '足金手链',
  amountFen: 368_000,
  recipient: null,
  personId: null,
  isCustom: false,
  engraving: null,
  trace: null,
  version: 3,
}

let stand: Stand
let date: ImportantDate
let purchases: Purchase[]
beforeEach(async () => {
  freshDevice()
  date = makeDate({})
  purchases = [bracelet]
  await openPage()
})
afterEach(() => {
  leavePage()
  vi.unstubAllGlobals()
})
async function openPage(externalUserId = 'wmA') {
  stand = await standInChat(inChatWith(externalUserId), {
    card: id => makeCard(id, { dates: id === 'wmA' ? [date] : [] }),
  })
  stand.api.on('get', /\/people$/, () => ok({ people: [], dates: [] }))
  stand.api.on('get', /\/engravings$/, () => ok({ engravings: [] }))
  stand.api.on('get', /\/purchases$/, () => ok({ items: purchases, nextCursor: null }))
}
function leavePage() {
  stand.leave()
  document.body.innerHTML = ''
}
async function anotherPage() {
  leavePage()
  nextPage()
  await openPage()
}
const untilOnDevice = (count: number) =>
  vi.waitFor(async () => expect(await onDevice('draft')).toHaveLength(count))
const value = (selector: string) => sheet().querySelector<HTMLInputElement>(selector)?.value
const untilSheetSays = (words: string) => vi.waitFor(() => expect(sheet().textContent).toContain(words))

describe('a date being changed', () => {
  const LEAD = '[inputmode=numeric]'
  const openDate = async () => {
    const strip = stand.mount(FamilyStrip)
    await strip.get('.family__dates button').trigger('click')
    await sheetWith('.date__foot')
  }

  it('is there again in another page, and nowhere else', async () => {
    await openDate()
    await tap('改一改')
    await type('21', LEAD)
    await untilOnDevice(1)
    await anotherPage()
    await openDate()
    await untilSheetSays('未保存的草稿')
    expect(value(LEAD)).toBe('21')
    await tap('丢弃')
    await untilOnDevice(0)
    expect(sheet().querySelector(LEAD)).toBeNull()
  })

  it('says that the date was changed meanwhile, and keeps what was written', async () => {
    await openDate()
    await tap('改一改')
    await type('21', LEAD)
    await untilOnDevice(1)
    date = { ...date, version: date.version + 1 }
    await anotherPage()
    await openDate()
    await untilSheetSays('这个日子后来改过')
    expect(value(LEAD)).toBe('21')
  })

  it('is no draft while nothing was changed', async () => {
    await openDate()
    await tap('改一改')
    await tap('不改了')
    await flushPromises()
    expect(await onDevice('draft')).toEqual([])
  })

  it('P28 of a child stays in the page', async () => {
    const child = { personId: newUuid(), relation: 'daughter', callName: null, isMinor: true }
    date = makeDate({ person: child })
    await anotherPage()
    await openDate()
    await tap('改一改')
    await type('21', LEAD)
    await tap('关闭')
    await flushPromises()
    expect(await onDevice('draft')).toEqual([])
  })
})

describe('a purchase being noted', () => {
  const PIECE = '[placeholder="如 足金手链"]'
  const open = async (label = '记一笔') => {
    const list = stand.mount(PurchaseList)
    await flushPromises()
    const button = list
      .findAll('button')
      .find(one => one.text().includes(label) || one.attributes('aria-label')?.includes(label))
    await button?.trigger('click')
    await sheetWith(PIECE)
  }

  it('is there again in another page, and gone when it is thrown away', async () => {
    await open()
    await type('足金耳钉', PIECE)
    await untilOnDevice(1)
    await anotherPage()
    await open()
    await untilSheetSays('未保存的草稿')
    expect(value(PIECE)).toBe('足金耳钉')
    await tap('丢弃')
    expect(value(PIECE)).toBe('')
    await untilOnDevice(0)
  })

  it('keeps the change of each purchase by itself, and says when it was changed meanwhile', async () => {
    await open('改「足金手链」')
    await type('足金手链 加链尾', PIECE)
    await untilOnDevice(1)
    purchases = [{ ...bracelet, version: 4, piece: '足金手链 17 厘米' }]
    await anotherPage()
    await open()
    await flushPromises()
    expect(value(PIECE)).toBe('')
    await tap('关闭')
    await open('改「足金手链')
    await untilSheetSays('这一笔后来改过')
    expect(value(PIECE)).toBe('足金手链 加链尾')
  })

  it('P28 for a child stays in the page', async () => {
    await open()
    await tap('其他关系')
    await tap('女儿')
    await type('银手镯', PIECE)
    await flushPromises()
    expect(await onDevice('draft')).toEqual([])
    await tap('自己戴')
    await untilOnDevice(1)
  })
})

describe('a purchase being noted for somebody of her family', () => {
  const PIECE = '[placeholder="如 足金手链"]'
  const person = {
    personId: newUuid(),
    relation: 'mother',
    callName: '王阿姨',
    ringSize: null,
    wristSize: null,
    neckSize: null,
    allergies: null,
    likes: null,
    avoids: null,
    isMinor: false,
    consent: null,
    version: 1,
  }
  const familyIs = (isMinor: boolean) => ok({ people: [{ ...person, isMinor }], dates: [] })
  const open = async (label: string) => {
    const list = stand.mount(PurchaseList)
    await flushPromises()
    const button = list
      .findAll('button')
      .find(one => one.text().includes(label) || one.attributes('aria-label')?.includes(label))
    await button?.trigger('click')
    await sheetWith(PIECE)
  }
  /** The page does not know yet who she is. */
  function familyComesLater() {
    const family = later<Answer>()
    stand.api.on('get', /\/people$/, () => family.promise)
    return family
  }

  it('stays on the device when it is put back, before and after it is known who that is', async () => {
    stand.api.on('get', /\/people$/, () => familyIs(false))
    await open('记一笔')
    await tap('王阿姨')
    await type('银手镯', PIECE)
    await untilOnDevice(1)
    await anotherPage()
    const family = familyComesLater()
    await open('记一笔')
    await untilSheetSays('未保存的草稿')
    await useDraftsStore().whenKept()
    expect(await onDevice('draft')).toHaveLength(1)
    family.settle(familyIs(false))
    await flushPromises()
    await useDraftsStore().whenKept()
    expect(await onDevice('draft')).toHaveLength(1)
  })

  it('P28 what is written before that is known comes onto the device only when it is no child', async () => {
    for (const isMinor of [true, false]) {
      purchases = [{ ...bracelet, recipient: 'mother', personId: person.personId }]
      await anotherPage()
      const family = familyComesLater()
      await open('改「足金手链」')
      await type('足金手链 加链尾', PIECE)
      await useDraftsStore().whenKept()
      expect(await onDevice('draft')).toEqual([])
      family.settle(familyIs(isMinor))
      await flushPromises()
      await useDraftsStore().whenKept()
      expect(await onDevice('draft')).toHaveLength(isMinor ? 0 : 1)
    }
  })

  it('P28 leaves the device when she turns out to be a child', async () => {
    stand.api.on('get', /\/people$/, () => familyIs(false))
    await open('记一笔')
    await tap('王阿姨')
    await type('银手镯', PIECE)
    await untilOnDevice(1)
    await anotherPage()
    const family = familyComesLater()
    await open('记一笔')
    await untilSheetSays('未保存的草稿')
    family.settle(familyIs(true))
    await untilOnDevice(0)
  })
})

describe('words changed for a group', () => {
  const script = {
    scriptId: newUuid(),
    title: '周末到店',
    parts: [{ kind: 'text', text: '周末来店里看看' }],
  } as Script
  const open = async () => {
    stand.mount(ScriptSheet, {
      open: true,
      script,
      facts: {},
      receiver: '群里',
      lock: undefined,
      isBusy: false,
      isOfChild: false,
    })
    await sheetWith('.parts__words')
  }
  const words = () => sheet().querySelector<HTMLTextAreaElement>('.parts__words')?.value

  it('wait for that group alone, also in another page', async () => {
    await stand.turnTo(inGroup('wrG'))
    await open()
    await type('周六下午来店里看看', '.parts__words')
    await untilOnDevice(1)
    expect(words()).toBe('周六下午来店里看看')

    await anotherPage()
    await stand.turnTo(inGroup('wrH'))
    await open()
    await flushPromises()
    expect(words()).toBe('周末来店里看看')
    stand.leave()
    await stand.turnTo(inGroup('wrG'))
    await open()
    await vi.waitFor(() => expect(words()).toBe('周六下午来店里看看'))
  })
})
