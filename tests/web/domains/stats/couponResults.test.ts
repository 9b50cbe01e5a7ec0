import { flushPromises } from '@vue/test-utils'
import Papa from 'papaparse'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CouponResultRow, CouponResults } from '../../../../shared/contract/couponResults.ts'
import {
  couponResultsCsv,
  couponRowFacts,
  monthBefore,
  monthsText,
  shortValue,
} from '../../../../web/domains/stats/couponResultWords.ts'
import { later, noNetwork, ok, type Answer } from '../../../support/fakeApi.ts'
import { makeTemplate } from '../../../support/makeTemplate.ts'
import { byText, type Stand } from '../../../support/mountInChat.ts'
import { openPage, standAtWork } from '../../views/openPage.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
interface Drawn {
  label: string
  isFaint?: boolean
  text?: string
}
const drawn = vi.hoisted(() => ({ rows: [] as Drawn[], months: [] as Drawn[] }))
vi.mock('../../../../web/domains/stats/drawRows.ts', () => ({
  drawRows: (_: unknown, bars: Drawn[]) => {
    drawn.rows = bars
    return () => undefined
  },
}))
vi.mock('../../../../web/domains/stats/drawBars.ts', () => ({
  drawBars: (_: unknown, bars: Drawn[]) => {
    drawn.months = bars
    return () => undefined
  },
}))

const none = { issued: 0, claimed: 0, redeemed: 0, paidFen: 0, discountFen: 0 }
const row = (name: string | null, given: Partial<CouponResultRow> = {}): CouponResultRow => ({
  kind: 'one', name, store: null, templateId: null, departmentId: null, ...none, ...given,
}) // prettier-ignore
const gold = row('足金饰品券', {
  templateId: crypto.randomUUID(), issued: 40, claimed: 30, redeemed: 4, paidFen: 1_232_000, discountFen: 80_000,
}) // prettier-ignore
const birthday = row('生日礼券', {
  templateId: crypto.randomUUID(), issued: 20, claimed: 18, redeemed: 9, paidFen: 3_150_000, discountFen: 90_000,
}) // prettier-ignore
const rest = row(null, { kind: 'rest', issued: 99 })
const total = { issued: 159, claimed: 48, redeemed: 13, paidFen: 4_382_000, discountFen: 170_000 }
const months = ['2026-06', '2026-07', '2026-08', '2026-09', '2026-10'].map(month => ({ month, ...none }))
const results: CouponResults = {
  from: '2026-09',
  until: '2026-11',
  today: '2026-11-21',
  countedAt: '2026-11-21T01:37:00.000Z',
  total,
  months: [...months, { month: '2026-11', ...total }],
  rows: [gold, birthday, rest],
  unlisted: 0,
}

let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
type Page = Awaited<ReturnType<typeof openPage>>
const namesOf = (page: Page) => page.findAll('[aria-label=分开看] li b').map(each => each.text())
const factsOf = (page: Page, place: string) =>
  page.findAll(`${place} dl > div`).map(each => each.text().replace(/\s/g, ''))
const asked = () => stand.api.sentTo('get', /^\/stats\/coupons/).at(-1)!

