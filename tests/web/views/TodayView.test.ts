import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Today, TodayRow } from '../../../shared/contract/reminders.ts'
import { dateSentFor } from '../../../web/domains/customers/arrival.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import TodayView from '../../../web/views/TodayView.vue'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { fakeBridge } from '../../support/fakeBridge.ts'
import { makeDate, makeReminder, newUuid } from '../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../support/mountInChat.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const rowOf = (address: string, given: Partial<TodayRow> = {}): TodayRow => ({
  reminderId: newUuid(),
  externalUserId: `wm_${newUuid()}`,
  address,
  avatarUrl: null,
  kind: 'date',
  state: null,
  because: '',
  about: null,
  order: null,
  date: makeDate(),
  occurrence: '2026-12-03',
  addWay: null,
  channel: null,
  at: null,
  remindOn: null,
  isPutOff: false,
  ...given,
})
const todayOf = (sections: Today['sections']): Today => ({
  today: '2026-11-21',
  lunarToday: '农历十月十三',
  sections,
})
const wanId = newUuid()
const full = () =>
  todayOf([
    { name: 'overdue', total: 1, rows: [rowOf('王立群', { occurrence: '2026-11-20' })] },
    {
      name: 'due',
      total: 2,
      rows: [
        rowOf('婉清姐', { externalUserId: 'wmWan', reminderId: wanId }),
        rowOf('何先生', { occurrence: '2026-11-21' }),
      ],
    },
    {
      name: 'newFriends',
      total: 130,
      rows: [
        rowOf('孙小姐', {
          kind: 'newFriend',
          reminderId: null,
          date: null,
          addWay: 1,
          channel: '国贸店收银台',
          at: '2026-11-20T18:20:00+08:00',
        }),
      ],
    },
    { name: 'upcoming', total: 0, rows: [] },
    {
      name: 'lost',
      total: 1,
      rows: [rowOf('Lily', { kind: 'lost', date: null, at: '2026-11-21T09:00:00+08:00' })],
    },
  ])

let stand: Stand
beforeEach(async () => void (stand = await standInChat(undefined)))
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(answer: () => ReturnType<typeof ok> = () => ok(full())) {
  stand.api.on('get', /^\/today$/, answer)
  const view = stand.mount(TodayView)
  await flushPromises()
  return view
}
type View = Awaited<ReturnType<typeof opened>>
const headings = (view: View) => view.findAll('h2 b').map(heading => heading.text())
const row = (view: View, name: string) => byText(view, 'li button', name)

