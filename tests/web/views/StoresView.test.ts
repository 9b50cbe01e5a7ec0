import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StoreRow } from '../../../shared/contract/staff.ts'
import { hideToast, toast } from '../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const storeOf = (departmentId: number, name: string, given: Partial<StoreRow> = {}): StoreRow => ({
  departmentId,
  departmentName: name,
  path: [],
  choice: 'auto',
  isStore: true,
  name,
  ownName: null,
  address: null,
  hours: null,
  phone: null,
  managers: [],
  staffCount: 5,
  ...given,
})

let stand: Stand
let stores: StoreRow[]
const put = (departmentId: string | undefined, change: (row: StoreRow) => StoreRow) => {
  stores = stores.map(row => (String(row.departmentId) === departmentId ? change(row) : row))
  return ok(stores.find(row => String(row.departmentId) === departmentId))
}
beforeEach(async () => {
  hideToast()
  stand = await standAtWork('admin')
  stores = [
    storeOf(1, '金禾珠宝', { isStore: false, staffCount: 0 }),
    storeOf(2, '国贸店', {
      path: ['华北'],
      managers: [
        { userId: 'zhoumin', name: '周敏', source: 'wecom' },
        { userId: 'hejing', name: '何静', source: 'manual' },
      ],
    }),
  ]
  stand.api.on('get', /^\/stores$/, () => ok({ stores }))
  stand.api.on('patch', /^\/stores\/\d+$/, ({ path, body }) =>
    put(path.split('/')[2], row => {
      const after = { ...row, ...(body as Partial<StoreRow>) }
      const isStore = after.choice === 'auto' ? row.isStore : after.choice === 'store'
      return { ...after, isStore, name: after.ownName ?? after.departmentName }
    }),
  )
  stand.api.on('delete', /managers/, ({ path }) =>
    put(path.split('/')[2], row => ({
      ...row,
      managers: row.managers.filter(one => one.userId !== path.split('/')[4] || one.source === 'wecom'),
    })),
  )
  stand.api.on('put', /managers/, ({ path }) =>
    put(path.split('/')[2], row => ({
      ...row,
      managers: [...row.managers, { userId: path.split('/')[4] ?? '', name: '李娜', source: 'manual' }],
    })),
  )
  stand.api.on('get', /^\/staff$/, () =>
    ok({
      items: ['hejing:何静', 'lina:李娜'].map(one => ({
        userId: one.split(':')[0],
        name: one.split(':')[1],
        role: 'guide',
        status: 'active',
        store: { departmentId: 2, name: '国贸店' },
        manages: [],
        customers: 3,
        leftAt: null,
      })),
      nextCursor: null,
    }),
  )
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const opened = () => openPage(stand, '/console/stores')
type Page = Awaited<ReturnType<typeof opened>>
const sheet = () => {
  const found = document.querySelector('section[role=dialog]')
  if (!found) throw new Error('no sheet')
  return found
}
async function openStore(page: Page, name: string) {
  await byText(page, 'main li button', name).trigger('click')
  await whenDrawn(() => expect(sheet().getAttribute('aria-label')).toBe(name))
}
async function tap(words: string) {
  const button = [...sheet().querySelectorAll('button')].find(
    one => one.textContent?.includes(words) || one.getAttribute('aria-label')?.includes(words),
  )
  if (!button) throw new Error(`no ${words} in ${sheet().textContent}`)
  button.click()
  await flushPromises()
}
async function type(label: string, words: string) {
  const field = [...sheet().querySelectorAll('label')].find(one => one.textContent?.includes(label))
  const input = field?.querySelector('input')
  if (!input) throw new Error(`no field ${label}`)
  input.value = words
  input.dispatchEvent(new Event('input'))
  await flushPromises()
  input.dispatchEvent(new Event('blur'))
  await flushPromises()
  return field
}

describe('门店', () => {
  it('says of every department where it lies, whether it is a store, and who runs it', async () => {
    const page = await opened()
    const words = byText(page, 'main li', '国贸店').text()
    for (const word of ['华北', '店长 周敏、何静', '5 人', '门店']) expect(words).toContain(word)
    expect(byText(page, 'main li', '金禾珠宝').text()).toContain('不算门店')
  })

  it('a department becomes a store with one tap, and its name and address can be given then', async () => {
    const page = await opened()
    await openStore(page, '金禾珠宝')
    expect(sheet().textContent).toContain('按名字看，这不是门店')
    expect(sheet().querySelectorAll('input')).toHaveLength(0)
    await tap('算门店')
    expect(stand.api.sentTo('patch', /./)[0]).toMatchObject({ path: '/stores/1', body: { choice: 'store' } })
    const field = await type('店名', ' 总店 ')
    expect(stand.api.sentTo('patch', /./)[1]?.body).toEqual({ ownName: '总店' })
    expect(field?.textContent).toContain('已保存')
    expect(byText(page, 'main li', '总店').text()).toContain('门店')
    expect(stand.api.sentTo('get', /^\/stores$/)).toHaveLength(2)
  })

  it('says when it is open and how it is rung: each field is saved by itself, and both say where the words go', async () => {
    stores = [storeOf(2, '国贸店', { hours: '每天 10:00–21:00' })]
    const page = await opened()
    await openStore(page, '国贸店')
    expect(sheet().textContent).toContain('营业时间和电话会填进话术')
    const hours = await type('营业时间', ' 每天 10:00–22:00')
    expect(hours?.textContent).toContain('已保存')
    const phone = await type('电话', '010-5550 0108')
    expect(phone?.textContent).toContain('已保存')
    await type('营业时间', ' ')
    expect(stand.api.sentTo('patch', /./).map(({ path, body }) => [path, body])).toEqual([
      ['/stores/2', { hours: '每天 10:00–22:00' }],
      ['/stores/2', { phone: '010-5550 0108' }],
      ['/stores/2', { hours: null }],
    ])
    expect([hours, phone].map(field => field?.querySelector('input')?.maxLength)).toEqual([60, 30])
  })

  it('emptied words go, unchanged ones are not sent', async () => {
    stores = [storeOf(2, '国贸店', { ownName: '国贸一店', name: '国贸一店' })]
    const page = await opened()
    await byText(page, 'main li button', '国贸一店').trigger('click')
    await whenDrawn(() => expect(sheet().textContent).toContain('店名'))
    await type('店名', '国贸一店 ')
    await type('店名', '  ')
    expect(stand.api.sentTo('patch', /./).map(({ body }) => body)).toEqual([{ ownName: null }])
  })

  it('could not be saved: says so, and the words stay in the field', async () => {
    stand.api.on('patch', /./, noNetwork)
    const page = await opened()
    await openStore(page, '国贸店')
    const field = await type('地址', '建国门外大街 1 号')
    expect(sheet().querySelector('[role=alert]')?.textContent).toBe('网络没有通，没有改动')
    expect(field?.querySelector('input')?.value).toBe('建国门外大街 1 号')
  })

  it('who leads the department in WeCom cannot be taken off here; whom an admin has named can, and comes back by undo', async () => {
    const page = await opened()
    await openStore(page, '国贸店')
    expect(sheet().textContent).toContain('企业微信里的负责人')
    expect(sheet().querySelectorAll('[aria-label$=不再当店长]')).toHaveLength(1)
    await tap('何静不再当店长')
    expect(stand.api.sentTo('delete', /./)[0]?.path).toBe('/stores/2/managers/hejing')
    expect(toast.value?.text).toBe('何静不再是店长')
    toast.value?.undo?.()
    await flushPromises()
    expect(stand.api.sentTo('put', /./)[0]?.path).toBe('/stores/2/managers/hejing')
  })

  it('a manager is chosen among the members, without those who are already', async () => {
    const page = await opened()
    await openStore(page, '国贸店')
    await tap('加一位店长')
    await whenDrawn(() => expect(sheet().textContent).toContain('李娜'))
    expect([...sheet().querySelectorAll('section b')].map(name => name.textContent)).toEqual(['李娜'])
    await tap('李娜')
    expect(stand.api.sentTo('put', /./)[0]?.path).toBe('/stores/2/managers/lina')
    expect(sheet().querySelector('[aria-label=店长]')?.textContent).toContain('李娜')
  })

  it('did not come: says so and fetches again; none: says where they come from', async () => {
    stand.api.on('get', /^\/stores$/, () => problem('database_unavailable'))
    const page = await opened()
    expect(page.text()).toContain('数据暂时取不到')
    stores = []
    stand.api.on('get', /^\/stores$/, () => ok({ stores }))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('部门会出现在这里')
  })
})
