import { dialog, heading, tap, type State } from './state.ts'

const page = (name: string, hash: string, title: string | RegExp, who: State['who'] = 'chenlu'): State => ({
  name,
  who,
  at: { hash },
  stands: async shown => {
    await heading(title)(shown)
    // What it shows has come: no skeleton is left.
    await shown.locator('[aria-busy=true], .skeleton').first().waitFor({ state: 'detached' })
  },
})

/** What stands at the foot of the workbench: 今日 客户 核销 我的, and the pages below them. */
export const workbenchStates: State[] = [
  page('今日', '/today', '今日'),
  {
    ...page('今日 没取到', '/today', '今日'),
    without: { path: /\/api\/today/, how: 'failed' },
    stands: shown => shown.getByRole('button', { name: '再取一次' }).waitFor(),
  },
  {
    ...page('今日 正在取', '/today', '今日'),
    without: { path: /\/api\/today/, how: 'silent' },
    stands: heading('今日'),
  },
  page('客户', '/customers', '客户'),
  {
    ...page('客户 没找到', '/customers', '客户'),
    act: shown => shown.getByLabel('找客户').fill('没有这个人'),
    stands: heading(/没有找到/),
  },
  page('核销', '/redeem', '核销'),
  {
    ...page('核销 没有这张券', '/redeem', '核销'),
    act: shown => shown.getByLabel('或者输入券码').pressSequentially('ABCDEFGHJKLM'),
    stands: heading('核销'),
  },
  page('我的', '/me', '我的'),
  page('我的 成效', '/results', /成效/),
  page('我的 话术', '/scripts', /话术/),
  page('我的 话术效果', '/script-results', /./),
  page('我的 券', '/coupon-results', /./),
  page('我的 登录设备', '/devices', '登录设备'),
  page('没同步成', '/outbox', /./),
  { ...page('管理 不给看', '/console', '管理') },
]

const consolePages: [string, string, string | RegExp][] = [
  ['成员', 'staff', /./],
  ['待接替', 'handover', /./],
  ['成效', 'results', /./],
  ['话术', 'scripts', /话术/],
  ['话术 新建', 'scripts/new', /./],
  ['话术 导入导出', 'scripts/files', /./],
  ['话术效果', 'script-results', /./],
  ['券效果', 'coupon-results', /./],
  ['优惠券', 'coupons', /./],
  ['优惠券 新建', 'coupons/new', /./],
  ['渠道活码', 'channel-codes', /./],
  ['渠道活码 新建', 'channel-codes/new', /./],
  ['克制', 'contact-rules', /./],
  ['导入购买记录', 'purchases', /./],
  ['门店', 'stores', /./],
  ['提醒规则', 'reminders', /./],
  ['刻字价目', 'engraving', /./],
  ['未成年人资料', 'minors', /./],
  ['操作记录', 'audit', /./],
  ['隐私', 'privacy', /./],
  ['隐私 删除', 'privacy/erasures', /./],
  ['隐私 批量导出', 'privacy/bulk', /./],
  ['隐私 保留多久', 'privacy/retention', /./],
  ['连接检查', 'health', /./],
]

/** 管理, as the manager of a store and as headquarters see it. */
export const consoleStates: State[] = [
  page('管理 店长', '/console', '管理', 'sunlihua'),
  page('管理', '/console', '管理', 'hq_admin'),
  ...consolePages.map(([name, path, title]) => page(`管理 ${name}`, `/console/${path}`, title, 'hq_admin')),
  {
    ...page('管理 门店 一家', '/console/stores', /./, 'hq_admin'),
    act: async shown => {
      await heading('门店')(shown)
      await tap('button', /店/)(shown)
    },
    stands: dialog,
  },
]