describe('券的成效 of a team', () => {
  async function open(answer: Partial<CouponResults> = {}) {
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/stats\/coupons$/, () => ok({ ...results, ...answer }))
    return openPage(stand, '/console/coupon-results')
  }

  it('shows what was sold with coupons, what came of each, months and rows as pictures', async () => {
    const page = await open()
    expect(page.text()).toContain('9月到11月')
    expect(page.text()).toContain('数到今天 09:37')
    const sum = page.get('[aria-label=合计]')
    expect(sum.text()).toContain('¥43,820')
    expect(sum.text()).toContain('核销时录入的实付金额合计')
    expect(factsOf(page, '[aria-label=合计]')).toEqual(['发出159', '领取4830%', '核销138%', '优惠掉¥1,700'])
    expect(namesOf(page)).toEqual(['足金饰品券', '生日礼券', '其余'])
    expect(page.text()).toContain('不足 5 位客户的合在一起')
    await vi.waitFor(() => {
      expect(drawn.rows.map(({ label, text }) => [label, text])).toEqual([['足金饰品券', '40'], ['生日礼券', '20']]) // prettier-ignore
      expect(drawn.months.at(-1)).toMatchObject({ label: '11月', text: '159' })
    })
    const spoken = page.findAll('table.spoken tbody tr').at(-1)!
    expect(spoken.findAll('td').map(each => each.text())).toEqual(['159', '48', '13', '¥43,820'])
  })

  it('tells the months that were chosen from those that only stand there to compare with', async () => {
    const page = await open()
    await vi.waitFor(
      () =>
      expect(drawn.months.map(({ label, isFaint }) => [label, isFaint])).toEqual([
        ['6月', true], ['7月', true], ['8月', true], ['9月', false], ['10月', false], ['11月', false],
      ]), // prettier-ignore
    )
    expect(page.get('figcaption').text()).toBe('每月发出，张；颜色淡的不算在9月到11月里')
    const spoken = page.findAll('table.spoken tbody th').map(each => each.text())
    expect(spoken).toContain('8月，不在合计里')
    expect(spoken).toContain('9月')
  })

  it('says nothing of other months where all are chosen', async () => {
    const page = await open({ from: '2026-06' })
    await vi.waitFor(() => expect(drawn.months.every(({ isFaint }) => isFaint === false)).toBe(true))
    expect(page.get('figcaption').text()).not.toContain('淡')
  })

  it('has the template chosen from whose page one came', async () => {
    stand = await standAtWork('manager')
    stand.api.on('get', /^\/stats\/coupons$/, () => ok({ ...results, rows: [row('陈露', { issued: 12 })] }))
    const coming = later<Answer>()
    stand.api.on('get', /^\/coupon-templates\/[^/]+$/, () => coming.promise)
    const page = await openPage(stand, `/console/coupon-results?template=${birthday.templateId}`)
    expect(page.get('.only').text()).toBe('看全部')
    coming.settle(ok(makeTemplate({ templateId: birthday.templateId!, name: '生日礼券' })))
    await vi.waitFor(() => expect(namesOf(page)).toEqual(['陈露']))
    expect(page.text()).toContain('只看生日礼券')
    expect(asked().query).toMatchObject({ by: 'guide', templateId: birthday.templateId })
    await byText(page, 'button', '看全部').trigger('click')
    expect(asked().query).toEqual({ from: '2026-09', until: '2026-11', by: 'template' })
  })

  it('follows the number that was tapped, sums last', async () => {
    const page = await open()
    await byText(page, '[aria-label=看哪个数] button', '实付').trigger('click')
    expect(namesOf(page)).toEqual(['生日礼券', '足金饰品券', '其余'])
    await vi.waitFor(() => {
      expect(drawn.rows.map(({ text }) => text)).toEqual(['3.2万', '1.2万'])
      expect(drawn.months.at(-1)?.text).toBe('4.4万')
    })
  })

  it('asks for the months and the split that were chosen', async () => {
    const page = await open()
    expect(asked().query).toEqual({ from: '2026-09', until: '2026-11', by: 'template' })
    await byText(page, 'button', '上月').trigger('click')
    expect(asked().query).toEqual({ from: '2026-10', until: '2026-10', by: 'template' })
    await flushPromises()
    await byText(page, 'button', '按导购').trigger('click')
    expect(asked().query).toEqual({ from: '2026-10', until: '2026-10', by: 'guide' })
  })

  it('looks at one template alone, by guide, and at all again', async () => {
    const page = await open()
    stand.api.on('get', /^\/stats\/coupons$/, () =>
      ok({ ...results, rows: [row('陈露', { store: '国贸店', issued: 12 }), row('周敏', { issued: 8 })] }),
    )
    await byText(page, '[aria-label=分开看] button', '生日礼券').trigger('click')
    await vi.waitFor(() => expect(namesOf(page)).toEqual(['陈露', '周敏']))
    expect(asked().query).toMatchObject({ by: 'guide', templateId: birthday.templateId })
    expect(page.findAll('[aria-label=怎么分] button').map(each => each.text())).toEqual(['按门店', '按导购', '按话术']) // prettier-ignore
    await byText(page, 'button', '看全部').trigger('click')
    expect(asked().query).toEqual({ from: '2026-09', until: '2026-11', by: 'template' })
  })

  it('shows no figures but those of what is chosen while they are on their way, and makes no file of them', async () => {
    const page = await open()
    const coming = later<Answer>()
    stand.api.on('get', /^\/stats\/coupons$/, () => coming.promise)
    await byText(page, 'button', '上月').trigger('click')
    expect(page.get('.page__facts').text()).toBe('10月')
    expect(page.find('[aria-label=合计]').exists()).toBe(false)
    expect(namesOf(page)).toEqual([])
    expect(page.text()).not.toContain('下载 CSV')
    coming.settle(ok({ ...results, from: '2026-10', until: '2026-10', rows: [gold, birthday] }))
    await vi.waitFor(() => expect(namesOf(page)).toEqual(['足金饰品券', '生日礼券']))

    const alone = later<Answer>()
    stand.api.on('get', /^\/stats\/coupons$/, () => alone.promise)
    await byText(page, '[aria-label=分开看] button', '生日礼券').trigger('click')
    expect(page.text()).toContain('只看生日礼券')
    expect(page.text()).not.toContain('¥43,820')
    expect(page.find('[aria-busy=true]').exists()).toBe(true)
    alone.settle(ok({ ...results, total: { ...total, paidFen: 100 }, rows: [row('陈露')] }))
    await vi.waitFor(() => expect(page.get('[aria-label=合计]').text()).toContain('¥1'))
  })

  it('keeps the sums when it is split otherwise, and hides the rows of the former split until the new ones come', async () => {
    const page = await open()
    const coming = later<Answer>()
    stand.api.on('get', /^\/stats\/coupons$/, () => coming.promise)
    await byText(page, 'button', '按门店').trigger('click')
    const file = byText(page, 'button', '下载 CSV')
    expect(page.get('[aria-label=合计]').text()).toContain('¥43,820')
    expect(page.find('.parts [aria-busy=true]').exists()).toBe(true)
    expect(page.find('.parts__former [aria-label=分开看]').exists()).toBe(true)
    expect(file.attributes('disabled')).toBeDefined()
    coming.settle(ok({ ...results, rows: [row('国贸店', { issued: 40 })] }))
    await vi.waitFor(() => expect(namesOf(page)).toEqual(['国贸店']))
    expect(page.find('.parts__former').exists()).toBe(false)
    expect(file.attributes('disabled')).toBeUndefined()
  })

  it('looks at one store alone, by template', async () => {
    const page = await open({ rows: [row('国贸店', { departmentId: 12, issued: 40 }), row('西单店', { departmentId: 13 })] }) // prettier-ignore
    await byText(page, '[aria-label=怎么分] button', '按门店').trigger('click')
    await byText(page, '[aria-label=分开看] button', '西单店').trigger('click')
    expect(asked().query).toMatchObject({ by: 'template', store: 13 })
  })

  it('says why nothing is told apart, and that there was nothing', async () => {
    const page = await open({ rows: [] })
    expect(page.text()).toContain('不足 5 位客户的数字不分开看')
    stand.api.on('get', /^\/stats\/coupons$/, () => ok({ ...results, total: none, rows: [] }))
    await byText(page, 'button', '本月').trigger('click')
    await vi.waitFor(() => expect(page.text()).toContain('这段时间里没有发券、领券，也没有核销'))
  })

  it('says what will be there, before there is anything', async () => {
    const page = await open({ months, total: none, rows: [], countedAt: null })
    expect(page.text()).toContain('每小时数一次')
    expect(page.find('[aria-label=合计]').exists()).toBe(false)
  })

  it('can be asked again when the network is gone', async () => {
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/stats\/coupons$/, () => noNetwork())
    const page = await openPage(stand, '/console/coupon-results')
    stand.api.on('get', /^\/stats\/coupons$/, () => ok(results))
    await byText(page, 'button', '再取一次').trigger('click')
    await vi.waitFor(() => expect(namesOf(page)).toHaveLength(3))
  })

  it('goes into a file as it is ordered and shown', async () => {
    const page = await open()
    const saved: { name: string; blob: Blob }[] = []
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      saved.push({ name: this.download, blob: made.at(-1)! })
    })
    const made: Blob[] = []
    vi.stubGlobal('URL', {
      ...URL,
      createObjectURL: (blob: Blob) => (made.push(blob), 'blob:it'),
      revokeObjectURL: () => undefined,
    })
    await byText(page, 'button', '实付').trigger('click')
    await byText(page, 'button', '下载 CSV').trigger('click')
    click.mockRestore()
    expect(saved[0]?.name).toBe('券的成效 2026-11-21.csv')
    const lines = Papa.parse<string[]>((await saved[0]!.blob.text()).trim()).data
    expect(lines.slice(1, 4).map(cells => cells[0])).toEqual(['生日礼券', '足金饰品券', '其余'])
  })
})

