import type { Redemption, UndoneRedemption } from '../../../shared/contract/redemptions.ts'

/** What happened at the till today, one line each. */
export type DayRow =
  | { kind: 'use'; key: string; at: string; use: Redemption }
  | { kind: 'undone'; key: string; at: string; use: UndoneRedemption }

/** Uses and what was taken back, the newest first; a coupon may stand there as both. */
export function dayRows(day: { redemptions: Redemption[]; undone: UndoneRedemption[] }): DayRow[] {
  const rows: DayRow[] = [
    ...day.redemptions.map(use => {
      const { at } = use.redemption
      return { kind: 'use' as const, key: use.couponId, at, use }
    }),
    ...day.undone.map(use => ({
      kind: 'undone' as const,
      key: `${use.couponId} ${use.at}`,
      at: use.at,
      use,
    })),
  ]
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}
