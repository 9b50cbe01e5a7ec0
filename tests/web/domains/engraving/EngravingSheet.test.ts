import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Engraving, EngravingOffer } from '../../../../shared/contract/engravings.ts'
import EngravingList from '../../../../web/domains/engraving/EngravingList.vue'
import EngravingSheet from '../../../../web/domains/engraving/EngravingSheet.vue'
import type { DrawOutcome, EngravingLook } from '../../../../web/domains/engraving/engravingPicture.ts'
import { startForDate } from '../../../../web/domains/engraving/engravingStart.ts'
import { readPrice } from '../../../../web/domains/engraving/engravingWords.ts'
import { SENT_SHOWN_MS } from '../../../../web/domains/sends/useSend.ts'
import { toast } from '../../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem, type FakeRequest } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { serveSends } from '../../../support/fakeSends.ts'
import { makeDate, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
/** Nothing draws here: what was asked to be drawn, and what is said of it. */
const drawing = vi.hoisted(() => ({
  looks: [] as EngravingLook[],
  outcome: { kind: 'drawn' } as DrawOutcome | Error,
}))
vi.mock('../../../../web/domains/engraving/engravingPicture.ts', () => ({
  drawEngraving: async (_: unknown, look: EngravingLook) => {
    drawing.looks.push({ ...look, lines: [...look.lines] })
    if (drawing.outcome instanceof Error) throw drawing.outcome
    return drawing.outcome
  },
  showOn: () => undefined,
  pictureOf: async () => new Blob(['jpeg'], { type: 'image/jpeg' }),
}))

const offers: EngravingOffer[] = [
  {
    pieceId: 'roundPendant',
    goldPriceFen: 428_000,
    platinumPriceFen: null,
    productionDays: 10,
    details: '约 5.2 克，直径 18 mm',
    isOffered: true,
    version: 1,
  },
  {
    pieceId: 'babyLock',
    goldPriceFen: 520_000,
    platinumPriceFen: null,
    productionDays: 7,
    details: '',
    isOffered: false,
    version: 1,
  },
]
const reminderId = newUuid()
const motherBirthday = makeDate()
const start = startForDate(motherBirthday, '2026-12-03', '婉清姐', reminderId)

let stand: Stand
let closures: { firstDay: string; lastDay: string }[]
let kept: Engraving[]
/** `METHOD path` of everything that was written, in order. */
const writes = () =>
  stand.api.requests
    .filter(({ method }) => method !== 'get')
    .map(({ method, path }) => `${method} ${path.replace(/^\/customers\/wmA/, '')}`)

function keep(request: FakeRequest, engravingId: string, version: number): Engraving {
  const engraving = {
    ...(request.body as Engraving),
    person: null,
    engravingId,
    version,
    by: '陈露',
    updatedAt: '2026-11-21T10:00:00+08:00',
    sentAt: null,
  }
  kept = [engraving, ...kept.filter(one => one.engravingId !== engravingId)]
  return engraving
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  drawing.looks = []
  drawing.outcome = { kind: 'drawn' }
  kept = []
  closures = []
  stand = await standInChat(inChatWith('wmA'))
  stand.api.on('get', /^\/engraving-offers$/, () => ok({ offers, closures }))
  stand.api.on('get', /\/engravings$/, () => ok({ engravings: kept }))
  stand.api.on('post', /\/engravings$/, request => ok(keep(request, newUuid(), 1), 201))
  stand.api.on('put', /\/engravings\/[^/]+$/, request =>
    ok(keep(request, request.path.split('/').at(-1) ?? '', Number(request.version?.replaceAll('"', '')) + 1)),
  )
  stand.api.on('put', /\/picture$/, () => ({ status: 204 }))
  serveSends(stand.api)
  localStorage.clear()
})
afterEach(() => {
  stand.leave()
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function opened(props: Record<string, unknown> = {}): Promise<VueWrapper> {
  const sheet = stand.mount(EngravingSheet, { open: true, start, ...props })
  await flushPromises()
  return sheet
}
const find = <E extends Element = HTMLElement>(selector: string): E => {
  const found = document.body.querySelector<E>(selector)
  if (!found) throw new Error(`no ${selector} in ${document.body.innerHTML}`)
  return found
}
const button = (words: string) => {
  const found = [...document.body.querySelectorAll('button')].find(one => one.textContent?.includes(words))
  if (!found) throw new Error(`no button ${words}`)
  return found
}
async function tap(words: string) {
  button(words).click()
  await flushPromises()
  // What is loaded by the first tap only.
  await vi.dynamicImportSettled()
  await flushPromises()
}
async function type(selector: string, words: string) {
  const input = find<HTMLInputElement>(selector)
  input.value = words
  input.dispatchEvent(new Event('input'))
  await flushPromises()
}
const value = (selector: string) => find<HTMLInputElement>(selector).value
const message = () => find('.engrave__message').textContent
const notes = () => [...document.body.querySelectorAll('.engrave__note')].map(one => one.textContent).join()

describe('the sheet', () => {
  it('opens with whose day it is, the shop’s price and the day it can be ready, and shows the words that go out', async () => {
    await opened()
    expect(value('#engrave-line-0')).toBe('妈妈')
    expect(find('.engrave__line small').textContent).toContain('2 / 5 字')
    expect(value('#engrave-price')).toBe('4280')
    expect(value('#engrave-day')).toBe('2026-12-01')
    expect(message()).toBe(
      '婉清姐，刻字的效果您看看：足金圆牌吊坠，正面刻「妈妈」，¥4,280，11月23日前下单，妈妈的生日前能拿到。',
    )
    expect(find('.engrave__facts').textContent).toContain('最晚 11月23日，妈妈的生日前能拿到')
    expect(drawing.looks.at(-1)).toMatchObject({ pieceId: 'roundPendant', font: 'song', lines: ['妈妈', ''] })
    expect(button('发给婉清姐').disabled).toBe(false)
  })

  it('draws every change at once: piece, metal, font, face, text', async () => {
    await opened()
    await tap('戒指')
    await tap('铂金')
    await tap('楷体')
    await tap('内圈')
    await type('#engrave-line-0', '小满')
    expect(drawing.looks.at(-1)).toMatchObject({
      pieceId: 'ring',
      metal: 'platinum',
      font: 'kai',
      face: 'inside',
      lines: ['小满', ''],
    })
  })

  it('offers what is likely wanted, into the line one is in, and nothing that does not fit', async () => {
    await opened()
    find('#engrave-line-1').dispatchEvent(new Event('focus'))
    await tap('2026.12.3')
    expect(value('#engrave-line-1')).toBe('2026.12.3')
    await tap('对戒')
    await tap('内圈')
    expect(document.body.textContent).not.toContain('2026.12.3')
  })

  it('leaves out pieces the shop does not make, and keeps a price the guide has typed', async () => {
    await opened()
    expect(document.body.textContent).not.toContain('长命锁')
    await type('#engrave-price', '3,999.5')
    await tap('楷体')
    expect(message()).toContain('¥3,999.50')
    await type('#engrave-price', '')
    expect(message()).not.toContain('¥')
  })

  it.each([
    ['too long', async () => type('#engrave-line-0', '妈妈平安喜乐'), '这里一行最多 5 字，多了 1 字'],
    [
      'empty',
      async () => {
        await type('#engrave-line-0', ' ')
      },
      '写下要刻的字',
    ],
    ['a price that is none', async () => type('#engrave-price', '四千'), '价格写成数字，如 4280'],
  ])('%s: says what is wrong and lets nothing be sent or kept', async (_, spoil, words) => {
    await opened()
    await spoil()
    expect(notes()).toContain(words)
    expect([button('发给').disabled, button('存到档案').disabled]).toEqual([true, true])
  })

  it.each<[DrawOutcome, string]>([
    [{ kind: 'missing', glyphs: ['玥', '喆'] }, '楷体里没有「玥」「喆」，换宋体试试'],
    [{ kind: 'unreadable' }, '字太多，刻上去看不清，去掉一两个字'],
  ])('names what the font or the place cannot take (%j)', async (outcome, words) => {
    await opened()
    drawing.outcome = outcome
    await tap('楷体')
    expect(notes()).toContain(words)
    expect(button('发给').disabled).toBe(true)
  })

  it('a font that does not come is fetched again by a tap', async () => {
    drawing.outcome = new Error('offline')
    await opened()
    expect(button('字体没取到').textContent).toContain('再取一次')
    drawing.outcome = { kind: 'drawn' }
    await tap('字体没取到')
    expect(document.body.textContent).not.toContain('字体没取到')
  })

  it('is a preview also without prices', async () => {
    stand.api.on('get', /^\/engraving-offers$/, noNetwork)
    await opened()
    expect(value('#engrave-price')).toBe('')
    expect(value('#engrave-day')).toBe('2026-11-28')
    expect(button('发给').disabled).toBe(false)
  })
})

describe('when it can be had', () => {
  const late = () => notes().includes('赶不上')

  it('the workshop’s holidays count as nowhere else: ready later, to be ordered earlier', async () => {
    closures = [{ firstDay: '2026-11-25', lastDay: '2026-11-26' }]
    await opened()
    expect(value('#engrave-day')).toBe('2026-12-03')
    expect(message()).toContain('今天下单，妈妈的生日前能拿到')
    expect(late()).toBe(false)
  })

  it('too late for the day: says so, promises the day it is ready, and leads to what lies in the shop', async () => {
    closures = [{ firstDay: '2026-11-25', lastDay: '2026-11-27' }]
    const sheet = await opened()
    expect(notes()).toContain('赶不上妈妈的生日（12月3日）了，现在定12月4日可取')
    expect(message()).toContain('现在定，12月4日可取')
    expect(message()).not.toContain('前能拿到')
    await tap('挑现货')
    expect(stand.current.tab).toBe('scripts')
    expect(sheet.emitted('update:open')?.at(-1)).toEqual([false])
  })

  it('a piece that takes longer has its own last day', async () => {
    await opened({ start: startForDate(motherBirthday, '2026-11-29', '婉清姐', null) })
    expect(late()).toBe(true)
    await tap('戒指')
    expect(late()).toBe(false)
    expect(message()).toContain('11月22日前下单，妈妈的生日前能拿到')
  })

  it('a day the guide has typed is what goes out; none, and nothing is said', async () => {
    await opened()
    await type('#engrave-day', '2026-11-30')
    expect(message()).toContain('现在定，11月30日可取')
    await type('#engrave-day', '2026-12-05')
    expect(late()).toBe(true)
    await type('#engrave-day', '')
    expect(message()).not.toContain('可取')
    expect(late()).toBe(false)
  })
})

describe('sending', () => {
  it('keeps the draft, puts its picture, then sends picture and words in this order, for the reminder', async () => {
    const sheet = await opened()
    await tap('发给婉清姐')
    const id = kept[0]?.engravingId
    expect(writes().slice(0, 3)).toEqual(['post /engravings', `put /engravings/${id}/picture`, 'post /sends'])
    expect(stand.api.sentTo('put', /picture$/)[0]?.version).toBe('"1"')
    expect(stand.api.sentTo('post', /sends$/)[0]?.body).toMatchObject({
      title: '刻字预览 · 妈妈',
      engravingId: id,
      reminderId,
    })
    expect(fakeBridge.sent).toEqual([
      { kind: 'image', engravingId: id, mediaId: 'media-1' },
      { kind: 'text', text: expect.stringContaining('刻「妈妈」') as string },
    ])
    expect(document.body.textContent).toContain('已发出')
    vi.advanceTimersByTime(SENT_SHOWN_MS)
    expect(sheet.emitted('sent')).toHaveLength(1)
    expect(sheet.emitted('update:open')).toEqual([[false]])
  })

  it('is kept for whom it is, and the timeline names no child (P28)', async () => {
    const person = { personId: newUuid(), relation: 'daughter', callName: '小满', isMinor: true }
    await opened({ start: startForDate(makeDate({ person }), '2026-12-03', '婉清姐', reminderId) })
    expect(value('#engrave-line-0')).toBe('小满')
    await tap('发给婉清姐')
    expect(stand.api.sentTo('post', /engravings$/)[0]?.body).toMatchObject({ personId: person.personId })
    expect(stand.api.sentTo('post', /sends$/)[0]?.body).toMatchObject({ title: '刻字预览 · 孩子的' })
  })

  it('a picture that was cancelled in the client takes the words with it; the next tap keeps and puts nothing twice', async () => {
    await opened()
    fakeBridge.answers = ['cancelled']
    await tap('发给婉清姐')
    expect(fakeBridge.sent).toHaveLength(1)
    expect(notes()).toContain('你取消了，没有发出；这份刻字已存好')
    await tap('发给婉清姐')
    expect(fakeBridge.sent).toHaveLength(3)
    const [post, put] = [stand.api.sentTo('post', /engravings$/), stand.api.sentTo('put', /picture$/)]
    expect([post.length, put.length]).toEqual([1, 1])
  })

  it('words that did not follow the picture: says what arrived', async () => {
    await opened()
    fakeBridge.answers = ['ok', { failed: 'sendChatMessage:fail' }]
    await tap('发给婉清姐')
    expect(notes()).toContain('前 1 条已送到，这一条没有发出')
  })

  it('P18 WeCom is away: says that nothing left and that the draft is safe', async () => {
    stand.api.on('post', /\/sends$/, () => problem('wecom_unavailable'))
    await opened()
    await tap('发给婉清姐')
    expect(notes()).toContain('企业微信暂时连不上，没有发出；这份刻字已存好')
    expect(fakeBridge.sent).toEqual([])
  })

  it('a changed text is kept anew, with a picture of its own', async () => {
    stand.api.on('post', /\/sends$/, () => problem('wecom_unavailable'))
    await opened()
    await tap('发给婉清姐')
    await type('#engrave-line-0', '平安')
    await tap('发给婉清姐')
    const id = kept[0]?.engravingId
    expect(writes()).toEqual([
      'post /engravings',
      `put /engravings/${id}/picture`,
      'post /sends',
      `put /engravings/${id}`,
      `put /engravings/${id}/picture`,
      'post /sends',
    ])
    expect(stand.api.sentTo('put', /picture$/).map(({ version }) => version)).toEqual(['"1"', '"2"'])
  })

  it('what is changed while it is being prepared waits for the next tap: draft, picture and words are of one piece', async () => {
    await opened()
    button('发给婉清姐').click()
    const input = find<HTMLInputElement>('#engrave-line-0')
    input.value = '平安'
    input.dispatchEvent(new Event('input'))
    drawing.looks.length = 0
    await flushPromises()
    await vi.dynamicImportSettled()
    await flushPromises()
    expect(kept[0]?.lines).toEqual(['妈妈', ''])
    expect(drawing.looks.map(({ lines }) => lines[0])).toContain('妈妈')
    expect(fakeBridge.sent.at(-1)).toMatchObject({ text: expect.stringContaining('刻「妈妈」') as string })
  })

  it('P14 another chat in view: nothing is kept, nothing is sent, and the sheet closes', async () => {
    const sheet = await opened()
    stand.turnSilently(inChatWith('wmB'))
    await tap('发给婉清姐')
    expect(writes()).toEqual([])
    expect(fakeBridge.sent).toEqual([])
    expect(sheet.emitted('update:open')?.at(-1)).toEqual([false])
  })
})

describe('drafts in 档案', () => {
  const draft = (): Engraving => ({
    engravingId: newUuid(),
    pieceId: 'babyLock',
    metal: 'gold',
    face: 'back',
    font: 'kai',
    lines: ['小满', '9.25'],
    priceFen: 520_000,
    readyOn: null,
    person: null,
    by: '陈露',
    updatedAt: '2026-11-20T10:00:00+08:00',
    sentAt: '2026-11-20T10:00:00+08:00',
    version: 3,
  })
  async function shown() {
    const list = stand.mount(EngravingList)
    await flushPromises()
    return list
  }

  it('say what is engraved on what, for how much, and when it was sent', async () => {
    const person = { personId: newUuid(), relation: 'daughter', callName: '小满', isMinor: true }
    kept = [{ ...draft(), person }]
    const text = (await shown()).text()
    for (const words of ['小满 / 9.25', '给小满', '足金长命锁', '¥5,200', '11月20日发过'])
      expect(text).toContain(words)
  })

  it('open as they were left, and are changed, not added', async () => {
    kept = [draft()]
    await shown()
    await tap('小满 / 9.25')
    expect([value('#engrave-line-0'), value('#engrave-line-1'), value('#engrave-price')]).toEqual([
      '小满',
      '9.25',
      '5200',
    ])
    await type('#engrave-line-0', '大宝')
    await tap('存到档案')
    expect(writes()).toEqual([`put /engravings/${kept[0]?.engravingId}`])
    expect(stand.api.sentTo('put', /./)[0]?.version).toBe('"3"')
    expect(document.body.textContent).toContain('大宝 / 9.25')
  })

  it('are taken away', async () => {
    kept = [draft()]
    const list = await shown()
    const id = kept[0]?.engravingId
    stand.api.on('delete', /\/engravings\//, () => {
      kept = []
      return { status: 204 }
    })
    await list.find('[aria-label="去掉刻字 小满 / 9.25"]').trigger('click')
    await flushPromises()
    expect(writes()).toEqual([`delete /engravings/${id}`])
    expect(list.text()).toContain('拟过的刻字会留在这里')
    expect(toast.value?.text).toBe('已去掉刻字「小满 / 9.25」')
    toast.value?.undo?.()
    await flushPromises()
    expect(writes()).toEqual([`delete /engravings/${id}`, 'post /engravings'])
    expect(stand.api.sentTo('post', /\/engravings$/)[0]?.body).toMatchObject({ lines: ['小满', '9.25'] })
  })
})

it.each([
  ['4280', 428_000],
  ['¥4,280', 428_000],
  ['4280.5 元', 428_050],
  ['0.05', 5],
  ['', null],
  ['  ', null],
  ['四千', undefined],
  ['-5', undefined],
  ['1.234', undefined],
  ['1000001', undefined],
])('a price typed as “%s” is %s fen', (typed, fen) => {
  expect(readPrice(typed)).toBe(fen)
})
