import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { QuietState } from '../../../../shared/contract/contactRules.ts'
import type { Card } from '../../../../shared/contract/customers.ts'
import CustomerView from '../../../../web/views/CustomerView.vue'
import { hideToast, toast } from '../../../../web/ui/undoToast.ts'
import { ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeRule } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'
import { whenDrawn } from '../../views/openPage.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

/** The server keeps the wish and minds its version. */
let kept: QuietState
let rules: Card['contact']['rules']
let stand: Stand
beforeEach(async () => {
  kept = { quiet: null, version: 3 }
  rules = [makeRule({ periodDays: 7, maxCount: 1, hardness: 'soft' })]
  stand = await standInChat(inChatWith('wmA'), {
    card: id => {
      const card = makeCard(id)
      const contact = { ...card.contact, rules, quiet: kept.quiet, quietVersion: kept.version }
      return { ...card, contact }
    },
  })
  stand.api.on('put', /\/quiet$/, ({ body, version }) => {
    if (version !== `"${kept.version}"`) return problem('version_conflict')
    kept = { quiet: (body as QuietState).quiet, version: kept.version + 1 }
    return ok(kept)
  })
})
afterEach(() => {
  stand.leave()
  hideToast()
  vi.unstubAllGlobals()
})

const sheet = () => document.querySelector('[role=dialog]')
const tap = async (word: string) => {
  const button = [...(sheet()?.querySelectorAll('button') ?? [])].find(
    one => one.textContent?.trim() === word,
  )
  if (!button) throw new Error(`no ${word} in ${sheet()?.textContent}`)
  button.click()
  await flushPromises()
}
/** What is pressed of a row of choices. */
const chosen = (row: string) =>
  [...(sheet()?.querySelectorAll(`[aria-label="${row}"] [aria-pressed=true]`) ?? [])].map(one =>
    one.textContent?.trim(),
  )
async function opened() {
  const view = stand.mount(CustomerView)
  await flushPromises()
  await view.get('.budget').trigger('click')
  await whenDrawn(() => expect(sheet()?.textContent).toContain('想少些打扰'))
  return view
}
// What saves comes with a part of its own.
const untilKept = (quiet: QuietState['quiet']) => whenDrawn(() => expect(kept.quiet).toEqual(quiet))
const line = (view: { get: (selector: string) => { text: () => string } }) => view.get('.budget').text()

describe("the customer's wish", () => {
  it('is noted in three taps from the budget line, and locks the send at once', async () => {
    const view = await opened()
    await tap('勿扰')
    expect(chosen('多久')).toEqual(['一个月'])
    expect(sheet()?.textContent).toContain('到 12月20日 为止不主动联系，同事也看得到')
    await tap('记下')
    await untilKept({ level: 'none', until: '2026-12-21', reason: null })
    await vi.waitFor(() => expect(line(view)).toContain('先别写'))
    expect(line(view)).toContain('她想清静，12月21日前不打扰')
    expect(toast.value?.text).toBe('记下了，勿扰到 12月20日')
  })

  it('takes what she said along, and goes away again by 撤销', async () => {
    const view = await opened()
    await tap('勿扰')
    await tap('忙')
    await tap('一周')
    expect(chosen('多久')).toEqual(['一周'])
    await tap('记下')
    await untilKept({ level: 'none', until: '2026-11-28', reason: '忙' })
    await vi.waitFor(() => expect(line(view)).toContain('她说忙，11月28日前不打扰'))
    toast.value?.undo?.()
    await vi.waitFor(() => expect(kept).toEqual({ quiet: null, version: 5 }))
    await vi.waitFor(() => expect(line(view)).toContain('可以写'))
  })

  it('ends on a day of her own, that day included; none is noted that cannot be', async () => {
    await opened()
    await tap('勿扰')
    await tap('自己选')
    expect(chosen('多久')).toEqual(['自己选'])
    const pick = async (day: string) => {
      const field = sheet()?.querySelector<HTMLInputElement>('input[type=date]')
      if (!field) throw new Error('no field for the day')
      field.value = day
      field.dispatchEvent(new Event('input'))
      await flushPromises()
    }
    const note = () =>
      [...(sheet()?.querySelectorAll('button') ?? [])].find(one => one.textContent === '记下')
    expect(note()?.disabled).toBe(true)
    await pick('2026-11-20')
    expect(sheet()?.textContent).toContain('选今天到两年里的一天')
    expect(note()?.disabled).toBe(true)
    await pick('2026-12-05')
    expect(sheet()?.textContent).toContain('到 12月5日 为止不主动联系')
    await tap('记下')
    await untilKept({ level: 'none', until: '2026-12-06', reason: null })
  })

  it('is shown while it holds, and ended by one tap', async () => {
    kept.quiet = { level: 'less', until: '2027-02-01', reason: '忙' }
    await stand.current.refresh()
    await opened()
    expect(sheet()?.textContent).toContain('少打扰到 2027年1月31日，她说忙')
    await tap('恢复')
    await untilKept(null)
    await vi.waitFor(() => expect(toast.value?.text).toBe('恢复正常联系'))
  })

  it('says so when a colleague was faster, and shows what she noted', async () => {
    const view = await opened()
    kept = { quiet: { level: 'none', until: '2026-12-01', reason: '忙' }, version: 9 }
    await tap('少打扰')
    await tap('一年')
    expect(sheet()?.textContent).toContain('到 2027年11月20日 为止，30 天里最多主动联系一次')
    await tap('记下')
    await vi.waitFor(() => expect(toast.value?.text).toContain('没有改动'))
    await vi.waitFor(() => expect(line(view)).toContain('她说忙，12月1日前不打扰'))
  })

  it('stands in 档案 too, and leads to the same sheet', async () => {
    kept.quiet = { level: 'none', until: '2026-12-01', reason: null }
    await stand.current.refresh()
    stand.api.on('get', /\/purchases$/, () => ok({ items: [], nextCursor: null }))
    const view = stand.mount(CustomerView)
    await flushPromises()
    await byText(view, '[role=tab]', '档案').trigger('click')
    await whenDrawn(() => expect(view.find('.profile__quiet').exists()).toBe(true))
    expect(view.get('.profile__quiet').text()).toContain('勿扰到 11月30日')
    await view.get('.profile__quiet').trigger('click')
    await whenDrawn(() => expect(sheet()?.textContent).toContain('想少些打扰'))
  })
})

describe('the rules behind the dot', () => {
  it('are told with what has been used', async () => {
    rules = [makeRule({ periodDays: 7, maxCount: 1, hardness: 'hard', used: 1, freeOn: '2026-11-25' })]
    await stand.current.refresh()
    const view = await opened()
    expect(line(view)).toContain('先别写')
    const text = sheet()?.textContent?.replace(/，|\s/g, '')
    expect(text).toContain('每位客户私聊7天最多1次已有1次')
    expect(text).toContain('11月25日起可以再写')
  })

  it('give way for a reason, for one message', async () => {
    rules = [makeRule({ hardness: 'hard', used: 4, freeOn: '2026-11-25', bypass: ['afterSales'] })]
    await stand.current.refresh()
    await opened()
    expect(sheet()?.textContent).not.toContain('货到了')
    await tap('售后')
    expect(stand.current.reasonClass).toBe('afterSales')
  })
})
