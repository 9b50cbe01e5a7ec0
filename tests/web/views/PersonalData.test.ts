import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HeldPerson } from '../../../shared/contract/privacy.ts'
import { router } from '../../../web/router.ts'
import * as saving from '../../../web/ui/saveFile.ts'
import { later, noNetwork, ok, problem, type Answer } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const person = (externalUserId: string, address: string): HeldPerson => ({
  externalUserId,
  name: address,
  address,
  guides: ['陈露'],
  erasureId: null,
})
const erasure = {
  erasureId: '0b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b11',
  cause: 'asked',
  state: 'waiting',
  askedBy: '方致远',
  askedAt: '2026-11-21T10:20:00.000+08:00',
  doneAt: null,
  counts: [],
}
const file = {
  exportId: '7b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b77',
  expiresAt: '2026-11-21T10:35:00.000+08:00',
  fileName: '个人资料-2026-11-21.json',
}
const handedOver = (): Answer => ({ status: 200, body: new Blob(['{}']) })
/** As axios gives a refusal of what was asked for as a file. */
const refusedFile = (code: Parameters<typeof problem>[0]): Answer => {
  const { status, body } = problem(code)
  return { status, body: new Blob([JSON.stringify(body)]) }
}

let stand: Stand
let page: VueWrapper
beforeEach(async () => {
  stand = await standAtWork('admin')
  stand.api.on('post', /^\/privacy\/people$/, () =>
    ok({ items: [person('wmHer', '婉清姐'), person('wmOther', '雨桐姐')] }),
  )
  stand.api.on('get', /^\/erasures$/, () => ok({ items: [], nextCursor: null }))
})
afterEach(() => {
  stand.leave()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

async function search(words: string) {
  await page.find('input[type=search]').setValue(words)
  await page.find('form').trigger('submit')
  await flushPromises()
}
const row = (address: string) => byText(page, 'main li', address)
/** One stands for each sheet; a closed one may still be on its way out. */
const sheet = (name: string) => {
  const found = [...document.querySelectorAll(`[role=dialog][aria-label=${name}]`)].at(-1)
  if (!found) throw new Error(`no sheet ${name}`)
  return found
}
const ERASE = '删除她的资料'
const EXPORT = '导出她的资料'
const submit = (name: string) => sheet(name).querySelector<HTMLButtonElement>('form .button')!
async function tap(name: string, words: string) {
  const button = [...sheet(name).querySelectorAll('button')].find(
    each => (each.getAttribute('aria-label') ?? each.textContent.trim()) === words,
  )
  if (!button) throw new Error(`no button ${words} in ${sheet(name).textContent}`)
  button.click()
  await flushPromises()
}
async function open(words: '删除' | '导出', address: string) {
  await byText(page, `main li button[aria-label="${words} ${address} 的资料"]`, words).trigger('click')
  await flushPromises()
}
/** Up to the warning that it cannot be taken back. */
async function askToErase(address: string) {
  await open('删除', address)
  await tap(ERASE, '她要求删除')
  await tap(ERASE, '删除全部资料')
}
const canAnswer = () => whenDrawn(() => expect(submit(ERASE).getAttribute('aria-disabled')).toBeNull())
const erasings = () => stand.api.sentTo('delete', /^\/customers\//)

async function found() {
  page = await openPage(stand, '/console/privacy')
  await search('姐')
}

describe('an impatient hand', () => {
  beforeEach(async () => {
    stand.api.on('delete', /^\/customers\/wmHer$/, () => ok(erasure, 202))
    await found()
  })

  it('erases nobody by tapping twice: the second answer counts only once the warning could be read', async () => {
    await askToErase('婉清姐')
    expect(submit(ERASE).textContent).toContain('确定删除 婉清姐')
    submit(ERASE).click()
    submit(ERASE).click()
    await flushPromises()
    expect(erasings()).toEqual([])
    await canAnswer()
    submit(ERASE).click()
    await flushPromises()
    expect(erasings()).toHaveLength(1)
  })

  it('is asked anew, and has to read anew, once she has closed the sheet', async () => {
    await askToErase('婉清姐')
    await canAnswer()
    await tap(ERASE, '关闭')
    await askToErase('婉清姐')
    submit(ERASE).click()
    await flushPromises()
    expect(erasings()).toEqual([])
  })

  it('does not send by holding Enter down in the field', async () => {
    await open('删除', '婉清姐')
    const press = (repeat: boolean) => {
      const event = new KeyboardEvent('keydown', { key: 'Enter', repeat, bubbles: true, cancelable: true })
      sheet(ERASE).querySelector('input')!.dispatchEvent(event)
      return event.defaultPrevented
    }
    expect([press(false), press(true)]).toEqual([false, true])
  })
})

describe('one customer’s answer', () => {
  it('stays hers when another one’s sheet is open by then', async () => {
    const answer = later<Answer>()
    stand.api.on('delete', /^\/customers\/wmHer$/, () => answer.promise)
    await found()
    await askToErase('婉清姐')
    await canAnswer()
    submit(ERASE).click()
    await flushPromises()
    await tap(ERASE, '关闭')
    await open('删除', '雨桐姐')
    await tap(ERASE, '记错了人')
    const led = vi.spyOn(router, 'push')
    answer.settle(ok(erasure, 202))
    await flushPromises()
    expect(row('婉清姐').text()).toContain('正在删除')
    expect(row('雨桐姐').text()).not.toContain('正在删除')
    // Her own sheet stands as she left it, and the page is the one she was on.
    expect(sheet(ERASE).textContent).toContain('雨桐姐')
    expect(sheet(ERASE).querySelector('input')!.value).toBe('记错了人')
    expect(submit(ERASE).disabled).toBe(false)
    expect(led).not.toHaveBeenCalled()
  })

  it('is not told in another one’s sheet', async () => {
    const answer = later<Answer>()
    stand.api.on('post', /^\/customers\/wmHer\/export$/, () => answer.promise)
    await found()
    await open('导出', '婉清姐')
    await tap(EXPORT, '监管要求')
    await tap(EXPORT, '导出文件')
    await tap(EXPORT, '关闭')
    await open('导出', '雨桐姐')
    expect(submit(EXPORT).disabled).toBe(false)
    answer.settle(problem('rate_limited'))
    await flushPromises()
    expect(sheet(EXPORT).textContent).toContain('雨桐姐')
    expect(sheet(EXPORT).textContent).not.toContain('没有导出')
  })

  it('leaves her where she is when she has closed the sheet meanwhile', async () => {
    const answer = later<Answer>()
    stand.api.on('delete', /^\/customers\/wmHer$/, () => answer.promise)
    await found()
    await askToErase('婉清姐')
    await canAnswer()
    submit(ERASE).click()
    await flushPromises()
    await tap(ERASE, '关闭')
    const led = vi.spyOn(router, 'push')
    answer.settle(ok(erasure, 202))
    await flushPromises()
    expect(row('婉清姐').text()).toContain('正在删除')
    expect(led).not.toHaveBeenCalled()
  })
})

describe('what nobody knows the end of', () => {
  it('is not called undone, and the same is asked once more', async () => {
    const answers = [noNetwork(), problem('internal')]
    stand.api.on('delete', /^\/customers\/wmHer$/, () => answers.shift() ?? ok(erasure, 202))
    await found()
    await askToErase('婉清姐')
    await canAnswer()
    for (const count of [1, 2]) {
      submit(ERASE).click()
      await flushPromises()
      expect(erasings()).toHaveLength(count)
      expect(sheet(ERASE).textContent).toContain('不知道删没删')
      expect(sheet(ERASE).textContent).not.toContain('什么都没有删')
      expect(submit(ERASE).textContent.trim()).toBe('再问一次')
    }
    // Closed and opened again it is still the same wish.
    await tap(ERASE, '关闭')
    await open('删除', '婉清姐')
    expect(sheet(ERASE).querySelector('input')!.readOnly).toBe(true)
    submit(ERASE).click()
    await flushPromises()
    expect(new Set(erasings().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
    await whenDrawn(() => expect(page.find('h1').text()).toBe('删除记录'))
  })

  it('may have erased her: then she is not found, and that does not mean that nothing was', async () => {
    const answers = [noNetwork(), problem('not_found')]
    stand.api.on('delete', /^\/customers\/wmHer$/, () => answers.shift()!)
    await found()
    await askToErase('婉清姐')
    await canAnswer()
    await tap(ERASE, '确定删除 婉清姐')
    await tap(ERASE, '再问一次')
    expect(sheet(ERASE).textContent).toContain('看「删除记录」')
    expect(sheet(ERASE).textContent).not.toContain('什么都没有删')
  })

  it('a refusal is: nothing was erased', async () => {
    stand.api.on('delete', /^\/customers\/wmHer$/, () => problem('forbidden'))
    await found()
    await askToErase('婉清姐')
    await canAnswer()
    await tap(ERASE, '确定删除 婉清姐')
    expect(sheet(ERASE).textContent).toContain('什么都没有删')
  })
})

describe('the file of one person', () => {
  const exports = () => stand.api.sentTo('post', /\/export$/)
  const fetches = () => stand.api.sentTo('post', /^\/personal-exports\//)
  let saved: ReturnType<typeof vi.spyOn>
  beforeEach(async () => {
    saved = vi.spyOn(saving, 'saveFile').mockImplementation(() => undefined)
    stand.api.on('post', /^\/customers\/wmHer\/export$/, () => ok(file, 201))
    await found()
    await open('导出', '婉清姐')
    await tap(EXPORT, '监管要求')
  })

  it('is fetched again where its download broke: one export, one of the day’s three', async () => {
    const answers = [noNetwork()]
    stand.api.on('post', /^\/personal-exports\//, () => answers.shift() ?? handedOver())
    await tap(EXPORT, '导出文件')
    expect(sheet(EXPORT).textContent).toContain('没有下载完。15 分钟内再点一次，不另算次数')
    expect(sheet(EXPORT).textContent).not.toContain('没有导出')
    expect(saved).not.toHaveBeenCalled()
    await tap(EXPORT, '再下载一次')
    expect(saved).toHaveBeenCalledOnce()
    // Nobody knows whether it was saved: not we either.
    expect(sheet(EXPORT).textContent).toContain('文件交给浏览器了')
    await tap(EXPORT, '再下载一次')
    expect(saved).toHaveBeenCalledTimes(2)
    expect(exports()).toHaveLength(1)
    expect(fetches()).toHaveLength(3)
  })

  it('that is gone by then is told as gone; the next tap makes another one', async () => {
    stand.api.on('post', /^\/personal-exports\//, () => refusedFile('not_found'))
    await tap(EXPORT, '导出文件')
    expect(sheet(EXPORT).textContent).toContain('再点一次是新的一份，今天的 3 次里再算一次')
    stand.api.on('post', /^\/personal-exports\//, handedOver)
    await tap(EXPORT, '导出文件')
    expect(sheet(EXPORT).textContent).toContain('文件交给浏览器了')
    const keys = exports().map(({ idempotencyKey }) => idempotencyKey)
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(2)
  })

  it('nobody knows of whether it was made is asked for once more under its key', async () => {
    const answers = [noNetwork()]
    stand.api.on('post', /^\/customers\/wmHer\/export$/, () => answers.shift() ?? ok(file, 201))
    stand.api.on('post', /^\/personal-exports\//, handedOver)
    await tap(EXPORT, '导出文件')
    expect(sheet(EXPORT).textContent).toContain('不知道导没导出')
    await tap(EXPORT, '再问一次')
    expect(new Set(exports().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
    expect(saved).toHaveBeenCalledOnce()
  })
})

describe('who is found', () => {
  it('to other words is gone while these are looked up', async () => {
    await found()
    expect(page.text()).toContain('婉清姐')
    const answer = later<Answer>()
    stand.api.on('post', /^\/privacy\/people$/, () => answer.promise)
    await search('没有的人')
    expect(page.text()).not.toContain('婉清姐')
    expect(page.find('[aria-busy=true]').exists()).toBe(true)
    expect(page.text()).not.toContain('没有找到')
    answer.settle(ok({ items: [] }))
    await flushPromises()
    expect(page.text()).toContain('没有找到“没有的人”')
  })

  it('may be some of many, and then that is said', async () => {
    const many = (count: number) =>
      ok({ items: Array.from({ length: count }, (_, index) => person(`wm${index}`, `客户${index}`)) })
    await found()
    stand.api.on('post', /^\/privacy\/people$/, () => many(19))
    await search('客')
    expect(page.text()).not.toContain('只列前')
    stand.api.on('post', /^\/privacy\/people$/, () => many(20))
    await search('客户')
    expect(page.text()).toContain('只列前 20 位')
  })
})
