import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { toLunar } from '../../../shared/rules/lunarCalendar.ts'

const months = ['正', '二', '三', '四', '五', '六', '七', '八', '九', '十', '冬', '腊']
const digits = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十']

/** `农历十月十三`, `农历闰六月初一` */
export function lunarDayText(day: CivilDay): string {
  const lunar = toLunar(day)
  return `农历${lunar.isLeapMonth ? '闰' : ''}${months[lunar.month - 1]}月${dayText(lunar.day)}`
}

function dayText(day: number): string {
  if (day <= 10) return `初${digits[day - 1]}`
  if (day === 20) return '二十'
  if (day === 30) return '三十'
  return `${day < 20 ? '十' : '廿'}${digits[(day % 10) - 1]}`
}
