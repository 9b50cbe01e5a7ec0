import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startForDate } from '../../../../web/domains/engraving/engravingStart.ts'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import { noNetwork } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeDate, makeReminder } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { sheet, sheetWith, tap } from './sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
vi.mock('../../../../web/domains/engraving/engravingPicture.ts', () => ({
  drawEngraving: async () => ({ kind: 'drawn' }),
  showOn: () => undefined,
  pictureOf: async () => new Blob(['jpeg'], { type: 'image/jpeg' }),
}))

const date = makeDate()
const reminder = makeReminder({ date, occurrence: '2026-12-03' })
let stand: Stand
beforeEach(async () => {
  stand = await standInChat(inChatWith('wmA'), {
    card: id => makeCard(id, { dates: [date], reminders: [reminder] }),
  })
  stand.api.on('get', /^\/reminder-rules$/, noNetwork)
  stand.api.on('get', /^\/engraving-offers$/, noNetwork)
  stand.api.on('post', /\/engravings$/, noNetwork)
  stand.api.on('post', /\/sends$/, noNetwork)
})
afterEach(() => {
  stand.leave()
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
})

it('a date’s sheet leads to the engraving of the one whose day it is', async () => {
  const strip = stand.mount(FamilyStrip)
  await strip.get('.family__dates button').trigger('click')
  await sheetWith('.date__row')
  const row = [...sheet().querySelectorAll<HTMLElement>('.date__row')].at(-1)
  expect(row?.textContent.trim()).toBe('给妈妈刻一件，看看样子')
  row?.click()
  await sheetWith('#engrave-line-0')
  await vi.waitUntil(() => sheet().getAttribute('aria-label') === '刻字预览')
  const [first, second] = ['#engrave-line-0', '#engrave-line-1'].map(
    line => sheet().querySelector<HTMLInputElement>(line) ?? new HTMLInputElement(),
  )
  expect(first?.value).toBe('妈妈')
  await tap('2026.12.3')
  expect([first?.value, second?.value]).toEqual(['妈妈', '2026.12.3'])
  await tap('平安喜乐')
  expect(second?.value).toBe('平安喜乐')
  await flushPromises()
})

it.each([
  [makeDate({ kind: 'wedding', person: null }), ['婉清姐', '2026.12.3', '岁岁相伴']],
  [
    makeDate({ person: { personId: date.dateId, relation: 'child', callName: '小满', isMinor: true } }),
    ['小满', '2026.12.3', '平安长大'],
  ],
  [makeDate({ kind: 'other', label: '升学' }), ['妈妈', '2026.12.3', '平安喜乐']],
])('begins with a name, the day and a wish that fits (%#)', (given, suggestions) => {
  expect(startForDate(given, '2026-12-03', '婉清姐', null)).toMatchObject({ suggestions, reminderId: null })
})
