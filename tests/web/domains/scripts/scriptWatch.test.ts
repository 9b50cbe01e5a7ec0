import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { WatchedScript } from '../../../../shared/contract/scriptResults.ts'
import { router } from '../../../../web/router.ts'
import { noNetwork, ok } from '../../../support/fakeApi.ts'
import { makeScript } from '../../../support/makeCard.ts'
import type { Stand } from '../../../support/mountInChat.ts'
import { openPage, standAtWork } from '../../views/openPage.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const disliked: WatchedScript = {
  scriptId: '0197c1a0-0000-7000-8000-000000000009', version: 2, title: '到店 · 看看新款', scope: 'company', watch: 'lost',
  sends: 40, cancelled: 0, replies: 1, purchases: 0, lost: 3,
} // prettier-ignore
const today = { today: '2026-11-21', lunarToday: '农历十月十三', sections: [] }

let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})

describe('a script that does not do well', () => {
  async function openToday(scripts: WatchedScript[]) {
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/today$/, () => ok(today))
    stand.api.on('get', /^\/stats\/scripts\/watched$/, () => ok({ scripts }))
    const page = await openPage(stand, '/today')
    await vi.waitFor(() => expect(stand.api.sentTo('get', /watched/)).toHaveLength(1))
    await flushPromises()
    return page
  }

  it('stands in 今日 of whom may change it, and leads to it', async () => {
    const page = await openToday([disliked])
    const line = page.find('.watch-line')
    expect(line.text()).toContain('「到店 · 看看新款」效果不好')
    expect(line.attributes('href')).toBe(`#/console/scripts/${disliked.scriptId}`)
  })

  it('leads to the list when there are several, to her own when they are hers', async () => {
    const own = { ...disliked, scope: 'personal' as const }
    const page = await openToday([own, { ...own, scriptId: '0197c1a0-0000-7000-8000-000000000008' }])
    expect(page.find('.watch-line').text()).toContain('2 条话术效果不好')
    expect(page.find('.watch-line').attributes('href')).toBe('#/scripts')
  })

  it('is no line when all do well', async () => {
    expect((await openToday([])).find('.watch-line').exists()).toBe(false)
  })

  it('stands in a list of 话术成效 with its reason, counted in 管理, and says so on its page', async () => {
    stand = await standAtWork('admin')
    const script = { ...makeScript(disliked), storeName: null, state: 'inForce', mayChange: true, by: null }
    stand.api.on('get', /^\/scripts\/managed$/, () => ok({ scripts: [script] }))
    stand.api.on('get', /^\/stats\/scripts\/watched$/, () => ok({ scripts: [disliked] }))
    stand.api.on('get', /^\/stores$/, () => ok({ stores: [] }))
    const page = await openPage(stand, '/console')
    await vi.waitFor(() => expect(page.text()).toContain('1 条效果不好'))
    await router.push('/console/script-results')
    await vi.waitFor(() => expect(page.find('.watched__row').exists()).toBe(true))
    const row = page.find('.watched__row')
    expect(row.text()).toBe('到店，看看新款发出 40 次，3 天内有 3 位删了好友')
    await row.trigger('click')
    await vi.waitFor(() => expect(page.find('form.editor').exists()).toBe(true))
    expect(page.find('.strip').text()).toContain('3 天内有 3 位删了好友')
  })

  it('is marked in the library with its numbers; the library is there without them, too', async () => {
    stand = await standAtWork('admin')
    const script = { ...makeScript(disliked), storeName: null, state: 'inForce', mayChange: true, by: null }
    stand.api.on('get', /^\/scripts\/managed$/, () => ok({ scripts: [script] }))
    stand.api.on('get', /^\/stats\/scripts\/watched$/, () => ok({ scripts: [disliked] }))
    const page = await openPage(stand, '/console/scripts')
    await flushPromises()
    expect(page.text()).toContain('发出 40 次，3 天内有 3 位删了好友')
    stand.leave()
    stand = await standAtWork('admin')
    stand.api.on('get', /^\/scripts\/managed$/, () => ok({ scripts: [script] }))
    stand.api.on('get', /^\/stats\/scripts\/watched$/, noNetwork)
    const without = await openPage(stand, '/console/scripts')
    await flushPromises()
    expect(without.text()).toContain('看看新款')
    expect(without.text()).not.toContain('删了好友')
  })
})
