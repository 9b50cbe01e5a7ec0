import { heading, retry, inTurn, type State } from './state.ts'

/** A page of the workbench, open and filled. */
export const page = (
  name: string,
  hash: string,
  title: string | RegExp,
  who: State['who'] = 'chenlu',
): State => ({
  name,
  who,
  at: { hash },
  stands: async shown => {
    await heading(title)(shown)
    // What it shows has come: no skeleton is left.
    await shown.locator('[aria-busy=true], .skeleton').first().waitFor({ state: 'detached' })
  },
})

/** The code of a coupon that can be used, put in at the till. */
const atTheTill =
  (state: 'claimed' | 'redeemed'): NonNullable<State['act']> =>
  async (shown, product) => {
    const [coupon] = await product.query<{ code: string }>(
      `select code from coupons join staff using (staff_id) where state = $1 and user_id = 'chenlu' order by issued_at desc limit 1`,
      [state],
    )
    await shown.getByLabel('或者输入券码').pressSequentially(coupon?.code ?? 'no such coupon')
  }

/** What stands at the foot of the workbench: 今日 客户 核销 我的, and the pages below them. */
export const workbenchStates: State[] = [
  page('今日', '/today', '今日'),
  {
    ...page('今日 没取到', '/today', '今日'),
    instead: { path: /\/api\/today/, answer: 'cut' },
    stands: retry,
  },
  {
    ...page('今日 正在取', '/today', '今日'),
    instead: { path: /\/api\/today/, answer: 'silence' },
    stands: shown => shown.locator('.skeleton__row').first().waitFor(),
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
    stands: shown => shown.getByText(/券码里没有|有一个字不对/).waitFor(),
  },
  {
    ...page('核销 结账', '/redeem', '核销'),
    act: inTurn(atTheTill('claimed'), shown => shown.locator('#till-amount').fill('6800')),
    stands: shown => shown.locator('.bill__pay').waitFor(),
  },
  {
    ...page('核销 用过了', '/redeem', '核销'),
    act: atTheTill('redeemed'),
    stands: heading('这张券已经用过了'),
  },
  {
    ...page('核销 断网', '/redeem', '核销'),
    isSudden: true,
    act: inTurn(heading('核销'), shown => shown.evaluate(() => dispatchEvent(new Event('offline')))),
    stands: shown => shown.getByText('没有网络，现在核不了券').waitFor(),
  },
  page('我的', '/me', '我的'),
  page('我的 成效', '/results', /成效/),
  page('我的 话术', '/scripts', /话术/),
  page('我的 话术 新建', '/scripts/new', /./),
  page('我的 话术效果', '/script-results', /./),
  page('我的 券', '/coupon-results', /./),
  page('我的 登录设备', '/devices', '登录设备'),
  {
    ...page('我的 登录设备 没取到', '/devices', '登录设备'),
    instead: { path: /\/devices$/, answer: 'database_unavailable' },
    stands: retry,
  },
  page('没同步成', '/outbox', /./),
  page('管理 不给看', '/console', '管理'),
]
