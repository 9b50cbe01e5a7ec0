import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import PromiseSheet from '../../../../web/domains/reminders/PromiseSheet.vue'
import { ok } from '../../../support/fakeApi.ts'
import { freshDevice, nextPage, onDevice } from '../../../support/device.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeDate } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { sheet, sheetWith, tap, type } from '../people/sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
beforeEach(async () => {
  freshDevice()
  await openPage()
})
afterEach(() => {
  leavePage()
  vi.unstubAllGlobals()
})
async function openPage(externalUserId = 'wmA') {
  stand = await standInChat(inChatWith(externalUserId), { card: id => makeCard(id) })
  stand.api.on('get', /\/people$/, () => ok({ people: [], dates: [] }))
  stand.api.on('post', /\/dates$/, () => ok(makeDate({}), 201))
}
function leavePage() {
  stand.leave()
  document.body.innerHTML = ''
}
async function openDates() {
  const strip = stand.mount(FamilyStrip)
  await strip.find('[aria-label=加家人的日子]').trigger('click')
  await sheetWith('[aria-label=几月几日]')
}
const day = () => sheet().querySelector<HTMLInputElement>('[aria-label=几月几日]')?.value
const isDraft = () => sheet().textContent.includes('未保存的草稿')
const untilOnDevice = (count: number) =>
  vi.waitFor(async () => expect(await onDevice('draft')).toHaveLength(count))

describe('a half-entered relative', () => {
  it('is there again after closing, marked as a draft', async () => {
    await openDates()
    await tap('爸爸')
    await type('八月十五', '[aria-label=几月几日]')
    expect(isDraft()).toBe(false)
    await tap('关闭')
    stand.current.isAskingForDate = true
    await vi.waitFor(() => expect(day()).toBe('八月十五'))
    expect(isDraft()).toBe(true)
    expect(sheet().querySelector('[aria-pressed=true]')?.textContent.trim()).toBe('爸爸')
  })

  it('survives a page built anew, and only with the customer it is about', async () => {
    await openDates()
    await type('八月十五', '[aria-label=几月几日]')
    await untilOnDevice(1)
    leavePage()
    nextPage()
    await openPage('wmB')
    await openDates()
    await flushPromises()
    expect(day()).toBe('')
    await stand.turnTo(inChatWith('wmA'))
    stand.current.isAskingForDate = true
    await vi.waitFor(() => expect(day()).toBe('八月十五'))
    expect(isDraft()).toBe(true)
  })

  it('is gone for good when it is thrown away', async () => {
    await openDates()
    await type('八月十五', '[aria-label=几月几日]')
    await untilOnDevice(1)
    await tap('关闭')
    stand.current.isAskingForDate = true
    await vi.waitFor(() => expect(isDraft()).toBe(true))
    await tap('丢弃')
    expect(day()).toBe('')
    expect(isDraft()).toBe(false)
    await untilOnDevice(0)
  })

  it('is gone when it is saved', async () => {
    await openDates()
    await type('八月十五', '[aria-label=几月几日]')
    await untilOnDevice(1)
    await tap('保存')
    await untilOnDevice(0)
    stand.current.isAskingForDate = true
    await flushPromises()
    expect(day()).toBe('')
    expect(isDraft()).toBe(false)
  })

  it('P28 of a child stays in the page and lies on no device', async () => {
    await openDates()
    await tap('孩子')
    await type('2020年5月1日', '[aria-label=几月几日]')
    await type('2020年5月2日', '[aria-label=几月几日]')
    await tap('关闭')
    stand.current.isAskingForDate = true
    await vi.waitFor(() => expect(day()).toBe('2020年5月2日'))
    expect(JSON.stringify(await onDevice('draft'))).not.toContain('2020')
  })
})

describe('a promise being noted', () => {
  it('P14 waits with its customer while another chat is in view', async () => {
    const opened = async () => {
      const view = stand.mount(PromiseSheet, { open: true })
      await sheetWith('.promise__words')
      return view
    }
    const words = () => sheet().querySelector<HTMLInputElement>('.promise__words')?.value
    // The page takes the sheet away with its customer.
    const turn = async (view: Awaited<ReturnType<typeof opened>>, id: string) => {
      view.unmount()
      await stand.turnTo(inChatWith(id))
      return opened()
    }
    const ofA = await opened()
    await type('周五前回复价格', '.promise__words')
    const ofB = await turn(ofA, 'wmB')
    expect(words()).toBe('')
    await type('给妈妈留一条', '.promise__words')
    const ofAAgain = await turn(ofB, 'wmA')
    await vi.waitFor(() => expect(words()).toBe('周五前回复价格'))
    const ofBAgain = await turn(ofAAgain, 'wmB')
    await vi.waitFor(() => expect(words()).toBe('给妈妈留一条'))
    ofBAgain.unmount()
  })
})
