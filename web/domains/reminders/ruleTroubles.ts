import type { ReminderRulesDraft } from '../../../shared/contract/reminderRules.ts'

/** Why a line of the rules cannot be saved, with its limits; empty when it can. What stands in a field may be anything. */

const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most

const said = (...troubles: (string | false)[]): string => troubles.filter(Boolean).join('；')

export const leadTrouble = ({
  productLine,
  productionDays,
  bufferDays,
}: ReminderRulesDraft['leads'][number]): string =>
  said(
    productLine === '' && '写一下是哪种东西，如 刻字',
    !isWhole(productionDays, 0, 120) && '「做」填 0 到 120 天',
    !isWhole(bufferDays, 0, 60) && '「商量」填 0 到 60 天',
  )

export const closureTrouble = ({ name, firstDay, lastDay }: ReminderRulesDraft['closures'][number]): string =>
  said(
    name === '' && '写一下是什么假，如 春节',
    firstDay === '' && '选第一天',
    lastDay === '' && '选最后一天',
    firstDay !== '' && lastDay !== '' && lastDay < firstDay && '最后一天不能早于第一天',
  )

export const careTrouble = ({ name, afterDays }: ReminderRulesDraft['cares'][number]): string =>
  said(name === '' && '写一下做什么，如 清洗保养', !isWhole(afterDays, 7, 3650) && '填 7 到 3650 天')
