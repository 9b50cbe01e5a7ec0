import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Script } from '../../../../shared/contract/scripts.ts'
import { useCurrentCustomerStore } from '../../../../web/domains/customers/currentCustomer.store.ts'
import { useDraftsStore } from '../../../../web/domains/drafts/drafts.store.ts'
import ScriptsTab from '../../../../web/domains/scripts/ScriptsTab.vue'
import { hideToast, toast } from '../../../../web/ui/undoToast.ts'
import { noNetwork, ok } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { serveSends } from '../../../support/fakeSends.ts'
import { makeCard, makeScript } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
let tab: VueWrapper
let scripts: Script[]
let recentIds: string[]
async function open() {
  stand = await standInChat(inChatWith('wmA'), { card: id => makeCard(id) })
  stand.api.on('get', /^\/scripts$/, () => ok({ scripts, recentIds }))
  serveSends(stand.api)
  localStorage.clear()
  tab = stand.mount(ScriptsTab)
  await vi.waitFor(() => expect(tab.text()).toContain('生日祝福'))
}
const titles = () => tab.findAll('article h3').map(title => title.text())
const quick = () => tab.findAll('[aria-label="快捷回复"] button').map(button => button.text())
const chipsOf = () => tab.findAll('[aria-label="话术分类"] button').map(button => button.text())

beforeEach(() => {
  scripts = [
    makeScript(),
    makeScript({
      title: '日常 · 营业时间',
      occasion: 'daily',
      pinnedSlot: 2,
      parts: [{ kind: 'text', text: '您几点到' }],
    }),
    makeScript({
      title: '日常 · 门店地址',
      occasion: 'daily',
      pinnedSlot: 1,
      parts: [{ kind: 'text', text: '我们在{门店地址}' }],
    }),
    makeScript({ title: '日常 · 留货', occasion: 'daily', pinnedSlot: 3, isFavourite: true }),
  ]
  recentIds = [scripts[3]!.scriptId, scripts[0]!.scriptId]
})

afterEach(() => {
  hideToast()
  stand.leave()
})

describe('quick replies', () => {
  it('one tap sends, and counts among the last ones', async () => {
    await open()
    expect(quick()).toEqual(['门店地址', '营业时间', '留货'])
    await byText(tab, 'button', '营业时间').trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toMatchObject([{ kind: 'text', text: '您几点到' }]))
    await vi.waitFor(() => expect(quick()).toContain('已发出'))
    expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(1)
  })

  it('what cannot be filled says where that is done, and sends nothing', async () => {
    await open()
    const address = () => byText(tab, '[aria-label="快捷回复"] button', '门店地址')
    expect(address().attributes('aria-label')).toBe('「日常 · 门店地址」还差门店地址')
    await address().trigger('click')
    expect(tab.find('[aria-label="快捷回复"] [role=status]').text()).toBe(
      '门店地址还没填，请总部在「管理 › 门店」里填上',
    )
    expect(fakeBridge.sent).toEqual([])
    expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(0)
  })

  it('what she can fill herself leads there', async () => {
    scripts[1] = makeScript({
      title: '日常 · 手围',
      pinnedSlot: 2,
      parts: [{ kind: 'text', text: '您的手围是 {手围} 吗' }],
    })
    await open()
    await byText(tab, '[aria-label="快捷回复"] button', '手围').trigger('click')
    expect(useCurrentCustomerStore()).toMatchObject({ tab: 'profile', askedField: 'wristSize' })
    expect(fakeBridge.sent).toEqual([])
  })

  it('whose words she has changed show them first, and send those', async () => {
    await open()
    const { scriptId } = scripts[1]!
    useDraftsStore().keep('wmA', `script:${scriptId}`, { value: ['您六点前到就行'], reason: null })
    await flushPromises()
    expect(quick()).toEqual(['门店地址', '营业时间，改过', '留货'])
    await byText(tab, '[aria-label="快捷回复"] button', '营业时间').trigger('click')
    const area = () => document.querySelector<HTMLTextAreaElement>('[role=dialog] textarea')
    await vi.waitFor(() => expect(area()?.value).toBe('您六点前到就行'), { timeout: 15_000 })
    expect(fakeBridge.sent).toEqual([])
    document.querySelector<HTMLButtonElement>('[role=dialog] .acts button')?.click()
    await vi.waitFor(() => expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '您六点前到就行' }]))
    await vi.waitFor(() => expect(quick()).not.toContain('营业时间，改过'))
  })

  it('three taps send one', async () => {
    await open()
    const button = byText(tab, 'button', '营业时间')
    await Promise.all([button.trigger('click'), button.trigger('click'), button.trigger('click')])
    await vi.waitFor(() => expect(quick()).toContain('已发出'))
    expect(fakeBridge.sent).toHaveLength(1)
  })
})

