import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ReminderRules } from '../../../shared/contract/reminderRules.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const rules: ReminderRules = {
  leads: [{ dateKind: 'birthday', productLine: '刻字', productionDays: 7, bufferDays: 7 }],
  closures: [{ firstDay: '2027-02-04', lastDay: '2027-02-12', name: '春节' }],
  cares: [{ name: '清洗保养', afterDays: 180 }],
  version: 3,
  isPlanned: true,
}
let stand: Stand
beforeEach(async () => {
  stand = await standAtWork('admin')
  stand.api.on('get', /^\/reminder-rules$/, () => ok(rules))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function submitted() {
  const page = await openPage(stand, '/console/reminders')
  await vi.waitFor(() => page.get('form'))
  await page.get('input[type=number]').setValue('10')
  await byText(page, 'button', '加一段').trigger('click')
  await page.findAll('[aria-label="工坊放假"] .rules__name')[1]?.setValue('国庆')
  const days = page.findAll('[aria-label="工坊放假"] input[type=date]')
  await days[2]?.setValue('2027-10-01')
  await days[3]?.setValue('2027-10-07')
  await page.get('form').trigger('submit')
  await flushPromises()
  return page
}

it('saves all rules together, on the version that was seen', async () => {
  stand.api.on('put', /^\/reminder-rules$/, ({ body }) =>
    ok({ ...(body as object), version: 4, isPlanned: false }),
  )
  const page = await submitted()
  const [sent] = stand.api.sentTo('put', /rules$/)
  expect(sent).toMatchObject({
    version: '"3"',
    body: {
      leads: [{ dateKind: 'birthday', productLine: '刻字', productionDays: 10, bufferDays: 7 }],
      closures: [...rules.closures, { name: '国庆', firstDay: '2027-10-01', lastDay: '2027-10-07' }],
      cares: rules.cares,
    },
  })
  expect(toast.value?.text).toBe('存好了，没发的提醒会跟着挪')
  expect(page.text()).toContain('正在按新规则重排日子')
})

it('keeps what was typed when somebody else was faster', async () => {
  stand.api.on('put', /^\/reminder-rules$/, () => problem('version_conflict'))
  const page = await submitted()
  expect(page.get('[role=alert]').text()).toContain('没有改动')
  expect((page.get('input[type=number]').element as HTMLInputElement).value).toBe('10')
})

it.each([['400'], ['-1'], ['abc'], [''], ['2.5']])(
  'says which days cannot be %s and what is possible, and saves nothing',
  async days => {
    const page = await openPage(stand, '/console/reminders')
    await vi.waitFor(() => page.get('form'))
    // The browser would speak first, in its own words, and stop the form.
    expect(page.get('form').attributes('novalidate')).toBeDefined()
    const field = page.get('input[type=number]')
    await field.setValue(days)
    expect(page.find('[role=alert]').exists()).toBe(false)
    await page.get('form').trigger('submit')
    expect(page.get('[aria-label="提前多久"] [role=alert]').text()).toBe('「做」填 0 到 120 天')
    expect(stand.api.sentTo('put', /rules$/)).toEqual([])
    await field.setValue('9')
    expect(page.find('[role=alert]').exists()).toBe(false)
  },
)

it('says what is missing in a holiday and in a care', async () => {
  const page = await openPage(stand, '/console/reminders')
  await vi.waitFor(() => page.get('form'))
  const days = page.findAll('[aria-label="工坊放假"] input[type=date]')
  await days[1]?.setValue('2027-02-01')
  await byText(page, 'button', '加一段').trigger('click')
  await page.get('[aria-label="买了以后"] input[type=number]').setValue('3')
  await page.get('form').trigger('submit')
  expect(page.findAll('[aria-label="工坊放假"] [role=alert]').map(one => one.text())).toEqual([
    '最后一天不能早于第一天',
    '写一下是什么假，如 春节；选第一天；选最后一天',
  ])
  expect(page.get('[aria-label="买了以后"] [role=alert]').text()).toBe('填 7 到 3650 天')
})
