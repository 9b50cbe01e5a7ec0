import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChannelCode } from '../../../shared/contract/channelCodes.ts'
import { router } from '../../../web/router.ts'
import { hideToast, toast } from '../../../web/ui/undoToast.ts'
import { ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const ID = '0d8b3a4e-5b0f-4f7d-9c55-3f6e3a1f0a01'
const TEMPLATE = '7f0f3a4e-5b0f-4f7d-9c55-3f6e3a1f0a02'
const codeOf = (given: Partial<ChannelCode> = {}): ChannelCode => ({
  channelCodeId: ID,
  name: '国贸店收银台',
  guides: [{ userId: 'chenlu', name: '陈露', store: '国贸店', isActive: true }],
  tags: [{ tagId: 'et1', name: '到店' }],
  welcomeText: '{称呼}，您好，我是{导购姓名}',
  coupon: { templateId: TEMPLATE, name: '见面礼券', isRunning: true },
  skipVerify: true,
  qrCodeUrl: 'https://wework.qpic.cn/wwpic/1',
  sync: 'done',
  reason: null,
  added: 23,
  coupons: null,
  unwelcomed: 0,
  changedBy: '周敏',
  changedAt: '2026-11-20T10:00:00+08:00',
  version: 4,
  ...given,
})

let stand: Stand
let codes: ChannelCode[]
beforeEach(async () => {
  hideToast()
  stand = await standAtWork('manager')
  codes = [codeOf()]
  stand.api.on('get', /^\/channel-codes$/, () => ok({ codes, total: codes.length }))
  stand.api.on('get', /^\/channel-codes\/.+/, () => ok(codes[0]))
  stand.api.on('put', /^\/channel-codes\/.+/, ({ body }) => ok(codeOf({ ...(body as object), version: 5 })))
  stand.api.on('post', /^\/channel-codes$/, () => ({ status: 201, body: codeOf({ sync: 'pending' }) }))
  stand.api.on('delete', /^\/channel-codes\/.+/, () => ({ status: 204 }))
  stand.api.on('get', /^\/coupon-templates$/, () => ok({ templates: [] }))
  stand.api.on('get', /^\/tag-groups$/, () => ok({ groups: [] }))
  stand.api.on('get', /^\/staff$/, () =>
    ok({
      items: [{ userId: 'zhoumin', name: '周敏' }].map(one => ({
        ...one,
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

const open = async (path = '') => {
  const page = await openPage(stand, `/console/channel-codes${path}`)
  await flushPromises()
  return page
}

describe('渠道活码', () => {
  it('shows where each code hangs, whom one adds, and what came of it', async () => {
    const page = await open()
    expect(page.get('.code').text()).toContain('国贸店收银台')
    expect(page.get('.code').text()).toContain('陈露')
    expect(page.get('.code__facts').text()).toBe('加了 23 位')
    await byText(page, '[aria-label="国贸店收银台的二维码"]', '').trigger('click')
    await whenDrawn(() => expect(document.querySelector('.qr img')?.getAttribute('alt')).toBe('扫码加 陈露'))
  })

  it('counts coupons on the page of one code', async () => {
    codes = [codeOf({ coupons: { given: 20, claimed: 12, redeemed: 3 } })]
    const page = await open(`/${ID}`)
    expect(page.text()).toContain('加了 23 位，送券 20 张，领了 12，用了 3')
  })

  it('says what needs a look: WeCom’s no, people who left, a coupon that is not given, welcomes that failed', async () => {
    codes = [
      codeOf({
        sync: 'refused',
        reason: '有同事还没有激活企业微信',
        guides: [
          { userId: 'chenlu', name: '陈露', store: '国贸店', isActive: true },
          { userId: 'hejing', name: '何静', store: null, isActive: false },
        ],
        coupon: { templateId: TEMPLATE, name: '见面礼券', isRunning: false },
        unwelcomed: 2,
      }),
    ]
    const page = await open()
    expect(page.findAll('.code__trouble').map(line => line.text())).toEqual([
      '企业微信那边没有改成：有同事还没有激活企业微信',
      '何静不在职了，扫码不会再加到',
      '「见面礼券」没有在发，欢迎语里不带券',
      '最近 30 天有 2 位没收到欢迎语',
    ])
  })

  it('explains itself while there is none', async () => {
    codes = []
    expect((await open()).text()).toContain('客户扫码加上同事')
  })
})

describe('one code', () => {
  it('shows the welcome as it will be sent, also to somebody whose name is not known', async () => {
    const page = await open(`/${ID}`)
    const bubbles = () => page.findAll('.welcome__bubble').map(bubble => bubble.text())
    expect(bubbles()).toEqual(['婉清，您好，我是陈露', '见面礼券点开领取'])
    await byText(page, '.welcome__choice button', '还不知道名字').trigger('click')
    expect(bubbles()[0]).toBe('您好，我是陈露')
  })

  it('is changed with what was seen of it, and what was printed stays', async () => {
    const page = await open(`/${ID}`)
    await page.get('#code-name').setValue('国贸店橱窗')
    await byText(page, '.chip', '同事').trigger('click')
    await whenDrawn(() => expect(document.body.textContent).toContain('3 位客户'))
    const member = [...document.querySelectorAll<HTMLElement>('.choice section button')].find(button =>
      button.textContent?.includes('周敏'),
    )
    member?.click()
    await flushPromises()
    const done = document.querySelector<HTMLElement>('.sheet__foot .button')
    expect(done?.textContent).toContain('2 位')
    done?.click()
    await flushPromises()
    await page.get('form').trigger('submit')
    await flushPromises()
    const [sent] = stand.api.sentTo('put', /channel-codes/)
    expect(sent?.version).toBe('"4"')
    expect(sent?.body).toEqual({
      name: '国贸店橱窗',
      guideUserIds: ['chenlu', 'zhoumin'],
      tagIds: ['et1'],
      welcomeText: '{称呼}，您好，我是{导购姓名}',
      templateId: TEMPLATE,
      skipVerify: true,
    })
    expect(toast.value?.text).toContain('印出去的码不用换')
    await whenDrawn(() => expect(router.currentRoute.value.path).toBe('/console/channel-codes'))
  })

  it('is not saved without a name, somebody on it, or with a word nobody can fill', async () => {
    const page = await open('/new')
    const status = () => page.get('.form__blocker').text()
    expect(status()).toBe('写上放在哪里，好分清是哪个码')
    await page.get('#code-name').setValue('橱窗')
    expect(status()).toBe('选上加哪位同事')
    expect(page.get('.form__foot .button').attributes('disabled')).toBeDefined()
    const full = await open(`/${ID}`)
    await full.get('#code-words').setValue('{生日}快乐')
    expect(full.get('.form__blocker').text()).toBe('没有「生日」这一项，换一个')
    await full.get('form').trigger('submit')
    expect(stand.api.sentTo('put', /channel-codes/)).toEqual([])
  })

  it('keeps what was written when it is refused, and says why', async () => {
    stand.api.on('put', /^\/channel-codes\/.+/, () => problem('limit_reached'))
    const page = await open(`/${ID}`)
    await page.get('#code-words').setValue('欢迎光临')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('[role="alert"]').text()).toContain('没有保存')
    expect(page.get<HTMLTextAreaElement>('#code-words').element.value).toBe('欢迎光临')
  })

  it('P13 keeps what was written when somebody else was faster, and puts it onto the newest by field', async () => {
    const page = await open(`/${ID}`)
    await page.get('#code-words').setValue('欢迎光临')
    stand.api.on('put', /^\/channel-codes\/.+/, () => problem('version_conflict'))
    codes = [codeOf({ name: '国贸店橱窗', version: 5 })]
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('[role="alert"]').text()).toContain('刚被别人改过，没有保存；你写的都还在')
    expect(page.get<HTMLTextAreaElement>('#code-words').element.value).toBe('欢迎光临')
    await byText(page, '[role=alert] button', '换上最新的').trigger('click')
    await flushPromises()
    expect(page.get<HTMLInputElement>('#code-name').element.value).toBe('国贸店橱窗')
    expect(page.get<HTMLTextAreaElement>('#code-words').element.value).toBe('欢迎光临')
    expect(page.find('[role="alert"]').exists()).toBe(false)
    await page.get('form').trigger('submit')
    await flushPromises()
    const sent = stand.api.sentTo('put', /channel-codes/).at(-1)
    expect(sent).toMatchObject({ version: '"5"', body: { name: '国贸店橱窗', welcomeText: '欢迎光临' } })
  })

  it('P11 says that nobody knows when no answer came, and asks under the same key', async () => {
    stand.api.on('put', /^\/channel-codes\/.+/, () => ({ status: 502, body: '<html>' }))
    const page = await open(`/${ID}`)
    await page.get('#code-words').setValue('欢迎光临')
    for (const _attempt of [1, 2]) {
      await page.get('form').trigger('submit')
      await flushPromises()
      expect(page.get('[role="alert"]').text()).toContain('不知道存没存上')
    }
    const [first, second] = stand.api.sentTo('put', /channel-codes/)
    expect(first?.idempotencyKey).toBeDefined()
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
  })

  it('is deleted only when it is meant', async () => {
    const page = await open(`/${ID}`)
    const button = () => page.get('.form__foot .quiet')
    await button().trigger('click')
    expect(stand.api.sentTo('delete', /channel-codes/)).toEqual([])
    expect(button().text()).toBe('再点一次，印出去的码从此失效')
    await button().trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('delete', /channel-codes/)).toMatchObject([{ version: '"4"' }])
  })
})
