import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Profile, VersionedProfile } from '../../../../shared/contract/customers.ts'
import ProfileTab from '../../../../web/domains/customers/ProfileTab.vue'
import { BridgeSilent } from '../../../../web/wecom/bridge.ts'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, newUuid } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

/** A server that keeps profiles, one per customer, and minds versions. */
function keepProfiles() {
  const profiles = new Map<string, VersionedProfile>()
  const profileOf = (id: string) => profiles.get(id) ?? { ...makeCard(id).customer.profile, note: null }
  return {
    profiles,
    profileOf,
    cardOf: (id: string) => ({
      ...makeCard(id),
      customer: { ...makeCard(id).customer, profile: profileOf(id) },
    }),
    change(id: string, version: string | undefined, change: Partial<Profile>) {
      const before = profileOf(id)
      if (version !== `"${before.version}"`) return problem('version_conflict')
      const after = { ...before, ...change, version: before.version + 1 }
      profiles.set(id, after)
      return ok(after)
    },
  }
}

let stand: Stand
let server = keepProfiles()
beforeEach(async () => {
  server = keepProfiles()
  stand = await standInChat(inChatWith('wmA'), { card: server.cardOf })
  stand.api.on('get', /\/purchases$/, () => ok({ items: [], nextCursor: null }))
  stand.api.on('patch', /^\/customers\/\w+$/, request =>
    server.change(
      request.path.slice('/customers/'.length),
      request.version,
      request.body as Partial<Profile>,
    ),
  )
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})

async function opened() {
  const tab = stand.mount(ProfileTab)
  await flushPromises()
  return tab
}
type Tab = Awaited<ReturnType<typeof opened>>
const line = (tab: Tab, label: string) => {
  const found = tab.findAll('.field').find(field => field.find('.field__label').text() === label)
  if (!found) throw new Error(`no field ${label}`)
  return found
}
const valueIn = (tab: Tab, label: string) => line(tab, label).find('.field__value').text()
const input = (tab: Tab, label: string) => line(tab, label).find<HTMLInputElement>('.field__input')
async function type(tab: Tab, label: string, words: string) {
  await line(tab, label).find('button').trigger('click')
  await flushPromises()
  await input(tab, label).setValue(words)
}
const writes = () => stand.api.sentTo('patch', /./)

