import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { WindowEvent } from '../events.ts'
import type { ChatMessage, Device, Entry } from '../world/types.ts'
import type { WindowAddress } from './address.ts'
import { frameReaction, startPage } from './frameReaction.ts'
import { deviceBeforeRestart, rememberDevice } from './rememberedDevice.ts'
import { changeDevice, listen, readView, resetWorld, say } from './sandboxApi.ts'
import type { DeviceChange } from './sandboxApi.ts'
import type { WindowView } from './view.ts'

/** What the client shows beside the app: the event of the bridge that asked for it. */
export type ClientShow = Extract<WindowEvent, { kind: 'client' }>

/** The window's state: the sandbox's view of this device, kept live, and the verbs that change it. */
export function useSandbox(address: WindowAddress, onShow: (show: ClientShow) => void) {
  const view = shallowRef<WindowView>()
  /** why the last change was refused, and why the sandbox cannot be read */
  const refused = ref('')
  const away = ref('')
  const unread = ref(new Set<string>())
  const hasNewNotice = ref(false)
  const page = ref('')
  const opening = ref(0)
  const waking = ref(0)
  /** where the webview is to go instead of the start page, when the next change makes it anew */
  let destination = ''
  let latest = 0

  const device = computed(() => view.value?.device)

  async function refresh(): Promise<void> {
    const turn = ++latest
    try {
      const found = await readOwnView()
      if (turn !== latest) return
      rememberDevice(found)
      show(found)
      away.value = ''
    } catch (cause) {
      away.value = messageOf(cause)
    }
  }

  /** A sandbox that was started anew is told first how this device was. */
  async function readOwnView(): Promise<WindowView> {
    const found = await readView()
    const former = deviceBeforeRestart(found)
    if (!former) return found
    try {
      await changeDevice(former)
    } catch {
      rememberDevice(found) // its member or chat is no more: it begins as a new device does
    }
    return readView()
  }

  function show(found: WindowView): void {
    const before = view.value?.device
    view.value = found
    unread.value.delete(found.device.conversationId)
    if (!found.device.conversationId) hasNewNotice.value = false
    const reaction = before ? frameReaction(before, found.device) : 'open'
    if (reaction === 'open') open(destination || startPage(found.device))
    if (reaction === 'wake') waking.value++
    if (reaction !== 'stay') destination = ''
  }

  function open(link: string): void {
    page.value = link
    opening.value++
  }

  async function attempt(change: () => Promise<unknown>): Promise<void> {
    try {
      await change()
      refused.value = ''
    } catch (cause) {
      refused.value = messageOf(cause)
    }
    await refresh()
  }

  const change = (wanted: DeviceChange) => attempt(() => changeDevice(wanted))

  function openConversation(conversationId: string): Promise<void> {
    const entry: Entry = conversationId.startsWith('group:') ? 'group_chat_tools' : 'single_chat_tools'
    return change({ conversationId, entry })
  }

  /** A member's chat with a customer; where another member had the device, she takes it over. */
  const openChatOf = (userId: string, externalUserId: string): Promise<void> =>
    change({ userId, conversationId: `single:${userId}:${externalUserId}`, entry: 'single_chat_tools' })

  /** Opens the app from somewhere else; a chat entry without a chat takes the newest one. */
  function enter(entry: Entry): Promise<void> {
    if (entry === 'normal') return change({ entry, conversationId: '' })
    const conversationId = device.value?.conversationId || view.value?.conversations[0]?.id || ''
    const isGroup = conversationId.startsWith('group:')
    return change({
      conversationId,
      entry: isGroup ? 'group_chat_tools' : entry === 'group_chat_tools' ? 'single_chat_tools' : entry,
    })
  }

  /** A card of the app, tapped inside the client: opened in the app's webview, from no chat. */
  async function openInApp(link: string): Promise<void> {
    if (device.value?.entry === 'normal') return open(link)
    destination = link
    await enter('normal')
  }

  async function applyAddress(): Promise<void> {
    const { userId, chat, entry, theme, frame } = address
    rememberDevice(await readOwnView())
    const wanted: DeviceChange = {}
    if (userId) wanted.userId = userId
    if (theme) wanted.theme = theme
    if (frame) Object.assign(wanted, { frame, platform: frame === 'phone' ? 'ios' : 'windows' })
    if (Object.keys(wanted).length > 0) await changeDevice(wanted)
    if (entry === 'normal') await changeDevice({ entry, conversationId: '' })
    else if (chat) {
      const { conversations } = await readView()
      const conversation = conversations.find(({ peerId }) => peerId === chat)
      if (!conversation) throw new Error(`这位导购没有会话 ${chat}`)
      const usual: Entry = conversation.kind === 'group' ? 'group_chat_tools' : 'single_chat_tools'
      await changeDevice({ conversationId: conversation.id, entry: entry ?? usual })
    } else if (entry) await changeDevice({ entry })
  }

  function onEvent(event: WindowEvent): void {
    if (event.kind === 'client') return onShow(event)
    if (!view.value) return
    if (event.kind === 'message' && event.message.conversationId !== device.value?.conversationId) {
      noteUnread(event.message)
    }
    if (
      event.kind === 'appMessage' &&
      event.message.userId === device.value?.userId &&
      device.value.conversationId
    ) {
      hasNewNotice.value = true
    }
    if (event.kind === 'reset') unread.value.clear()
    void refresh()
  }

  function noteUnread(message: ChatMessage): void {
    if (message.from.id !== device.value?.userId) unread.value.add(message.conversationId)
  }

  onScopeDispose(listen(onEvent, () => view.value && void refresh()))
  void attempt(applyAddress)

  return {
    view,
    trouble: computed(() => refused.value || away.value),
    unread,
    hasNewNotice,
    page,
    opening,
    waking,
    change,
    enter,
    openConversation,
    openChatOf,
    openInApp,
    refresh,
    reset: () => attempt(resetWorld),
    sayAsMember(content: string) {
      const current: Device | undefined = device.value
      if (!current) return
      void attempt(() => say(current.conversationId, { kind: 'member', id: current.userId }, content))
    },
    sayAsCustomer(customerId: string, content: string) {
      const conversationId = device.value?.conversationId
      if (!conversationId) return
      void attempt(() => say(conversationId, { kind: 'customer', id: customerId }, content))
    },
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
