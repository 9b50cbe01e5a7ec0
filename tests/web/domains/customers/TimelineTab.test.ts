import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Touch } from '../../../../shared/contract/customers.ts'
import TimelineTab from '../../../../web/domains/customers/TimelineTab.vue'
import { touchLook } from '../../../../web/domains/customers/timelineWords.ts'
import { later, noNetwork, ok } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { newUuid } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'
import { whenDrawn } from '../../views/openPage.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const touchOf = (given: Partial<Touch> = {}): Touch => ({
  touchId: newUuid(),
  at: '2026-11-06T10:00:00+08:00',
  kind: 'send',
  by: 'me',
  who: null,
  what: '保养提醒',
  detail: null,
  outcome: 'ok',
  sendId: null,
  ...given,
})

let stand: Stand
beforeEach(async () => void (stand = await standInChat(inChatWith('wmA'))))
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(...answers: (() => ReturnType<typeof ok>)[]) {
  stand.api.on(
    'get',
    /\/timeline$/,
    () => (answers.length > 1 ? answers.shift() : answers[0])?.() ?? noNetwork(),
  )
  const tab = stand.mount(TimelineTab)
  await flushPromises()
  return tab
}
const pageOf =
  (items: Touch[], nextCursor: string | null = null) =>
  () =>
    ok({ items, nextCursor })

describe('the words and tones of a line', () => {
  it('says that the customer bought, and who noted it', () => {
    const bought = { kind: 'purchase', what: '珍珠项链', detail: '¥2000' } as const
    expect(touchLook(touchOf({ ...bought, by: 'colleague', who: '孙丽华' })).detail).toBe(
      '¥2000，孙丽华记下的',
    )
    expect(touchLook(touchOf({ ...bought, by: 'me' })).detail).toBe('¥2000')
  })

  const lineOf = (given: Partial<Touch>) => {
    const touch = touchOf(given)
    const { before, after, tone } = touchLook(touch)
    return [`${before}${touch.what}${after}`, tone]
  }
  it.each<[Partial<Touch>, string, string]>([
    [{}, '发了 保养提醒', 'us'],
    [{ by: 'colleague', who: '周敏' }, '周敏 发了 保养提醒', 'us'],
    [{ kind: 'purchase', by: 'colleague', who: '孙丽华', what: '珍珠项链' }, '买了 珍珠项链', 'customer'],
    [{ outcome: 'cancelled' }, '保养提醒 取消了，没有发', 'us'],
    [{ outcome: 'unknown' }, '保养提醒 不知道发出没有', 'us'],
    [{ outcome: 'failed' }, '保养提醒 没发出去', 'attention'],
    [{ kind: 'tagsChanged', what: '足金', detail: '加上' }, '加了标签 足金', 'us'],
    [{ kind: 'tagsChanged', what: '足金', detail: '去掉' }, '去掉标签 足金', 'us'],
    [
      { kind: 'tagsChanged', what: '足金、翡翠', detail: '加上 足金，去掉 翡翠' },
      '改了标签 足金、翡翠',
      'us',
    ],
    [{ outcome: 'partial', by: 'colleague', who: '周敏' }, '周敏 保养提醒 只发出一部分', 'attention'],
    [{ kind: 'couponClaimed', by: 'customer', what: '生日礼券', outcome: null }, '领了 生日礼券', 'customer'],
    [{ kind: 'couponReleased', what: '生日礼券', outcome: null }, '生日礼券没有发出', 'us'],
    [
      { kind: 'tagRefused', by: 'system', what: '喜欢简约', outcome: null },
      '企业微信没收下 喜欢简约',
      'attention',
    ],
    [
      { kind: 'quietChanged', by: 'colleague', who: '周敏', what: '勿扰，到 12月1日', outcome: null },
      '周敏 记下 勿扰，到 12月1日',
      'us',
    ],
    [{ kind: 'limitLifted', what: '货到了', outcome: null }, '因为货到了，照常写', 'us'],
  ])('%o', (given, words, tone) => {
    expect(lineOf(given)).toEqual([words, tone])
  })
})

