import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CouponTemplate } from '../../../shared/contract/couponTemplates.ts'
import type { StoreRow } from '../../../shared/contract/staff.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { router } from '../../../web/router.ts'
import { later, ok, problem, type Answer } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { makeTemplate } from '../../support/makeTemplate.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const storeOf = (departmentId: number, name: string): StoreRow => ({
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
  staffCount: 3,
})
const stores = [storeOf(11, '国贸店'), storeOf(12, '三里屯店')]

let stand: Stand
/** that customers have */
let tiers: string[]
/** As the server has it. */
let held: CouponTemplate
beforeEach(() => {
  held = makeTemplate()
  tiers = ['金卡', '钻石']
})
afterEach(async () => {
  stand.leave()
  await router.push('/today').catch(() => undefined)
  vi.unstubAllGlobals()
})

async function opened(
  address: string,
  role: 'admin' | 'manager' = 'admin',
  place = 'form',
): Promise<VueWrapper> {
  stand = await standAtWork(role)
  stand.api.on('get', /^\/stores$/, () => ok({ stores }))
  stand.api.on('get', /^\/customer-tiers$/, () => ok({ tiers }))
  stand.api.on('get', /^\/coupon-templates\/[^/]+$/, () => ok(held))
  stand.api.on('patch', /^\/coupon-templates\/[^/]+$/, ({ body }) => {
    held = { ...held, ...(body as Partial<CouponTemplate>), version: held.version + 1 }
    return ok(held)
  })
  const page = await openPage(stand, address)
  await whenDrawn(() => page.get(place))
  return page
}
const editing = (role?: 'admin' | 'manager') => opened(`/console/coupons/${held.templateId}`, role)
const fieldOf = (page: VueWrapper, label: string) => {
  const found = page.findAll('label').find(each => each.text() === label)
  if (!found)
    throw new Error(
      `no field ${label} in ${page
        .findAll('label')
        .map(each => each.text())
        .join()}`,
    )
  return page.get(`[id="${found.attributes('for')}"]`)
}
const hintBelow = (page: VueWrapper, label: string) =>
  page.get(`[id="${fieldOf(page, label).attributes('aria-describedby')}"]`).text()
const labels = (page: VueWrapper) => page.findAll('.field label').map(label => label.text())
const cardText = (page: VueWrapper) => page.get('[aria-label=聊天里的卡片].preview__card').text()
const pageText = (page: VueWrapper) => page.get('[aria-label=客户打开的页]').text().replace(/\s+/g, ' ')
const changes = () => stand.api.sentTo('patch', /^\/coupon-templates/).map(({ body }) => body)
async function save(page: VueWrapper) {
  await page.get('form').trigger('submit')
  await flushPromises()
}
const sheet = () => document.querySelector('[role=dialog]')
async function confirmStep(word: string) {
  await whenDrawn(() => expect(sheet()).not.toBeNull())
  ;[...(sheet()?.querySelectorAll<HTMLElement>('.sheet__foot button') ?? [])]
    .find(button => button.textContent?.includes(word))
    ?.click()
  await flushPromises()
}

describe('the list', () => {
  it('shows what is given now first, each with what became of its stock', async () => {
    stand = await standAtWork('admin')
    const pieces = { reserved: 1, issued: 4, claimed: 12, redeemed: 23 }
    const templates = [
      makeTemplate({ templateId: '6d0c1c9e-0000-4000-8000-000000000002', name: '旧券', state: 'stopped' }),
      makeTemplate({ name: '在发的', state: 'running', live: 40, stockLeft: 60, pieces }),
      makeTemplate({ templateId: '6d0c1c9e-0000-4000-8000-000000000003', name: '没写完的' }),
    ]
    stand.api.on('get', /^\/coupon-templates$/, () => ok({ templates }))
    const page = await openPage(stand, '/console/coupons')
    await whenDrawn(() => expect(page.findAll('article').length).toBe(3))
    expect(page.findAll('article h2').map(name => name.text())).toEqual(['在发的', '没写完的', '旧券'])
    // Read out in one go: a link takes no name from the article within.
    expect(page.get('a.template').text()).toMatch(/在发的.*剩\s+60.*共 100 张.*在发/s)
    expect(page.get('article').text().replace(/\s+/g, '')).toContain('已用23已领12等领5剩60共100张')
    await byText(page, '[aria-label=按状态看] button', '草稿').trigger('click')
    expect(page.findAll('article h2').map(name => name.text())).toEqual(['没写完的'])
  })

  it('says which ones a manager can only look at, and leads to what became of all', async () => {
    stand = await standAtWork('manager')
    const own = { storeIds: [11], stores: [{ departmentId: 11, name: '国贸店' }] }
    const templates = [
      makeTemplate({ templateId: '6d0c1c9e-0000-4000-8000-000000000002', name: '本店的', ...own }),
      makeTemplate({ name: '总部的', mayChange: false }),
    ]
    stand.api.on('get', /^\/coupon-templates$/, () => ok({ templates }))
    const page = await openPage(stand, '/console/coupons')
    await whenDrawn(() => expect(page.findAll('article').length).toBe(2))
    const [mine, theirs] = page.findAll('a.template')
    expect(mine!.text()).toContain('国贸店')
    expect(mine!.text()).not.toContain('只能看')
    expect(theirs!.text()).toContain('总部发放，全部门店')
    expect(theirs!.text()).toContain('只能看')
    expect(byText(page, 'a', '看成效').attributes('href')).toContain('/console/coupon-results')
  })
})

