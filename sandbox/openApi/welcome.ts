import type { ChatMessage, Media, World } from '../world/types.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { assertMedia } from './visible.ts'
import type { WireBody } from './wireBody.ts'

type Body = ChatMessage['body']
const bytesOf = (text: string) => Buffer.byteLength(text)

function readText(world: World, body: WireBody): Body[] {
  const content = body.object('text')?.text('content') ?? ''
  if (content === '') return []
  // The code for a text that is too long is UNVERIFIED.
  if (bytesOf(content) > world.limits().welcomeTextBytes) refuse(40058)
  return [{ msgtype: 'text', content }]
}

/** @throws ApiRefusal 41064 too many, 41065 of another kind, 40058 for what is missing or too long (UNVERIFIED) */
function readAttachments(world: World, body: WireBody): Body[] {
  const attachments = body.objects('attachments') ?? []
  if (attachments.length > world.limits().welcomeAttachments) refuse(41064)
  return attachments.map(attachment => {
    const kind = attachment.text('msgtype')
    const given = attachment.object(kind ?? '')
    if (kind === 'link' && given) return readLink(world, given)
    if (kind === 'miniprogram' && given) return readMiniprogram(world, given)
    if ((kind === 'image' || kind === 'video' || kind === 'file') && given)
      return readMedia(world, kind, given)
    return refuse(41065)
  })
}

function readLink(world: World, link: WireBody): Body {
  const [title = '', desc = '', url = ''] = [link.text('title'), link.text('desc'), link.text('url')]
  const limits = world.limits()
  const isLong =
    bytesOf(title) > limits.linkTitleBytes ||
    bytesOf(desc) > limits.linkDescriptionBytes ||
    bytesOf(url) > limits.linkUrlBytes
  if (title === '' || !URL.canParse(url) || isLong) refuse(40058)
  return { msgtype: 'news', link: url, title, desc, imgUrl: link.text('picurl') ?? '' }
}

function readMiniprogram(world: World, given: WireBody): Body {
  const [title = '', mediaId = ''] = [given.text('title'), given.text('pic_media_id')]
  const [appid = '', page = ''] = [given.text('appid'), given.text('page')]
  if ([title, mediaId, appid, page].includes('') || bytesOf(title) > world.limits().miniprogramTitleBytes)
    refuse(40058)
  assertMedia(world, mediaId, 'image')
  return { msgtype: 'miniprogram', appid, title, imgUrl: `/sandbox/api/media/${mediaId}`, page }
}

function readMedia(world: World, type: 'image' | 'video' | 'file', given: WireBody): Body {
  const mediaId = given.text('media_id')
  assertMedia(world, mediaId, type satisfies Media['type'])
  const media = world.findMedia(mediaId ?? '')
  return {
    msgtype: type,
    mediaId: mediaId ?? '',
    url: `/sandbox/api/media/${mediaId}`,
    filename: media?.filename ?? '',
  }
}

/**
 * Greets a new friend with the code of the event [D92137]: within 20 s (41050), once, and only before the two have talked
 * (41051). What is wrong with the message is told before the code is spent.
 */
function sendWelcome({ world, body }: Call) {
  const code = body.text('welcome_code')
  if (!code) refuse(41050)
  const { state, userId, externalUserId } = world.readWelcome(code)
  if (state === 'unknown' || state === 'late') refuse(41050)
  const conversationId = `single:${userId}:${externalUserId}`
  if (state === 'used' || world.messages(conversationId).length > 0) refuse(41051)
  const messages = [...readText(world, body), ...readAttachments(world, body)]
  if (messages.length === 0) refuse(40058)
  const follow = world.findFollow(userId, externalUserId)
  if (follow?.status !== 'active' && follow?.status !== 'half') refuse(40096)
  world.useWelcome(code)
  for (const message of messages)
    world.say({ conversationId, from: { kind: 'member', id: userId }, via: 'welcome', body: message })
  return {}
}

export const welcomeEndpoints: Endpoints = {
  'externalcontact/send_welcome_msg': post(sendWelcome),
}
