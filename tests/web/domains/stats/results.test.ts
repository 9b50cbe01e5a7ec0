import { flushPromises } from '@vue/test-utils'
import Papa from 'papaparse'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MonthResult, TeamResults } from '../../../../shared/contract/stats.ts'
import { customText, resultsCsv, sharedText } from '../../../../web/domains/stats/resultWords.ts'
import { noNetwork, ok } from '../../../support/fakeApi.ts'
import { byText, type Stand } from '../../../support/mountInChat.ts'
import { openPage, standAtWork } from '../../views/openPage.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
const drawn = vi.hoisted(() => ({ bars: [] as unknown[] }))
vi.mock('../../../../web/domains/stats/drawBars.ts', () => ({
  drawBars: (_: unknown, bars: unknown[]) => {
    drawn.bars = bars
    return () => undefined
  },
}))

const monthOf = (month: string, given: Partial<MonthResult> = {}): MonthResult => ({
  month, due: 0, acted: 0, sent: 0, bought: 0, purchases: 0, proven: 0, replied: 0, couponUsed: 0, shared: 0, provenFen: 0, ...given,
}) // prettier-ignore
const november = monthOf('2026-11', {
  due: 12, acted: 9, sent: 7, bought: 3, purchases: 8, proven: 5, replied: 1, couponUsed: 1, shared: 2, provenFen: 1_280_000,
}) // prettier-ignore
const october = monthOf('2026-10', { due: 10, acted: 6, sent: 4, bought: 1, purchases: 4, proven: 2 })
const results: TeamResults = {
  today: '2026-11-21',
  months: [...['2026-06', '2026-07', '2026-08', '2026-09'].map(month => monthOf(month)), october, november],
  custom: { since: '2026-06-01', before: { custom: 1, total: 5 }, after: { custom: 2, total: 4 } },
  rows: [
    { name: '陈露', store: '国贸店', isRest: false, thisMonth: november, lastMonth: october },
    { name: '其余', store: null, isRest: true, thisMonth: october, lastMonth: october },
  ],
}

let stand: Stand
afterEach(() => {
  // The rules alone need no page.
  ;(stand as Stand | undefined)?.leave()
  vi.unstubAllGlobals()
})

describe('rows of a team', () => {
  const rowOf = (name: string, proven: number) => {
    const thisMonth = monthOf('2026-11', { proven })
    return { name, store: null, isRest: false, thisMonth, lastMonth: october }
  }

  it('say why they add up to more than the whole, and nothing when they do not', () => {
    const rows = [rowOf('周敏', 4), rowOf('陈露', 2), rowOf('其余', 1)]
    expect(sharedText(rows, 'guide', 6)).toBe(
      '「有消息在先」各行加起来是 7 件，一共 6 件：几位共同的，各算一次。',
    )
    expect(sharedText(rows, 'store', 7)).toBe('')
  })
})

describe('my results', () => {
  beforeEach(async () => {
    stand = await standAtWork('guide')
    stand.api.on('get', /^\/stats\/mine$/, () => ok(results))
  })

  it('are one number, six bars with their table, and the steps beside last month’s', async () => {
    const page = await openPage(stand, '/results')
    expect(page.find('[aria-label=有消息在先的购买]').text()).toContain('5 件')
    expect(page.text()).toContain('上月 2 件')
    expect(page.text()).toContain('可能相关 3 件')
    expect(page.text()).toContain('¥12,800')
    const steps = page.findAll('[aria-label=从提醒到购买] tbody tr')
    expect(steps.map(row => row.findAll('th,td').map(cell => cell.text()))).toEqual([
      ['到期的提醒', '12', '10'],
      ['处理了', '9', '6'],
      ['发出了', '7', '4'],
      ['后来买了', '3', '1'],
    ])
    await vi.waitFor(() => expect(drawn.bars).toHaveLength(6))
    expect(drawn.bars.at(-1)).toEqual({ label: '11月', solid: 5, hatched: 3, isCurrent: true })
    const table = page
      .findAll('figure table tbody tr')
      .map(row => row.findAll('th,td').map(cell => cell.text()))
    expect(table.at(-1)).toEqual(['11月', '8', '5', '3'])
  })

  it('that do not come can be fetched again', async () => {
    stand.api.on('get', /^\/stats\/mine$/, noNetwork)
    const page = await openPage(stand, '/results')
    stand.api.on('get', /^\/stats\/mine$/, () => ok(results))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('5 件')
  })
})

describe('a team’s results', () => {
  it('are by guide or by store, with the small ones together', async () => {
    stand = await standAtWork('manager')
    stand.api.on('get', /^\/stats\/team$/, ({ query }) =>
      ok((query as { by: string }).by === 'store' ? { ...results, rows: [] } : results),
    )
    const page = await openPage(stand, '/console/results')
    expect(byText(page, 'li', '陈露').text()).toContain('国贸店')
    expect(byText(page, 'li', '其余').text()).toContain('不足 5 位客户的合在一起')
    expect(stand.api.sentTo('get', /trace-windows/)).toEqual([])
    await byText(page, 'button', '按门店').trigger('click')
    await flushPromises()
    expect(page.find('[aria-label=各家门店]').text()).toContain('不足 5 位客户的数字不分开看')
  })

  it('an admin says within how many days a purchase counts', async () => {
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/stats\/team$/, () => ok(results))
    stand.api.on('get', /^\/trace-windows$/, () => ok({ customDays: 30, otherDays: 14 }))
    stand.api.on('put', /^\/trace-windows$/, ({ body }) => ok(body))
    const page = await openPage(stand, '/console/results')
    const card = page.find('[aria-label=几天内算有关]')
    const [custom] = card.findAll('input')
    await custom!.setValue('0')
    expect(card.text()).toContain('填 1 到 180 天')
    await custom!.setValue('45')
    await byText(page, 'button', '保存，以前的也重新算').trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('put', /./)).toMatchObject([{ body: { customDays: 45, otherDays: 14 } }])
  })
})

it('the table for download holds what is shown, and no formula', () => {
  const csv = resultsCsv({
    ...results,
    rows: [{ ...results.rows[0]!, name: '=HYPERLINK("x")', store: '国贸,店' }],
  })
  expect(csv.startsWith('\ufeff')).toBe(true)
  const rows = Papa.parse<string[]>(csv.slice(1).trim()).data
  expect(rows[0]?.slice(0, 4)).toEqual(['谁', '门店', '月份', '到期的提醒'])
  expect(rows[2]?.slice(0, 5)).toEqual(['\'=HYPERLINK("x")', '国贸,店', '2026-11', '12', '9'])
  expect(rows.at(-1)).toEqual(['合计', '', '2026-11', '12', '9', '7', '3', '8', '5', '1', '1', '2', '12800'])
})

it.each([
  [{ since: null, before: { custom: 0, total: 0 }, after: { custom: 0, total: 0 } }, '发出第一条消息以后'],
  [results.custom, '之后 50%（2 / 4 件），之前 20%（1 / 5 件）'],
  [
    { since: '2026-06-01', before: { custom: 0, total: 0 }, after: { custom: 0, total: 0 } },
    '之后还没有记录，之前没有记录',
  ],
])('the share of custom pieces in words', (custom, words) => {
  expect(customText(custom)).toContain(words)
})