describe('a template of the whole chain', () => {
  it('is shown to a manager, and has nothing to type into', async () => {
    held = makeTemplate({
      name: '足金饰品券',
      state: 'running',
      mayChange: false,
      tiers: ['金卡'],
      pieces: null,
    })
    const page = await opened(`/console/coupons/${held.templateId}`, 'manager', '.seen')
    expect(page.text()).toContain('这张券由总部发放，只能看')
    expect(page.find('form').exists()).toBe(false)
    expect(page.findAll('input, textarea, select')).toEqual([])
    expect(page.get('[aria-label="发多少，给谁"]').text()).toContain('金卡')
    expect(pageText(page)).toContain('足金饰品券')
    for (const word of ['选上你的门店', '只能增加', '选一张图片']) expect(page.text()).not.toContain(word)
    expect(byText(page, 'a', '看成效').attributes('href')).toContain(`template=${held.templateId}`)
  })

  it('that only some stores have says so', async () => {
    const both = {
      storeIds: [11, 12],
      stores: stores.map(({ departmentId, name }) => ({ departmentId, name })),
    }
    held = makeTemplate({ ...both, state: 'running', mayChange: false, pieces: null })
    const page = await opened(`/console/coupons/${held.templateId}`, 'manager', '.seen')
    expect(page.text()).toContain('这张券还发给别的门店，只能看')
  })
})

