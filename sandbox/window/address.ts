import type { Device, Entry } from '../world/types.ts'

/** What the window's address asks for: a state to open directly, and whether only the app is shown. */
export interface WindowAddress {
  isCompact: boolean
  userId?: string
  /** an external user id or a chat id */
  chat?: string
  entry?: Entry
  theme?: Device['theme']
  frame?: Device['frame']
}

/** Short words beside WeCom's own names of entries. */
const ENTRIES: Record<string, Entry> = {
  chat: 'single_chat_tools',
  profile: 'contact_profile',
  workbench: 'normal',
  contact_profile: 'contact_profile',
  single_chat_tools: 'single_chat_tools',
  group_chat_tools: 'group_chat_tools',
  chat_attachment: 'chat_attachment',
  single_kf_tools: 'single_kf_tools',
  normal: 'normal',
}

/** Reads `/?user=&chat=&entry=&theme=&frame=&compact=1`; unknown values count as absent. */
export function readAddress(search: string): WindowAddress {
  const query = new URLSearchParams(search)
  const theme = query.get('theme')
  const frame = query.get('frame')
  return {
    isCompact: query.get('compact') === '1',
    userId: query.get('user') || undefined,
    chat: query.get('chat') || undefined,
    entry: ENTRIES[query.get('entry') ?? ''],
    theme: theme === 'light' || theme === 'dark' ? theme : undefined,
    frame: frame === 'sidebar' || frame === 'phone' ? frame : undefined,
  }
}
