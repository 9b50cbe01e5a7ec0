import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { StatsService } from './stats.service.ts'

export const statsRoutes = (door: Door, stats: StatsService): void => {
  mount(door, api.getMyResults, actor => stats.mine(actor))
  mount(door, api.getTeamResults, (actor, { query }) => stats.team(actor, query.by))
}
