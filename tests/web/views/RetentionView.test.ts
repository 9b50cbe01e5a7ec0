import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import UndoToast from '../../../web/ui/UndoToast.vue'
import { hideToast } from '../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem, type Answer } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const kept = { timelineMonths: 36, wordsMonths: 24, callbackDays: 30, lostMonths: 24, auditMonths: 36 }

let stand: Stand
/** What the server has. */
let stored: object
let answers: Answer[]
beforeEach(async () => {
  stand = await standAtWork('admin')
  stored = { ...kept, version: 4 }
  answers = []
  stand.api.on('get', /^\/retention$/, () => ok(stored))
  stand.api.on('put', /^\/retention$/, ({ body }) => {
    const answer = answers.shift()
    if (answer) return answer
    stored = { ...kept, ...(body as object), version: 9 }
    return ok(stored)
  })
})
afterEach(() => {
  hideToast()
  stand.leave()
  vi.unstubAllGlobals()
})

async function opened() {
  const page = await openPage(stand, '/console/privacy/retention')
  const value = (name: keyof typeof kept) => Number(page.get<HTMLInputElement>(`#keep-${name}`).element.value)
  const write = (name: keyof typeof kept, months: number) =>
    page.get(`#keep-${name}`).setValue(String(months))
  const save = async () => {
    await page.get('form').trigger('submit')
    await flushPromises()
  }
  const button = () => page.get('form .button')
  const canAnswer = () => whenDrawn(() => expect(button().attributes('aria-disabled')).toBeUndefined())
  return { page, value, write, save, button, canAnswer }
}
const sent = () => stand.api.sentTo('put', /^\/retention$/)
/** By the keyboard, in a browser that takes the focus from a button that is switched off. */
async function takeNewest(page: VueWrapper): Promise<void> {
  const button = byText(page, 'button', '换上最新的')
  ;(button.element as HTMLElement).focus()
  await button.trigger('click')
  if (button.element.matches(':disabled')) (button.element as HTMLElement).blur()
  await flushPromises()
}

it('shortening by a double tap shortens nothing: the second answer counts once the warning could be read', async () => {
  const { write, save, button, canAnswer } = await opened()
  await write('lostMonths', 12)
  await save()
  await save()
  await save()
  expect(button().text()).toBe('确定改短')
  expect(sent()).toEqual([])
  await canAnswer()
  await save()
  expect(sent()).toHaveLength(1)
})

it('Enter held down in a field does not answer what it has asked', async () => {
  const { page } = await opened()
  const press = (repeat: boolean) => {
    const event = new KeyboardEvent('keydown', { key: 'Enter', repeat, bubbles: true, cancelable: true })
    page.get('#keep-lostMonths').element.dispatchEvent(event)
    return event.defaultPrevented
  }
  expect([press(false), press(true)]).toEqual([false, true])
})

it('what nobody knows the end of is not called unchanged', async () => {
  const { page, write, save, button } = await opened()
  answers = [noNetwork()]
  await write('lostMonths', 36)
  await save()
  expect(page.get('[role=alert]').text()).toContain('不知道改没改成')
  expect(page.text()).not.toContain('没有改动')
  expect(button().text()).toBe('再问一次')
  answers = [problem('forbidden')]
  await save()
  expect(page.get('[role=alert]').text()).toContain('没有改动')
})

it('over a change of somebody else the newest is taken, and hers stays upon it', async () => {
  const { page, value, write, save, button, canAnswer } = await opened()
  await write('lostMonths', 12)
  stored = { ...kept, wordsMonths: 60, version: 8 }
  answers = [problem('version_conflict')]
  await save()
  await canAnswer()
  await save()
  expect(sent()).toMatchObject([{ version: '"4"' }])
  expect(page.get('[role=alert]').text()).toContain('这一次没有保存')

  await takeNewest(page)
  expect([value('wordsMonths'), value('lostMonths')]).toEqual([60, 12])
  expect(document.activeElement).toBe(button().element)
  expect(stand.mount(UndoToast).text()).toContain('你改过的还在')
  // She looks at what goes once more before it goes.
  expect(button().text()).toBe('保存')
  await save()
  expect(sent()).toHaveLength(1)
  await canAnswer()
  await save()
  expect(sent().at(-1)).toMatchObject({ version: '"8"', body: { wordsMonths: 60, lostMonths: 12 } })
})

it('the newest that does not come leaves everything as it is, and can be taken once more', async () => {
  const { page, value, write, save } = await opened()
  answers = [problem('version_conflict')]
  await write('lostMonths', 36)
  await save()
  stand.api.on('get', /^\/retention$/, noNetwork)
  await takeNewest(page)
  expect(stand.mount(UndoToast).text()).toContain('你写的都还在')
  expect(value('lostMonths')).toBe(36)
  expect(document.activeElement?.textContent).toContain('换上最新的')

  // It was her own, whose answer had not come.
  stand.api.on('get', /^\/retention$/, () => ok({ ...kept, lostMonths: 36, version: 5 }))
  await takeNewest(page)
  expect(stand.mount(UndoToast).text()).toContain('和你要的一样')
  expect(page.find('[role=alert]').exists()).toBe(false)
})
