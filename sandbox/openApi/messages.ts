import { createHash, randomBytes } from 'node:crypto'
import type { Media, Member, World } from '../world/types.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import type { Rates } from './rates.ts'
import { refuse } from './refusal.ts'
import { assertMedia } from './visible.ts'
import type { WireBody } from './wireBody.ts'

interface Receivers {
  members: Member[]
  invalidUsers: string[]
  invalidParties: string[]
  invalidTags: string[]
}

const split = (list: string | undefined) => (list ?? '').split('|').filter(item => item !== '')

function readReceivers({ world, body, itemFault }: Call): Receivers {
  const { usersPerMessage, partiesPerMessage, tagsPerMessage } = world.limits()
  const [users, parties, tags] = [
    split(body.text('touser')),
    split(body.text('toparty')),
    split(body.text('totag')),
  ]
  if (users.length > usersPerMessage || parties.length > partiesPerMessage || tags.length > tagsPerMessage)
    refuse(40058)
  const visible = world
    .members()
    .filter(({ userId, inVisibleRange, status }) => inVisibleRange && status === 1 && !itemFault(userId))
  const isAll = body.text('touser') === '@all'
  const byName = users.map(userId => ({
    userId,
    member: visible.find(member => member.userId.toLowerCase() === userId.toLowerCase()),
  }))
  const byParty = parties.map(party => ({ party, members: membersOfParty(world, visible, Number(party)) }))
  const chosen = isAll
    ? visible
    : [...byName.flatMap(({ member }) => member ?? []), ...byParty.flatMap(p => p.members)]
  return {
    members: [...new Set(chosen)],
    invalidUsers: isAll ? [] : byName.filter(({ member }) => !member).map(({ userId }) => userId),
    invalidParties: isAll
      ? []
      : byParty.filter(({ members }) => members.length === 0).map(({ party }) => party),
    // The corp has no member tags.
    invalidTags: isAll ? [] : tags,
  }
}

/** Members of a department and of those below it. */
function membersOfParty(world: World, visible: Member[], partyId: number): Member[] {
  const ids = new Set([partyId])
  for (const { id, parentId } of world.departments()) if (ids.has(parentId)) ids.add(id)
  return visible.filter(({ departments }) => departments.some(id => ids.has(id)))
}

/** Cuts at a whole character, as WeCom truncates long texts. */
function cutBytes(text: string, most: number): string {
  let [kept, bytes] = ['', 0]
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > most) break
    kept += character
  }
  return kept
}

const cutCharacters = (text: string, most: number) => [...text].slice(0, most).join('')

function readTextual(world: World, body: WireBody, msgtype: string) {
  const content = body.object(msgtype)?.text('content')
  if (!content) refuse(44004)
  return { content: cutBytes(content, world.limits().textBytes) }
}

function readMedia(world: World, body: WireBody, msgtype: Media['type']) {
  const part = body.object(msgtype)
  const mediaId = part?.text('media_id')
  assertMedia(world, mediaId, msgtype)
  return part?.raw() ?? {}
}