describe('the form', () => {
  it('keeps the ticket in sight while it is written, and leads from there to the whole preview', async () => {
    const page = await opened('/console/coupons/new')
    await fieldOf(page, '券名，客户看得到').setValue('会员日')
    await fieldOf(page, '减多少').setValue('200')
    await fieldOf(page, '满多少可用').setValue('3000')
    const pinned = page.get('form .pinned')
    expect(pinned.text()).toBe('看客户看到的样子：¥200会员日满 3000')
    const seen = vi.fn()
    page.get('[aria-label=预览]').element.scrollIntoView = seen
    await pinned.trigger('click')
    expect(seen).toHaveBeenCalledOnce()
    expect(document.activeElement).toBe(page.get('[aria-label=预览]').element)
  })

  it('has the fields of its kind and no others, and shows at once what the customer will see', async () => {
    const page = await opened('/console/coupons/new')
    expect(labels(page)).toContain('减多少')
    await byText(page, '[aria-label=哪一种券] button', '折扣').trigger('click')
    expect(labels(page)).toContain('打几折')
    expect(labels(page)).not.toContain('减多少')
    await fieldOf(page, '券名，客户看得到').setValue('会员日')
    await fieldOf(page, '打几折').setValue('9.5')
    expect(hintBelow(page, '打几折')).toBe('1000 元付 ¥950')
    await fieldOf(page, '满多少可用').setValue('3000')
    await fieldOf(page, '哪些商品可用').setValue('足金饰品')
    expect(cardText(page)).toContain('会员日 9.5 折')
    expect(cardText(page)).toContain('足金饰品可用，满 3000，点开领取')
    expect(pageText(page)).toContain('领取后 30 天内有效')
    await byText(page, 'button', '加一段时间').trigger('click')
    expect(pageText(page)).toContain('周一至周五 10:00–18:00')
    await byText(page, '[aria-label=哪些门店] button', '国贸店').trigger('click')
    expect(pageText(page)).toContain('门店国贸店')
    await fieldOf(page, '打开时的一段话').setValue('周年庆，感谢一路相伴')
    expect(pageText(page)).toContain('周年庆，感谢一路相伴')
  })

  it('is for tiers that customers have, and keeps one that nobody has any more until it is taken out', async () => {
    held = makeTemplate({ tiers: ['黑卡'] })
    const page = await editing()
    const chips = () => page.findAll('[aria-label=哪些会员等级能得] button').map(chip => chip.text())
    expect(chips()).toEqual(['金卡', '钻石', '黑卡'])
    const tap = (tier: string) => byText(page, '[aria-label=哪些会员等级能得] button', tier).trigger('click')
    await tap('黑卡')
    expect(page.text()).toContain('都能得，选上几个就只给她们')
    await tap('钻石')
    expect(page.text()).toContain('只给钻石，不能发到群里')
    await save(page)
    expect(changes()).toEqual([{ tiers: ['钻石'] }])
  })

  it('says where no customer has a tier yet', async () => {
    tiers = []
    expect((await editing()).text()).toContain('客户资料里还没有写过会员等级，现在都能得')
  })

  it('saves a draft with money in fen, then it runs', async () => {
    const page = await opened('/console/coupons/new')
    stand.api.on('post', /^\/coupon-templates$/, ({ body }) => {
      held = { ...held, ...(body as Partial<CouponTemplate>), version: 1 }
      return ok(held, 201)
    })
    await fieldOf(page, '券名，客户看得到').setValue('会员日')
    await fieldOf(page, '减多少').setValue('199.5')
    await save(page)
    const [sent] = stand.api.sentTo('post', /^\/coupon-templates$/)
    expect(sent?.body).toMatchObject({ name: '会员日', face: { amountFen: 19_950 }, stock: 100 })
    expect(sent?.idempotencyKey).toBeDefined()
    expect(toast.value?.text).toContain('上线以后导购才看得到')
    await byText(page, 'button', '上线').trigger('click')
    await whenDrawn(() => expect(sheet()?.textContent).toContain('全部门店的导购马上能发，一共 100 张'))
    await confirmStep('上线')
    expect(changes()).toEqual([{ state: 'running' }])
    expect(page.text()).toContain('在发')
  })

  it('says what is wrong at the field and puts the cursor there', async () => {
    const page = await opened('/console/coupons/new')
    await fieldOf(page, '券名，客户看得到').setValue('会员日')
    await save(page)
    expect(hintBelow(page, '减多少')).toBe('写明减多少')
    expect(document.activeElement?.id).toBe(fieldOf(page, '减多少').attributes('id'))
    expect(stand.api.sentTo('post', /./)).toEqual([])
  })

  it('puts what the server refuses at its field too', async () => {
    held = makeTemplate({ state: 'running', live: 40, stockLeft: 60 })
    const page = await editing()
    const refusal = problem('validation_failed')
    const errors = [{ path: 'stock', message: '已经占用 40 张，不能再少' }]
    stand.api.on('patch', /./, (): Answer => ({ ...refusal, body: { ...(refusal.body as object), errors } }))
    await fieldOf(page, '一共多少张').setValue('30')
    await save(page)
    expect(hintBelow(page, '一共多少张')).toBe('已经占用 40 张，不能再少')
    expect(document.activeElement?.id).toBe(fieldOf(page, '一共多少张').attributes('id'))
  })

  it('P13 keeps what was typed when somebody else was faster, and puts it onto the newest', async () => {
    held = makeTemplate({ state: 'running' })
    const page = await editing()
    await fieldOf(page, '打开时的一段话').setValue('周年庆')
    held = { ...held, stock: 300, version: 4 }
    stand.api.on('patch', /./, () => problem('version_conflict'))
    await save(page)
    expect(page.get('[role=alert]').text()).toContain('刚被别人改过，没有保存；你写的都还在')
    await byText(page, '[role=alert] button', '换上最新的').trigger('click')
    await flushPromises()
    const value = (label: string) => (fieldOf(page, label).element as HTMLInputElement).value
    expect([value('一共多少张'), value('打开时的一段话')]).toEqual(['300', '周年庆'])
    stand.api.on('patch', /./, ({ body }) => ok({ ...held, ...(body as object), version: 5 }))
    await save(page)
    const sent = stand.api.sentTo('patch', /./).at(-1)
    expect(sent).toMatchObject({ version: '"4"', body: { landingText: '周年庆' } })
  })

  it('once a piece is out, only what takes nothing away can change: stock rises by a tap', async () => {
    held = makeTemplate({
      state: 'running',
      isIssued: true,
      live: 1,
      storeIds: [11],
      stores: [{ departmentId: 11, name: '国贸店' }],
    })
    const page = await editing()
    for (const label of ['券名，客户看得到', '减多少', '使用说明'])
      expect(fieldOf(page, label).attributes('disabled')).toBeDefined()
    await byText(page, 'button', '加 100 张').trigger('click')
    await byText(page, '[aria-label=哪些门店] button', '国贸店').trigger('click')
    await byText(page, '[aria-label=哪些门店] button', '三里屯店').trigger('click')
    await save(page)
    expect(changes()).toEqual([{ stock: 200, storeIds: [11, 12] }])
  })
})

