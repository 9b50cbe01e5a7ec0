import { computed, onMounted, ref, watch } from 'vue'
import type { StaffMember } from '../../../shared/contract/staff.ts'
import { listStaff } from '../../api/staff.ts'
import { usePages } from '../../ui/usePages.ts'
import { byStore, type StaffSection } from './staffWords.ts'

const PAGE = 100

/** Active members to choose one from: those of one store first, then all others by store; found by name or store. */
export function useMemberChoice(firstStore: number | undefined, isOffered: (member: StaffMember) => boolean) {
  const words = ref('')
  const near = usePages(cursor => listStaff({ store: firstStore, cursor, limit: PAGE }))
  const all = usePages(cursor => listStaff({ cursor, limit: PAGE }))

  function load(): void {
    if (firstStore !== undefined) void near.restart()
    void all.restart()
  }
  onMounted(load)
  // Who is looked for by name may stand on any page.
  watch([words, all.busy, all.error], () => {
    if (words.value.trim() && all.hasMore.value && !all.busy.value && !all.error.value) void all.more()
  })

  const isFitting = (member: StaffMember) => {
    const sought = words.value.trim()
    return (
      member.status === 'active' &&
      isOffered(member) &&
      (sought === '' || member.name.includes(sought) || (member.store?.name.includes(sought) ?? false))
    )
  }
  const sections = computed<StaffSection[]>(() => {
    const first = near.items.value
    const known = new Set(first.map(member => member.userId))
    return byStore(
      [...first, ...all.items.value.filter(member => !known.has(member.userId))].filter(isFitting),
    )
  })
  return {
    words,
    sections,
    isKnown: computed(() => all.isKnown.value && (firstStore === undefined || near.isKnown.value)),
    error: computed(() => all.error.value ?? near.error.value),
    busy: all.busy,
    hasMore: all.hasMore,
    isAnew: all.isAnew,
    more: () => all.more(),
    again: () => all.again(),
    load,
  }
}
