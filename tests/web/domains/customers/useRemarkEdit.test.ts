import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import CustomerHeader from '../../../../web/domains/customers/CustomerHeader.vue'
import ProfileTab from '../../../../web/domains/customers/ProfileTab.vue'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

/** What the server has; nobody is called otherwise than by the remark. */
let remarks: Record<string, string | null>
let sync: 'done' | 'pending'
const cardOf = (id: string) => {
  const card = makeCard(id)
  const profile = { ...card.customer.profile, salutation: null }
  return {
    ...card,
    customer: { ...card.customer, profile },
    follow: { ...card.follow, remark: remarks[id] ?? null, remarkSync: sync },
  }
}

let stand: Stand
beforeEach(async () => {
  remarks = { wmA: '李婉清 国贸' }
  sync = 'done'
  stand = await standInChat(inChatWith('wmA'), { card: cardOf })
  stand.api.on('get', /\/purchases$/, () => ok({ items: [], nextCursor: null }))
  stand.api.on('patch', /\/remark$/, ({ path, body }) => {
    const remark = (body as { remark: string }).remark || null
    remarks[path.split('/')[2] ?? ''] = remark
    sync = 'pending'
    return ok({ remark, sync })
  })
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function opened() {
  const tab = stand.mount(ProfileTab)
  await flushPromises()
  return tab
}
type Tab = Awaited<ReturnType<typeof opened>>
function line(tab: Tab) {
  const found = tab.findAll('.field').find(field => field.find('.field__label').text() === '备注名')
  if (!found) throw new Error('no 备注名')
  return found
}
async function type(tab: Tab, words: string) {
  await line(tab).find('button').trigger('click')
  await flushPromises()
  await line(tab).find('input').setValue(words)
}
async function leave(tab: Tab) {
  await line(tab).find('input').trigger('blur')
  await flushPromises()
}
const writes = () => stand.api.sentTo('patch', /./)

describe('备注名', () => {
  it('P18 shows at once, on the header too, and as 未同步 until WeCom has it', async () => {
    const tab = await opened()
    const header = stand.mount(CustomerHeader, {
      card: stand.current.card,
      timeZone: 'Asia/Shanghai',
      isUpdating: false,
    })
    expect(header.find('h1').text()).toBe('李婉清 国贸')
    await type(tab, ' 婉清 金卡 ')
    await leave(tab)
    expect(writes()).toMatchObject([{ path: '/customers/wmA/remark', body: { remark: '婉清 金卡' } }])
    expect(writes()[0]?.idempotencyKey).toMatch(/^[\w-]{16,}$/)
    expect(line(tab).text()).toContain('未同步')
    await header.setProps({ card: stand.current.card })
    expect(header.find('h1').text()).toBe('婉清 金卡')
    sync = 'done'
    await stand.current.retry()
    await flushPromises()
    expect(line(tab).text()).not.toContain('未同步')
  })

  it('looks by itself whether WeCom has taken it', async () => {
    sync = 'pending'
    await stand.current.retry()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = stand.mount(ProfileTab)
    await vi.advanceTimersByTimeAsync(0)
    expect(line(tab).text()).toContain('未同步')
    sync = 'done'
    await vi.advanceTimersByTimeAsync(6_000)
    expect(line(tab).text()).not.toContain('未同步')
    const asked = stand.api.requests.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(stand.api.requests).toHaveLength(asked)
  })

  it('emptied it is taken away', async () => {
    const tab = await opened()
    await type(tab, '  ')
    await leave(tab)
    expect(writes().map(({ body }) => body)).toEqual([{ remark: '' }])
    expect(line(tab).text()).toContain('企业微信里看到的名字')
  })

  it('takes no more than WeCom does', async () => {
    const tab = await opened()
    await type(tab, '婉清')
    expect(line(tab).find('input').attributes('maxlength')).toBe('20')
  })

  it.each([
    ['no network', noNetwork, '网络没有通，没有改动'],
    ['refused', () => problem('state_conflict'), '状态已经变了，请看最新的，没有改动'],
  ])('%s: the former one stands again, it says why, and the words wait', async (_name, answer, words) => {
    stand.api.on('patch', /\/remark$/, answer)
    const tab = await opened()
    await type(tab, '婉清 金卡')
    await leave(tab)
    expect(tab.find('[role=alert]').text()).toContain(words)
    expect(line(tab).text()).toContain('李婉清 国贸')
    expect(line(tab).text()).toContain('未保存的草稿')
    await line(tab).find('button').trigger('click')
    await flushPromises()
    expect(line(tab).find('input').element.value).toBe('婉清 金卡')
  })

  it('P14 the chat changed while it was typed: nothing is written to the new one', async () => {
    const tab = await opened()
    await type(tab, '婉清 金卡')
    stand.turnSilently(inChatWith('wmB'))
    await leave(tab)
    expect(writes()).toHaveLength(0)
    expect(stand.current.notice).toEqual({ kind: 'switched' })
  })

  it('P14 the chat changed during a slow save: the answer paints nothing there', async () => {
    const slow = later<null>()
    stand.api.on('patch', /\/remark$/, async () => {
      await slow.promise
      return ok({ remark: '婉清 金卡', sync: 'pending' })
    })
    const tab = await opened()
    await type(tab, '婉清 金卡')
    await leave(tab)
    await stand.turnTo(inChatWith('wmB'))
    slow.settle(null)
    await flushPromises()
    expect(stand.current.card?.follow.remark).toBeNull()
    expect(tab.text()).not.toContain('婉清 金卡')
  })
})
