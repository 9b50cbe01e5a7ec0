import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { CouponStatsService } from './couponStats.service.ts'
import type { ScriptStatsService } from './scriptStats.service.ts'
import type { StatsService } from './stats.service.ts'

export const statsRoutes = (
  door: Door,
  stats: StatsService,
  scriptStats: ScriptStatsService,
  couponStats: CouponStatsService,
): void => {
  mount(door, api.getMyResults, actor => stats.mine(actor))
  mount(door, api.getTeamResults, (actor, { query }) => stats.team(actor, query.by))
  mount(door, api.getMyScriptResults, actor => scriptStats.mine(actor))
  mount(door, api.getScriptResults, (actor, { query }) => scriptStats.team(actor, query.store))
  mount(door, api.listWatchedScripts, async actor => ({ scripts: await scriptStats.listWatched(actor) }))
  mount(door, api.getMyCouponResults, (actor, { query }) => couponStats.mine(actor, query))
  mount(door, api.getCouponResults, (actor, { query }) => couponStats.team(actor, query))
}
