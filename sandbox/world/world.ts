import { randomBytes } from 'node:crypto'
import { generateCorp } from './corp.ts'
import type { CorpState } from './corp.ts'
import { createContactWays } from './contactWays.ts'
import { createCallLog } from './callLog.ts'
import { createCredentials } from './credentials.ts'
import { createDevices } from './devices.ts'
import { createFaults } from './faults.ts'
import { defaultLimits } from './limits.ts'
import { stableId } from './random.ts'
import { WorldRefusal } from './refusal.ts'
import { createRelations, sameUser } from './relations.ts'
import type {
  AppMessage,
  ChatMessage,
  Conversation,
  Corp,
  Customer,
  CustomerGroup,
  Follow,
  Media,
  Network,
  Tag,
  TagGroup,
  Transfer,
  World,
  WorldEvent,
} from './types.ts'

/**
 * The make-believe corp with its people, chats, tokens and devices, all in memory.
 * What it hands out are snapshots: a change makes a new object and leaves those already handed out alone.
 * Verbs throw WorldRefusal when they name something that does not exist.
 */
export function createWorld({
  corp,
  now,
  seed = 1,
  generate = generateCorp,
  random = Math.random,
}: {
  corp: Corp
  now: () => number
  seed?: number
  /** the corp as it is at the start and after a reset */
  generate?: (now: number, seed: number) => CorpState
  /** for faults that come only sometimes */
  random?: () => number
}): World {
  const bornAt = now()
  let state = generate(bornAt, seed)
  let relations = createRelations(state)
  let appMessages: AppMessage[] = []
  let limits = { ...defaultLimits }
  let network = networkOf(corp)
  let transfers: Transfer[] = []
  const dismissed = new Set<string>()
  let made = 0
  const media = new Map<string, Media>()
  const listeners = new Set<(event: WorldEvent) => void>()
  const credentials = createCredentials(now, () => limits)
  const { forgetContactWays, ...contactWays } = createContactWays(now, () => limits)
  const callLog = createCallLog()
  const faults = createFaults(random)

  const seconds = () => Math.floor(now() / 1000)
  const emit = (event: WorldEvent) => {
    for (const listener of listeners) listener(event)
  }
  const findMember = (userId: string) => relations.findMember(userId)
  const findCustomer = (externalUserId: string) => relations.findCustomer(externalUserId)
  const findFollow = (userId: string, externalUserId: string) => relations.findFollow(userId, externalUserId)
  const followsOf = (userId: string) => relations.followsOf(userId)
  const findGroup = (chatId: string) => state.groups.find(group => group.chatId === chatId)
  const messages = (conversationId: string) =>
    state.messages.filter(message => message.conversationId === conversationId)

  /** Swaps the first item that `isIt` for a changed copy. */
  function replace<Item>(
    items: Item[],
    isIt: (item: Item) => boolean,
    change: Partial<Item>,
    what: string,
  ): Item {
    const index = items.findIndex(isIt)
    const item = items[index]
    if (item === undefined) throw new WorldRefusal(`no ${what}`)
    const changed = { ...item, ...change }
    items[index] = changed
    return changed
  }

  function conversationsOf(userId: string): Conversation[] {
    const singles = followsOf(userId)
      .filter(({ status }) => status !== 'removed')
      .map(({ externalUserId, remark, createdAt }) => ({
        id: `single:${findMember(userId)?.userId ?? userId}:${externalUserId}`,
        kind: 'single' as const,
        peerId: externalUserId,
        title: remark || (findCustomer(externalUserId)?.name ?? externalUserId),
        since: createdAt * 1000,
      }))
    const groups = state.groups
      .filter(group => group.members.some(({ id, type }) => type === 1 && sameUser(id, userId)))
      .map(group => ({
        id: `group:${group.chatId}`,
        kind: 'group' as const,
        peerId: group.chatId,
        title: group.name,
        since: group.createdAt * 1000,
      }))
    const lastOf = new Map(state.messages.map(message => [message.conversationId, message]))
    return [...singles, ...groups]
      .map(({ since, ...conversation }) => ({
        since,
        ...conversation,
        lastMessage: lastOf.get(conversation.id),
      }))
      .sort(
        (one, other) => (other.lastMessage?.at ?? 0) - (one.lastMessage?.at ?? 0) || other.since - one.since,
      )
      .map(({ since: _since, lastMessage, ...conversation }) =>
        lastMessage ? { ...conversation, lastMessage } : conversation,
      )
  }

  const [firstMember] = state.members
  if (!firstMember) throw new Error('the corp has no members')
  const devices = createDevices(firstMember.userId, {
    conversationsOf: userId => conversationsOf(userId).map(({ id }) => id),
    hasMember: userId => findMember(userId) !== undefined,
    changed: device => emit({ kind: 'device', device }),
  })

  function assertConversation(conversationId: string) {
    const [kind, first = '', second = ''] = conversationId.split(':')
    const exists = kind === 'group' ? findGroup(first) : kind === 'single' && findFollow(first, second)
    if (!exists) throw new WorldRefusal(`no conversation ${conversationId}`)
  }

  function newFollow(externalUserId: string, given: Partial<Follow> & { userId: string }): Follow {
    const member = findMember(given.userId)
    if (!member) throw new WorldRefusal(`no member ${given.userId}`)
    return {
      remark: findCustomer(externalUserId)?.name ?? '',
      description: '',
      createdAt: seconds(),
      tagIds: [],
      remarkCompany: '',
      mobiles: [],
      operUserId: externalUserId,
      addWay: 1,
      state: '',
      status: 'active',
      ...given,
      userId: member.userId,
      externalUserId,
    }
  }

  function newTag(groupId: string, name: string, order: number, madeBy: 'console' | 'app'): Tag {
    const id = stableId('et', `made:${groupId}:${name}:${++made}`)
    return { id, name, order, createdAt: seconds(), deleted: false, madeBy }
  }

  function updateFollow(userId: string, externalUserId: string, change: Partial<Follow>): Follow {
    const changed = relations.updateFollow(userId, externalUserId, change)
    emit({ kind: 'follow', userId: changed.userId, externalUserId })
    return changed
  }

  function deleteTags({ tagIds, groupIds }: { tagIds: string[]; groupIds: string[] }) {
    const gone = new Set<string>()
    state.tagGroups = state.tagGroups.map(group => {
      const isWhole = groupIds.includes(group.id)
      const tags = group.tags.map(tag => {
        if (tag.deleted || !(isWhole || tagIds.includes(tag.id))) return tag
        gone.add(tag.id)
        return { ...tag, deleted: true }
      })
      return { ...group, tags, deleted: group.deleted || isWhole || tags.every(tag => tag.deleted) }
    })
    const wearing = relations.follows().filter(({ tagIds: worn }) => worn.some(id => gone.has(id)))
    for (const follow of wearing) {
      updateFollow(follow.userId, follow.externalUserId, {
        tagIds: follow.tagIds.filter(id => !gone.has(id)),
      })
    }
  }

  function addTagGroup(name: string, tags: string[], madeBy: 'console' | 'app', order = 0): TagGroup {
    const id = stableId('et', `made:group:${name}:${++made}`)
    const group = {
      id,
      name,
      order,
      createdAt: seconds(),
      deleted: false,
      madeBy,
      tags: tags.map(tag => newTag(id, tag, 0, madeBy)),
    }
    state.tagGroups.push(group)
    return group
  }

  function addTag(groupId: string, name: string, madeBy: 'console' | 'app', order = 0): Tag {
    const group = state.tagGroups.find(({ id }) => id === groupId)
    const tag = newTag(groupId, name, order, madeBy)
    replace(
      state.tagGroups,
      ({ id }) => id === groupId,
      { tags: [...(group?.tags ?? []), tag] },
      `tag group ${groupId}`,
    )
    return tag
  }

  function updateTag(id: string, change: Partial<Pick<Tag, 'name' | 'order'>>): Tag {
    const group = state.tagGroups.find(({ tags }) => tags.some(tag => tag.id === id))
    if (!group) throw new WorldRefusal(`no tag ${id}`)
    const tags = [...group.tags]
    const changed = replace<Tag>(tags, tag => tag.id === id, change, `tag ${id}`)
    replace(state.tagGroups, candidate => candidate.id === group.id, { tags }, `tag group ${group.id}`)
    return changed
  }

  return {
    corp,
    now,
    departments: () => [...state.departments],
    members: () => relations.members(),
    findMember,
    findCustomer,
    customers: () => relations.customers(),
    followsOf,
    followersOf: externalUserId => relations.followersOf(externalUserId),
    findFollow,
    tagGroups: () => [...state.tagGroups],
    groups: () => [...state.groups],
    findGroup,
    conversationsOf,

    addCustomer(given, follows) {
      const type = given.type ?? 1
      const externalUserId =
        given.externalUserId ??
        stableId(type === 2 ? 'wo' : 'wm', `made:${++made}:${randomBytes(6).toString('hex')}`)
      if (findCustomer(externalUserId)) throw new WorldRefusal(`customer ${externalUserId} exists already`)
      const stranger = follows.find(({ userId }) => !findMember(userId))
      if (stranger) throw new WorldRefusal(`no member ${stranger.userId}`)
      const customer: Customer = { name: '新朋友', gender: 0, avatar: '', ...given, type, externalUserId }
      relations.addCustomer(customer)
      for (const follow of follows) {
        const made = newFollow(externalUserId, follow)
        relations.addFollow(made)
        emit({ kind: 'follow', userId: made.userId, externalUserId })
      }
      return customer
    },
    addFollow(externalUserId, given) {
      if (!findCustomer(externalUserId)) throw new WorldRefusal(`no customer ${externalUserId}`)
      const follow = newFollow(externalUserId, given)
      if (findFollow(follow.userId, externalUserId))
        return updateFollow(follow.userId, externalUserId, follow)
      relations.addFollow(follow)
      emit({ kind: 'follow', userId: follow.userId, externalUserId })
      return follow
    },
    updateFollow,
    updateCustomer: (externalUserId, change) => relations.updateCustomer(externalUserId, change),
    updateMember: (userId, change) => relations.updateMember(userId, change),
    addTagGroup,
    addTag,
    updateTagGroup: (id, change) =>
      replace<TagGroup>(state.tagGroups, group => group.id === id, change, `tag group ${id}`),
    updateTag,
    deleteTags,

    addGroup(given) {
      const chatId = stableId('wr', `made:${++made}:${given.name}`)
      const group: CustomerGroup = { ...given, chatId, createdAt: seconds() }
      state.groups.push(group)
      return group
    },
    updateGroup: (chatId, change) =>
      replace<CustomerGroup>(state.groups, group => group.chatId === chatId, change, `group ${chatId}`),
    dismissGroup(chatId) {
      if (!findGroup(chatId)) throw new WorldRefusal(`no group ${chatId}`)
      state.groups = state.groups.filter(group => group.chatId !== chatId)
      dismissed.add(chatId)
    },
    wasDismissed: chatId => dismissed.has(chatId),
    transfers: () => [...transfers],
    addTransfer(given) {
      const transfer = { ...given, id: `t${++made}` }
      transfers.push(transfer)
      return transfer
    },
    updateTransfer: (id, change) =>
      replace<Transfer>(transfers, transfer => transfer.id === id, change, `transfer ${id}`),
    raise: event => emit({ kind: 'callback', event }),

    messages,
    say(message) {
      assertConversation(message.conversationId)
      const said: ChatMessage = {
        id: `m${String(state.messages.length + 1).padStart(6, '0')}`,
        at: now(),
        ...message,
      }
      state.messages.push(said)
      emit({ kind: 'message', message: said })
      return said
    },
    appMessages: userId => appMessages.filter(message => sameUser(message.userId, userId)),
    notify(message) {
      const notice = { id: `n${++made}`, at: now(), ...message }
      appMessages.push(notice)
      emit({ kind: 'appMessage', message: notice })
      return notice
    },
    recall(msgId) {
      appMessages = appMessages.filter(message => message.msgId !== msgId)
      emit({ kind: 'recall', msgId })
    },

    saveMedia(given) {
      const saved = { ...given, mediaId: `3${randomBytes(48).toString('base64url')}`, createdAt: seconds() }
      media.set(saved.mediaId, saved)
      return saved
    },
    findMedia(mediaId) {
      const found = media.get(mediaId)
      return found && seconds() - found.createdAt <= limits.mediaSeconds ? found : undefined
    },
    readMedia: mediaId => media.get(mediaId),
    isExpiredMedia(mediaId) {
      const found = media.get(mediaId)
      return found !== undefined && seconds() - found.createdAt > limits.mediaSeconds
    },

    device: devices.get,
    updateDevice: devices.update,

    ...contactWays,

    ...callLog,
    ...faults,
    limits: () => ({ ...limits }),
    setLimits(change) {
      limits = { ...limits, ...change }
      emit({ kind: 'limits' })
      return { ...limits }
    },
    network: () => ({ ...network }),
    setNetwork(change) {
      network = { ...network, ...change }
      return { ...network }
    },

    ...credentials,

    onEvent(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    reset() {
      state = generate(bornAt, seed)
      relations = createRelations(state)
      appMessages = []
      callLog.clearCalls()
      faults.setFaults([])
      network = networkOf(corp)
      transfers = []
      forgetContactWays()
      dismissed.clear()
      limits = { ...defaultLimits }
      devices.returnToFirstChat()
      emit({ kind: 'reset' })
    },
  }
}

const networkOf = ({ trustedIps = [] }: Corp): Network => ({
  trustedIps,
  callbackIps: ['127.0.0.1'],
  apiIps: ['127.0.0.1'],
  clockSkewMs: 0,
})