describe('a row', () => {
  const row = (title: string) => tab.findAll('article').find(each => each.text().includes(title))!
  const bodies: unknown[] = []
  beforeEach(() => void (bodies.length = 0))
  const servePins = () =>
    stand.api.on('put', /pinned$/, request => {
      bodies.push(request.body)
      return ok(undefined, 204)
    })
  const pinOf = async (title: string) => {
    await row(title).find('.script__words').trigger('click')
    await row(title).find('.script__more button:last-child').trigger('click')
  }

  it('has a star: on and off with one tap', async () => {
    await open()
    const put = vi.fn(() => ok(undefined, 204))
    stand.api.on('put', /favourite$/, put)
    const star = () => row('生日祝福').find('[aria-label="收藏「生日祝福」"]')
    expect(star().attributes('aria-pressed')).toBe('false')
    await star().trigger('click')
    expect(star().attributes('aria-pressed')).toBe('true')
    expect(chipsOf()).toContain('收藏 2')
    await star().trigger('click')
    expect(star().attributes('aria-pressed')).toBe('false')
    await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(2))
  })

  it('goes among the quick replies, says what it replaces, and one tap puts that back', async () => {
    await open()
    servePins()
    await pinOf('生日祝福')
    await vi.waitFor(() => expect(toast.value?.text).toBe('快捷回复第 3 个是「生日祝福」，换下了「留货」'))
    expect(quick()).toEqual(['门店地址', '营业时间', '生日祝福'])
    toast.value?.undo?.()
    await vi.waitFor(() => expect(bodies).toHaveLength(2))
    expect(quick()).toEqual(['门店地址', '营业时间', '留货'])
    expect(bodies[1]).toEqual({
      scriptIds: [scripts[2]!.scriptId, scripts[1]!.scriptId, scripts[3]!.scriptId],
    })
  })

  it('takes a free place first, and gives it up again', async () => {
    scripts[1] = { ...scripts[1]!, pinnedSlot: null }
    await open()
    servePins()
    await pinOf('生日祝福')
    await vi.waitFor(() => expect(toast.value?.text).toBe('快捷回复第 2 个是「生日祝福」'))
    await row('生日祝福').find('.script__more button:last-child').trigger('click')
    await vi.waitFor(() => expect(toast.value?.text).toBe('快捷回复里去掉了「生日祝福」'))
    expect(quick()).toEqual(['门店地址', '留货'])
    toast.value?.undo?.()
    await vi.waitFor(() => expect(quick()).toEqual(['门店地址', '生日祝福', '留货']))
  })

  it('stays as it was when the server does not take it', async () => {
    await open()
    stand.api.on('put', /pinned$/, noNetwork)
    await pinOf('生日祝福')
    await vi.waitFor(() => expect(toast.value?.text).toContain('没有记下'))
    expect(toast.value?.undo).toBeUndefined()
    expect(quick()).toEqual(['门店地址', '营业时间', '留货'])
  })
})

describe('favourites and the last ones', () => {
  it('come first among the chips, and only when there are any', async () => {
    await open()
    expect(chipsOf().slice(0, 3)).toEqual(['全部 4', '收藏 1', '最近 2'])
    await byText(tab, '[aria-label="话术分类"] button', '最近 2').trigger('click')
    expect(titles()[0]).toContain('留货')
    expect(titles()[1]).toContain('生日祝福')
    stand.leave()
    scripts = [makeScript()]
    recentIds = []
    await open()
    expect(chipsOf()).toEqual(['全部 1', '生日 1'])
  })

  async function sheetOf(title: string) {
    const row = tab.findAll('article').find(each => each.text().includes(title))
    await row?.find('.script__words').trigger('click')
    await row?.find('.script__edit').trigger('click')
    await vi.waitFor(() => expect(document.querySelector('[aria-label="放进快捷回复"]')).not.toBeNull(), {
      timeout: 15_000,
    })
  }
  const inSheet = (selector: string) => document.querySelector<HTMLButtonElement>(`.sheet ${selector}`)
  const starButton = () =>
    [...document.querySelectorAll<HTMLButtonElement>('.sheet button')].find(each =>
      /收藏/.test(each.textContent),
    )

  it('the star is on at once, and off again when the server does not take it', async () => {
    await open()
    const put = vi.fn(() => ok(undefined, 204))
    stand.api.on('put', /favourite$/, put)
    await sheetOf('生日祝福')
    starButton()?.click()
    await flushPromises()
    expect(starButton()?.textContent).toContain('已收藏')
    expect(chipsOf()).toContain('收藏 2')
    await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(1))
    stand.api.on('put', /favourite$/, noNetwork)
    starButton()?.click()
    await vi.waitFor(() => expect(starButton()?.textContent).toContain('已收藏'))
  })

  it('a place among the quick replies takes it from what stood there', async () => {
    await open()
    const bodies: unknown[] = []
    stand.api.on('put', /pinned$/, request => {
      bodies.push(request.body)
      return ok(undefined, 204)
    })
    await sheetOf('生日祝福')
    inSheet('[aria-label="快捷回复第 2 个"]')?.click()
    await vi.waitFor(() => expect(bodies).toHaveLength(1))
    expect(bodies[0]).toEqual({
      scriptIds: [scripts[2]!.scriptId, scripts[0]!.scriptId, scripts[3]!.scriptId],
    })
    expect(quick()).toEqual(['门店地址', '生日祝福', '留货'])
  })
})
