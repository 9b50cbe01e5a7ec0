import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuditChain, AuditRow } from '../../../shared/contract/audit.ts'
import { saveFile } from '../../../web/ui/saveFile.ts'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/ui/saveFile.ts', () => ({ saveFile: vi.fn() }))
vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const entry = (given: Partial<AuditRow>): AuditRow => ({
  entryId: '7',
  at: '2026-10-03T06:02:00.000Z',
  action: 'phoneRevealed',
  by: 'staff',
  who: { userId: 'chenlu', name: '陈露' },
  customer: { externalUserId: 'wmA', name: '李女士' },
  about: null,
  detail: { reason: '约取货', count: 1 },
  isChained: true,
  ...given,
})
const whole: AuditChain = {
  state: 'whole',
  checkedAt: '2026-11-21T01:02:00.000Z',
  entries: 1234,
  brokenAt: null,
}

let stand: Stand
let items: AuditRow[]
let chain: AuditChain
beforeEach(async () => {
  stand = await standAtWork('admin')
  items = [
    entry({}),
    entry({
      entryId: '6',
      by: 'system',
      who: null,
      customer: null,
      action: 'auditTrimmed',
      detail: { throughSeq: 9 },
    }),
    entry({
      entryId: '5',
      customer: null,
      action: 'retentionChanged',
      detail: { callbackDays: [30, 7], lostMonths: [24, 12] },
    }),
  ]
  chain = whole
  stand.api.on('get', /^\/audit$/, () => ok({ items, nextCursor: null, chain }))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const asked = () => stand.api.sentTo('get', /^\/audit$/).map(({ query }) => query)

describe('操作记录', () => {
  it('tells each act in a sentence, and that the record is whole', async () => {
    const page = await openPage(stand, '/console/audit')
    expect(page.findAll('.entry__words').map(row => row.text().replace(/\s+/g, ' '))).toEqual([
      '10月3日 14:02 陈露 查看了 李女士 的手机号，理由：约取货',
      '10月3日 14:02 系统 到期清理，第 9 行以前的不再保留',
      '10月3日 14:02 陈露 改了保留期限：企业微信的通知原文从 30 天改为 7 天，没有人再是好友的客户从 24 个月改为 12 个月',
    ])
    expect(page.get('[role=status]').text()).toBe('记录完整，今天 09:02 校验到第 1,234 行')
  })

  it('says where it is broken, and what to do', async () => {
    chain = { ...whole, state: 'broken', brokenAt: 5 }
    const page = await openPage(stand, '/console/audit')
    expect(page.get('[role=status]').text()).toMatch(/^记录在第 5 行断了.*npm run audit:verify/)
  })

  it('is looked through by kind and by days; a second tap takes a kind off', async () => {
    const page = await openPage(stand, '/console/audit')
    await byText(page, 'button', '看号码').trigger('click')
    await page.findAll('input[type=date]')[0]?.setValue('2026-11-01')
    await flushPromises()
    await byText(page, 'button', '看号码').trigger('click')
    await flushPromises()
    expect(asked()).toEqual([
      {},
      { topic: 'phone' },
      { topic: 'phone', from: '2026-11-01' },
      { from: '2026-11-01' },
    ])
  })

  it('is of one member or one customer when asked so, and of all again', async () => {
    const page = await openPage(stand, '/console/audit?member=chenlu')
    expect(asked()).toEqual([{ member: 'chenlu' }])
    await byText(page, 'a', '只看 陈露').trigger('click')
    await flushPromises()
    await page.get('[aria-label="只看关于 李女士 的"]').trigger('click')
    await flushPromises()
    await byText(page, '.entry__words a', '陈露').trigger('click')
    await flushPromises()
    expect(asked()).toEqual([{ member: 'chenlu' }, {}, { customer: 'wmA' }, { member: 'chenlu' }])
  })

  it('says that nothing is there, and when it did not come', async () => {
    items = []
    const page = await openPage(stand, '/console/audit')
    expect(page.text()).toContain('有人登录、看号码、改设置，都会记在这里')
    await byText(page, 'button', '被拒').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('换一类或换几天看看')
    stand.api.on('get', /^\/audit$/, () => noNetwork())
    await byText(page, 'button', '登录').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('再取一次')
  })

  it('goes into a file of what is shown, and says when it does not', async () => {
    const page = await openPage(stand, '/console/audit')
    await byText(page, 'button', '看号码').trigger('click')
    await flushPromises()
    stand.api.on('get', /^\/audit\/export$/, () => ok('时间,谁'))
    await byText(page, 'button', '下载 CSV').trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('get', /export$/).map(({ query }) => query)).toEqual([{ topic: 'phone' }])
    expect(vi.mocked(saveFile)).toHaveBeenCalledWith('操作记录-2026-11-21.csv', '时间,谁')
    stand.api.on('get', /^\/audit\/export$/, () => noNetwork())
    await byText(page, 'button', '下载 CSV').trigger('click')
    await flushPromises()
    expect(page.get('[role=alert]').text()).toContain('没有导出')
  })

  describe('once a file was taken', () => {
    const take = async (page: VueWrapper) => {
      await byText(page, 'button', '下载 CSV').trigger('click')
      await flushPromises()
    }
    beforeEach(() => stand.api.on('get', /^\/audit\/export$/, () => ok('时间,谁')))

    it.each([null, 'more'])(
      'shows that too, and where it did not come gets it once more (%s)',
      async nextCursor => {
        stand.api.on('get', /^\/audit$/, () => ok({ items, nextCursor, chain }))
        const page = await openPage(stand, '/console/audit')
        stand.api.on('get', /^\/audit$/, () => noNetwork())
        await take(page)
        expect(page.get('.foot [role=alert]').text()).toBe('网络没有通，没取到')
        items = [entry({ entryId: '8', action: 'auditExported', customer: null, detail: {} }), ...items]
        stand.api.on('get', /^\/audit$/, () => ok({ items, nextCursor, chain }))
        await byText(page, 'button', '再取一次').trigger('click')
        await flushPromises()
        expect(page.findAll('.entry__words')).toHaveLength(4)
        expect(page.text()).not.toContain('再取一次')
        expect(asked().at(-1)).toEqual({})
      },
    )

    it('keeps the pages she has read on to', async () => {
      stand.api.on('get', /^\/audit$/, ({ query }) =>
        (query as { cursor?: string }).cursor === undefined
          ? ok({ items, nextCursor: 'more', chain })
          : ok({ items: [entry({ entryId: '4' })], nextCursor: null, chain }),
      )
      const page = await openPage(stand, '/console/audit')
      await byText(page, 'button', '再看一些').trigger('click')
      await flushPromises()
      await take(page)
      expect(page.findAll('.entry__words')).toHaveLength(4)
    })
  })

  it('is not for managers', async () => {
    stand.leave()
    stand = await standAtWork('manager')
    stand.api.on('get', /^\/audit$/, () => problem('forbidden'))
    const page = await openPage(stand, '/console')
    expect(page.text()).not.toContain('操作记录')
  })
})
