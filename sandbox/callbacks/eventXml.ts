import type { CallbackEvent, ChatEvent, ContactEvent } from '../world/callbackEvent.ts'

/** A text goes as CDATA, a number bare, a list as an element with one `Item` each; undefined = not there. */
type Value = string | number | string[] | undefined
type Element = [name: string, value: Value]

/**
 * The plaintext of a callback, in the order and the spelling of WeCom's pages [D92130].
 * @param createTime unix seconds
 */
export function writeEventXml(event: CallbackEvent, corpId: string, createTime: number): string {
  return writeXml([
    ['ToUserName', corpId],
    ['FromUserName', 'sys'],
    ['CreateTime', createTime],
    ['MsgType', 'event'],
    ['Event', event.event],
    ...elementsOf(event),
  ])
}

function elementsOf(event: CallbackEvent): Element[] {
  if (event.event === 'change_external_contact') return contactElements(event)
  if (event.event === 'change_external_chat') return chatElements(event)
  return [
    ['Id', event.id],
    ['TagType', event.tagType],
    ['ChangeType', event.changeType],
  ]
}

const contactElements = (event: ContactEvent): Element[] => [
  ['ChangeType', event.changeType],
  ['FailReason', event.failReason],
  ['UserID', event.userId],
  ['ExternalUserID', event.externalUserId],
  ['State', event.state || undefined],
  ['WelcomeCode', event.welcomeCode],
  ['Source', event.source],
]

function chatElements({ chatId, changeType, update }: ChatEvent): Element[] {
  const common: Element[] = [
    ['ChatId', chatId],
    ['ChangeType', changeType],
    ['UpdateDetail', update?.detail],
  ]
  if (update?.detail !== 'add_member' && update?.detail !== 'del_member') return common
  return [
    ...common,
    update.detail === 'add_member' ? ['JoinScene', update.joinScene] : ['QuitScene', update.quitScene],
    ['MemChangeCnt', update.memberIds.length],
    ['MemChangeList', update.memberIds],
    ['LastMemVer', update.lastVersion],
    ['CurMemVer', update.currentVersion],
  ]
}

function writeXml(elements: Element[]): string {
  return `<xml>${elements.map(([name, value]) => writeElement(name, value)).join('')}</xml>`
}

function writeElement(name: string, value: Value): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) {
    return `<${name}>${value.map(item => writeElement('Item', item)).join('')}</${name}>`
  }
  return `<${name}>${typeof value === 'number' ? value : cdata(value)}</${name}>`
}

/** A text that ends a CDATA section is cut in two. */
export const cdata = (text: string) => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
