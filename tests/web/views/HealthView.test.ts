import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Health, HealthCheck } from '../../../shared/contract/health.ts'
import type { SyncState } from '../../../shared/contract/sync.ts'
import { fixPieces } from '../../../web/domains/health/healthWords.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const check = (
  key: HealthCheck['key'],
  state: HealthCheck['state'],
  given: Partial<HealthCheck> = {},
): HealthCheck => ({
  key,
  title: `${key} 的名字`,
  state,
  detail: `看到了 ${key}`,
  fix: null,
  ...given,
})
const healthOf = (checks: HealthCheck[]): Health => ({
  checkedAt: '2026-11-21T10:20:00+08:00',
  checks,
  console: [{ name: '接收消息的 URL', value: 'https://guide.example.com/wecom/callback' }],
})
const syncOf = (
  pull: Partial<SyncState['pull']> = {},
  events: Partial<SyncState['events']> = {},
): SyncState => ({
  pull: {
    state: 'done',
    doneStaff: 0,
    totalStaff: 0,
    customers: 0,
    reason: null,
    cause: 'nightly',
    isRunning: false,
    startedAt: '2026-11-21T03:00:00+08:00',
    finishedAt: '2026-11-21T03:10:00+08:00',
    ...pull,
  },
  events: { lastAt: '2026-11-21T10:18:00+08:00', today: 1240, waiting: 0, failed: 0, ...events },
})

let stand: Stand
let health: Health
beforeEach(async () => {
  stand = await standAtWork('admin')
  health = healthOf([
    check('database', 'ok'),
    check('trustedIp', 'bad', {
      fix: '企业微信管理后台 → 企业可信IP → 配置，填入 203.0.113.7，约 1 分钟后生效',
    }),
    check('callback', 'warn'),
    check('agent', 'unknown', { detail: '先修好上面的' }),
    check('clock', 'ok'),
  ])
  stand.api.on('get', /^\/health-checks$/, () => ok(health))
  stand.api.on('get', /^\/sync$/, () => ok(syncOf()))
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const opened = () => openPage(stand, '/console/health')
const strip = (page: Awaited<ReturnType<typeof opened>>) => page.find('.strip').text()

describe('连接检查', () => {
  it('says first how many need a hand, and shows the worst first', async () => {
    const page = await opened()
    expect(strip(page)).toContain('1 项要处理')
    expect(strip(page)).toContain('1 项要留意，另有 1 项要等前面的好了才能查')
    expect(page.findAll('article h3').map(title => title.text().split(' ')[0])).toEqual([
      'trustedIp',
      'callback',
      'agent',
      'database',
      'clock',
    ])
    expect(page.findAll('article header b').map(word => word.text())).toEqual([
      '要处理',
      '留意',
      '还没查',
      '正常',
      '正常',
    ])
    expect(page.find('header').text()).toContain('今天 10:20 查的')
  })

  it('all is well: one calm line', async () => {
    health = healthOf([check('database', 'ok')])
    expect(strip(await opened())).toContain('都正常')
  })

  it('a value to be pasted can be copied, letter by letter', async () => {
    const writeText = vi.fn(async () => undefined)
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } })
    const page = await opened()
    expect(page.find('article code').text()).toBe('203.0.113.7')
    await page.find('article .value button').trigger('click')
    await flushPromises()
    expect(writeText).toHaveBeenCalledWith('203.0.113.7')
    expect(page.find('article .value button').text()).toBe('已复制')
    expect(page.find('[aria-label=填到企业微信后台的]').text()).toContain(
      'https://guide.example.com/wecom/callback',
    )
  })

  it('again: looks anew, and what was seen stays when that does not come', async () => {
    const page = await opened()
    stand.api.on('get', /^\/health-checks$/, noNetwork)
    await byText(page, 'button', '再查一遍').trigger('click')
    await flushPromises()
    expect(strip(page)).toContain('这一遍没查成')
    expect(page.findAll('article')).toHaveLength(5)
    health = healthOf([check('database', 'ok')])
    stand.api.on('get', /^\/health-checks$/, () => ok(health))
    await byText(page, 'button', '再查一遍').trigger('click')
    await flushPromises()
    expect(strip(page)).toContain('都正常')
  })

  it('did not come at all: says so, and how we stand with WeCom is there all the same', async () => {
    stand.api.on('get', /^\/health-checks$/, () => problem('database_unavailable'))
    const page = await opened()
    expect(page.text()).toContain('数据暂时取不到')
    expect(page.find('[aria-label=同步]').text()).toContain('今天 03:10')
  })

  it.each([
    ['填入 guide.example.com，再点校验', ['填入', '[guide.example.com]', '再点校验']],
    [
      'URL 填 https://a.example.com/wecom/callback，Token 随机',
      ['URL 填', '[https://a.example.com/wecom/callback]', 'Token 随机'],
    ],
    ['把 PUBLIC_URL 改成 https:// 开头', ['把 PUBLIC_URL 改成 https:// 开头']],
    ['运行 `npm run migrate`。', ['运行', '[npm run migrate]']],
  ])('finds the values in %s', (fix, pieces) => {
    expect(fixPieces(fix).map(({ text, isValue }) => (isValue ? `[${text}]` : text))).toEqual(pieces)
  })
})

