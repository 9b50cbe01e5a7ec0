import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import ProfileTab from '../../../../web/domains/customers/ProfileTab.vue'
import { Unreachable } from '../../../../web/api/apiError.ts'
import { useDraftsStore } from '../../../../web/domains/drafts/drafts.store.ts'
import { settleWaiting, writeOrKeep } from '../../../../web/domains/drafts/pendingWrites.ts'
import { usePendingStore } from '../../../../web/domains/drafts/pending.store.ts'
import PromiseSheet from '../../../../web/domains/reminders/PromiseSheet.vue'
import TagChips from '../../../../web/domains/tags/TagChips.vue'
import { toast } from '../../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { freshDevice, nextPage, onDevice } from '../../../support/device.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { sheetWith, tap, type } from '../people/sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const gold = { tagId: 't1', groupId: 'g1', name: '足金', sync: 'done' as const }
const plain = { tagId: 't2', groupId: 'g1', name: '喜欢简约' }
const worn = { tags: [gold], suggested: [plain], refused: [] }

let stand: Stand
/** Whether the server can be reached. */
let isUp: boolean
/** The ring size as the server has it. */
let ringSize: string | null
beforeEach(async () => {
  freshDevice()
  ;[isUp, ringSize] = [false, null]
  await openPage()
  await settleWaiting()
})
afterEach(() => {
  leavePage()
  vi.unstubAllGlobals()
})
async function openPage(externalUserId = 'wmA') {
  stand = await standInChat(inChatWith(externalUserId), {
    card: id => {
      const card = makeCard(id, { tags: worn })
      const profile = { ...card.customer.profile, ringSize, wristSize: null, version: 7 }
      return { ...card, customer: { ...card.customer, profile } }
    },
  })
  stand.api.on('get', /\/purchases$/, () => ok({ items: [], nextCursor: null }))
  stand.api.on('post', /\/tags$/, () => (isUp ? ok(worn) : noNetwork()))
  stand.api.on('post', /\/promises$/, () => (isUp ? problem('limit_reached') : noNetwork()))
  stand.api.on('patch', /customers\/wm.$/, ({ body }) => {
    if (!isUp) return noNetwork()
    ringSize = (body as { ringSize: string }).ringSize
    return ok({ ...stand.current.card?.customer.profile, ringSize, version: 8 })
  })
}
function leavePage() {
  stand.leave()
  document.body.innerHTML = ''
}
const tagWrites = () => stand.api.sentTo('post', /\/tags$/)
const untilWaiting = (count: number) =>
  vi.waitFor(async () => expect(await onDevice('write')).toHaveLength(count))
async function comeBack() {
  isUp = true
  await settleWaiting()
  await flushPromises()
}

describe('tags without a network', () => {
  const offered = '[aria-label="加标签 喜欢简约"]'
  const put = '[aria-label="去掉标签 喜欢简约"]'

  it('stay shown as waiting when the server answers without them, in another chat and another page', async () => {
    const chips = stand.mount(TagChips)
    await chips.get(offered).trigger('click')
    await untilWaiting(1)
    await stand.current.refresh()
    expect(chips.get(put).text()).toContain('未同步')

    await stand.turnTo(inChatWith('wmB'))
    expect(chips.find(put).exists()).toBe(false)
    await stand.turnTo(inChatWith('wmA'))
    await stand.current.refresh()
    expect(chips.get(put).text()).toContain('未同步')

    leavePage()
    nextPage()
    await openPage()
    await settleWaiting()
    const rebuilt = stand.mount(TagChips)
    expect(rebuilt.get(put).text()).toContain('未同步')
    expect(rebuilt.find(offered).exists()).toBe(false)
    await comeBack()
    const [first] = tagWrites()
    expect(tagWrites().every(one => one.idempotencyKey === first?.idempotencyKey)).toBe(true)
    expect(await onDevice('write')).toEqual([])
  })

  it('stay shown, wait on the device, and are written once when it is back', async () => {
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="加标签 喜欢简约"]').trigger('click')
    await untilWaiting(1)
    expect(chips.text()).toContain('喜欢简约')
    expect(usePendingStore().waiting).toBe(1)
    await comeBack()
    expect(usePendingStore().waiting).toBe(0)
    expect(usePendingStore().isJustSaved).toBe(true)
    await settleWaiting()
    const keys = tagWrites().map(write => write.idempotencyKey)
    expect(keys).toHaveLength(2)
    // The attempt that got no answer and the one that did are one and the same.
    expect(new Set(keys).size).toBe(1)
  })

  it('are not overtaken by what comes later', async () => {
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="去掉标签 足金"]').trigger('click')
    await untilWaiting(1)
    isUp = true
    await chips.get('[aria-label="加标签 喜欢简约"]').trigger('click')
    await vi.waitFor(() => expect(usePendingStore().waiting).toBe(0))
    expect(tagWrites().map(write => write.body)).toEqual([
      { add: [], remove: ['t1'] },
      { add: [], remove: ['t1'] },
      { add: ['t2'], remove: [] },
    ])
  })

  it('P14 are written to the customer they were made for, also by a later page in another chat', async () => {
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="去掉标签 足金"]').trigger('click')
    await untilWaiting(1)
    leavePage()
    nextPage()
    await openPage('wmB')
    await comeBack()
    expect(tagWrites().map(write => write.path)).toEqual(['/customers/wmA/tags'])
    expect(await onDevice('write')).toEqual([])
  })

  it('are nobody else’s to write', async () => {
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="去掉标签 足金"]').trigger('click')
    await untilWaiting(1)
    leavePage()
    nextPage(2)
    await openPage('wmB')
    await comeBack()
    expect(tagWrites()).toEqual([])
  })

  it('wait for a login that has run out', async () => {
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="去掉标签 足金"]').trigger('click')
    await untilWaiting(1)
    stand.api.on('post', /\/tags$/, () => problem('session_expired'))
    await settleWaiting()
    await untilWaiting(1)
  })
})