describe('while it is saved', () => {
  it('P13 what is typed meanwhile stays, and is not saved yet', async () => {
    const page = await editing()
    const answer = later<Answer>()
    stand.api.on('patch', /./, () => answer.promise)
    await fieldOf(page, '打开时的一段话').setValue('周年庆')
    await page.get('form').trigger('submit')
    await fieldOf(page, '打开时的一段话').setValue('周年庆，感谢相伴')
    await fieldOf(page, '使用说明').setValue('特价款除外')
    answer.settle(ok({ ...held, landingText: '周年庆', version: 4 }))
    await flushPromises()
    const value = (label: string) => (fieldOf(page, label).element as HTMLTextAreaElement).value
    expect([value('打开时的一段话'), value('使用说明')]).toEqual(['周年庆，感谢相伴', '特价款除外'])
    expect(page.get('.desk__foot button').text()).toBe('保存改动')
  })

  it('P13 what is typed while a new one is saved belongs to that one', async () => {
    const page = await opened('/console/coupons/new')
    const answer = later<Answer>()
    stand.api.on('post', /^\/coupon-templates$/, () => answer.promise)
    await fieldOf(page, '券名，客户看得到').setValue('会员日')
    await fieldOf(page, '减多少').setValue('200')
    await page.get('form').trigger('submit')
    await fieldOf(page, '使用说明').setValue('特价款除外')
    answer.settle(ok({ ...held, name: '会员日', version: 1 }, 201))
    await flushPromises()
    expect((fieldOf(page, '使用说明').element as HTMLTextAreaElement).value).toBe('特价款除外')
    stand.api.on('patch', /./, ({ body }) => ok({ ...held, ...(body as object), version: 2 }))
    await save(page)
    expect(changes()).toEqual([{ terms: '特价款除外' }])
  })

  it('has an address of its own from the first time on, also for the way back', async () => {
    const page = await opened('/console/coupons/new')
    stand.api.on('post', /^\/coupon-templates$/, () => ok({ ...held, version: 1 }, 201))
    await fieldOf(page, '券名，客户看得到').setValue('会员日')
    await fieldOf(page, '减多少').setValue('200')
    await save(page)
    expect(history.state).toMatchObject({ current: `/console/coupons/${held.templateId}` })
  })

  it('P11 asks under the same key after an answer that was lost, and does not say that it was not saved', async () => {
    const page = await editing()
    stand.api.on('patch', /./, () => ({ status: 502, body: '<html>' }))
    await fieldOf(page, '打开时的一段话').setValue('周年庆')
    await save(page)
    expect(page.get('.desk__trouble').text()).toContain('不知道存没存上')
    expect(page.text()).not.toContain('没有保存')
    await save(page)
    const [first, second] = stand.api.sentTo('patch', /./)
    expect(first?.idempotencyKey).toBeDefined()
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
  })

  it('says what stands against it where no field can be changed', async () => {
    held = makeTemplate({
      state: 'running',
      isIssued: true,
      live: 1,
      validity: { kind: 'until', day: '2026-11-01' },
    })
    const page = await editing()
    await fieldOf(page, '打开时的一段话').setValue('最后几天')
    await save(page)
    expect(page.get('.desk__trouble').text()).toContain('最后一天已经过了，没有保存')
    expect(document.activeElement).toBe(page.get('.desk__trouble').element)
    expect(changes()).toEqual([])
  })
})

describe('what can only become more', () => {
  it('adds to what there is, also while the field is empty', async () => {
    held = makeTemplate({ state: 'running', stock: 150 })
    const page = await editing()
    await fieldOf(page, '一共多少张').setValue('')
    await byText(page, 'button', '加 50 张').trigger('click')
    expect((fieldOf(page, '一共多少张').element as HTMLInputElement).value).toBe('200')
  })

  it('says so of the stores, and offers no occasion that never comes', async () => {
    held = makeTemplate({
      state: 'running',
      isIssued: true,
      live: 1,
      storeIds: [11],
      stores: [{ departmentId: 11, name: '国贸店' }],
    })
    const page = await editing()
    expect(page.text()).toContain('发出过，门店只能增加')
    expect(page.get('[aria-label=适合什么场合]').text()).not.toContain('离开的客户')
  })
})

