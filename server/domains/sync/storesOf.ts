import type { WecomDepartment } from '../../wecom/client.ts'

/** How shops call themselves; WeCom knows departments only. */
const STORE_NAME = /店|专柜|柜台|门市|展厅|旗舰|体验馆/

/**
 * Which departments are stores: those named like one (the lowest of them, so that 华北门店 above 国贸店 is none), or —
 * where no name says so — all that have nothing below them. The corp itself is none.
 */
export function storesOf(departments: WecomDepartment[]): WecomDepartment[] {
  const known = new Set(departments.map(({ id }) => id))
  const parents = new Map(departments.map(({ id, parentId }) => [id, parentId]))
  const below = departments.filter(({ parentId }) => known.has(parentId))
  const named = below.filter(({ name }) => STORE_NAME.test(name))
  const candidates = named.length > 0 ? named : below
  return candidates.filter(
    ({ id }) => !candidates.some(other => other.id !== id && isAbove(parents, id, other.id)),
  )
}

function isAbove(parents: Map<number, number>, upper: number, lower: number): boolean {
  const seen = new Set<number>()
  for (let at = parents.get(lower); at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (at === upper) return true
    seen.add(at)
  }
  return false
}

/** The corp's own name: the department above all others. */
export function corpNameOf(departments: WecomDepartment[]): string | undefined {
  const known = new Set(departments.map(({ id }) => id))
  return (departments.find(({ id }) => id === 1) ?? departments.find(({ parentId }) => !known.has(parentId)))
    ?.name
}

/** A department with everything below it. */
export function withBelow(departments: WecomDepartment[], ids: number[]): number[] {
  const parents = new Map(departments.map(({ id, parentId }) => [id, parentId]))
  return departments
    .map(({ id }) => id)
    .filter(id => ids.includes(id) || ids.some(upper => isAbove(parents, upper, id)))
}
