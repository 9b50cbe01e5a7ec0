import type { GroupCard } from '../../../shared/contract/groups.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { createTombstones } from '../../db/tombstones.ts'
import { NotFound } from '../../errors.ts'
import { createGroupsRepository, type GroupIds, type PulledGroup } from './groups.repository.ts'

export type { GroupIds, PulledGroup } from './groups.repository.ts'

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
}

export function createGroupsService({ db, clock, timeZone }: Deps) {
  return {
    /**
     * Scope of everything done in one customer group: the member is in it.
     * @throws NotFound also for groups of others
     */
    async findGroup(actor: StaffActor, chatId: string): Promise<GroupIds> {
      const group = await createGroupsRepository(db).findGroup(actor, chatId)
      if (!group) throw new NotFound()
      return group
    },

    /** @throws NotFound as findGroup */
    async getGroup(actor: StaffActor, chatId: string): Promise<GroupCard> {
      const day = { now: clock.now(), today: clock.today(timeZone), timeZone }
      const card = await createGroupsRepository(db).findCard(actor, chatId, day)
      if (!card) throw new NotFound()
      return card
    },

    /** Writes a group as WeCom has it. Safe to repeat. */
    async upsertGroup(tx: Db | Tx, actor: JobActor, group: PulledGroup, now: Date): Promise<void> {
      const members = group.members.filter(({ kind }) => kind === 'external').map(({ id }) => id)
      const tombstones = createTombstones(tx, actor.corpId)
      await tombstones.holdOffErasing()
      const erased = await tombstones.find(members)
      // Who was erased is in no group of ours, unless she has become somebody's friend again since.
      const known = await createGroupsRepository(tx).listKnown(actor.corpId, [...erased.keys()])
      const shown = group.members.filter(({ id }) => !erased.has(id) || known.has(id))
      await createGroupsRepository(tx).upsertGroup(actor.corpId, { ...group, members: shown }, now)
    },

    /** They have been dissolved. Safe to repeat. */
    async remove(tx: Db | Tx, actor: JobActor, chatIds: string[]): Promise<void> {
      if (chatIds.length > 0) await createGroupsRepository(tx).empty(actor.corpId, chatIds)
    },

    /** WeCom's ids of the groups we know that belong to one of the members. */
    listOwnedBy: (actor: JobActor, ownerUserIds: string[]): Promise<string[]> =>
      createGroupsRepository(db).listOwnedBy(actor.corpId, ownerUserIds),
  }
}
export type GroupsService = ReturnType<typeof createGroupsService>