it('我的券 is one’s own: by template or script, the script of one template on a tap', async () => {
  stand = await standAtWork('guide')
  stand.api.on('get', /^\/stats\/coupons\/mine$/, () => ok({ ...results, rows: [gold, birthday] }))
  const page = await openPage(stand, '/coupon-results')
  expect(page.get('h1').text()).toBe('我的券')
  expect(page.findAll('[aria-label=怎么分] button').map(each => each.text())).toEqual(['按券', '按话术'])
  await byText(page, '[aria-label=分开看] button', '足金饰品券').trigger('click')
  expect(asked().query).toMatchObject({ by: 'script', templateId: gold.templateId })
})

describe('the words of it', () => {
  it('a file has the rows, their sum and the months, and no cell that could be a formula', () => {
    const evil = row('=HYPERLINK("http://x","点我")', { issued: 3 })
    const at = row('@SUM(A1)', { store: '+86 国贸店' })
    const text = couponResultsCsv({ ...results, rows: [] }, [evil, at, gold, rest], 'guide')
    const lines = Papa.parse<string[]>(text.trim()).data
    expect(lines[0]).toEqual(['导购', '门店', '月份', '发出', '领取', '核销', '实付（元）', '优惠掉（元）'])
    expect(lines[1]?.[0]).toBe(`'=HYPERLINK("http://x","点我")`)
    expect(lines[2]?.slice(0, 2)).toEqual(["'@SUM(A1)", "'+86 国贸店"])
    expect(lines[3]).toEqual(['足金饰品券', '', '2026-09 到 2026-11', '40', '30', '4', '12320', '800'])
    expect(lines[5]?.slice(0, 4)).toEqual(['合计', '', '2026-09 到 2026-11', '159'])
    expect(lines.at(-1)).toEqual(['全部', '', '2026-11', '159', '48', '13', '43820', '1700'])
    expect(lines.flat().filter(cell => /^[=+\-@]/.test(cell))).toEqual([])
  })

  it.each([
    ['2026-11-21', 0, '2026-11'],
    ['2026-11-21', 10, '2026-01'],
    ['2026-11-21', 11, '2025-12'],
    ['2026-01-31', 1, '2025-12'],
  ])('%s, %d months before: %s', (day, count, month) => {
    expect(monthBefore(day, count)).toBe(month)
  })

  it.each([
    ['2026-11', '2026-11', '11月'],
    ['2026-09', '2026-11', '9月到11月'],
    ['2025-12', '2026-02', '2025年12月到2026年2月'],
  ])('%s to %s: %s', (from, until, words) => {
    expect(monthsText({ from, until })).toBe(words)
  })

  it.each([
    ['issued', 12_345, '12345'],
    ['paidFen', 0, '0'],
    ['paidFen', 999_949, '9999'],
    ['paidFen', 1_000_000, '1万'],
    ['paidFen', 3_080_000, '3.1万'],
    ['paidFen', 123_456_700, '123万'],
  ] as const)('a picture’s %s of %d is %s', (measure, value, words) => {
    expect(shortValue(measure, value)).toBe(words)
  })

  it('more used than given this month has no share', () => {
    const share = couponRowFacts({ ...none, issued: 2, claimed: 1, redeemed: 5 }).map(fact => fact.share)
    expect(share).toEqual(['', '50%', '', ''])
  })
})
