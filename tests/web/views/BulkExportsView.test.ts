import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BulkExport } from '../../../shared/contract/privacy.ts'
import type { StoreRow } from '../../../shared/contract/staff.ts'
import { saveFile } from '../../../web/ui/saveFile.ts'
import { hideToast } from '../../../web/ui/undoToast.ts'
import { later, noNetwork, ok, problem, type Answer } from '../../support/fakeApi.ts'
import { newUuid } from '../../support/makeCard.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/ui/saveFile.ts', () => ({ saveFile: vi.fn() }))
vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const bulk = (given: Partial<BulkExport>): BulkExport => ({
  bulkExportId: newUuid(),
  number: 7,
  askedBy: '李强',
  isMine: false,
  askedAt: '2026-11-21T10:00:00.000+08:00',
  reason: '年度盘点',
  store: null,
  tag: null,
  columns: ['name', 'guide'],
  format: 'xlsx',
  state: 'waiting',
  decidedBy: null,
  rowsDone: 0,
  rowCount: null,
  expiresAt: null,
  canFetch: false,
  ...given,
})
const stores: StoreRow[] = [
  {
    departmentId: 11,
    departmentName: '国贸店',
    path: ['国贸店'],
    choice: 'auto',
    isStore: true,
    name: '国贸店',
    ownName: null,
    address: null,
    hours: null,
    phone: null,
    managers: [],
    staffCount: 3,
  },
]

