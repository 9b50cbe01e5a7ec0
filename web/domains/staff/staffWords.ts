import type { StaffMember, TransferView } from '../../../shared/contract/staff.ts'

/** What she is beside a guide, and whether she is away: each a mark. */
export function marksOf(member: StaffMember): { word: string; isAway: boolean }[] {
  return [
    ...(member.role === 'manager' ? [{ word: '店长', isAway: false }] : []),
    ...(member.role === 'admin' ? [{ word: '管理员', isAway: false }] : []),
    ...(member.status === 'left' ? [{ word: '已离职', isAway: true }] : []),
    ...(member.status === 'disabled' ? [{ word: '已停用', isAway: true }] : []),
  ]
}

export interface StaffSection {
  name: string
  members: StaffMember[]
}

/** By store in the order in which the stores first appear; who belongs to none comes last. */
export function byStore(members: readonly StaffMember[]): StaffSection[] {
  const sections = new Map<string, StaffSection>()
  const without: StaffMember[] = []
  for (const member of members) {
    if (!member.store) {
      without.push(member)
      continue
    }
    const key = String(member.store.departmentId)
    const section = sections.get(key) ?? { name: member.store.name, members: [] }
    section.members.push(member)
    sections.set(key, section)
  }
  return [...sections.values(), ...(without.length > 0 ? [{ name: '不在门店', members: without }] : [])]
}

/** How handing over one customer stands. */
export interface TransferLook {
  words: string
  tone: 'calm' | 'ok' | 'bad'
  /** on its way: cannot be chosen again */
  isOpen: boolean
}

export function transferLook({ toName, state, reason }: TransferView): TransferLook {
  const why = reason ? `：${reason}` : ''
  switch (state) {
    case 'waiting':
      return { words: `等企业微信，交给${toName}`, tone: 'calm', isOpen: true }
    case 'started':
      return { words: `等客户确认，交给${toName}`, tone: 'calm', isOpen: true }
    case 'done':
      return { words: `${toName}已接替`, tone: 'ok', isOpen: true }
    case 'refused':
      return { words: `客户拒绝了，没有交给${toName}`, tone: 'bad', isOpen: false }
    case 'failed':
      return { words: `没有交给${toName}${why}`, tone: 'bad', isOpen: false }
    case 'cancelled':
      return { words: `已取消，没有交给${toName}${why}`, tone: 'calm', isOpen: false }
  }
}