describe('editing in place', () => {
  it('saves what was typed when the field is left, against the version it saw', async () => {
    const tab = await opened()
    await type(tab, '手围', ' 16 ')
    await input(tab, '手围').trigger('blur')
    await flushPromises()
    expect(writes()).toMatchObject([{ path: '/customers/wmA', body: { wristSize: '16' }, version: '"1"' }])
    expect(valueIn(tab, '手围')).toBe('16')
    expect(stand.current.card?.customer.profile).toMatchObject({ wristSize: '16', version: 2 })
  })

  it('shows the new words at once, while the server is slow', async () => {
    const slow = later<null>()
    stand.api.on('patch', /./, async request => {
      await slow.promise
      return server.change('wmA', request.version, request.body as Partial<Profile>)
    })
    const tab = await opened()
    await type(tab, '称呼', '婉清')
    await input(tab, '称呼').trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(valueIn(tab, '称呼')).toBe('婉清')
    expect(line(tab, '称呼').find('button').attributes('aria-busy')).toBe('true')
    expect(stand.current.address).toBe('婉清姐')
    slow.settle(null)
    await vi.waitFor(() => expect(stand.current.address).toBe('婉清'))
  })

  it('two fields one after the other: the second builds on what the first has left', async () => {
    const tab = await opened()
    await type(tab, '手围', '16')
    void input(tab, '手围').trigger('blur')
    await type(tab, '项链长', '45')
    void input(tab, '项链长').trigger('blur')
    await vi.waitFor(() => expect(writes()).toHaveLength(2))
    await flushPromises()
    expect(writes().map(({ version }) => version)).toEqual(['"1"', '"2"'])
    expect(server.profileOf('wmA')).toMatchObject({ wristSize: '16', neckSize: '45' })
    expect(tab.find('[role=alert]').exists()).toBe(false)
  })

  it('emptied words are taken off, unchanged ones are not sent', async () => {
    const tab = await opened()
    await type(tab, '戒圈', '  ')
    await input(tab, '戒圈').trigger('blur')
    await type(tab, '会员等级', '金卡')
    await input(tab, '会员等级').trigger('blur')
    await flushPromises()
    expect(writes().map(({ body }) => body)).toEqual([{ ringSize: null }])
  })

  it('Esc puts it back and saves nothing; the focus is where it was', async () => {
    const tab = await opened()
    await type(tab, '称呼', '别的')
    await input(tab, '称呼').trigger('keydown', { key: 'Escape' })
    await flushPromises()
    expect(valueIn(tab, '称呼')).toBe('婉清姐')
    expect(writes()).toHaveLength(0)
    expect(document.activeElement).toBe(line(tab, '称呼').find('button').element)
  })

  it.each([
    ['Enter', { key: 'Enter', isComposing: true }],
    ['Esc', { key: 'Escape', isComposing: true }],
    ['Enter as Safari tells it', { key: 'Enter', keyCode: 229 }],
  ])('%s that belongs to the input method neither saves nor closes', async (_name, key) => {
    const tab = await opened()
    await type(tab, '称呼', 'wan')
    await input(tab, '称呼').trigger('keydown', key)
    await flushPromises()
    expect(input(tab, '称呼').exists()).toBe(true)
    expect(writes()).toHaveLength(0)
  })

  it('Enter is a new line in a long field, with Ctrl it saves', async () => {
    const tab = await opened()
    await type(tab, '备注', '怕贵')
    await input(tab, '备注').trigger('keydown', { key: 'Enter' })
    expect(input(tab, '备注').exists()).toBe(true)
    await input(tab, '备注').trigger('keydown', { key: 'Enter', ctrlKey: true })
    await flushPromises()
    expect(writes().map(({ body }) => body)).toEqual([{ note: '怕贵' }])
  })

  it('opens the field that a message was missing', async () => {
    stand.current.askFor('手围')
    const tab = await opened()
    expect(document.activeElement).toBe(input(tab, '手围').element)
    expect(stand.current.askedField).toBeUndefined()
  })
})

describe('what cannot be saved', () => {
  it('a colleague was faster: the value is put back, it says so, and the words wait', async () => {
    const tab = await opened()
    await type(tab, '称呼', '清姐')
    server.profiles.set('wmA', { ...server.profileOf('wmA'), tier: '白金', version: 5 })
    await input(tab, '称呼').trigger('blur')
    await vi.waitFor(() =>
      expect(tab.find('[role=alert]').text()).toContain('别人刚改过，请看最新的再改，没有改动'),
    )
    expect(valueIn(tab, '称呼')).toContain('婉清姐')
    await vi.waitFor(() => expect(valueIn(tab, '会员等级')).toBe('白金'))
    await line(tab, '称呼').find('button').trigger('click')
    await flushPromises()
    expect(input(tab, '称呼').element.value).toBe('清姐')
    await input(tab, '称呼').trigger('blur')
    await vi.waitFor(() => expect(server.profileOf('wmA').salutation).toBe('清姐'))
    expect(tab.find('[role=alert]').exists()).toBe(false)
  })

  it('the same field changed under the typing: nothing is overwritten', async () => {
    const tab = await opened()
    await type(tab, '备注', '我写的')
    server.profiles.set('wmA', { ...server.profileOf('wmA'), note: '同事写的', version: 5 })
    await stand.current.refresh()
    await flushPromises()
    expect(input(tab, '备注').element.value).toBe('我写的')
    await input(tab, '备注').trigger('blur')
    await flushPromises()
    expect(writes()).toHaveLength(0)
    expect(valueIn(tab, '备注')).toContain('同事写的')
    expect(tab.find('[role=alert]').text()).toContain('别人刚改过')
  })

  it('no network: put back, and said', async () => {
    stand.api.on('patch', /./, noNetwork)
    const tab = await opened()
    await type(tab, '手围', '16')
    await input(tab, '手围').trigger('blur')
    await vi.waitFor(() => expect(tab.find('[role=alert]').text()).toContain('网络没有通，没有改动'))
    expect(valueIn(tab, '手围')).toContain('未保存的草稿')
  })

  it('the client is silent: nothing is written, the words wait', async () => {
    const tab = await opened()
    await type(tab, '手围', '16')
    fakeBridge.contact = new BridgeSilent('getCurExternalContact')
    await input(tab, '手围').trigger('blur')
    await flushPromises()
    expect(writes()).toHaveLength(0)
    expect(valueIn(tab, '手围')).toContain('未保存的草稿')
    expect(stand.current.notice).toEqual({ kind: 'silent' })
  })
})

