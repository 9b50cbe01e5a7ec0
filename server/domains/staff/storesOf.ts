import type { StoreChoice } from '../../../shared/contract/staff.ts'
import type { WecomDepartment } from '../../wecom/client.ts'

/** How shops call themselves; WeCom knows departments only. */
const STORE_NAME = /店|专柜|柜台|门市|展厅|旗舰|体验馆/

/**
 * Which departments are stores. As an admin has said; else those named like one (the lowest of them, so that 华北门店 above
 * 国贸店 is none), or — where no name says so — all that have nothing below them. The corp itself is none.
 * @param choices by department; what is missing is `auto`
 */
export function storesOf(
  departments: WecomDepartment[],
  choices: ReadonlyMap<number, StoreChoice> = new Map(),
): WecomDepartment[] {
  const choiceOf = ({ id }: WecomDepartment) => choices.get(id) ?? 'auto'
  const known = new Set(departments.map(({ id }) => id))
  const parents = new Map(departments.map(({ id, parentId }) => [id, parentId]))
  const below = departments.filter(
    department => known.has(department.parentId) && choiceOf(department) !== 'none',
  )
  const named = below.filter(({ name }) => STORE_NAME.test(name))
  const candidates = named.length > 0 ? named : below
  const lowest = new Set(
    candidates.filter(
      ({ id }) => !candidates.some(other => other.id !== id && isAbove(parents, id, other.id)),
    ),
  )
  return departments.filter(department => choiceOf(department) === 'store' || lowest.has(department))
}

function isAbove(parents: Map<number, number>, upper: number, lower: number): boolean {
  const seen = new Set<number>()
  for (let at = parents.get(lower); at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (at === upper) return true
    seen.add(at)
  }
  return false
}

/** The department above all others, whose name is the corp's. */
export const rootOf = (departments: WecomDepartment[]): WecomDepartment | undefined => {
  const known = new Set(departments.map(({ id }) => id))
  return departments.find(({ id }) => id === 1) ?? departments.find(({ parentId }) => !known.has(parentId))
}

/** The corp's own name. */
export const corpNameOf = (departments: WecomDepartment[]): string | undefined => rootOf(departments)?.name

/** A department with everything below it. */
export function withBelow(departments: WecomDepartment[], ids: number[]): number[] {
  const parents = new Map(departments.map(({ id, parentId }) => [id, parentId]))
  return departments
    .map(({ id }) => id)
    .filter(id => ids.includes(id) || ids.some(upper => isAbove(parents, upper, id)))
}

/** Names of the departments above one, the highest first; the corp itself is left out. */
export function pathOf(departments: WecomDepartment[], id: number): string[] {
  const byId = new Map(departments.map(department => [department.id, department]))
  const root = rootOf(departments)?.id
  const path: string[] = []
  const seen = new Set([id])
  let above = byId.get(byId.get(id)?.parentId ?? 0)
  while (above && !seen.has(above.id)) {
    seen.add(above.id)
    if (above.id !== root) path.unshift(above.name)
    above = byId.get(above.parentId)
  }
  return path
}