describe('how we stand with WeCom', () => {
  const card = (page: Awaited<ReturnType<typeof opened>>) => page.find('[aria-label=同步]')

  it('says when all was compared last and what WeCom told us since', async () => {
    stand.api.on('get', /^\/sync$/, () => ok(syncOf({}, { failed: 2 })))
    const words = card(await opened()).text()
    for (const word of ['今天 03:10', '1,240 条', '今天 10:18', '没处理成2 条']) expect(words).toContain(word)
  })

  it('stopped: says why', async () => {
    stand.api.on('get', /^\/sync$/, () => ok(syncOf({ state: 'stopped', reason: '企业微信不认这个 Secret' })))
    expect(
      card(await opened())
        .find('[role=alert]')
        .text(),
    ).toBe('核对停住了：企业微信不认这个 Secret')
  })

  it('重新核对 starts it and follows it, only while the page is in front', async () => {
    await opened()
    stand.leave()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const page = stand.mount((await import('../../../web/views/WorkbenchView.vue')).default)
    await vi.advanceTimersByTimeAsync(0)
    stand.api.requests.length = 0
    let running = syncOf({ isRunning: true, state: 'running', cause: 'manual', totalStaff: 100 })
    stand.api.on('post', /^\/sync\/pull$/, () => ok(running, 202))
    stand.api.on('get', /^\/sync$/, () => ok(running))
    await byText(page, 'button', '重新核对').trigger('click')
    await vi.advanceTimersByTimeAsync(0)
    expect(card(page).text()).toContain('0 / 100 位同事')
    running = syncOf({ ...running.pull, doneStaff: 25, customers: 3400 })
    await vi.advanceTimersByTimeAsync(3_000)
    expect(card(page).text()).toContain('25 / 100 位同事，已到 3,400 位客户')
    expect(card(page).find('[role=progressbar]').attributes('aria-valuenow')).toBe('25')

    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    document.dispatchEvent(new Event('visibilitychange'))
    const asked = stand.api.requests.length
    await vi.advanceTimersByTimeAsync(30_000)
    expect(stand.api.requests).toHaveLength(asked)
    visibility.mockReturnValue('visible')
    running = syncOf()
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
    expect(card(page).find('[role=progressbar]').exists()).toBe(false)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(stand.api.sentTo('get', /^\/sync$/)).toHaveLength(2)
    visibility.mockRestore()
  })

  it('could not be started: says so, and it can be tried again', async () => {
    stand.api.on('post', /^\/sync\/pull$/, () => problem('wecom_unavailable'))
    const page = await opened()
    await byText(page, 'button', '重新核对').trigger('click')
    await flushPromises()
    expect(toast.value?.text).toBe('企业微信暂时连不上，没有开始核对')
    expect(byText(page, 'button', '重新核对').attributes('disabled')).toBeUndefined()
  })
})
