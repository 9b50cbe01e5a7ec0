import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Card } from '../../../shared/contract/customers.ts'
import CustomerView from '../../../web/views/CustomerView.vue'
import { ok } from '../../support/fakeApi.ts'
import { inChatWith } from '../../support/fakeBridge.ts'
import { makeCard, makeReminder, makeScript } from '../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../support/mountInChat.ts'
import { whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(follow: Partial<Card['follow']>) {
  const reminders = [makeReminder()]
  stand = await standInChat(inChatWith('wmA'), {
    card: id => ({ ...makeCard(id, { reminders }), follow: { ...makeCard(id).follow, ...follow } }),
  })
  stand.api.on('get', /^\/scripts$/, () =>
    ok({
      scripts: [makeScript()],
      recentIds: [],
    }),
  )
  const view = stand.mount(CustomerView)
  await flushPromises()
  return view
}
const served = { isMine: false, guide: '陈露', isWaiting: false }

describe('a colleague’s customer, as her manager sees her', () => {
  it('says by whom she is served; nothing to send stands on the first screen', async () => {
    const view = await opened(served)
    expect(view.find('header').text()).toContain('由陈露服务')
    expect(view.find('[aria-label=下一步]').exists()).toBe(false)
  })

  it('of one who has left: says that she waits for somebody', async () => {
    expect((await opened({ ...served, isWaiting: true })).find('header').text()).toContain(
      '陈露已离职，待接替',
    )
  })

  it('among the scripts stands why none can be sent, and there is no way around it', async () => {
    const view = await opened(served)
    await byText(view, '[role=tab]', '话术').trigger('click')
    await whenDrawn(() => expect(view.find('.script').exists()).toBe(true))
    expect(view.find('.strip').text()).toContain('由陈露服务')
    expect(view.find('.strip button').exists()).toBe(false)
    const acts = view.findAll('.script__act')
    expect(acts.length).toBeGreaterThan(0)
    for (const act of acts) expect(act.attributes('disabled')).toBeDefined()
  })

  it('one who has added the guide and waits: says what is to be done', async () => {
    expect((await opened({ isHalfAdded: true })).find('header').text()).toContain('她已加你，你还没通过')
  })

  it('one’s own has the next step as ever', async () => {
    const view = await opened({})
    expect(view.find('[aria-label=下一步]').exists()).toBe(true)
    expect(view.find('header').text()).not.toContain('服务')
  })
})

describe('P14 a promise typed of one customer', () => {
  const line = () => document.body.querySelector<HTMLInputElement>('.promise__words')
  async function typed() {
    const view = await opened({})
    // Seen before, so that she comes from memory and nothing is taken away in between.
    await stand.turnTo(inChatWith('wmB'))
    await stand.turnTo(inChatWith('wmA'))
    await view.find('[aria-label=记一件答应她的事]').trigger('click')
    await whenDrawn(() => expect(line()).not.toBeNull())
    const input = line() as HTMLInputElement
    input.value = '回复婉清姐的价格'
    input.dispatchEvent(new Event('input'))
    await flushPromises()
  }
  const submit = async () => {
    line()?.form?.dispatchEvent(new Event('submit', { cancelable: true }))
    await flushPromises()
  }
  const promises = () => stand.api.sentTo('post', /promises$/)

  it('goes away with her when the chat turns to another', async () => {
    await typed()
    await stand.turnTo(inChatWith('wmB'))
    expect(line()).toBeNull()
    await stand.turnTo(inChatWith('wmA'))
    expect(line()).toBeNull()
  })

  it('is not kept when the chat has turned and the page does not know yet', async () => {
    await typed()
    stand.turnSilently(inChatWith('wmB'))
    await submit()
    expect(promises()).toEqual([])
  })
})
