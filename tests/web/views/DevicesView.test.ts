import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Device } from '../../../shared/contract/session.ts'
import { router } from '../../../web/router.ts'
import { later, noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { newUuid } from '../../support/makeCard.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, stepBackLate, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const device = (given: Partial<Device>): Device => ({
  sessionId: newUuid(),
  since: '2026-11-21T01:00:00.000Z',
  lastUsedAt: '2026-11-21T02:15:00.000Z',
  app: 'wecom',
  platform: 'android',
  isThis: false,
  ...given,
})
let stand: Stand
let devices: Device[]
beforeEach(async () => {
  stand = await standAtWork('admin')
  devices = [
    device({ isThis: true }),
    device({ platform: 'windows' }),
    device({ app: 'other', platform: 'other' }),
  ]
  stand.api.on('get', /^\/session\/devices$/, () => ok({ devices }))
})
afterEach(() => {
  stand.leave()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('登录设备', () => {
  it('shows where I am signed in, since when, and which one this is', async () => {
    const page = await openPage(stand, '/devices')
    expect(page.findAll('li').map(row => row.text())).toEqual([
      '企业微信，安卓这一台今天 09:00 登录，最近用过 今天 10:15',
      '企业微信，Windows今天 09:00 登录，最近用过 今天 10:15退出',
      '不认得的设备今天 09:00 登录，最近用过 今天 10:15退出',
    ])
  })

  it('ends one, or all the others', async () => {
    const page = await openPage(stand, '/devices')
    stand.api.on('delete', /devices\/[\w-]+$/, ({ path }) => {
      devices = devices.filter(({ sessionId }) => !path.endsWith(sessionId))
      return { status: 204 }
    })
    stand.api.on('delete', /devices$/, () => {
      devices = devices.filter(({ isThis }) => isThis)
      return ok({ ended: 2 })
    })
    await byText(page, 'button', '退出其他 2 台').trigger('click')
    await flushPromises()
    expect(page.findAll('li')).toHaveLength(1)
    expect(page.text()).toContain('只在这一台上登录着')
    devices.push(device({ platform: 'ios' }))
    await openPage(stand, '/me')
    const again = await openPage(stand, '/devices')
    await again.get('[aria-label^="退出 企业微信 · iPhone"]').trigger('click')
    await flushPromises()
    expect(again.findAll('li')).toHaveLength(1)
  })

  it('says when it did not work: she is signed in there still', async () => {
    const page = await openPage(stand, '/devices')
    stand.api.on('delete', /devices/, () => noNetwork())
    await byText(page, 'button', '退出其他 2 台').trigger('click')
    await flushPromises()
    expect(page.get('[role=alert]').text()).toContain('还登录着')
  })

  it.each([
    ['no answer came', noNetwork],
    ['it was not found', () => problem('not_found')],
  ])(
    'does not say that she is signed in there still when it has ended all the same: %s',
    async (_, answer) => {
      const page = await openPage(stand, '/devices')
      stand.api.on('delete', /devices\/[\w-]+$/, ({ path }) => {
        devices = devices.filter(({ sessionId }) => !path.endsWith(sessionId))
        return answer()
      })
      await page.get('[aria-label^="退出 企业微信 · Windows"]').trigger('click')
      await flushPromises()
      expect(page.findAll('li')).toHaveLength(2)
      expect(page.find('[role=alert]').exists()).toBe(false)
    },
  )

  it('goes by the list that is read at last, when that did not come either', async () => {
    const page = await openPage(stand, '/devices')
    stand.api.on('delete', /devices/, () => noNetwork())
    stand.api.on('get', /^\/session\/devices$/, () => noNetwork())
    await byText(page, 'button', '退出其他 2 台').trigger('click')
    await flushPromises()
    expect(page.text()).not.toContain('还登录着')
    devices = devices.filter(({ isThis }) => isThis)
    stand.api.on('get', /^\/session\/devices$/, () => ok({ devices }))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(page.findAll('li')).toHaveLength(1)
    expect(page.find('[role=alert]').exists()).toBe(false)
  })

  it('the focus stays in the list when a row has ended, on no button that would end the next', async () => {
    const page = await openPage(stand, '/devices')
    stand.api.on('delete', /devices\/[\w-]+$/, ({ path }) => {
      devices = devices.filter(({ sessionId }) => !path.endsWith(sessionId))
      return { status: 204 }
    })
    const press = async (label: string) => {
      const button = page.get<HTMLElement>(`[aria-label^="${label}"]`)
      button.element.focus()
      await button.trigger('click')
      await flushPromises()
    }
    await press('退出 企业微信 · Windows')
    expect(document.activeElement).toBe(page.findAll('li')[1]?.element)
    await press('退出 不认得的设备')
    expect(document.activeElement).toBe(page.findAll('li')[0]?.element)
  })
})

describe('a member’s sessions, for an admin', () => {
  /** The open one: of a closed one only the box may still stand. */
  const inSheet = () => [...document.querySelectorAll('[role=dialog]')].at(-1) ?? null
  const member = (userId: string, name: string) => ({
    userId,
    name,
    role: 'guide',
    status: 'active',
    store: null,
    manages: [],
    customers: 3,
    leftAt: null,
  })
  async function openSheet() {
    const items = [member('zhoumin', '周敏'), member('chenlu', '陈露')]
    stand.api.on('get', /^\/staff$/, () => ok({ items, nextCursor: null }))
    const page = await openPage(stand, '/console/staff')
    await byText(page, 'main li button', '登录记录').trigger('click')
    await whenDrawn(() => expect(inSheet()).not.toBeNull())
    await flushPromises()
    return page
  }
  const inFoot = () => inSheet()!.querySelector<HTMLElement>('footer button')!
  async function endAll() {
    inFoot().click()
    await flushPromises()
  }

  it('are ended from the list of members, which does not promise that a lost phone is out for good', async () => {
    stand.api.on('delete', /^\/staff\/zhoumin\/sessions$/, () => {
      hers = []
      return ok({ ended: 2 })
    })
    let hers = [device({}), device({ platform: 'windows' })]
    stand.api.on('get', /^\/staff\/zhoumin\/sessions$/, () => ok({ devices: hers }))
    await openSheet()
    expect(inSheet()?.textContent).toContain('现在在 2 台设备上登录着')
    expect([...(inSheet()?.querySelectorAll('li') ?? [])].map(row => row.textContent)).toEqual([
      '企业微信，安卓今天 09:00 登录，最近用过 今天 10:15',
      '企业微信，Windows今天 09:00 登录，最近用过 今天 10:15',
    ])
    expect(inSheet()?.textContent).toContain('再打开就又进来了')
    expect(inSheet()?.textContent).toMatch(/手机丢了.*企业微信 → 设备.*通讯录/)
    await endAll()
    expect(inSheet()?.querySelector('[role=status]')?.textContent).toContain('已在 2 台设备上退出')
    expect(inSheet()?.querySelectorAll('li')).toHaveLength(0)
  })

  it('what was answered about one member never stands under another', async () => {
    const answer = later<ReturnType<typeof ok>>()
    stand.api.on('get', /^\/staff\/\w+\/sessions$/, () => ok({ devices: [device({})] }))
    stand.api.on('delete', /^\/staff\/zhoumin\/sessions$/, () => answer.promise)
    const page = await openSheet()
    await endAll()
    inSheet()!.querySelector<HTMLElement>('[aria-label=关闭]')!.click()
    await flushPromises()
    await page.get('[aria-label^="登录记录，陈露"]').trigger('click')
    await flushPromises()
    expect(inSheet()?.textContent).toContain('陈露的登录')
    expect(inFoot().textContent).toContain('全部退出')
    answer.settle(ok({ ended: 2 }))
    await flushPromises()
    expect(inSheet()?.textContent).not.toContain('已在 2 台设备上退出')
  })

  it('where she was signed in goes with the answer that she is out, also when it cannot be read anew', async () => {
    stand.api.on('get', /^\/staff\/zhoumin\/sessions$/, () => ok({ devices: [device({})] }))
    stand.api.on('delete', /^\/staff\/zhoumin\/sessions$/, () => ok({ ended: 1 }))
    await openSheet()
    stand.api.on('get', /^\/staff\/zhoumin\/sessions$/, () => noNetwork())
    await endAll()
    expect(inSheet()?.textContent).toContain('已在 1 台设备上退出')
    expect(inSheet()?.textContent).not.toContain('现在在')
  })

  it('without an answer nobody says that she is signed in still: the list tells, else it is not known', async () => {
    let hers = [device({})]
    stand.api.on('get', /^\/staff\/zhoumin\/sessions$/, () => ok({ devices: hers }))
    stand.api.on('delete', /^\/staff\/zhoumin\/sessions$/, () => noNetwork())
    await openSheet()
    await endAll()
    expect(inSheet()?.querySelector('[role=alert]')?.textContent).toContain('不知道退没退出')
    expect(inFoot().textContent).toContain('再问一次')
    hers = []
    await endAll()
    expect(inSheet()?.querySelector('[role=alert]')).toBeNull()
    expect(inSheet()?.textContent).toContain('现在没有登录着的设备')
    stand.api.on('delete', /^\/staff\/zhoumin\/sessions$/, () => problem('not_found'))
    await endAll()
    expect(inSheet()?.querySelector('[role=alert]')?.textContent).toContain('没有退出')
  })

  it('her record is one tap away, and the tap arrives there; back leads to the members', async () => {
    stepBackLate()
    stand.api.on('get', /^\/audit$/, () => ok({ items: [], nextCursor: null }))
    // Drawn at once, as the second time: then the sheet closes with the page that goes.
    const before = await openPage(stand, '/console/audit')
    before.unmount()
    const page = await openSheet()
    const sheetsPlace = history.length
    inSheet()?.querySelector<HTMLElement>('a')?.click()
    await whenDrawn(() => expect(page.find('h1').text()).toBe('操作记录'))
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/console/audit?member=zhoumin')
    expect(history.length).toBe(sheetsPlace)
    history.back()
    await whenDrawn(() => expect(page.find('h1').text()).toBe('成员'))
  })
})
