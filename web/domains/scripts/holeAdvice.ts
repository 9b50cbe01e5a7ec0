const shopVariables = new Set(['导购姓名', '门店', '门店地址', '门店电话'])
const couponVariables = new Set(['优惠券名', '优惠券到期'])
const neverAsked = new Set(['城市', '上次购买', '上次购买日子', '哪件首饰'])

/**
 * Why the guide cannot fill a hole on the spot, in her words; undefined when she can (then `askFor` leads to the fact).
 * Facts of the shop are the manager's, and in a group nobody in particular is spoken to.
 */
export function holeAdvice(hole: string, hasCustomer: boolean): string | undefined {
  if (shopVariables.has(hole)) return `「${hole}」请店长补上`
  if (couponVariables.has(hole)) return '这一条要和券一起发'
  if (!hasCustomer) return '这一条只适合单聊'
  return neverAsked.has(hole) ? `还不知道「${hole}」，换一条发` : undefined
}
