import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import type { ContactRules } from '../../../shared/contract/contactRules.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const weekly = {
  scope: 'customer',
  channel: 'private',
  periodDays: 7,
  maxCount: 1,
  hardness: 'soft',
  bypass: ['orderReady', 'answer'],
  source: '店规',
  sourceDate: '2026-11-21',
  isOn: true,
} as const
const hours = { isOn: true, from: '21:00', until: '09:00', hardness: 'soft', bypass: ['answer'] } as const
const rules: ContactRules = {
  rules: [
    { ...weekly, bypass: [...weekly.bypass], changedBy: null, changedAt: null },
    {
      ...weekly,
      bypass: [],
      channel: 'mass',
      periodDays: 1,
      hardness: 'hard',
      isOn: false,
      source: '企业微信客户端说明',
      sourceDate: '2026-07-01',
      changedBy: '总部',
      changedAt: '2026-11-20T20:00:00Z',
    },
  ],
  quietHours: { ...hours, bypass: ['answer'], changedBy: null, changedAt: null },
  version: 4,
}
let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(role: 'admin' | 'manager') {
  stand = await standAtWork(role)
  stand.api.on('get', /^\/contact-rules$/, () => ok(rules))
  const page = await openPage(stand, '/console/contact-rules')
  await whenDrawn(() => page.get('form'))
  return page
}

it('says each row as a sentence, where it comes from and who changed it', async () => {
  const page = await opened('manager')
  const rows = page.findAll('[aria-label="多久写一次"] li').map(row => row.text().replace(/，|\s/g, ''))
  expect(rows[0]).toContain('每位客户私聊7天最多1次到了先提醒')
  expect(rows[0]).toContain('店规2026年11月21日')
  expect(rows[1]).toContain('每位客户群发1天最多1次到了不能发')
  expect(rows[1]).toContain('没有启用企业微信客户端说明2026年7月1日总部11月21日改')
  expect(page.get('[aria-label="安静时段"]').text()).toContain(
    '21:00 到 09:00 · 到了先提醒，她先来的消息照常',
  )
})

it('lets managers read', async () => {
  const page = await opened('manager')
  expect(page.findAll('input, select')).toEqual([])
  expect(page.findAll('button').map(button => button.text())).not.toContain('保存')
  expect(page.find('header').text()).toContain('要改请找总部的管理员')
  stand.leave()
  expect((await opened('admin')).find('header').text()).not.toContain('要改请找')
})

it('an admin changes a row, adds one and takes one away, on the version that was seen', async () => {
  const page = await opened('admin')
  stand.api.on('put', /^\/contact-rules$/, ({ body }) => {
    const sent = body as ContactRules
    const by = { changedBy: '总部', changedAt: '2026-11-21T02:20:00Z' }
    return ok({
      rules: sent.rules.map(rule => ({ ...rule, ...by })),
      quietHours: { ...sent.quietHours, ...by },
      version: 5,
    })
  })
  await byText(page, 'button', '改').trigger('click')
  await page.get('li input[type=number]').setValue('14')
  await page.get('select[aria-label=到了怎样]').setValue('hard')
  await page.get('.bypass input').setValue(false)
  await byText(page, 'button', '收起').trigger('click')
  await page.findAll('button.quiet--accent')[1]?.trigger('click')
  await byText(page, 'button', '去掉这条').trigger('click')
  await byText(page, 'button', '加一条').trigger('click')
  await page.get('select[aria-label=按什么数]').setValue('group')
  await page.get('input[aria-label="从几点起"]').setValue('22:00')
  await page.get('form').trigger('submit')
  await flushPromises()
  const [sent] = stand.api.sentTo('put', /contact-rules$/)
  expect(sent).toMatchObject({
    version: '"4"',
    body: {
      rules: [
        { ...weekly, periodDays: 14, hardness: 'hard', bypass: ['orderReady'] },
        { scope: 'group', channel: 'group', periodDays: 30, maxCount: 4, isOn: true },
      ],
      quietHours: { ...hours, from: '22:00' },
    },
  })
  expect(toast.value?.text).toBe('存好了，大家马上按新的来')
  expect(page.text()).toContain('总部 11月21日改')
})

it('keeps what was typed when somebody else was faster', async () => {
  const page = await opened('admin')
  stand.api.on('put', /^\/contact-rules$/, () => problem('version_conflict'))
  await byText(page, 'button', '改').trigger('click')
  await page.get('li input[type=number]').setValue('14')
  await page.get('form').trigger('submit')
  await flushPromises()
  expect(page.get('[role=alert]').text()).toContain('没有改动')
  expect((page.get('li input[type=number]').element as HTMLInputElement).value).toBe('14')
})
