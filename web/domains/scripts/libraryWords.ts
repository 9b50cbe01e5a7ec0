import type { ManagedScript, ScriptState } from '../../../shared/contract/scriptLibrary.ts'
import type { ScriptScope } from '../../../shared/contract/scripts.ts'
import { monthDayText } from '../../../shared/rules/civilDay.ts'
import { occasionNames } from '../../../shared/rules/occasionNames.ts'

export const scopeWords: Record<ScriptScope, string> = { company: '公司', store: '门店', personal: '我的' }

/** What is said of a script that guides do not see; nothing of one that is in force. */
export const stateWords: Record<Exclude<ScriptState, 'inForce'>, string> = {
  notYet: '未生效',
  over: '已过期',
  archived: '已停用',
}

/** `12月1日起` · `到12月31日` · `12月1日到12月31日`; undefined for one that always holds. */
export function daysText({
  effectiveFrom,
  effectiveUntil,
}: Pick<ManagedScript, 'effectiveFrom' | 'effectiveUntil'>): string | undefined {
  if (effectiveFrom && effectiveUntil)
    return `${monthDayText(effectiveFrom)}到${monthDayText(effectiveUntil)}`
  if (effectiveFrom) return `${monthDayText(effectiveFrom)}起`
  return effectiveUntil ? `到${monthDayText(effectiveUntil)}` : undefined
}

/** The second line of a row. */
export const scriptFactWords = (script: ManagedScript): string[] => [
  occasionNames[script.occasion],
  script.scope === 'store' ? (script.storeName ?? scopeWords.store) : scopeWords[script.scope],
  ...(script.parts.length > 1 ? [`${script.parts.length} 条`] : []),
  ...(script.version > 1 ? [`第 ${script.version} 版`] : []),
  ...(daysText(script) ? [daysText(script) ?? ''] : []),
]
