import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BulkExport, Erasure, HeldPerson } from '../../../shared/contract/privacy.ts'
import { router } from '../../../web/router.ts'
import UndoToast from '../../../web/ui/UndoToast.vue'
import { hideToast } from '../../../web/ui/undoToast.ts'
import { ok } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, stepBackLate, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const person: HeldPerson = {
  externalUserId: 'wmHer',
  name: '婉清',
  address: '婉清姐',
  guides: ['陈露'],
  erasureId: null,
}
const erasure = (given: Partial<Erasure> = {}): Erasure => ({
  erasureId: '0b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b11',
  cause: 'asked',
  state: 'waiting',
  askedBy: '方致远',
  askedAt: '2026-11-21T10:20:00.000+08:00',
  doneAt: null,
  counts: [],
  ...given,
})
const bulk = (given: Partial<BulkExport> = {}): BulkExport => ({
  bulkExportId: '1b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b22',
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

let stand: Stand
beforeEach(async () => {
  stand = await standAtWork('admin')
  stand.api.on('post', /^\/privacy\/people$/, () => ok({ items: [person] }))
  stand.api.on('get', /^\/erasures$/, () =>
    ok({
      items: [
        erasure({
          state: 'done',
          doneAt: '2026-11-21T10:21:00.000+08:00',
          counts: [{ what: '家人', rows: 2 }],
        }),
      ],
      nextCursor: null,
    }),
  )
})
afterEach(() => {
  stand.leave()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

async function find() {
  const page = await openPage(stand, '/console/privacy')
  await page.find('input[type=search]').setValue('婉清')
  await page.find('form').trigger('submit')
  await flushPromises()
  return page
}
const sheet = () => document.querySelector('[role=dialog]')!
const button = (words: string) =>
  [...sheet().querySelectorAll('button')].find(each => each.textContent?.includes(words))!
/** The warning has stood long enough to be read. */
const canAnswer = () => whenDrawn(() => expect(button('确定删除').getAttribute('aria-disabled')).toBeNull())

describe('P29 what a person may ask of the shop', () => {
  it('erasing names her and what goes, wants a reason, and is asked twice', async () => {
    stand.api.on('delete', /^\/customers\/wmHer$/, () => ok(erasure(), 202))
    const page = await find()
    expect(page.text()).toContain('陈露')
    await byText(page, 'button', '删除').trigger('click')
    await flushPromises()
    expect(sheet().textContent).toContain('婉清姐')
    expect(sheet().textContent).toContain('不能恢复')
    button('删除全部资料').click()
    await flushPromises()
    expect(sheet().textContent).toContain('写两个字以上的理由')
    button('她要求删除').click()
    await flushPromises()
    button('删除全部资料').click()
    await flushPromises()
    expect(stand.api.sentTo('delete', /customers/)).toEqual([])
    await canAnswer()
    button('确定删除 婉清姐').click()
    await flushPromises()
    expect(stand.api.sentTo('delete', /customers\/wmHer/)).toMatchObject([{ body: { reason: '她要求删除' } }])
  })

  it('once it is sure, she reads how far it is, and back leads to 隐私, where the list knows it too', async () => {
    stepBackLate()
    stand.api.on('delete', /^\/customers\/wmHer$/, () => ok(erasure(), 202))
    stand.api.on('get', /^\/erasures$/, () => ok({ items: [erasure()], nextCursor: null }))
    const page = await find()
    await byText(page, 'button', '删除').trigger('click')
    await flushPromises()
    button('她要求删除').click()
    await flushPromises()
    button('删除全部资料').click()
    await flushPromises()
    const sheetsPlace = history.length
    await canAnswer()
    button('确定删除 婉清姐').click()
    await whenDrawn(() => expect(page.find('h1').text()).toBe('删除记录'))
    await flushPromises()
    expect(page.text()).toContain('正在删除')
    expect(document.querySelector('.van-popup')).toBeNull()
    // In the place of the sheet, which is no step of the history any more.
    expect(history.length).toBe(sheetsPlace)
    history.back()
    await whenDrawn(() => expect(page.find('h1').text()).toBe('隐私'))

    stand.api.on('post', /^\/privacy\/people$/, () =>
      ok({ items: [{ ...person, erasureId: erasure().erasureId }] }),
    )
    await page.find('input[type=search]').setValue('婉清')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(byText(page, 'main li', '婉清姐').text()).toContain('正在删除')
    expect(byText(page, 'main li', '婉清姐').findAll('button')).toEqual([])
  })

  it('what was erased is told by kinds and numbers, never by name', async () => {
    const page = await openPage(stand, '/console/privacy/erasures')
    expect(page.text()).toContain('删完了')
    expect(page.text()).toContain('家人 2')
    expect(page.text()).toContain('方致远 要求的')
  })
})

describe('P27 lists of many', () => {
  it('one’s own waits for somebody else; a colleague’s is hers to let through', async () => {
    stand.api.on('get', /^\/bulk-exports$/, () =>
      ok({
        items: [
          bulk(),
          bulk({ bulkExportId: '2b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b33', number: 8, isMine: true }),
        ],
        leftToday: 2,
        approvers: 1,
      }),
    )
    stand.api.on('get', /^\/stores$/, () => ok({ stores: [] }))
    stand.api.on('post', /decision$/, () => ok(bulk({ state: 'working' })))
    const page = await openPage(stand, '/console/privacy/bulk')
    expect(page.findAll('button').filter(each => each.text() === '批准')).toHaveLength(1)
    await byText(page, 'button', '批准').trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('post', /decision$/)).toMatchObject([{ body: { isApproved: true } }])
  })

  it('of those with one tag only: it is picked from all of the corp, and can be let go again', async () => {
    stand.api.on('get', /^\/bulk-exports$/, () => ok({ items: [], leftToday: 2, approvers: 1 }))
    stand.api.on('get', /^\/stores$/, () => ok({ stores: [] }))
    const tags = [{ tagId: 'etVip', name: '高意向', pinyin: 'gao yi xiang', initials: 'gyx' }]
    const group = { groupId: 'etg', name: '意向', choice: 'single', tags }
    stand.api.on('get', /^\/tag-groups$/, () => ok({ groups: [group] }))
    stand.api.on('post', /^\/bulk-exports$/, () => ok(bulk({ isMine: true }), 201))
    const page = await openPage(stand, '/console/privacy/bulk')
    expect(page.text()).toContain('还能申请 2 次')
    const pick = async () => {
      await byText(page, 'button', '不限标签').trigger('click')
      await vi.waitFor(() => expect(sheet().textContent).toContain('高意向'))
      button('高意向').click()
      await flushPromises()
    }
    await pick()
    await byText(page, 'button', '去掉').trigger('click')
    await pick()
    expect(page.find('.bulk__pick').text()).toBe('高意向')
    await page.find('input').setValue('年度盘点')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(stand.api.sentTo('post', /^\/bulk-exports$/)).toMatchObject([
      { body: { reason: '年度盘点', store: null, tag: 'etVip' } },
    ])
  })

  it('the other admin is told that one waits: in the bar, in 管理, on 隐私; no longer once she has decided', async () => {
    let items = [
      bulk(),
      bulk({ bulkExportId: '2b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b33', number: 8, isMine: true }),
      bulk({ bulkExportId: '3b1f7f0e-9c53-4f3a-8a6e-3a1d6f3c2b44', number: 9, state: 'ready' }),
    ]
    stand.api.on('get', /^\/bulk-exports$/, () => ok({ items, leftToday: 2, approvers: 1 }))
    stand.api.on('get', /^\/stores$/, () => ok({ stores: [] }))
    stand.api.on('post', /decision$/, () => {
      items = items.map(each => (each.number === 7 ? bulk({ state: 'refused' }) : each))
      return ok(bulk({ state: 'refused' }))
    })
    const page = await openPage(stand, '/console')
    const inBar = () => byText(page, 'nav[aria-label=页面] a', '管理').text()
    expect(inBar()).toBe('管理 1件等你批')
    expect(byText(page, 'main li', '隐私').text()).toContain('1 个批量导出等你批')
    expect(stand.api.sentTo('get', /^\/bulk-exports$/)).toHaveLength(1)

    await router.push('/console/privacy')
    await whenDrawn(() => expect(page.find('h1').text()).toBe('隐私'))
    expect(page.find('.strip').text()).toContain('1 个批量导出等你批')
    await byText(page, 'button', '去看').trigger('click')
    await whenDrawn(() => byText(page, 'button', '不批准'))
    await byText(page, 'button', '不批准').trigger('click')
    await flushPromises()
    expect(inBar()).toBe('管理')
    await router.push('/console/privacy')
    await whenDrawn(() => expect(page.find('h1').text()).toBe('隐私'))
    expect(page.find('.strip').exists()).toBe(false)
  })

  it('who has asked reads that it was sent, and sees it in the list', async () => {
    const items: BulkExport[] = []
    const scrolled = vi.spyOn(Element.prototype, 'scrollIntoView').mockImplementation(() => {})
    stand.api.on('get', /^\/bulk-exports$/, () => ok({ items, leftToday: 2, approvers: 1 }))
    stand.api.on('get', /^\/stores$/, () => ok({ stores: [] }))
    stand.api.on('post', /^\/bulk-exports$/, () => {
      items.push(bulk({ isMine: true }))
      return ok(items[0], 201)
    })
    const page = await openPage(stand, '/console/privacy/bulk')
    await page.find('input').setValue('年度盘点')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(stand.mount(UndoToast).text()).toContain('7 号申请发给另一位管理员了')
    expect((scrolled.mock.contexts[0] as Element).textContent).toContain('年度盘点')
    hideToast()
  })

  it('a corp of one admin is told that there must be a second', async () => {
    stand.api.on('get', /^\/bulk-exports$/, () => ok({ items: [], leftToday: 3, approvers: 0 }))
    const page = await openPage(stand, '/console/privacy/bulk')
    expect(page.text()).toContain('现在只有你一位管理员')
    expect(page.text()).not.toContain('申请导出')
  })
})

describe('how long what is kept', () => {
  const kept = { timelineMonths: 36, wordsMonths: 24, callbackDays: 30, lostMonths: 24, auditMonths: 36 }
  async function openForm() {
    stand.api.on('get', /^\/retention$/, () => ok({ ...kept, version: 4 }))
    stand.api.on('put', /^\/retention$/, ({ body }) => ok({ ...kept, ...(body as object), version: 5 }))
    const page = await openPage(stand, '/console/privacy/retention')
    const save = async () => {
      await page.find('form').trigger('submit')
      await flushPromises()
    }
    const canAnswer = () =>
      whenDrawn(() => expect(page.get('form button').attributes('aria-disabled')).toBeUndefined())
    return { page, save, canAnswer, sent: () => stand.api.sentTo('put', /retention/) }
  }

  it('shorter is asked once more, with what goes tonight and cannot come back', async () => {
    const { page, save, canAnswer, sent } = await openForm()
    await page.find('#keep-lostMonths').setValue('12')
    await save()
    expect(sent()).toEqual([])
    expect(page.get('[role=alert]').text()).toMatch(/今夜起删除满 12 个月没有人是好友的客户.*找不回来/)
    expect(page.get('form button').text()).toBe('确定改短')

    // Chosen anew, it is asked anew.
    await page.find('#keep-wordsMonths').setValue('6')
    expect(page.get('form button').text()).toBe('保存')
    await save()
    expect(page.get('[role=alert]').text()).toContain('满 6 个月的原话；满 12 个月没有人是好友的客户')
    expect(sent()).toEqual([])
    await canAnswer()
    await save()
    expect(sent()).toMatchObject([{ body: { lostMonths: 12, wordsMonths: 6 }, version: '"4"' }])
    expect(page.get('form button').text()).toBe('保存')
  })

  it('longer takes nothing away, and is saved at once', async () => {
    const { page, save, sent } = await openForm()
    await page.find('#keep-lostMonths').setValue('36')
    await save()
    expect(sent()).toMatchObject([{ body: { lostMonths: 36 } }])
  })
})
