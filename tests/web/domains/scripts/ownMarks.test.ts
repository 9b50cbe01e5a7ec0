import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Script } from '../../../../shared/contract/scripts.ts'
import ScriptsTab from '../../../../web/domains/scripts/ScriptsTab.vue'
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

afterEach(() => stand.leave())

describe('quick replies', () => {
  it('one tap sends; what cannot be filled stands only in the list, with the reason', async () => {
    await open()
    expect(quick()).toEqual(['营业时间', '留货'])
    await byText(tab, 'button', '营业时间').trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toMatchObject([{ kind: 'text', text: '您几点到' }]))
    await vi.waitFor(() => expect(quick()).toContain('已发出'))
    expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(1)
  })

  it('three taps send one', async () => {
    await open()
    const button = byText(tab, 'button', '营业时间')
    await Promise.all([button.trigger('click'), button.trigger('click'), button.trigger('click')])
    await vi.waitFor(() => expect(quick()).toContain('已发出'))
    expect(fakeBridge.sent).toHaveLength(1)
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
    expect(quick()).toEqual(['生日祝福', '留货'])
  })
})