describe('tags that are refused', () => {
  it('come back as a draft with the reason, to be saved again or thrown away', async () => {
    stand.api.on('post', /\/tags$/, () => problem('limit_reached'))
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="加标签 喜欢简约"]').trigger('click')
    await vi.waitFor(() => expect(chips.text()).toContain('未保存的草稿 加「喜欢简约」'))
    expect(chips.text()).toContain('没有存上')
    stand.api.on('post', /\/tags$/, () => ok(worn))
    const button = (words: string) => chips.findAll('button').find(one => one.text() === words)
    await button('再存')?.trigger('click')
    await vi.waitFor(() => expect(tagWrites()).toHaveLength(2))
    await vi.waitFor(() => expect(chips.text()).not.toContain('未保存的草稿'))
    expect(await onDevice('draft')).toEqual([])
  })
})

describe('a field without a network', () => {
  const edit = async (words: string) => {
    const tab = stand.mount(ProfileTab)
    const field = () => tab.findAll('.field').find(one => one.find('.field__label').text() === '戒圈')
    await field()?.find('button').trigger('click')
    await flushPromises()
    await field()?.find('input').setValue(words)
    await field()?.find('input').trigger('blur')
    await untilWaiting(1)
    return tab
  }

  it('shows the new words and saves them when it is back', async () => {
    const tab = await edit('13')
    expect(tab.text()).toContain('13')
    await comeBack()
    expect(ringSize).toBe('13')
  })

  it('P13 does not overwrite what a colleague has written meanwhile: it comes back as a draft', async () => {
    await edit('13')
    ringSize = '15'
    await comeBack()
    expect(ringSize).toBe('15')
    expect(useDraftsStore().draftOf('wmA', 'profile.ringSize')).toMatchObject({
      value: '13',
      reason: '别人刚改过，没有存上',
    })
  })

  it('P11 knows that the first attempt came through when only its answer was lost', async () => {
    await edit('13')
    ringSize = '13'
    const before = stand.api.sentTo('patch', /./).length
    await comeBack()
    expect(stand.api.sentTo('patch', /./)).toHaveLength(before)
    expect(await onDevice('write')).toEqual([])
    expect(useDraftsStore().draftOf('wmA', 'profile.ringSize')).toBeUndefined()
  })
})

describe('a promise without a network', () => {
  it('says where it is, and comes back with the reason when it is refused', async () => {
    stand.mount(PromiseSheet, { open: true })
    await sheetWith('.promise__words')
    await type('周五前回复价格', '.promise__words')
    await tap('记下')
    await untilWaiting(1)
    expect(toast.value?.text).toBe('没有网络，已记在手机上，连上就存')
    await comeBack()
    expect(useDraftsStore().draftOf('wmA', 'promise')).toMatchObject({
      value: { words: '周五前回复价格' },
      reason: expect.stringContaining('没有存上') as string,
    })
    expect(await onDevice('write')).toEqual([])
  })
})

describe('a write of which only the server knows that it is about a child', () => {
  it('P28 comes back in the page and lies on the device no more', async () => {
    const draft = { kind: 'line', value: '乐乐圈口9' }
    const act = { kind: 'tags' as const, add: ['t2'], remove: [] }
    await writeOrKeep({ customerId: 'wmA', key: 'k'.repeat(32), act, draft }, () =>
      Promise.reject(new Unreachable()),
    )
    await untilWaiting(1)
    stand.api.on('post', /\/tags$/, () => problem('guardian_consent_required'))
    await settleWaiting()
    expect(useDraftsStore().draftOf('wmA', 'line')).toMatchObject({ value: '乐乐圈口9', isPageOnly: true })
    await flushPromises()
    expect(await onDevice('draft')).toEqual([])
    expect(await onDevice('write')).toEqual([])
  })
})

describe('a device that keeps nothing', () => {
  it('takes the change back and says so, as ever', async () => {
    vi.stubGlobal('indexedDB', undefined)
    nextPage()
    const chips = stand.mount(TagChips)
    await chips.get('[aria-label="去掉标签 足金"]').trigger('click')
    await vi.waitFor(() => expect(chips.text()).toContain('未保存的草稿 去掉「足金」'))
    expect(usePendingStore().waiting).toBe(0)
  })
})
