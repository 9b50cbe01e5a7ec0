/** Codes: server-api.md §4 and §14. */
const refusals: Record<number, string> = {
  40003: '企业微信里找不到你的账号',
  40068: '企业微信里没有这个标签了',
  40096: '企业微信里找不到这位客户',
  40098: '有同事在企业微信里还没有实名',
  40144: '她在企业微信里的标签到上限了',
  41041: '一个码上的同事太多了',
  41045: '企业微信里的渠道活码到上限了',
  41054: '有同事还没有激活企业微信',
  60111: '企业微信里找不到你的账号',
  84061: '她已经不是你的企业微信好友',
}

/** Why WeCom refused, for the guide. */
export const refusalReason = (errcode: number | null): string =>
  (errcode === null ? undefined : refusals[errcode]) ?? `企业微信没有收下（编号 ${errcode ?? '不明'}）`