describe('what was not saved', () => {
  it('is asked about on the way out, and is there again', async () => {
    const page = await editing()
    await fieldOf(page, '打开时的一段话').setValue('写了一半')
    await router.push('/console/coupons')
    expect(router.currentRoute.value.path).toContain(held.templateId)
    expect(toast.value?.text).toContain('再点一次先离开')
    stand.api.on('get', /^\/coupon-templates$/, () => ok({ templates: [held] }))
    await router.push('/console/coupons')
    await flushPromises()
    expect(router.currentRoute.value.path).toBe('/console/coupons')
    await router.push(`/console/coupons/${held.templateId}`)
    await whenDrawn(() => page.get('form'))
    await flushPromises()
    expect((fieldOf(page, '打开时的一段话').element as HTMLTextAreaElement).value).toBe('写了一半')
    expect(page.text()).toContain('未保存的草稿')
    await byText(page, 'button', '丢弃').trigger('click')
    expect((fieldOf(page, '打开时的一段话').element as HTMLTextAreaElement).value).toBe('')
  })
})

describe('from state to state', () => {
  it('pauses whatever is half written, and puts none of that out', async () => {
    held = makeTemplate({ state: 'running' })
    const page = await editing()
    await fieldOf(page, '一共多少张').setValue('')
    await fieldOf(page, '打开时的一段话').setValue('写了一半')
    await byText(page, 'button', '暂停').trigger('click')
    await confirmStep('暂停')
    expect(changes()).toEqual([{ state: 'paused' }])
    expect((fieldOf(page, '打开时的一段话').element as HTMLTextAreaElement).value).toBe('写了一半')
    expect(page.get('.desk__foot button').text()).toBe('保存改动')
  })

  it('says that the words were saved when only the step failed', async () => {
    held = makeTemplate({ state: 'paused' })
    const page = await editing()
    stand.api.on('patch', /./, ({ body }) => {
      if ('state' in (body as object)) return problem('state_conflict')
      held = { ...held, ...(body as object), version: held.version + 1 }
      return ok(held)
    })
    await fieldOf(page, '打开时的一段话').setValue('周年庆')
    await byText(page, 'button', '恢复').trigger('click')
    await confirmStep('恢复')
    await vi.waitFor(() =>
      expect(sheet()?.querySelector('[role=alert]')?.textContent).toContain('改动保存了'),
    )
    expect(sheet()?.textContent).not.toContain('没有改动')
  })

  it.each([
    ['running', '暂停', '已经发出的照常能领、能用', 'paused'],
    ['running', '结束', '以后不能再恢复', 'stopped'],
    ['paused', '恢复', '马上又能发，还剩 100 张', 'running'],
    ['draft', '不要了', '没有发出过', 'stopped'],
  ] as const)('%s: %s says what it does before it does it', async (state, word, effect, to) => {
    held = makeTemplate({ state })
    const page = await editing()
    await byText(page, '.state__steps button', word).trigger('click')
    await whenDrawn(() => expect(sheet()?.textContent).toContain(effect))
    expect(changes()).toEqual([])
    await confirmStep(word)
    expect(changes()).toEqual([{ state: to }])
  })

  it('what was typed into one that ends is not kept for nobody', async () => {
    held = makeTemplate({ state: 'running' })
    const page = await editing()
    await fieldOf(page, '打开时的一段话').setValue('写了一半')
    await byText(page, '.state__steps button', '结束').trigger('click')
    await confirmStep('结束')
    expect(changes()).toEqual([{ state: 'stopped' }])
    await router.push('/today')
    expect(router.currentRoute.value.path).toBe('/today')
  })

  it('offers nothing for what is over, or of others’ stores', async () => {
    held = makeTemplate({ state: 'stopped' })
    const page = await editing()
    expect(page.find('.state__steps').exists()).toBe(false)
    expect(page.find('form button.button--wide').exists()).toBe(false)
    expect(fieldOf(page, '一共多少张').attributes('disabled')).toBeDefined()
  })

  it('a manager names her stores', async () => {
    const page = await opened('/console/coupons/new', 'manager')
    expect(page.text()).toContain('选上你的门店')
    expect(page.text()).not.toContain('改成全部门店')
  })
})
