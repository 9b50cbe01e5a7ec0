import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Engraving } from '../../../../shared/contract/engravings.ts'
import type { Purchase } from '../../../../shared/contract/purchases.ts'
import PurchaseList from '../../../../web/domains/customers/PurchaseList.vue'
// Loaded lazily by the list; here it is to be there at once.
import '../../../../web/domains/customers/PurchaseSheet.vue'
import { hideToast, toast } from '../../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const purchaseOf = (given: Partial<Purchase> = {}): Purchase => ({
  purchaseId: newUuid(),
  day: '2026-11-18',
  piece: '足金手链',
  amountFen: 368_050,
  recipient: null,
  personId: null,
  isCustom: false,
  engraving: null,
  trace: null,
  version: 3,
  ...given,
})
const mother = {
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

let stand: Stand
let items: Purchase[]
let engravings: Engraving[]
beforeEach(async () => {
  hideToast()
  items = []
  engravings = []
  stand = await standInChat(inChatWith('wmA'))
  stand.api.on('get', /\/purchases$/, () => ok({ items, nextCursor: null }))
  stand.api.on('get', /\/people$/, () => ok({ people: [mother], dates: [] }))
  stand.api.on('get', /\/engravings$/, () => ok({ engravings }))
  stand.api.on('post', /\/purchases$/, ({ body }) => ok(purchaseOf(body as Partial<Purchase>), 201))
  stand.api.on('patch', /\/purchases\/[\w-]+$/, ({ body }) => ok(purchaseOf(body as Partial<Purchase>)))
  stand.api.on('delete', /\/purchases\//, () => ({ status: 204 }))
  stand.api.on('post', /\/restore$/, () => ok(purchaseOf()))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})

// The sheet hangs below the body, not below the list.
const sheet = () => document.querySelector<HTMLElement>('[role=dialog]')
const within = <T extends HTMLElement>(selector: string, words = '') => {
  const found = [...(sheet()?.querySelectorAll<T>(selector) ?? [])].find(one =>
    `${one.textContent}${one.getAttribute('aria-label') ?? ''}`.includes(words),
  )
  if (!found) throw new Error(`no ${selector} with ${words} in ${sheet()?.innerHTML}`)
  return found
}
let taps = 0
async function tap(element: HTMLElement) {
  taps++
  element.click()
  await flushPromises()
}
async function type(label: string, words: string) {
  const input = within<HTMLLabelElement>('label', label).querySelector('input')
  if (!input) throw new Error(`nothing to type in at ${label}`)
  input.value = words
  input.dispatchEvent(new Event('input'))
  await flushPromises()
}
async function opened(words = '记一笔') {
  const list = stand.mount(PurchaseList)
  await flushPromises()
  taps = 0
  const button = list.findAll('button').find(one => one.text().includes(words))
  if (!button) throw new Error(`no button ${words}`)
  taps++
  await button.trigger('click')
  await vi.waitFor(() => expect(sheet()).not.toBeNull())
  await flushPromises()
}
const sent = (method: string) => stand.api.sentTo(method, /\/purchases/)

describe('a new purchase', () => {
  it('takes four taps beside the typing: open, for whom, custom, save', async () => {
    await opened()
    expect(document.activeElement).toBe(within('label', '买了什么').querySelector('input'))
    await type('买了什么', ' 足金手链 ')
    await type('金额', '1.28万')
    await tap(within('button', '王阿姨'))
    await tap(within('button', '定制'))
    await type('刻字', '平安')
    await tap(within('button', '保存'))
    expect(taps).toBe(4)
    expect(sent('post')).toMatchObject([
      {
        path: '/customers/wmA/purchases',
        body: {
          piece: '足金手链',
          amountFen: 1_280_000,
          day: '2026-11-21',
          recipient: 'mother',
          personId: mother.personId,
          isCustom: true,
          engraving: '平安',
        },
      },
    ])
    expect(toast.value?.text).toBe('记下了「足金手链」')
    expect(sent('get')).toHaveLength(2)
  })

  it('offers relations nobody is noted for, and the others behind +', async () => {
    await opened()
    const chips = () =>
      [...within('[role=group]', '送给谁').querySelectorAll('button')].map(one => one.textContent?.trim())
    expect(chips().slice(0, 3)).toEqual(['自己戴', '王阿姨', '爸爸'])
    await tap(within('button', '其他关系'))
    expect(chips()).toContain('闺蜜')
    expect(chips()).not.toContain('妈妈')
  })

  it('is not saved before piece, amount and day are there, and says what it does not understand', async () => {
    await opened()
    const save = within<HTMLButtonElement>('button', '保存')
    expect(save.disabled).toBe(true)
    await type('买了什么', '戒指')
    await type('金额', '三千')
    expect(sheet()?.textContent).toContain('金额没看懂')
    expect(save.disabled).toBe(true)
    await type('金额', '3,000')
    expect(save.disabled).toBe(false)
    await type('哪天', '2026-11-22')
    expect(save.disabled).toBe(true)
  })

  it('without network keeps what was typed and its key', async () => {
    stand.api.on('post', /\/purchases$/, noNetwork)
    await opened()
    await type('买了什么', '戒指')
    await type('金额', '3000')
    await tap(within('button', '保存'))
    expect(within('[role=alert]').textContent).toContain('还没有记下，你写的都还在')
    await tap(within('button', '保存'))
    const [first, second] = sent('post')
    expect(first?.idempotencyKey).toBeDefined()
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
  })

  it('P14 is written to nobody when the chat has changed', async () => {
    await opened()
    await type('买了什么', '戒指')
    await type('金额', '3000')
    stand.turnSilently(inChatWith('wmB'))
    await tap(within('button', '保存'))
    expect(sent('post')).toEqual([])
    expect(stand.current.notice).toEqual({ kind: 'switched' })
  })
})

describe('a purchase noted before', () => {
  it('is changed over the version that was seen', async () => {
    items = [purchaseOf()]
    await opened('足金手链')
    await type('金额', '3,700')
    await tap(within('button', '保存'))
    expect(sent('patch')).toMatchObject([{ version: '"3"', body: { amountFen: 370_000, day: '2026-11-18' } }])
  })

  it('changed by a colleague meanwhile: says so and keeps the words', async () => {
    items = [purchaseOf()]
    stand.api.on('patch', /\/purchases\//, () => problem('version_conflict'))
    await opened('足金手链')
    await type('金额', '3,700')
    await tap(within('button', '保存'))
    expect(within('[role=alert]').textContent).toContain('别人刚改过')
  })

  it('is taken away, and put back by the toast', async () => {
    items = [purchaseOf()]
    const [known] = items
    await opened('足金手链')
    await tap(within('button', '去掉这一笔'))
    expect(sent('delete')).toMatchObject([{ path: `/customers/wmA/purchases/${known!.purchaseId}` }])
    expect(toast.value?.text).toBe('已去掉「足金手链」')
    toast.value?.undo?.()
    await flushPromises()
    expect(sent('post')).toMatchObject([{ path: `/customers/wmA/purchases/${known!.purchaseId}/restore` }])
  })

  it('says which message it may count for, and a guide who knows can say more', async () => {
    const trace = {
      strength: 'sent' as const,
      sentAt: '2026-11-03T02:00:00Z',
      title: '生日祝福',
      guides: ['陈露', '周敏'],
    }
    items = [purchaseOf({ trace })]
    stand.api.on('patch', /\/trace$/, () => ok(purchaseOf({ trace: { ...trace, strength: 'replied' } })))
    const words = '可能相关：11月3日 生日祝福（陈露、周敏共同）'
    await opened(words)
    expect(sheet()?.textContent).toContain(words)
    await tap(within('button', '客户回过这条'))
    expect(stand.api.sentTo('patch', /\/trace$/)).toMatchObject([{ body: { isReplied: true } }])
  })
})

describe('a purchase after an engraving was sent', () => {
  const engraving: Engraving = {
    engravingId: newUuid(),
    pieceId: 'roundPendant',
    metal: 'gold',
    face: 'front',
    font: 'song',
    lines: ['妈妈', '2026.12.3'],
    person: { personId: mother.personId, relation: 'mother', callName: null, isMinor: false },
    priceFen: 428_000,
    readyOn: null,
    by: '陈露',
    updatedAt: '2026-11-20T02:00:00Z',
    sentAt: '2026-11-20T02:00:00Z',
    version: 1,
  }

  it('is filled with one tap and saved with another', async () => {
    engravings = [{ ...engraving, engravingId: newUuid(), sentAt: null, lines: ['没发过'] }, engraving]
    await opened()
    await tap(within('button', '用11月20日发的刻字：足金圆牌吊坠 ¥4,280 妈妈'))
    await tap(within('button', '保存'))
    expect(stand.api.sentTo('post', /\/purchases$/)).toMatchObject([
      {
        body: {
          piece: '足金圆牌吊坠',
          amountFen: 428_000,
          recipient: 'mother',
          personId: mother.personId,
          isCustom: true,
          engraving: '妈妈 / 2026.12.3',
        },
      },
    ])
  })

  it('offers nothing when none was sent', async () => {
    engravings = [{ ...engraving, sentAt: null }]
    await opened()
    expect(sheet()?.querySelector('.buy__offered')).toBeNull()
  })
})
