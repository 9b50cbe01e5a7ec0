import { stableId } from './random.ts'

/** Customers the design pages speak of, by name; their ids never change. */
export const wellKnown = {
  liWanqing: stableId('wm', 'customer:李婉清'),
  zhangMin: stableId('wm', 'customer:张敏'),
  otherZhangMin: stableId('wm', 'customer:张敏:望京'),
  mrHe: stableId('wm', 'customer:何先生'),
  auntWu: stableId('wm', 'customer:吴阿姨'),
  missSun: stableId('wm', 'customer:孙小姐'),
  mia: stableId('wm', 'customer:Mia'),
  lily: stableId('wm', 'customer:Lily'),
  wangLiqun: stableId('wm', 'customer:王立群'),
  oldFriendsGroup: stableId('wr', 'group:国贸店老友群'),
}
