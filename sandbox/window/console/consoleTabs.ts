export type ConsoleTab = 'actions' | 'callbacks' | 'calls' | 'clock'

export const consoleTabs: { id: ConsoleTab; text: string }[] = [
  { id: 'actions', text: '动作' },
  { id: 'callbacks', text: '回调' },
  { id: 'calls', text: '接口' },
  { id: 'clock', text: '时间' },
]
