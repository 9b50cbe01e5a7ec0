import type { Page } from 'playwright-core'
import { heading, type CouponLink, type State } from './state.ts'

/** Of the stage's server, from one address: few enough to be used up at once. */
export const LOGINS_PER_MINUTE = 5
/** RFC 5737, nobody's */
const STRANGER = '203.0.113.9'

const coupon = (
  name: string,
  link: CouponLink,
  stands: (page: Page) => Promise<unknown> = heading(/./),
): State => ({ who: 'chenlu', name: `客户的券 ${name}`, at: { coupon: link }, stands })
const page = (name: string, path: string): Pick<State, 'name' | 'who' | 'at' | 'stands'> => ({
  who: 'chenlu',
  name,
  at: { path },
  stands: heading(/./),
})

/** A return from WeCom that this server has begun, as far as it can tell: only the code is worth nothing. */
const returned: State['act'] = async (shown, product) => {
  const begun = await shown.request.get(`${product.url}/auth/login?again=1`, { maxRedirects: 0 })
  const state = new URL(begun.headers().location ?? '').searchParams.get('state') ?? ''
  await shown.goto(`${product.url}/auth/callback?code=nothing&state=${state}`)
}

/** What stands outside of the app: the customer's own pages, and those of the server where it cannot let anybody in. */
export const outsideStates: State[] = [
  coupon('等她领', 'issued', shown => shown.getByRole('button', { name: '领取' }).waitFor()),
  coupon('领了', 'claimed', shown => shown.getByRole('img', { name: /核销二维码/ }).waitFor()),
  coupon('用了', 'redeemed', heading('已使用')),
  coupon('过期了', 'expired', heading('这张券已经过期')),
  { ...coupon('收回了', 'revoked', heading('这张券已经收回')), who: 'sunlihua' },
  coupon('没有送出', 'notSent', heading('这张券没有送出')),
  coupon('群里的', 'ofGroup'),
  coupon('没有这张', 'unknown', heading('没有找到这张券')),
  { ...page('没有这一页', '/nowhere'), stands: heading('没有找到') },
  {
    ...page('登录 没有接上', '/auth/login?again=1'),
    at: { path: '/nowhere' },
    act: returned,
    stands: heading('登录没有接上'),
  },
  {
    ...page('登录 企业微信连不上', '/nowhere'),
    refused: { api: 'auth/getuserinfo', errcode: -1 },
    act: returned,
  },
  {
    ...page('登录 人太多', '/nowhere'),
    act: async (shown, product) => {
      const login = `${product.serverUrl}/auth/login`
      const headers = { 'X-Forwarded-For': STRANGER }
      const ask = () => shown.request.get(login, { headers, maxRedirects: 0 })
      await Promise.all(Array.from({ length: LOGINS_PER_MINUTE }, ask))
      await shown.setExtraHTTPHeaders(headers)
      await shown.goto(login)
    },
    stands: heading(/登录的人太多/),
  },
]
