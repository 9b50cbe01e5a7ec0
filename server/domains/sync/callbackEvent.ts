import { ChatId, ExternalUserId } from '../../../shared/contract/ids.ts'
import { ForeignCallback } from '../../wecom/callbackCrypto.ts'
import { readCallbackXml } from '../../wecom/callbackXml.ts'

/** What a callback says, reduced to what is worked with (wecom/callbacks.md §4). */
export interface CallbackEvent {
  event: string
  changeType: string
  /** whom or what it is about: `customer:wm…`, `chat:wr…`, `tags`; empty when it is nothing of ours */
  subject: string
  happenedAt: Date
  userId: string
  externalUserId: string
  chatId: string
  /** `state` of the 联系我 code */
  channel: string
  /** good once, for 20 s; empty when nobody may be greeted */
  welcomeCode: string
  /** DELETE_BY_TRANSFER */
  source: string
  failReason: string
}

/**
 * @param text the decrypted event
 * @throws ForeignCallback when it is no event of this corp
 */
export function readCallbackEvent(text: string, wecomCorpId: string): CallbackEvent {
  const fields = readCallbackXml(text)
  const get = (name: string) => fields.get(name) ?? ''
  if (get('ToUserName') !== wecomCorpId) throw new ForeignCallback('corp')
  const seconds = Number(get('CreateTime'))
  if (!Number.isSafeInteger(seconds) || seconds <= 0 || seconds > 99_999_999_999)
    throw new ForeignCallback('CreateTime')
  const event = {
    event: get('MsgType') === 'event' ? get('Event') : '',
    changeType: get('ChangeType'),
    happenedAt: new Date(seconds * 1000),
    userId: get('UserID'),
    externalUserId: get('ExternalUserID'),
    chatId: get('ChatId'),
    channel: get('State'),
    welcomeCode: get('WelcomeCode'),
    source: get('Source'),
    failReason: get('FailReason'),
  }
  return { ...event, subject: subjectOf(event) }
}

/** What an event of a group is read for again, when it is worked. */
const KEPT_OF_GROUPS = ['ToUserName', 'CreateTime', 'MsgType', 'Event', 'ChangeType', 'ChatId']

/**
 * As much of an event as is kept: of a group's, which may name all who have come or gone, not whom. She could not be found there
 * when she is erased, and WeCom is asked for the members anyway.
 */
export function textToKeep({ event }: Pick<CallbackEvent, 'event'>, text: string): string {
  if (event !== 'change_external_chat') return text
  const fields = readCallbackXml(text)
  const kept = KEPT_OF_GROUPS.map(name => `<${name}><![CDATA[${fields.get(name) ?? ''}]]></${name}>`)
  return `<xml>${kept.join('')}</xml>`
}

export const groupSubject = (chatId: string): string => `chat:${chatId}`

function subjectOf({ event, externalUserId, chatId }: Omit<CallbackEvent, 'subject'>): string {
  if (event === 'change_external_contact' && ExternalUserId.safeParse(externalUserId).success)
    return `customer:${externalUserId}`
  if (event === 'change_external_chat' && ChatId.safeParse(chatId).success) return groupSubject(chatId)
  if (event === 'change_external_tag') return 'tags'
  return ''
}
