import { conversationPartner } from '../bridge/conversation.ts'
import type { AppMessage, ChatMessage, Conversation, Device, Follow, Member, World } from '../world/types.ts'

/** Everything the window draws for one device, in one read. */
export interface WindowView {
  /** another one after the sandbox was started anew: then it knows nothing of this device */
  sandboxId: string
  /** unix milliseconds of the sandbox's clock */
  now: number
  corpName: string
  members: Member[]
  device: Device
  conversations: ListedConversation[]
  /** the conversation in view; absent in the workbench */
  chat?: ChatView
  /** app notices of the device's member, oldest first */
  notices: AppMessage[]
}

/** In groups the list also says who spoke last. */
export interface ListedConversation extends Conversation {
  lastSpeaker?: string
}

export interface ChatView {
  conversation: Conversation
  messages: ChatMessage[]
  /** names by user id or external user id, of everyone in it */
  names: Record<string, string>
  /** customers who may hold the customer's phone, by the name they go by in WeChat */
  customers: { id: string; name: string }[]
  /** `@微信`, the customer's corp, how many people are in the group, or what stands between the two */
  subtitle: string
}

/** Members of a group the customer's phone can belong to: enough to choose from, few enough for a list. */
const HOLDERS_MAX = 40

export function windowView(world: World, deviceId: string, sandboxId: string): WindowView {
  const device = world.device(deviceId)
  const conversations = world.conversationsOf(device.userId)
  const conversation =
    conversations.find(({ id }) => id === device.conversationId) ?? endedConversation(world, device)
  return {
    sandboxId,
    now: world.now(),
    corpName: world.corp.name,
    members: world.members().filter(({ status }) => status === 1),
    device,
    conversations: conversations.map(listed => ({ ...listed, lastSpeaker: lastSpeaker(world, listed) })),
    chat: conversation && chatView(world, device, conversation),
    notices: world.appMessages(device.userId),
  }
}

/** The chat of a customer the member has just deleted: no longer listed, but still in view. */
function endedConversation(world: World, { userId, conversationId }: Device): Conversation | undefined {
  const { externalUserId } = conversationPartner(conversationId)
  const follow = externalUserId && world.findFollow(userId, externalUserId)
  if (!follow) return undefined
  const title = follow.remark || (world.findCustomer(externalUserId)?.name ?? externalUserId)
  return { id: conversationId, kind: 'single', peerId: externalUserId, title }
}

const ENDINGS: Record<Follow['status'], string> = {
  active: '',
  lost: '对方已不是好友',
  removed: '已从客户里删除',
  half: '还没通过好友申请',
}

function lastSpeaker(world: World, { kind, lastMessage }: Conversation): string | undefined {
  if (kind === 'single' || !lastMessage) return undefined
  const { id } = lastMessage.from
  return world.findMember(id)?.name ?? world.findCustomer(id)?.name
}

function chatView(world: World, device: Device, conversation: Conversation): ChatView {
  const { chatId, externalUserId } = conversationPartner(conversation.id)
  const group = chatId ? world.findGroup(chatId) : undefined
  const customer = externalUserId ? world.findCustomer(externalUserId) : undefined
  const people = group ? group.members : [{ id: device.userId }, { id: conversation.peerId }]
  const strangers = new Map(group?.members.map(({ id, name }) => [id, name]))
  const nameOf = (id: string) =>
    world.findMember(id)?.name ?? world.findCustomer(id)?.name ?? strangers.get(id) ?? '群里的人'
  const messages = world.messages(conversation.id)
  const follow = externalUserId ? world.findFollow(device.userId, externalUserId) : undefined
  const from = customer?.type === 2 ? `@${customer.corpName ?? '企业微信'}` : '@微信'
  const ids = new Set([...people.map(({ id }) => id), ...messages.map(({ from }) => from.id)])
  const outside = group
    ? group.members.filter(({ type }) => type === 2).slice(0, HOLDERS_MAX)
    : [{ id: conversation.peerId }]
  return {
    conversation,
    messages,
    names: Object.fromEntries([...ids].map(id => [id, nameOf(id)])),
    customers: outside.map(({ id }) => ({ id, name: nameOf(id) })),
    subtitle: group ? `${group.members.length} 人` : (follow && ENDINGS[follow.status]) || from,
  }
}
