import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import PhoneField from '../../../../web/domains/customers/PhoneField.vue'
import RevealSheet from '../../../../web/domains/customers/RevealSheet.vue'
import { later, ok, problem, type Answer } from '../../../support/fakeApi.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})
vi.mock('../../../../web/ui/lazyPart.ts', () => ({ lazyPart: () => RevealSheet }))

const PHONE = '13812345678'
let stand: Stand
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  stand = await standInChat(undefined)
  stand.api.on('post', /^\/customers\/wmA\/reveal$/, () => ok({ phones: [PHONE] }))
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const opened = async (): Promise<VueWrapper> => {
  const field = stand.mount(PhoneField, { masked: ['138****5678'], externalUserId: 'wmA' })
  await field.get('button').trigger('click')
  await flushPromises()
  return field
}
const sheet = () => document.querySelector('[role=dialog]')
async function tap(words: string) {
  const button = [...(sheet()?.querySelectorAll('button') ?? [])].find(each =>
    each.textContent.includes(words),
  )
  if (!button) throw new Error(`no button ${words}`)
  button.click()
  await flushPromises()
}
const bodies = () => stand.api.sentTo('post', /reveal$/).map(({ body }) => body)

describe('P27 the number of a customer', () => {
  it('stands masked; a reason shows it with a way to copy it, and after half a minute it is masked again', async () => {
    const field = await opened()
    expect(field.text()).toContain('138****5678')
    await tap('约取货')
    expect(bodies()).toEqual([{ what: 'phone', reason: '约取货' }])
    expect(field.text()).toContain(PHONE)
    expect(field.find(`[aria-label="复制号码 ${PHONE}"]`).exists()).toBe(true)
    vi.advanceTimersByTime(29_000)
    await flushPromises()
    expect(field.text()).toContain(PHONE)
    vi.advanceTimersByTime(1_000)
    await flushPromises()
    expect(field.html()).not.toContain(PHONE)
    expect(field.text()).toContain('138****5678')
  })

  it('takes the focus with it when it is shown and when it is masked again', async () => {
    const field = stand.mount(PhoneField, { masked: ['138****5678'], externalUserId: 'wmA' })
    const reveal = async () => {
      const masked = field.get<HTMLElement>('[aria-haspopup=dialog]')
      masked.element.focus()
      await masked.trigger('click')
      await flushPromises()
      await tap('回电')
    }
    const here = () => document.activeElement
    await reveal()
    expect(here()?.getAttribute('role')).toBe('group')
    expect(here()?.getAttribute('aria-label')).toContain(PHONE)
    await byText(field, 'button', '遮住').trigger('click')
    await flushPromises()
    expect(here()).toBe(field.get('[aria-haspopup=dialog]').element)

    await reveal()
    field.get<HTMLElement>('[aria-label^=复制]').element.focus()
    vi.advanceTimersByTime(30_000)
    await flushPromises()
    expect(here()).toBe(field.get('[aria-haspopup=dialog]').element)
  })

  it('takes the focus from nothing else', async () => {
    const elsewhere = document.body.appendChild(document.createElement('input'))
    onTestFinished(() => elsewhere.remove())
    const answer = later<Answer>()
    stand.api.on('post', /reveal$/, () => answer.promise)
    const field = await opened()
    await tap('回电')
    sheet()?.querySelector<HTMLElement>('[aria-label=关闭]')?.click()
    await flushPromises()
    elsewhere.focus()
    answer.settle(ok({ phones: [PHONE] }))
    await flushPromises()
    expect(field.text()).toContain(PHONE)
    expect(document.activeElement).toBe(elsewhere)
    vi.advanceTimersByTime(30_000)
    await flushPromises()
    expect(field.text()).not.toContain(PHONE)
    expect(document.activeElement).toBe(elsewhere)
  })

  it('is kept nowhere: not in what the browser stores, nor in any store', async () => {
    await opened()
    await tap('回电')
    const { getActivePinia } = await import('pinia')
    const kept = [
      JSON.stringify(getActivePinia()?.state.value),
      ...[localStorage, sessionStorage].map(each => JSON.stringify({ ...each })),
    ]
    for (const each of kept) expect(each).not.toContain(PHONE)
  })

  it('needs words for another reason, and no number among them', async () => {
    const field = await opened()
    await tap('其他')
    const write = async (words: string) => {
      const input = sheet()?.querySelector('input')
      if (!input) throw new Error('no field')
      input.value = words
      input.dispatchEvent(new Event('input'))
      sheet()
        ?.querySelector('form')
        ?.dispatchEvent(new Event('submit', { cancelable: true }))
      await flushPromises()
    }
    for (const words of ['', '电', '打13812345678']) {
      await write(words)
      expect(sheet()?.querySelector('[role=alert]')?.textContent).toContain('两个字以上')
    }
    expect(bodies()).toEqual([])
    await write('寄礼物')
    expect(bodies()).toEqual([{ what: 'phone', reason: '寄礼物' }])
    expect(field.text()).toContain(PHONE)
  })

  it('stays masked when it was looked at too often', async () => {
    const limited = problem('rate_limited')
    const detail = '一小时最多看 30 次号码'
    stand.api.on('post', /reveal$/, () => ({ ...limited, body: { ...(limited.body as object), detail } }))
    const field = await opened()
    await tap('约取货')
    expect(sheet()?.querySelector('[role=alert]')?.textContent).toMatch(/30 次号码.*还遮着/s)
    expect(field.text()).toContain('138****5678')
  })
})