describe('another chat', () => {
  it('came unnoticed: what was typed reaches nobody', async () => {
    const tab = await opened()
    await type(tab, '备注', '只说她的')
    stand.turnSilently(inChatWith('wmB'))
    await input(tab, '备注').trigger('blur')
    await flushPromises()
    expect(writes()).toHaveLength(0)
    expect(stand.current.notice).toEqual({ kind: 'switched' })
  })

  it('came while typing, and the page follows: leaving the field does not write to the new one', async () => {
    await stand.turnTo(inChatWith('wmB'))
    await stand.turnTo(inChatWith('wmA'))
    const tab = await opened()
    await type(tab, '备注', '只说她的')
    const field = input(tab, '备注').element
    fakeBridge.contact = inChatWith('wmB')
    await stand.current.follow()
    // Some web views tell of the blur when the field is taken out of the page.
    field.dispatchEvent(new FocusEvent('blur'))
    await flushPromises()
    expect(writes()).toHaveLength(0)
    expect(stand.current.card?.customer.externalUserId).toBe('wmB')
    expect(valueIn(tab, '备注')).toBe('只有同事看得到')
  })

  it('came during a slow save: the answer paints nothing there', async () => {
    const slow = later<null>()
    stand.api.on('patch', /./, async request => {
      await slow.promise
      return server.change('wmA', request.version, request.body as Partial<Profile>)
    })
    const tab = await opened()
    await type(tab, '备注', '只说她的')
    await input(tab, '备注').trigger('blur')
    await flushPromises()
    expect(writes().map(({ path }) => path)).toEqual(['/customers/wmA'])
    await stand.turnTo(inChatWith('wmB'))
    slow.settle(null)
    await flushPromises()
    expect(stand.current.card?.customer.profile.note).toBeNull()
    expect(tab.text()).not.toContain('只说她的')
  })
})

describe('what was bought', () => {
  const purchase = (piece: string) => ({
    purchaseId: newUuid(),
    day: '2026-05-18',
    piece,
    amountFen: 368_000,
    recipient: 'mother',
    personId: null,
    isCustom: true,
    engraving: '平安',
    trace: null,
    version: 1,
  })

  it('comes page by page, and a page that does not come leaves what is shown', async () => {
    const pages = [
      () => ok({ items: [purchase('足金手链')], nextCursor: 'c1' }),
      noNetwork,
      () => ok({ items: [purchase('金戒指')], nextCursor: null }),
    ]
    stand.api.on('get', /\/purchases$/, () => (pages.shift() ?? noNetwork)())
    const tab = await opened()
    const list = tab.find('[aria-label=买过的]')
    expect(list.text()).toContain('¥3,680')
    expect(list.text()).toContain('送妈妈')
    expect(list.text()).toContain('刻字「平安」')
    await byText(tab, 'button', '再看早一些的').trigger('click')
    await flushPromises()
    expect(list.text()).toContain('足金手链')
    await byText(tab, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(list.findAll('li').map(item => item.find('b').text())).toEqual(['足金手链', '金戒指'])
    expect(list.text()).not.toContain('再看早一些的')
    expect(stand.api.sentTo('get', /\/purchases$/).at(-1)?.query).toMatchObject({ cursor: 'c1' })
  })

  it('nothing yet: says so', async () => {
    expect((await opened()).text()).toContain('还没有记下买过的东西')
  })
})
