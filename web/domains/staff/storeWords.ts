import type { StoreChoice, StoreRow } from '../../../shared/contract/staff.ts'

export const choiceWords: Record<StoreChoice, string> = { auto: '按名字判断', store: '算门店', none: '不算' }
export const choices: readonly StoreChoice[] = ['auto', 'store', 'none']

/** Where the department lies, who runs the store, how many work there. */
export function storeFacts(store: StoreRow): string[] {
  const managers = store.managers.map(({ name }) => name)
  return [
    store.path.join(' / '),
    store.isStore && store.name !== store.departmentName ? store.departmentName : '',
    store.isStore ? (managers.length > 0 ? `店长 ${[...new Set(managers)].join('、')}` : '还没有店长') : '',
    `${store.staffCount} 人`,
  ].filter(Boolean)
}
