/** Refusals that are about the customer or the member: asking again tag by tag would hear the same. */
export const concernsAllTags = (errcode: number): boolean => [40003, 40096, 60111, 84061].includes(errcode)

export interface PendingChange {
  tagId: number
  /** WeCom's id */
  wecomId: string
  name: string
  change: 'add' | 'remove'
  version: number
  /** set when the tag's group holds one tag at a time */
  singleGroupId: number | null
}

/** What stands or falls together: in a single-choice group the new tag and the one it replaces. */
export function unitsOf(changes: PendingChange[]): PendingChange[][] {
  const units = new Map<string, PendingChange[]>()
  for (const change of changes) {
    const key = change.singleGroupId === null ? `tag:${change.tagId}` : `group:${change.singleGroupId}`
    units.set(key, [...(units.get(key) ?? []), change])
  }
  return [...units.values()]
}
