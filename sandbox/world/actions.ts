import { contactActions } from './actions/contactActions.ts'
import { groupActions } from './actions/groupActions.ts'
import { memberActions } from './actions/memberActions.ts'
import { tagActions } from './actions/tagActions.ts'
import { transferActions } from './actions/transferActions.ts'
import type { World } from './types.ts'

/**
 * What people do in their clients and admins in the console. Only this raises callbacks: what an app does through the
 * API comes back to nobody [D92130]. With `silent` the world changes and no event is raised.
 */
export const createActions = (world: World) => ({
  ...contactActions(world),
  ...tagActions(world),
  ...groupActions(world),
  ...memberActions(world),
  ...transferActions(world),
})

export type Actions = ReturnType<typeof createActions>
