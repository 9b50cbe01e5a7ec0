import { flushPromises } from '@vue/test-utils'
import Papa from 'papaparse'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ScriptResultRow, ScriptResults } from '../../../../shared/contract/scriptResults.ts'
import { orderedRows, scriptResultsCsv } from '../../../../web/domains/stats/scriptResultWords.ts'
import { later, noNetwork, ok, type Answer } from '../../../support/fakeApi.ts'
import { byText, type Stand } from '../../../support/mountInChat.ts'
import { openPage, standAtWork } from '../../views/openPage.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
const drawn = vi.hoisted(() => ({ bars: [] as { label: string; value: number; isBad: boolean }[] }))
vi.mock('../../../../web/domains/stats/drawRows.ts', () => ({
  drawRows: (_: unknown, bars: (typeof drawn)['bars']) => {
    drawn.bars = bars
    return () => undefined
  },
}))

const row = (title: string, given: Partial<ScriptResultRow> = {}): ScriptResultRow => ({
  kind: 'script', scriptId: crypto.randomUUID(), title, scope: 'company', isArchived: false, watch: null, versions: [],
  sends: 0, cancelled: 0, replies: 0, purchases: 0, lost: 0, ...given,
}) // prettier-ignore
const rest = row('', { kind: 'rest', scriptId: null, title: null, scope: null, sends: 99, replies: 99 })
const care = row('保养 · 半年', { sends: 40, replies: 32, purchases: 2, cancelled: 10 })
const visit = row('到店 · 看看新款', {
  sends: 60, replies: 6, lost: 3, watch: 'lost',
  versions: [
    { version: 2, sends: 50, replies: 6, purchases: 0, cancelled: 0, lost: 0 },
    { version: 1, sends: 10, replies: 0, purchases: 0, cancelled: 0, lost: 3 },
  ],
}) // prettier-ignore
const results: ScriptResults = {
  from: '2026-08-24',
  today: '2026-11-21',
  countedAt: '2026-11-21T01:17:00.000Z',
  stores: [
    { store: 12, name: '国贸店' },
    { store: 13, name: '西单店' },
  ],
  rows: [visit, care, rest],
}

let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const titlesOf = (page: Awaited<ReturnType<typeof openPage>>) =>
  page.findAll('[aria-label=各条话术] li > b').map(each => each.text())