function readTextcard(world: World, body: WireBody) {
  const limits = world.limits()
  const card = body.object('textcard')
  const [title, description, url] = [card?.text('title'), card?.text('description'), card?.text('url')]
  if (!title || !description || !url) refuse(40063)
  if (!/^https?:\/\//.test(url) || Buffer.byteLength(url) > limits.cardUrlBytes) refuse(40066)
  return {
    title: cutCharacters(title, limits.cardTitleLength),
    description: cutCharacters(description, limits.cardDescriptionLength),
    url,
    btntxt: cutCharacters(card?.text('btntxt') || '详情', limits.cardButtonLength),
  }
}

function readNews(world: World, body: WireBody) {
  const articles = body.object('news')?.objects('articles')
  if (!articles || articles.length < 1 || articles.length > world.limits().articlesPerMessage) refuse(40058)
  if (articles.some(article => !article.text('title') || !(article.text('url') || article.text('appid'))))
    refuse(40063)
  return { articles: articles.map(article => article.raw()) }
}

const cardTypes = [
  'text_notice',
  'news_notice',
  'button_interaction',
  'vote_interaction',
  'multiple_interaction',
]

/** The corp's app has no callback address yet, so cards that answer back are refused with 43012 [D90236]. */
function readTemplateCard(body: WireBody) {
  const card = body.object('template_card')
  const type = card?.text('card_type') ?? ''
  if (!card || !cardTypes.includes(type)) refuse(40058)
  if (type.endsWith('_interaction') || card.object('action_menu')) refuse(43012)
  if (!card.object('card_action')) refuse(40063)
  if (!card.object('main_title')?.text('title') && !card.text('sub_title_text')) refuse(40063)
  return card.raw()
}

function readContent(world: World, body: WireBody, msgtype: string): Record<string, unknown> {
  switch (msgtype) {
    case 'text':
    case 'markdown':
      return readTextual(world, body, msgtype)
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
      return readMedia(world, body, msgtype)
    case 'textcard':
      return readTextcard(world, body)
    case 'news':
      return readNews(world, body)
    case 'template_card':
      return readTemplateCard(body)
    default:
      return refuse(40008)
  }
}

/** Remembers what was sent to whom, for `enable_duplicate_check`. */
function createDuplicates(world: World) {
  const seen = new Map<string, number>()
  return function isRepeated(body: WireBody, userId: string, msgtype: string, content: unknown): boolean {
    if (body.number('enable_duplicate_check') !== 1) return false
    const { usualDuplicateSeconds, longestDuplicateSeconds } = world.limits()
    const asked = body.number('duplicate_check_interval') ?? usualDuplicateSeconds
    const intervalMs = Math.min(asked, longestDuplicateSeconds) * 1000
    const key = createHash('sha256')
      .update(JSON.stringify([userId, msgtype, content]))
      .digest('base64url')
    const before = seen.get(key)
    const isRepeat = before !== undefined && world.now() - before < intervalMs
    if (!isRepeat) seen.set(key, world.now())
    return isRepeat
  }
}

/** App notices to members [D90236]; repeats and surplus are dropped without a word, as WeCom does. */
export function messageEndpoints(rates: Rates, world: World): Endpoints {
  const isRepeated = createDuplicates(world)

  /** When each message went out, for recalls. */
  const sentAt = new Map<string, number>()

  function send(call: Call) {
    const { body } = call
    const agentId = body.number('agentid')
    if (agentId === undefined) refuse(41011)
    if (agentId !== world.corp.agentId) refuse(301002)
    const msgtype = body.text('msgtype') ?? ''
    const content = readContent(world, body, msgtype)
    const { members, invalidUsers, invalidParties, invalidTags } = readReceivers(call)
    const invalid = {
      invaliduser: invalidUsers.join('|').toLowerCase(),
      invalidparty: invalidParties.join('|'),
      invalidtag: invalidTags.join('|'),
      unlicenseduser: '',
    }
    if (members.length === 0) refuse(81013, invalid)
    // The code for a spent day is UNVERIFIED [FREQ].
    if (!rates.allowsNotices(members.length)) refuse(45009, invalid)
    const msgId = randomBytes(32).toString('base64url')
    sentAt.set(msgId, world.now())
    for (const { userId } of members) {
      if (isRepeated(body, userId, msgtype, content) || !rates.allowsNotice(userId)) continue
      world.notify({ userId, msgtype, content, msgId })
    }
    return { ...invalid, msgid: msgId }
  }

  /** The code for an unknown msgid is UNVERIFIED (40058). */
  function recall({ body }: Call) {
    const msgId = body.text('msgid')
    const sent = msgId === undefined ? undefined : sentAt.get(msgId)
    if (msgId === undefined || sent === undefined) refuse(40058)
    if (world.now() - sent > world.limits().recallSeconds * 1000) refuse(42052)
    world.recall(msgId)
    return {}
  }

  return { 'message/send': post(send, { counts: 'never' }), 'message/recall': post(recall) }
}