describe('the timeline', () => {
  it('says near days in words and marks who did it', async () => {
    const tab = await opened(
      pageOf([
        touchOf({ at: '2026-11-21T09:00:00+08:00', kind: 'couponClaimed', by: 'customer', outcome: null }),
        touchOf({ at: '2026-11-20T23:30:00+08:00', detail: '1 条文字' }),
        touchOf({ at: '2025-11-06T10:00:00+08:00', outcome: 'failed' }),
      ]),
    )
    expect(tab.findAll('time').map(time => time.text())).toEqual([
      '今天',
      '昨天',
      expect.stringContaining('2025'),
    ])
    expect(tab.find('.timeline__icon--customer').exists()).toBe(true)
    expect(tab.find('.timeline__icon--attention').exists()).toBe(true)
    expect(tab.text()).toContain('1 条文字')
  })

  it('goes on page by page', async () => {
    const tab = await opened(pageOf([touchOf({ what: '一' })], 'c1'), pageOf([touchOf({ what: '二' })]))
    await byText(tab, 'button', '再看早一些的').trigger('click')
    await flushPromises()
    expect(tab.findAll('b').map(noun => noun.text())).toEqual(['一', '二'])
    expect(tab.findAll('button')).toHaveLength(0)
    expect(stand.api.sentTo('get', /\/timeline$/)[1]?.query).toMatchObject({ cursor: 'c1' })
  })

  it('keeps what it shows when the next page does not come', async () => {
    const tab = await opened(
      pageOf([touchOf({ what: '一' })], 'c1'),
      noNetwork,
      pageOf([touchOf({ what: '二' })]),
    )
    await byText(tab, 'button', '再看早一些的').trigger('click')
    await flushPromises()
    expect(tab.find('[role=alert]').text()).toContain('后面的没取到')
    expect(tab.findAll('b')).toHaveLength(1)
    await byText(tab, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(tab.findAll('b').map(noun => noun.text())).toEqual(['一', '二'])
  })

  it('looks again when something about the customer has changed', async () => {
    const tab = await opened(pageOf([]), pageOf([touchOf({ what: '刚发的' })]))
    expect(tab.text()).toContain('还没有往来')
    stand.current.noteChange()
    await flushPromises()
    expect(tab.text()).toContain('刚发的')
  })

  it('looked again in vain: gets the newest once more, not the page behind', async () => {
    const tab = await opened(
      pageOf([touchOf({ what: '一' })], 'c1'),
      noNetwork,
      pageOf([touchOf({ what: '刚发的' })], 'c2'),
    )
    stand.current.noteChange()
    await flushPromises()
    expect(tab.find('[role=alert]').text()).not.toContain('后面的')
    expect(tab.findAll('b').map(noun => noun.text())).toEqual(['一'])
    await byText(tab, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(tab.findAll('b').map(noun => noun.text())).toEqual(['刚发的'])
  })

  it('did not come: says so and fetches again', async () => {
    const tab = await opened(noNetwork, pageOf([touchOf()]))
    expect(tab.text()).toContain('这一页没取到')
    await byText(tab, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(tab.findAll('li')).toHaveLength(1)
  })

  it("never shows one customer's story at another's", async () => {
    const slow = later<null>()
    const tab = await opened(pageOf([touchOf({ what: '她的事' })]))
    stand.api.on('get', /wmB\/timeline$/, async () => {
      await slow.promise
      return ok({ items: [touchOf({ what: '他的事' })], nextCursor: null })
    })
    await stand.turnTo(inChatWith('wmB'))
    expect(tab.text()).not.toContain('她的事')
    // Back again before the other one's answer: that answer must not paint.
    await stand.turnTo(inChatWith('wmA'))
    slow.settle(null)
    await flushPromises()
    expect(tab.text()).toContain('她的事')
    expect(tab.text()).not.toContain('他的事')
  })
})

describe('the words of a send', () => {
  it('a tap on its line shows them as they were sent, with what became of each part', async () => {
    const sendId = newUuid()
    const part = { outcome: null, reason: null }
    stand.api.on('get', /\/customers\/wmA\/sends\//, () =>
      ok({
        ...{ sendId, startedAt: '2026-11-06T10:00:00Z', title: '试三条', outcome: 'partial' },
        ...{ scriptId: null, reminderId: null, isStopped: false, client: null },
        parts: [
          { ...part, body: { kind: 'text', text: '王姐，早上好' }, state: 'ok', outcome: 'ok' },
          { ...part, body: { kind: 'text', text: '新款到了' }, state: 'leaving' },
          { ...part, body: { kind: 'image', mediaId: null }, state: 'waiting' },
          ...['sendChatMessage:fail', 'sendChatMessage:fail_no permission', '聊天换人了'].map(reason => ({
            ...{ body: { kind: 'text', text: '店里见' }, state: 'failed', outcome: 'failed', reason },
          })),
        ],
      }),
    )
    const tab = await opened(
      pageOf([touchOf({ what: '试三条', sendId }), touchOf({ by: 'colleague', who: '周敏' })]),
    )
    expect(tab.findAll('button.timeline__line')).toHaveLength(1)
    await tab.find('button.timeline__line').trigger('click')
    await whenDrawn(() => expect(document.body.textContent).toContain('王姐，早上好'))
    const parts = [...document.querySelectorAll('.sent li')].map(one => one.textContent)
    expect(parts).toEqual([
      '王姐，早上好已送到',
      '新款到了不确定',
      '图片还没发',
      '店里见没发出，企业微信没有说为什么',
      '店里见没发出，企业微信没有给这个权限',
      '店里见没发出，聊天换人了',
    ])
  })
})