describe('话术成效 of a team', () => {
  async function open(answer = results) {
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/stats\/scripts$/, () => ok(answer))
    return openPage(stand, '/console/script-results')
  }

  it('shows every script’s numbers with their share, the bars, and what does not do well', async () => {
    const page = await open()
    expect(titlesOf(page)).toEqual(['到店 · 看看新款', '保养 · 半年', '其余'])
    const [first, second] = page.findAll('[aria-label=各条话术] li')
    expect(first!.text()).toContain('删好友的多')
    expect(second!.findAll('dl > div').map(each => each.text().replace(/\s/g, ''))).toEqual([
      '发出40', '有回音3280%', '后来买了25%', '删了好友0', '点了又取消1020%',
    ]) // prettier-ignore
    await vi.waitFor(() =>
      expect(drawn.bars).toEqual([
        { label: '到店 · 看看新款', value: 60, isBad: true },
        { label: '保养 · 半年', value: 40, isBad: false },
      ]),
    )
    expect(page.text()).toContain('数到今天 09:17')
  })

  it('is ordered by what was tapped, sums last', async () => {
    const page = await open()
    await byText(page, 'button', '有回音').trigger('click')
    expect(titlesOf(page)).toEqual(['保养 · 半年', '到店 · 看看新款', '其余'])
    await vi.waitFor(() => expect(drawn.bars[0]).toMatchObject({ label: '保养 · 半年', value: 32 }))
  })

  it('has bars of those that have any, and says when none has', async () => {
    const page = await open({ ...results, rows: [visit, care, row('问候', { sends: 5 }), rest] })
    await vi.waitFor(() => expect(drawn.bars).toHaveLength(3))
    await byText(page, 'button', '后来买了').trigger('click')
    await vi.waitFor(() => expect(drawn.bars.map(({ label }) => label)).toEqual(['保养 · 半年']))
    expect(page.find('figcaption').text()).toBe('后来买了最多的 1 条')
    stand.leave()
    const none = await open({ ...results, rows: [visit, row('问候', { sends: 5 })] })
    await byText(none, 'button', '后来买了').trigger('click')
    expect(none.find('figcaption').text()).toBe('「后来买了」还都是 0')
  })

  it('asks for one store', async () => {
    const page = await open()
    const asked: unknown[] = []
    stand.api.on('get', /^\/stats\/scripts$/, request => {
      asked.push(request.query)
      return ok({ ...results, rows: [care] })
    })
    await byText(page, 'button', '西单店').trigger('click')
    await flushPromises()
    expect(asked).toEqual([{ store: 13 }])
    expect(titlesOf(page)).toEqual(['保养 · 半年'])
  })

  it('shows no store’s figures but those of the one that is chosen, and lets choose meanwhile', async () => {
    const page = await open()
    const coming = later<Answer>()
    stand.api.on('get', /^\/stats\/scripts$/, () => coming.promise)
    await byText(page, 'button', '西单店').trigger('click')
    expect(titlesOf(page)).toEqual([])
    expect(page.text()).not.toContain('下载 CSV')
    expect(page.find('[aria-busy=true]').exists()).toBe(true)
    expect(byText(page, 'button', '西单店').attributes('aria-pressed')).toBe('true')
    expect(page.text()).toContain('数到今天 09:17')
    coming.settle(ok({ ...results, rows: [care] }))
    await vi.waitFor(() => expect(titlesOf(page)).toEqual(['保养 · 半年']))
  })

  it('says when there is too little to tell apart, and when nothing was counted yet', async () => {
    const few = await open({ ...results, rows: [rest] })
    expect(few.text()).toContain('不足 5 位客户的数字不分开看')
    stand.leave()
    const none = await open({ ...results, rows: [], countedAt: null })
    expect(none.text()).toContain('每小时数一次')
  })

  it('offers to try again when it did not load', async () => {
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/stats\/scripts$/, noNetwork)
    const page = await openPage(stand, '/console/script-results')
    stand.api.on('get', /^\/stats\/scripts$/, () => ok(results))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(titlesOf(page)).toHaveLength(3)
  })
})

describe('my own', () => {
  it('stand under 我的成效', async () => {
    stand = await standAtWork('guide')
    stand.api.on('get', /^\/stats\/scripts\/mine$/, () => ok({ ...results, stores: [], rows: [care] }))
    const page = await openPage(stand, '/script-results')
    expect(page.find('h1').text()).toBe('我的话术成效')
    expect(titlesOf(page)).toEqual(['保养 · 半年'])
  })

  it('speak of oneself, not of colleagues', async () => {
    stand = await standAtWork('guide')
    const rows = [{ ...care, watch: 'cancelled' as const }]
    stand.api.on('get', /^\/stats\/scripts\/mine$/, () => ok({ ...results, stores: [], rows }))
    const page = await openPage(stand, '/script-results')
    expect(page.find('.scripts__watch').text()).toBe('你点了又取消的多，看看要不要改')
  })
})

describe('the file', () => {
  it('holds what is shown, versions beneath their script, and no formula', () => {
    const text = scriptResultsCsv({ rows: orderedRows([row('=1+1'), visit, rest], 'sends') })
    const { data } = Papa.parse<string[]>(text.trim().replace(/^\ufeff/, ''))
    expect(data).toEqual([
      ['话术', '版本', '发出', '有回音', '后来买了', '删了好友', '点了又取消'],
      ['到店 · 看看新款', '', '60', '6', '0', '3', '0'],
      ['到店 · 看看新款', '2', '50', '6', '0', '0', '0'],
      ['到店 · 看看新款', '1', '10', '0', '0', '3', '0'],
      ["'=1+1", '', '0', '0', '0', '0', '0'],
      ['其余', '', '99', '99', '0', '0', '0'],
    ])
  })
})
