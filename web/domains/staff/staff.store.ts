import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { StaffMember } from '../../../shared/contract/staff.ts'
import { listStaff } from '../../api/staff.ts'

/** Names of members met in lists, so that a page about one of them can say whose it is. Memory only. */
export const useStaffStore = defineStore('staff', () => {
  const names = shallowReactive(new Map<string, string>())

  function meet(members: readonly Pick<StaffMember, 'userId' | 'name'>[]): void {
    for (const { userId, name } of members) names.set(userId, name)
  }

  /** Finds out her name where no list has told it yet; a corp larger than one page may leave it unknown. */
  async function ask(userId: string): Promise<void> {
    if (names.has(userId)) return
    await listStaff({ limit: 100 }).then(
      page => meet(page.items),
      () => undefined, // without it the page speaks of 同事, which is true as well
    )
  }
  return { nameOf: (userId: string) => names.get(userId), meet, ask }
})
