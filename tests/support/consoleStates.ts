import { dialog, heading, retry, tap, inTurn, type State } from './state.ts'
import { page } from './workbenchStates.ts'

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
  ['隐私 删除记录', 'privacy/erasures', /./],
  ['隐私 批量导出', 'privacy/bulk', /./],
  ['隐私 保留多久', 'privacy/retention', /./],
  ['连接检查', 'health', /./],
]
const admin = (name: string, path: string) => page(`管理 ${name}`, `/console/${path}`, /./, 'hq_admin')
/** Of a template of which somebody still holds one. */
const everyPiece: NonNullable<State['act']> = async (shown, product) => {
  await heading('优惠券')(shown)
  const [template] = await product.query<{ id: string }>(
    `select template_id as id from coupons order by state in ('issued', 'claimed') desc limit 1`,
  )
  await shown.evaluate(hash => (location.hash = hash), `#/console/coupons/${template?.id ?? ''}/pieces`)
}
/** Found by her name, which is what an admin knows of her. */
const findPerson: NonNullable<State['act']> = async shown => {
  await shown.getByRole('searchbox').fill('婉清')
  await shown.getByRole('button', { name: '找人' }).click()
}

/** 管理, as the manager of a store and as headquarters see it. */
export const consoleStates: State[] = [
  page('管理 店长', '/console', '管理', 'sunlihua'),
  page('管理', '/console', '管理', 'hq_admin'),
  ...consolePages.map(([name, path, title]) => page(`管理 ${name}`, `/console/${path}`, title, 'hq_admin')),
  {
    ...admin('门店 一家', 'stores'),
    act: inTurn(heading('门店'), tap('button', /店/)),
    stands: dialog,
  },
  {
    ...admin('成员 登录着的', 'staff'),
    act: tap('button', /登录和操作记录/),
    stands: dialog,
  },
  {
    ...admin('优惠券 一种', 'coupons'),
    act: shown => shown.locator('a.template').first().click(),
    stands: async shown => {
      await shown.locator('a.template').first().waitFor({ state: 'detached' })
      await admin('', '').stands(shown)
    },
  },
  {
    ...admin('优惠券 每一张', 'coupons'),
    act: everyPiece,
    stands: shown => shown.locator('.pieces__list li').first().waitFor(),
  },
  {
    ...admin('优惠券 收回一张', 'coupons'),
    act: inTurn(everyPiece, tap('button', /^收回/)),
    stands: dialog,
  },
  {
    ...admin('话术 一条', 'scripts'),
    act: shown => shown.locator('main li a').first().click(),
    stands: heading('发出去的样子'),
  },
  {
    ...admin('隐私 找到她', 'privacy'),
    act: findPerson,
    stands: shown =>
      shown
        .getByRole('button', { name: /^导出 / })
        .first()
        .waitFor(),
  },
  {
    ...admin('隐私 没有这个人', 'privacy'),
    act: async shown => {
      await shown.getByRole('searchbox').fill('没有这个人')
      await shown.getByRole('button', { name: '找人' }).click()
    },
    stands: shown => shown.getByText(/没有找到/).waitFor(),
  },
  {
    ...admin('隐私 导出她的资料', 'privacy'),
    act: inTurn(findPerson, tap('button', /^导出 /)),
    stands: dialog,
  },
  {
    ...admin('隐私 删除她的资料', 'privacy'),
    act: inTurn(findPerson, tap('button', /^删除 /), shown =>
      shown.getByRole('dialog').locator('.chip').first().click(),
    ),
    stands: dialog,
  },
  {
    ...admin('隐私 确定删除', 'privacy'),
    act: inTurn(
      findPerson,
      tap('button', /^删除 /),
      shown => shown.getByRole('dialog').locator('.chip').first().click(),
      tap('button', '删除全部资料'),
    ),
    stands: shown => shown.getByRole('button', { name: /^确定删除/ }).waitFor(),
  },
  {
    ...admin('隐私 保留多久 不在范围里', 'privacy/retention'),
    act: async shown => {
      await shown.getByLabel(/动态/).press('Control+a')
      await shown.keyboard.type('1')
    },
    stands: shown => shown.getByRole('alert').waitFor(),
  },
  {
    ...admin('操作记录 没取到', 'audit'),
    instead: { path: /\/api\/audit/, answer: 'database_unavailable' },
    stands: retry,
  },
  {
    ...admin('操作记录 太快了', 'audit'),
    instead: { path: /\/api\/audit/, answer: 'rate_limited' },
    stands: retry,
  },
]
