import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CustomerRow } from '../../../shared/contract/customers.ts'
import ImportLine from '../../../web/domains/session/ImportLine.vue'
import CustomersView from '../../../web/views/CustomersView.vue'
import { later, noNetwork, ok } from '../../support/fakeApi.ts'
import { fakeBridge } from '../../support/fakeBridge.ts'
import { byText, standInChat, type Stand } from '../../support/mountInChat.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const rowOf = (address: string, given: Partial<CustomerRow> = {}): CustomerRow => ({
  externalUserId: `wm_${encodeURIComponent(address).replace(/%/g, '')}`,
  address,
  name: address,
  avatarUrl: null,
  tier: null,
  tags: [],
  addedAt: null,
  ...given,
})
const pageOf = (names: string[], nextCursor: string | null = null) =>
  ok({ items: names.map(name => rowOf(name)), nextCursor })

let stand: Stand
beforeEach(async () => {
  stand = await standInChat(undefined)
  vi.useFakeTimers()
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds)
async function opened() {
  const view = stand.mount(CustomersView)
  await settle()
  await flushPromises()
  return view
}
type View = Awaited<ReturnType<typeof opened>>
const names = (view: View) => view.findAll('li b').map(name => name.text())
const asked = () =>
  stand.api.sentTo('get', /^\/customers$/).map(({ query }) => query as { q?: string; cursor?: string })
const on = (
  handle: (query: { q?: string; cursor?: string }) => ReturnType<typeof ok> | Promise<ReturnType<typeof ok>>,
) => stand.api.on('get', /^\/customers$/, request => handle(request.query as { q?: string; cursor?: string }))

describe('客户', () => {
  it('lists mine with tier and tags; a row opens the chat', async () => {
    on(() =>
      ok({
        items: [rowOf('婉清姐', { name: '李婉清', tier: '金卡', tags: ['足金'], externalUserId: 'wmWan' })],
        nextCursor: null,
      }),
    )
    const view = await opened()
    expect(view.find('li').text()).toContain('金卡')
    expect(view.find('li small').text()).toBe('李婉清、足金')
    await view.find('li button').trigger('click')
    expect(fakeBridge.opened).toEqual(['wmWan'])
  })

  it('waits for a pause in the typing, and asks once', async () => {
    on(({ q }) => pageOf([q ?? '全部']))
    const view = await opened()
    for (const words of ['l', 'li', 'liw ']) {
      await view.find('input').setValue(words)
      await settle(100)
    }
    expect(asked()).toHaveLength(1)
    await settle(150)
    expect(asked().map(({ q }) => q)).toEqual([undefined, 'liw'])
    expect(names(view)).toEqual(['liw'])
  })

  it('paints only the answer to the latest words', async () => {
    const slow = later<null>()
    on(async ({ q }) => {
      if (q === 'w') await slow.promise
      return pageOf([q ?? '全部'])
    })
    const view = await opened()
    await view.find('input').setValue('w')
    await settle(250)
    await view.find('input').setValue('wan')
    await settle(250)
    expect(names(view)).toEqual(['wan'])
    slow.settle(null)
    await settle()
    expect(names(view)).toEqual(['wan'])
  })

  it('goes on page by page with the words of the list, at the end and by the button', async () => {
    on(({ q, cursor }) =>
      pageOf([`${q ?? ''}${cursor ?? '头'}`], cursor === undefined ? 'c1' : cursor === 'c1' ? 'c2' : null),
    )
    const view = await opened()
    await view.find('main').trigger('scroll')
    await settle()
    expect(names(view)).toEqual(['头', 'c1'])
    await view.find('input').setValue('li')
    await byText(view, 'button', '再看一些').trigger('click')
    await settle(10)
    expect(names(view)).toEqual(['头', 'c1', 'c2'])
    expect(asked().at(-1)).toMatchObject({ cursor: 'c2' })
    expect(asked().at(-1)?.q).toBeUndefined()
  })

  it('keeps the rows when a page does not come, and does not ask again by itself', async () => {
    on(({ cursor }) => (cursor ? noNetwork() : pageOf(['头'], 'c1')))
    const view = await opened()
    await byText(view, 'button', '再看一些').trigger('click')
    await settle()
    await view.find('main').trigger('scroll')
    await settle()
    expect(asked()).toHaveLength(2)
    expect(names(view)).toEqual(['头'])
    expect(view.find('[role=alert]').text()).toContain('后面的没取到')
    on(() => pageOf(['尾']))
    await byText(view, 'button', '再取一次').trigger('click')
    await settle()
    expect(names(view)).toEqual(['头', '尾'])
  })

  it('after words whose answer did not come, asks for those words and not for the next page of the former', async () => {
    on(({ q }) => (q ? noNetwork() : pageOf(['头'], 'c1')))
    const view = await opened()
    await view.find('input').setValue('li')
    await settle(250)
    on(({ q, cursor }) => pageOf([`${q} ${cursor ?? '头'}`]))
    await byText(view, 'button', '再取一次').trigger('click')
    await settle()
    expect(names(view)).toEqual(['li 头'])
  })

  it('whose list did not come anew once the import was done, asks for that one', async () => {
    on(() => pageOf(['头'], 'c1'))
    const view = await opened()
    on(noNetwork)
    view.getComponent(ImportLine).vm.$emit('done')
    await settle()
    expect(view.find('[role=alert]').text()).not.toContain('后面的')
    on(({ cursor }) => pageOf([cursor ?? '新的头'], 'c1'))
    await byText(view, 'button', '再取一次').trigger('click')
    await settle()
    expect(names(view)).toEqual(['新的头'])
  })

  it('says what was not found, in the words that were asked', async () => {
    on(({ q }) => pageOf(q ? [] : ['头']))
    const view = await opened()
    await view.find('input').setValue('xyz')
    await settle(250)
    expect(view.text()).toContain('没有找到「xyz」')
    await view.find('input').setValue('xyza')
    expect(view.text()).toContain('没有找到「xyz」')
    await view.find('[aria-label=清空]').trigger('click')
    await settle()
    expect(names(view)).toEqual(['头'])
  })

  it('has nobody yet: says where they come from, and not before it knows', async () => {
    const slow = later<null>()
    on(async () => {
      await slow.promise
      return pageOf([])
    })
    const view = await opened()
    expect(view.text()).not.toContain('客户会出现在这里')
    slow.settle(null)
    await settle()
    expect(view.text()).toContain('客户会出现在这里')
  })

  it('did not come: says so and fetches again', async () => {
    on(noNetwork)
    const view = await opened()
    expect(view.text()).toContain('这一页没取到')
    on(() => pageOf(['头']))
    await byText(view, 'button', '再取一次').trigger('click')
    await settle()
    expect(names(view)).toEqual(['头'])
  })
})
