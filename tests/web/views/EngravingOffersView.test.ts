import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { EngravingOffer } from '../../../shared/contract/engravings.ts'
import type { EngravingLook } from '../../../web/domains/engraving/engravingPicture.ts'
import { hideToast, toast } from '../../../web/ui/undoToast.ts'
import { ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { sheet, tap, type } from '../domains/people/sheetInView.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
/** Nothing draws here: what was asked to be drawn. */
const drawing = vi.hoisted(() => ({ looks: [] as EngravingLook[] }))
vi.mock('../../../web/domains/engraving/engravingPicture.ts', () => ({
  drawEngraving: async (_: unknown, look: EngravingLook) => {
    drawing.looks.push(look)
    return { kind: 'drawn' }
  },
  showOn: () => undefined,
}))

const offerOf = (given: Partial<EngravingOffer>): EngravingOffer => ({
  pieceId: 'roundPendant',
  goldPriceFen: 428_000,
  platinumPriceFen: null,
  productionDays: 10,
  details: '约 5.2 克',
  isOffered: true,
  version: 3,
  ...given,
})

let stand: Stand
let offers: EngravingOffer[]
beforeEach(async () => {
  hideToast()
  drawing.looks = []
  stand = await standAtWork('admin')
  offers = [
    offerOf({}),
    offerOf({
      pieceId: 'babyLock',
      goldPriceFen: null,
      details: '',
      productionDays: 7,
      version: 0,
      isOffered: false,
    }),
  ]
  stand.api.on('get', /^\/engraving-offers$/, () => ok({ offers, closures: [] }))
  stand.api.on('patch', /^\/engraving-offers\//, ({ path, body }) => {
    const pieceId = path.split('/')[2]
    offers = offers.map(one =>
      one.pieceId === pieceId
        ? { ...one, ...(body as Partial<EngravingOffer>), version: one.version + 1 }
        : one,
    )
    return ok(offers.find(one => one.pieceId === pieceId))
  })
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(piece: string) {
  const page = await openPage(stand, '/console/engraving')
  await byText(page, 'main li button', piece).trigger('click')
  await whenDrawn(() => expect(sheet().getAttribute('aria-label')).toBe(piece))
  await flushPromises()
  return page
}
const field = (name: string) => {
  const label = [...sheet().querySelectorAll('label')].find(one => one.textContent.includes(name))
  if (!label) throw new Error(`no ${name}`)
  label.id = name
  return `[id="${name}"] input`
}

it('says of every piece what is asked for it, how long it takes, and which ones guides cannot pick', async () => {
  const page = await openPage(stand, '/console/engraving')
  const round = byText(page, 'main li', '圆牌吊坠').text()
  for (const word of ['足金 ¥4,280', '做 10 天', '约 5.2 克']) expect(round).toContain(word)
  expect(round).not.toContain('先不做')
  const lock = byText(page, 'main li', '长命锁').text()
  for (const word of ['还没标价', '做 7 天', '先不做']) expect(lock).toContain(word)
  expect(page.text()).toContain('导购能选 1 款')
})

it('saves prices, days and the switch in one go over the version that was seen, and draws the piece in its metal', async () => {
  const page = await opened('圆牌吊坠')
  expect(drawing.looks.at(-1)).toMatchObject({ pieceId: 'roundPendant', metal: 'gold', lines: ['平安'] })
  await tap('铂金')
  expect(drawing.looks.at(-1)).toMatchObject({ metal: 'platinum' })
  await type('4,680', field('足金'))
  await type('5980.5', field('铂金'))
  await type('12', field('工期'))
  await tap('导购能选')
  await tap('保存')
  expect(stand.api.sentTo('patch', /./)).toMatchObject([
    {
      path: '/engraving-offers/roundPendant',
      version: '"3"',
      body: {
        goldPriceFen: 468_000,
        platinumPriceFen: 598_050,
        productionDays: 12,
        details: '约 5.2 克',
        isOffered: false,
      },
    },
  ])
  expect(toast.value?.text).toContain('存好了')
  expect(byText(page, 'main li', '圆牌吊坠').text()).toContain('足金 ¥4,680')
  expect(page.text()).toContain('导购能选 0 款')
})

it('says what is no price and no number of days before anything is sent', async () => {
  await opened('长命锁')
  await type('四千', field('足金'))
  expect(sheet().textContent).toContain('足金的价格写成数字')
  await type('', field('足金'))
  await type('0', field('工期'))
  expect(sheet().textContent).toContain('工期写 1 到 180 天')
  await tap('保存')
  expect(stand.api.sentTo('patch', /./)).toEqual([])
})

it('somebody was faster: keeps what was typed, says so, and has the newer one when it is opened again', async () => {
  stand.api.on('patch', /./, () => {
    offers = [offerOf({ goldPriceFen: 500_000, version: 4 })]
    return problem('version_conflict')
  })
  const page = await opened('圆牌吊坠')
  await type('4680', field('足金'))
  await tap('保存')
  expect(sheet().querySelector('[role=alert]')?.textContent).toContain('没有改动')
  expect(sheet().querySelector<HTMLInputElement>(field('足金'))?.value).toBe('4680')
  expect(byText(page, 'main li', '圆牌吊坠').text()).toContain('¥5,000')
})
