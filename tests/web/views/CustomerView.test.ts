import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Card } from '../../../shared/contract/customers.ts'
import CustomerView from '../../../web/views/CustomerView.vue'
import type { SendDraft } from '../../../shared/contract/sends.ts'
import { useLimitAskStore } from '../../../web/domains/sends/limitAsk.store.ts'
import { ok, problem } from '../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../support/fakeBridge.ts'
import { makeSend, serveSends } from '../../support/fakeSends.ts'
import { makeCard, makeDate, makeReminder, makeScript, newUuid } from '../../support/makeCard.ts'
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
async function opened(follow: Partial<Card['follow']>, scripts = [makeScript()]) {
  const reminders = [makeReminder()]
  stand = await standInChat(inChatWith('wmA'), {
    card: id => ({ ...makeCard(id, { reminders }), follow: { ...makeCard(id).follow, ...follow } }),
  })
  stand.api.on('get', /^\/scripts$/, () =>
    ok({
      scripts,
      recentIds: [],
    }),
  )
  const view = stand.mount(CustomerView)
  await flushPromises()
  return view
}
const inPlace = (title: string, pinnedSlot: number, text: string) =>
  makeScript({ title, occasion: 'daily', pinnedSlot, parts: [{ kind: 'text', text }] })

describe('quick replies on the first screen', () => {
  const quick = (view: Awaited<ReturnType<typeof opened>>) =>
    view.findAll('[aria-label="快捷回复"] button').map(button => button.text())
  const scripts = [
    inPlace('日常 · 留货', 2, '{称呼|您好}，我先给您收起来了。'),
    inPlace('日常 · 营业时间', 1, '{称呼|您好}，十点到九点。'),
    inPlace('日常 · 别的', 3, '{城市}'),
    makeScript(),
  ]

  it('stand there when the rest of it stands, and go out with one tap', async () => {
    const view = await opened({}, scripts)
    await whenDrawn(() => expect(quick(view)).toEqual(['营业时间', '留货', '别的']))
    serveSends(stand.api)
    await byText(view, '[aria-label="快捷回复"] button', '营业时间').trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '婉清姐，十点到九点。' }]))
    expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(1)
  })

  it('of every day answer her; what else is pinned is asked about', async () => {
    const visit = makeScript({ title: '请到店', occasion: 'visit', pinnedSlot: 2, scriptId: newUuid() })
    const view = await opened({}, [inPlace('日常 · 营业时间', 1, '十点到九点。'), visit])
    await whenDrawn(() => expect(quick(view)).toHaveLength(2))
    const refused = problem('limit_reached')
    const limit = { hardness: 'soft', endsOn: null, bypass: ['answer'] }
    serveSends(stand.api)
    stand.api.on('post', /\/sends$/, ({ body }) =>
      (body as SendDraft).reasonClass === 'answer'
        ? ok(makeSend(body as SendDraft), 201)
        : { ...refused, body: { ...(refused.body as object), limit } },
    )
    await byText(view, '[aria-label="快捷回复"] button', '营业时间').trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '十点到九点。' }]))
    await vi.waitFor(() =>
      expect(byText(view, '[aria-label="快捷回复"] button', '请到店').attributes('disabled')).toBeUndefined(),
    )
    await byText(view, '[aria-label="快捷回复"] button', '请到店').trigger('click')
    await vi.waitFor(() => expect(useLimitAskStore().asked).toBeDefined())
    expect(fakeBridge.sent).toHaveLength(1)
    useLimitAskStore().answer(undefined)
  })

  it('stand there once: with 话术 open, in it', async () => {
    const view = await opened({}, scripts)
    await whenDrawn(() => expect(quick(view)).toHaveLength(3))
    await byText(view, '[role=tab]', '话术').trigger('click')
    await whenDrawn(() => expect(view.find('.script').exists()).toBe(true))
    expect(view.findAll('[aria-label="快捷回复"]')).toHaveLength(1)
    expect(view.find('[role=tabpanel] [aria-label="快捷回复"]').exists()).toBe(true)
  })

  it('are not there for a colleague’s customer', async () => {
    const view = await opened(served, scripts)
    await byText(view, '[role=tab]', '话术').trigger('click')
    await whenDrawn(() => expect(view.find('.script').exists()).toBe(true))
    expect(quick(view)).toEqual([])
  })
})

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

describe('come from 今日 for a day that is not due yet', () => {
  it('that day stands out, with the way to write now, until it is put away', async () => {
    const date = makeDate({ nextOn: '2026-12-10' })
    localStorage.setItem(
      'guidebar.sentForDate',
      JSON.stringify({ externalUserId: 'wmA', dateId: date.dateId, remindOn: '2026-11-26', at: Date.now() }),
    )
    stand = await standInChat(inChatWith('wmA'), {
      card: id => makeCard(id, { dates: [makeDate({ nextOn: '2026-12-06' }), date] }),
    })
    const view = stand.mount(CustomerView)
    await whenDrawn(() => expect(view.find('.early').text()).toContain('12月10日是妈妈生日'))
    expect(view.find('.early').text()).toMatch(/还有 19 天，还早.*到 11月26日提醒你/)
    expect(view.find('.family__meant').text()).toContain('19 天')
    await byText(view, '.early button', '现在就写').trigger('click')
    expect(stand.current.tab).toBe('scripts')
    await view.get('[aria-label=收起]').trigger('click')
    expect(view.find('.early').exists()).toBe(false)
    expect(view.find('.family__meant').exists()).toBe(false)
    await stand.turnTo(inChatWith('wmB'))
    await stand.turnTo(inChatWith('wmA'))
    expect(stand.current.meantDate).toBeUndefined()
  })
})

it('another customer has one header: the small one waits until the big one is gone', async () => {
  const view = await opened({})
  let answer: (() => void) | undefined
  stand.api.on('get', /wmB\/card$/, () => new Promise(done => (answer = () => done(ok(makeCard('wmB'))))))
  const height = vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(120)
  const scroller = view.find<HTMLElement>('.customer__scroller')
  scroller.element.scrollTop = 100
  await scroller.trigger('scroll')
  const mini = () => view.find<HTMLElement>('.customer__mini').element.style.display
  expect(mini()).toBe('')
  await stand.turnTo(inChatWith('wmB'))
  await scroller.trigger('scroll')
  await vi.waitFor(() => expect(answer).toBeDefined())
  answer?.()
  await flushPromises()
  expect(view.find('.customer__who').exists()).toBe(true)
  expect(mini()).toBe('none')
  expect(scroller.element.scrollTop).toBe(0)
  height.mockRestore()
})
