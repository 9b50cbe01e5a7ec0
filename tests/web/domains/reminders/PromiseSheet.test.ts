import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import PromiseSheet from '../../../../web/domains/reminders/PromiseSheet.vue'
import { toast } from '../../../../web/ui/undoToast.ts'
import { ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makeReminder } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
beforeEach(async () => {
  stand = await standInChat(inChatWith('wmA'))
  stand.mount(PromiseSheet, { open: true })
  await nextTick()
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const sheet = () => document.body.querySelector('[role=dialog]') as HTMLElement
async function type(words: string) {
  const input = sheet().querySelector('.promise__words') as HTMLInputElement
  input.value = words
  input.dispatchEvent(new Event('input'))
  await nextTick()
}
const tap = async (words: string) => {
  const found = [...sheet().querySelectorAll('button')].find(button => button.textContent?.trim() === words)
  found?.click()
  await nextTick()
}
const submit = async () => {
  sheet()
    .querySelector('form')
    ?.dispatchEvent(new Event('submit', { cancelable: true }))
  await flushPromises()
}
const saved = () => stand.api.sentTo('post', /promises$/).map(({ body }) => body)

it('reads the day in the words, says it, and keeps both', async () => {
  stand.api.on('post', /promises$/, () =>
    ok(makeReminder({ kind: 'promise', date: null, occurrence: '2026-11-27' }), 201),
  )
  await type('周五前回复价格')
  expect(sheet().textContent).toContain('11月27日 周五提醒你')
  await submit()
  expect(saved()).toEqual([{ words: '周五前回复价格', day: '2026-11-27' }])
  expect(toast.value?.text).toBe('记下了，11月27日 周五提醒你')
})

it('is taken back by undo', async () => {
  const promise = makeReminder({ kind: 'promise', date: null, occurrence: '2026-11-27' })
  stand.api.on('post', /promises$/, () => ok(promise, 201))
  stand.api.on('delete', /^\/reminders\//, () => ({ status: 204 }))
  await type('周五前回复价格')
  await submit()
  toast.value?.undo?.()
  await flushPromises()
  expect(stand.api.sentTo('delete', /./).map(({ path }) => path)).toEqual([
    `/reminders/${promise.reminderId}`,
  ])
})

it('a chip says more than the words', async () => {
  stand.api.on('post', /promises$/, () => ok(makeReminder(), 201))
  await type('周五前回复价格')
  await tap('明天')
  await submit()
  expect(saved()).toEqual([{ words: '周五前回复价格', day: '2026-11-22' }])
})

it('says why it was not kept, and keeps the words', async () => {
  stand.api.on('post', /promises$/, () => problem('limit_reached'))
  await type('回复价格')
  await submit()
  expect(sheet().querySelector('[role=alert]')?.textContent).toContain('还没有记下')
  expect((sheet().querySelector('.promise__words') as HTMLInputElement).value).toBe('回复价格')
})