describe('今日', () => {
  it('shows its sections by time, empty ones not at all', async () => {
    const view = await opened()
    expect(view.find('header').text()).toContain('11月21日 星期六')
    expect(view.find('header').text()).toContain('农历十月十三')
    expect(headings(view)).toEqual(['这几天没赶上', '今天', '新朋友', '离开的客户'])
    expect(view.text()).toContain('先看前 1 位，共 130 位')
  })

  it('says of every row why and when', async () => {
    const view = await opened()
    const parts = (name: string) => [
      row(view, name)
        .findAll('.flow__fact')
        .map(fact => fact.text()),
      row(view, name).find('time').exists() ? row(view, name).find('time').text() : '',
    ]
    expect(parts('王立群')).toEqual([['妈妈生日', '，11月20日'], '昨天'])
    expect(parts('婉清姐')).toEqual([['妈妈生日还有 12 天', '，12月3日'], ''])
    expect(parts('何先生')).toEqual([['妈妈生日', '，就在今天'], ''])
    expect(row(view, '何先生').find('em').text()).toBe('就在今天')
    expect(parts('孙小姐')).toEqual([['扫码', '，国贸店收银台', '，还没有标签'], '昨天'])
    expect(parts('Lily')).toEqual([['移除了好友', '，提醒已停'], '今天'])
  })

  it('filters by section with counts, and a second tap shows all again', async () => {
    const view = await opened()
    const chips = () => view.findAll('[role=group] button')
    expect(chips().map(chip => chip.text())).toEqual(['全部 134', '没赶上 1', '今天 2', '新客 130', '离开 1'])
    await chips()[2]?.trigger('click')
    expect(headings(view)).toEqual(['今天'])
    await chips()[2]?.trigger('click')
    expect(headings(view)).toHaveLength(4)
  })

  it('opens the chat, once for a double tap', async () => {
    const view = await opened()
    void row(view, '婉清姐').trigger('click')
    void row(view, '婉清姐').trigger('click')
    await flushPromises()
    expect(fakeBridge.opened).toEqual(['wmWan'])
  })

  it('says what to do where the client cannot open a chat', async () => {
    fakeBridge.openChat.mockResolvedValueOnce({ failed: 'openEnterpriseChat:no permission' })
    await row(await opened(), '婉清姐').trigger('click')
    await flushPromises()
    expect(toast.value?.text).toBe('这里打不开聊天，请在企业微信里搜客户的名字')
  })

  it('looks again when the page comes back, and a filter that has become empty hides nothing', async () => {
    let answer = full()
    const view = await opened(() => ok(answer))
    await byText(view, '[role=group] button', '离开').trigger('click')
    expect(headings(view)).toEqual(['离开的客户'])
    answer = todayOf(full().sections.filter(({ name }) => name !== 'lost'))
    document.dispatchEvent(new Event('visibilitychange'))
    await flushPromises()
    expect(headings(view)).toEqual(['这几天没赶上', '今天', '新朋友'])
  })

  it('keeps what it shows when the look again does not come', async () => {
    const view = await opened()
    stand.api.on('get', /^\/today$/, noNetwork)
    document.dispatchEvent(new Event('visibilitychange'))
    await flushPromises()
    expect(headings(view)).toHaveLength(4)
  })

  it('takes the reminder along, so that the chat opens on it', async () => {
    stand.api.on('post', /focus$/, () => ({ status: 204 }))
    const view = await opened()
    await row(view, '婉清姐').trigger('click')
    await row(view, '孙小姐').trigger('click')
    await flushPromises()
    const ids = stand.api.sentTo('post', /^\/reminders\/.+\/focus$/).map(({ path }) => path.split('/')[2])
    expect(ids).toEqual([wanId])
  })

  it('puts off and skips from the row, by Tab as well, and takes it back', async () => {
    const view = await opened()
    stand.api.on('patch', /^\/reminders\//, ({ path }) =>
      ok({ ...makeReminder(), reminderId: path.split('/')[2] }),
    )
    const tomorrow = view.get('[aria-label="明天再提醒婉清姐"]')
    stand.api.on('get', /^\/today$/, () => ok(todayOf(full().sections.filter(({ name }) => name !== 'due'))))
    await tomorrow.trigger('click')
    await flushPromises()
    const acts = () => stand.api.sentTo('patch', /^\/reminders\//).map(({ body }) => body)
    expect(acts()).toEqual([{ action: 'snooze', until: '2026-11-22' }])
    expect(view.text()).not.toContain('婉清姐')
    expect(toast.value?.text).toBe('明天再提醒你')
    toast.value?.undo?.()
    await flushPromises()
    expect(acts()).toEqual([{ action: 'snooze', until: '2026-11-22' }, { action: 'reopen' }])
  })

  it('offers no tomorrow where the day itself is today or past', async () => {
    const view = await opened()
    expect(view.find('[aria-label="明天再提醒何先生"]').exists()).toBe(false)
    expect(view.find('[aria-label="跳过何先生"]').exists()).toBe(true)
    expect(view.find('[aria-label="跳过孙小姐"]').exists()).toBe(false)
  })

  it('keeps what was done today folded away, and says what became of it', async () => {
    const sections: Today['sections'] = [
      ...full().sections,
      { name: 'done', total: 1, rows: [rowOf('周姐', { state: 'sent', at: '2026-11-21T10:00:00+08:00' })] },
    ]
    const view = await opened(() => ok(todayOf(sections)))
    expect(view.findAll('[role=group] button').map(chip => chip.text())[0]).toBe('全部 134')
    expect(view.text()).not.toContain('周姐')
    await byText(view, 'button', '今天做完的').trigger('click')
    expect(row(view, '周姐').find('time').text()).toBe('已发出')
  })

  it('all done: says how many, not that there was nothing', async () => {
    const done = { name: 'done', total: 3, rows: [rowOf('周姐', { state: 'done' })] } as const
    const view = await opened(() => ok(todayOf([{ ...done, rows: [...done.rows] }])))
    expect(view.text()).toContain('今天的 3 件都做完了')
  })

  it('says why of promises, coupons and pieces, and the deadline of what has to be made', async () => {
    const plain = { date: null, occurrence: '2026-11-27' }
    const because = '「足金券」还有 2 天到期'
    const order = { productLine: '刻字', productionDays: 7, lastOrderOn: '2026-11-26' }
    const due: Today['sections'][number] = {
      name: 'due',
      total: 3,
      rows: [
        rowOf('甲', { ...plain, kind: 'promise', about: '回复价格', because: '你答应今天做到' }),
        rowOf('乙', { ...plain, kind: 'coupon', about: '足金券', because }),
        rowOf('丙', { order }),
      ],
    }
    const view = await opened(() => ok(todayOf([due])))
    expect(row(view, '甲').text()).toContain('回复价格')
    expect(row(view, '甲').find('em').text()).toBe('你答应今天做到')
    expect(row(view, '乙').text()).toContain(because)
    expect(row(view, '丙').find('em').text()).toBe('刻字最晚周四（11月26日）下单')
  })

  it('has nothing to do: says so and what would be worth it', async () => {
    const view = await opened(() => ok(todayOf([])))
    expect(view.text()).toContain('今天没有要赶的事')
    expect(view.find('[role=group]').exists()).toBe(false)
  })

  it('did not come: the server’s words, and again', async () => {
    const view = await opened(() => problem('database_unavailable'))
    expect(view.text()).toContain('数据暂时取不到，马上就好')
    stand.api.on('get', /^\/today$/, () => ok(full()))
    await byText(view, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(headings(view)).toHaveLength(4)
  })
})

describe('接下来', () => {
  const coming = (given: Partial<TodayRow>) =>
    todayOf([{ name: 'upcoming', total: 1, rows: [rowOf('Lily', given)] }])
  const facts = (view: View) =>
    row(view, 'Lily')
      .findAll('.flow__fact')
      .map(fact => fact.text())
  const order = { productLine: '刻字', productionDays: 7, lastOrderOn: '2026-11-24' }

  it('says of a day that is not due yet when she will be reminded', async () => {
    const given = { reminderId: null, occurrence: '2026-12-10', remindOn: '2026-11-26', order }
    const view = await opened(() => ok(coming(given)))
    expect(facts(view)).toEqual(['妈妈生日还有 19 天', '，11月26日起提醒你'])
  })

  it('says of what was put off when it comes again', async () => {
    const given = { occurrence: '2026-12-10', remindOn: '2026-11-28', isPutOff: true }
    const view = await opened(() => ok(coming(given)))
    expect(facts(view)).toContain('，11月28日再提醒')
  })

  it('leaves the date behind for the sidebar when there is no reminder to stand first', async () => {
    const date = makeDate()
    const given = { reminderId: null, externalUserId: 'wmLily', date, remindOn: '2026-11-19' }
    const view = await opened(() => ok(coming(given)))
    await row(view, 'Lily').trigger('click')
    expect(dateSentFor('wmLily')).toEqual({ dateId: date.dateId, remindOn: '2026-11-19' })
    expect(dateSentFor('wmWan')).toBeUndefined()
  })
})

it('says what putting off beyond the last order day costs', async () => {
  const order = { productLine: '刻字', productionDays: 7, lastOrderOn: '2026-11-21' }
  stand.api.on('patch', /^\/reminders\//, () => ok(makeReminder({ reminderId: wanId })))
  const due = todayOf([{ name: 'due', total: 1, rows: [rowOf('婉清姐', { reminderId: wanId, order })] }])
  const view = await opened(() => ok(due))
  await view.get('[aria-label="明天再提醒婉清姐"]').trigger('click')
  await flushPromises()
  expect(toast.value?.text).toBe('明天再提醒你，那天已来不及刻字')
})

it('says outside WeCom why no chat opens, and asks nobody', async () => {
  const view = await opened()
  fakeBridge.isInWecom = false
  await row(view, '婉清姐').trigger('click')
  await flushPromises()
  expect(fakeBridge.opened).toEqual([])
  expect(toast.value?.text).toBe('在企业微信里才能打开聊天')
  fakeBridge.isInWecom = true
})