let stand: Stand
let items: BulkExport[]
beforeEach(async () => {
  stand = await standAtWork('admin')
  items = []
  vi.spyOn(Element.prototype, 'scrollIntoView').mockImplementation(() => {})
  stand.api.on('get', /^\/bulk-exports$/, () => ok({ items, leftToday: 2, approvers: 1 }))
  stand.api.on('get', /^\/stores$/, () => ok({ stores: [] }))
})
afterEach(() => {
  stand.leave()
  hideToast()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const open = () => openPage(stand, '/console/privacy/bulk')
const reason = (page: VueWrapper) => page.get<HTMLInputElement>('form input')
async function press(page: VueWrapper, words: string): Promise<void> {
  const button = byText(page, 'main button', words)
  ;(button.element as HTMLElement).focus()
  await button.trigger('click')
  await flushPromises()
}
async function ask(page: VueWrapper): Promise<void> {
  await page.get('form').trigger('submit')
  await flushPromises()
}
const sent = () => stand.api.sentTo('post', /^\/bulk-exports$/)
const alerts = (page: VueWrapper) => page.findAll('[role=alert]').map(each => each.text())
const decideWith = (state: BulkExport['state'], answer: (decided: BulkExport) => Answer) =>
  stand.api.on('post', /decision$/, ({ path }) => {
    items = items.map(each =>
      path.includes(each.bulkExportId) ? { ...each, state, decidedBy: '方致远' } : each,
    )
    return answer(items.find(each => path.includes(each.bulkExportId))!)
  })

describe('the form of 批量导出', () => {
  it('keeps what is typed while the list changes', async () => {
    items = [bulk({})]
    const page = await open()
    await reason(page).setValue('总部盘点')
    decideWith('refused', ok)
    items.unshift(bulk({ number: 8 }))
    await press(page, '不批准')
    expect(page.findAll('.bulks li')).toHaveLength(2)
    expect(reason(page).element.value).toBe('总部盘点')
  })

  it('begins anew once it was asked for, also when the list is full, and the focus goes on in the list', async () => {
    items = [bulk({})]
    const page = await open()
    await reason(page).setValue('总部盘点')
    stand.api.on('post', /^\/bulk-exports$/, () => {
      items = [bulk({ number: 8, isMine: true })]
      return ok(items[0], 201)
    })
    page.get<HTMLElement>('form > button').element.focus()
    await ask(page)
    expect(reason(page).element.value).toBe('')
    expect(document.activeElement).toBe(page.get('.bulks').element)
  })

  it('asks for the same once more while nobody knows whether it was taken', async () => {
    const page = await open()
    await reason(page).setValue('总部盘点')
    stand.api.on('post', /^\/bulk-exports$/, () => {
      items = [bulk({ number: 8, isMine: true })]
      return noNetwork()
    })
    await ask(page)
    expect(alerts(page).join()).toContain('不知道申请没申请上')
    expect(alerts(page).join()).not.toContain('没有申请')
    expect(page.get('form > button').text()).toBe('再问一次')
    expect(page.findAll('.bulks li')).toHaveLength(1)
    await ask(page)
    expect(sent()[1]?.idempotencyKey).toBe(sent()[0]?.idempotencyKey)
    stand.api.on('post', /^\/bulk-exports$/, () => problem('not_found'))
    await ask(page)
    expect(alerts(page)).toEqual(['没有找到，没有申请'])
  })

  it('another format is another request', async () => {
    const page = await open()
    await reason(page).setValue('总部盘点')
    stand.api.on('post', /^\/bulk-exports$/, () => noNetwork())
    await ask(page)
    await press(page, 'CSV')
    expect(page.get('form > button').text()).toBe('申请导出')
    await ask(page)
    expect(sent().map(({ body }) => (body as { format: string }).format)).toEqual(['xlsx', 'csv'])
    expect(sent()[1]?.idempotencyKey).not.toBe(sent()[0]?.idempotencyKey)
  })

  it('asks for all stores only when they were chosen, not because none could be read', async () => {
    stand.api.on('get', /^\/stores$/, () => noNetwork())
    stand.api.on('post', /^\/bulk-exports$/, () => noNetwork())
    const page = await open()
    await reason(page).setValue('总部盘点')
    await ask(page)
    expect(sent()).toEqual([])
    expect(alerts(page)).toEqual(['门店没取到，现在只能选全部门店。', '选一下哪家门店'])
    await page.get('form select').setValue('all')
    await ask(page)
    expect(sent()).toMatchObject([{ body: { store: null } }])
  })

  it('gets the stores once more, and the focus goes to the choice of them', async () => {
    stand.api.on('get', /^\/stores$/, () => noNetwork())
    const page = await open()
    await press(page, '再取一次')
    expect(alerts(page)).toHaveLength(1)
    stand.api.on('get', /^\/stores$/, () => ok({ stores }))
    await press(page, '再取一次')
    expect(alerts(page)).toEqual([])
    expect(document.activeElement).toBe(page.get('form select').element)
    expect(page.findAll('form select option').map(each => each.text())).toEqual(['全部门店', '国贸店'])
    expect(page.get<HTMLSelectElement>('form select').element.value).toBe('all')
  })
})

describe('what is done about a request', () => {
  it('is not said to be undone when no answer came and the list tells that it is done', async () => {
    items = [bulk({})]
    const page = await open()
    decideWith('working', noNetwork)
    await press(page, '批准')
    expect(page.get('.bulks li').text()).toContain('正在生成')
    expect(alerts(page)).toEqual([])
  })

  it('waits still when the list says so; is not known when that did not come', async () => {
    items = [bulk({})]
    const page = await open()
    stand.api.on('post', /decision$/, noNetwork)
    await press(page, '批准')
    expect(alerts(page)).toEqual(['7 号：网络没有通，还等着批'])
    stand.api.on('get', /^\/bulk-exports$/, noNetwork)
    await press(page, '批准')
    expect(alerts(page).join()).toContain('不知道做没做成')
  })

  it('was not done when it was decided otherwise', async () => {
    items = [bulk({})]
    const page = await open()
    decideWith('working', () => problem('state_conflict'))
    await press(page, '不批准')
    expect(alerts(page)).toEqual(['7 号：状态已经变了，请看最新的，没有做成'])
  })

  it('one thing at a time: while a file comes the others are switched off', async () => {
    items = [bulk({ number: 8, isMine: true, state: 'ready', rowCount: 3, canFetch: true }), bulk({})]
    const page = await open()
    const file = later<Answer>()
    stand.api.on('post', /file$/, () => file.promise)
    await press(page, '下载')
    const off = () => page.findAll<HTMLButtonElement>('.bulks button').map(each => each.element.disabled)
    expect(off()).toEqual([true, true, true])
    file.settle(ok('列'))
    await flushPromises()
    expect(saveFile).toHaveBeenCalledWith('客户导出-8号.xlsx', '列')
    expect(off()).toEqual([false, false, false])
  })

  it('a file that did not come is said not to have come', async () => {
    items = [bulk({ number: 8, isMine: true, state: 'ready', rowCount: 3, canFetch: true })]
    const page = await open()
    stand.api.on('post', /file$/, noNetwork)
    await press(page, '下载')
    expect(alerts(page)).toEqual(['8 号：网络没有通，没有下载到'])
  })

  it('the focus stays at its row, on no button that would decide the next', async () => {
    items = [bulk({ number: 8 }), bulk({})]
    const page = await open()
    decideWith('working', ok)
    await press(page, '批准')
    expect(page.findAll('.bulks button')).toHaveLength(2)
    expect(document.activeElement).toBe(page.findAll('.bulks li')[0]?.element)
  })
})
