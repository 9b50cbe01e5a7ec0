import type { BrowserContext } from 'playwright-core'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import type { Product } from './processes.ts'
import type { CouponLink, State } from './state.ts'

/** Addresses of coupons in every state: of the trial's where it has one, else of one given for the purpose. */
export function createCouponLinks(product: Product) {
  async function post<Answer>(context: BrowserContext, path: string, data: object): Promise<Answer> {
    const answer = await context.request.post(`${product.url}/api${path}`, {
      headers: { origin: product.url, 'idempotency-key': crypto.randomUUID() },
      data,
    })
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`)
    return (answer.status() === 204 ? undefined : await answer.json()) as Answer
  }
  const template = async () => {
    const [found] = await product.query<{ id: string }>(
      `select template_id as id from coupon_templates where state = 'running' and per_person > 0 order by stock desc limit 1`,
    )
    return found?.id
  }

  async function reserve(context: BrowserContext, who: State['who']) {
    const [free] = await product.query<{ id: string }>(
      `select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
       where s.user_id = $2 and f.status = 'active' and c.external_user_id <> all($1)
         and not exists (select 1 from coupons k where k.customer_id = c.customer_id) limit 1`,
      [Object.values(wellKnown), who],
    )
    return post<{ couponId: string; card: { link: string } }>(context, '/coupons', {
      templateId: await template(),
      externalUserId: free?.id,
      confirmed: true,
    })
  }

  /** @param context of `who`, a member who may give them, and for one that is revoked take them back */
  async function linkOf(context: BrowserContext, who: State['who'], link: CouponLink): Promise<string> {
    if (link === 'unknown') return `${product.url}/c/AAAAAAAAAAAAAAAAAAAAAA`
    if (link === 'ofGroup') {
      const data = {
        templateId: await template(),
        chatId: wellKnown.oldFriendsGroup,
        count: 3,
        confirmed: true,
      }
      const share = await post<{ shareId: string; card: { link: string } }>(context, '/coupon-shares', data)
      await post(context, `/coupon-shares/${share.shareId}/confirm`, {})
      return share.card.link
    }
    if (link === 'notSent' || link === 'revoked') {
      const { couponId, card } = await reserve(context, who)
      if (link === 'revoked') {
        await post(context, `/coupons/${couponId}/confirm`, {})
        await post(context, `/coupons/${couponId}/revoke`, { reason: '发错了人' })
      } else await post(context, `/coupons/${couponId}/release`, { outcome: 'cancelled' })
      return card.link
    }
    const [found] = await product.query<{ token: string }>(
      'select token from coupons where state = $1 order by issued_at limit 1',
      [link],
    )
    if (!found) throw new Error(`the trial has no coupon that is ${link}`)
    return `${product.url}/c/${found.token}`
  }
  return { linkOf }
}
