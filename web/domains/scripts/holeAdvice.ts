/** What an admin notes of a store, and where. */
const shopAdvice: Readonly<Record<string, string>> = {
  门店: '你还没分到门店，请总部在「管理 › 门店」里看看',
  门店地址: '门店地址还没填，请总部在「管理 › 门店」里填上',
  营业时间: '营业时间还没填，请总部在「管理 › 门店」里填上',
  门店电话: '门店电话还没填，请总部在「管理 › 门店」里填上',
}
const couponVariables = new Set(['优惠券名', '优惠券到期'])
const ofPurchases = new Set(['上次购买', '上次购买日子'])
const neverAsked = new Set(['城市', '哪件首饰'])

/**
 * Why the guide cannot fill a hole on the spot, and where it is filled, in her words; undefined when she can (then `askFor` leads
 * to the fact). Facts of the shop are the admin's, and in a group nobody in particular is spoken to.
 */
export function holeAdvice(hole: string, hasCustomer: boolean): string | undefined {
  const ofShop = shopAdvice[hole]
  if (ofShop) return ofShop
  if (couponVariables.has(hole)) return '这一条要和券一起发'
  if (!hasCustomer) return '这一条只适合单聊'
  if (ofPurchases.has(hole)) return '还没记过买了什么，在「档案」里记一笔就能发'
  return neverAsked.has(hole) ? `还不知道「${hole}」，换一条发` : undefined
}
