import { inject, provide, type InjectionKey } from 'vue'
import type { FilledPiece } from '../../../shared/rules/fillScript.ts'

/** Marks in final words what is being looked for. */
export type Marking = (pieces: readonly FilledPiece[]) => readonly (FilledPiece & { isFound?: boolean })[]

const KEY: InjectionKey<Marking> = Symbol('marking of what was searched for')

/** A list that is searched tells the texts below it how to mark what was found; elsewhere nothing is marked. */
export const provideMarking = (marking: Marking): void => provide(KEY, marking)
export const useMarking = (): Marking => inject(KEY, () => (pieces: readonly FilledPiece[]) => pieces, true)
