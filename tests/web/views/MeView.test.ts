import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { NoticeSettings } from '../../../shared/contract/notices.ts'
import { ok } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
let held: NoticeSettings
beforeEach(async () => {
  stand = await standAtWork('guide')
  held = { digestAt: '09:15', quietFrom: '21:30', quietUntil: '08:30', doNotDisturbUntil: null }
  stand.api.on('get', /^\/me\/notices$/, () => ok(held))
  stand.api.on('put', /^\/me\/notices$/, ({ body }) => ok((held = body as NoticeSettings)))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const opened = () => openPage(stand, '/me')
const saved = () => stand.api.sentTo('put', /notices$/).map(({ body }) => body)

it('shows who I am and when the notice comes', async () => {
  const view = await opened()
  expect(view.text()).toContain('陈露，国贸店')
  expect(view.get('[aria-checked=true]').text()).toBe('09:15')
})

it('saves each change at once, two quick ones one after the other', async () => {
  const view = await opened()
  await byText(view, '[role=radio]', '10:15').trigger('click')
  await byText(view, 'button', '歇一周').trigger('click')
  await flushPromises()
  expect(saved()).toEqual([
    { digestAt: '10:15', quietFrom: '21:30', quietUntil: '08:30', doNotDisturbUntil: null },
    { digestAt: '10:15', quietFrom: '21:30', quietUntil: '08:30', doNotDisturbUntil: '2026-11-27' },
  ])
  expect(view.text()).toContain('11月27日以前不提醒')
})

it('says why a time cannot be, and shows what holds', async () => {
  stand.api.on('put', /notices$/, () => ({
    status: 422,
    body: {
      type: 'urn:guidebar:problem:validation_failed',
      title: '有几项要改一下',
      status: 422,
      code: 'validation_failed',
      requestId: 'req-1',
      errors: [{ path: 'digestAt', code: 'custom', message: '这个时间在安静时段里' }],
    },
  }))
  const view = await opened()
  const from = view.get('input[type=time]')
  ;(from.element as HTMLInputElement).value = '09:00'
  await from.trigger('change')
  await flushPromises()
  expect(view.get('[role=alert]').text()).toContain('这个时间在安静时段里')
  expect((view.get('input[type=time]').element as HTMLInputElement).value).toBe('21:30')
})

it('勿扰 goes by the day it is now, also on a page that stays open over midnight', async () => {
  const view = await opened()
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2027-03-03T10:00:00+08:00') })
  document.dispatchEvent(new Event('visibilitychange'))
  await flushPromises()
  await byText(view, 'button', '今天别提醒').trigger('click')
  await flushPromises()
  vi.useRealTimers()
  expect(saved()).toMatchObject([{ doNotDisturbUntil: '2027-03-03' }])
  expect(view.get('input[type=date]').attributes('min')).toBe('2027-03-03')
})
