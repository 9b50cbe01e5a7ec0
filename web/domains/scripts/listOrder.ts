import type { Script } from '../../../shared/contract/scripts.ts'
import type { HitRank } from '../../../shared/rules/searchIndex.ts'
import type { Candidate, Suggestion } from '../../../shared/rules/suggestScript.ts'
import { folders, speaksOfDay } from './occasionWords.ts'

type Suggested = Suggestion<Candidate & { script: Script }>

const folderOf = (script: Script): number =>
  folders.findIndex(({ occasions }) => occasions.includes(script.occasion))

/**
 * With nothing to be told her: what this guide used last, then folder by folder; at the end what speaks of a day, lacks a fact, or
 * may not be said today.
 * @param recentIds newest first
 */
export function withNothingDue(all: readonly Suggested[], recentIds: readonly string[]): Suggested[] {
  const layerOf = ({ candidate: { script, holes }, score }: Suggested): number => {
    if (score.offDay !== undefined) return 4
    if (holes.length > 0) return 3
    if (speaksOfDay(script.occasion)) return 2
    return recentIds.includes(script.scriptId) ? 0 : 1
  }
  const placed = all.map(one => {
    const { script } = one.candidate
    const layer = layerOf(one)
    return { one, layer, place: layer === 0 ? recentIds.indexOf(script.scriptId) : folderOf(script) }
  })
  return placed.sort((a, b) => a.layer - b.layer || a.place - b.place).map(({ one }) => one)
}

/** Of the titles found, and then of the words found, those that may be said today come first; else the order stays. */
export function todayFirst(
  items: readonly Script[],
  ranks: readonly HitRank[],
  isOffDay: (script: Script) => boolean,
): readonly Script[] {
  if (ranks.length === 0) return items
  const layers: Script[][] = [[], [], [], []]
  for (const [index, script] of items.entries())
    layers[(ranks[index] === 'body' ? 2 : 0) + (isOffDay(script) ? 1 : 0)]?.push(script)
  return layers.flat()
}
