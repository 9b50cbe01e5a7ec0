import type { ChatMessage } from '../world/types.ts'

const ZONE = 'Asia/Shanghai'
const dayFormat = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, dateStyle: 'short' })
const clockFormat = new Intl.DateTimeFormat('zh-CN', {
  timeZone: ZONE,
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})
const dateFormat = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, month: 'long', day: 'numeric' })

/** Pause after which a chat shows the time again, milliseconds. */
const PAUSE_MS = 5 * 60_000
const DAY_MS = 86_400_000

/** `今天 10:18`, `昨天 21:03`, `5月18日 16:02`; `at` and `now` in unix milliseconds. */
export function timeLabel(at: number, now: number): string {
  const day = dayFormat.format(at)
  const clock = clockFormat.format(at)
  if (day === dayFormat.format(now)) return `今天 ${clock}`
  if (day === dayFormat.format(now - DAY_MS)) return `昨天 ${clock}`
  return `${dateFormat.format(at)} ${clock}`
}

/** Whether the chat shows the time above `message`. */
export function startsAfterPause(message: { at: number }, previous: { at: number } | undefined): boolean {
  return !previous || message.at - previous.at > PAUSE_MS
}

/** One line of a conversation list for a message. */
export function preview(message: ChatMessage | undefined): string {
  if (!message) return ''
  const { body } = message
  switch (body.msgtype) {
    case 'text':
      return body.content
    case 'image':
      return '[图片]'
    case 'video':
      return '[视频]'
    case 'file':
      return `[文件] ${body.filename}`
    case 'news':
      return `[链接] ${body.title}`
    case 'miniprogram':
      return `[小程序] ${body.title}`
  }
}

/** First character as a person sees it (emoji and rare characters are whole), for an avatar. */
export function initial(name: string): string {
  const [first] = new Intl.Segmenter('zh').segment(name.trim())
  return (first?.segment ?? '客').toUpperCase()
}

/** One of the four avatar grounds, always the same for one person. */
export function avatarTone(id: string): number {
  let sum = 0
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973
  return (sum % 4) + 1
}
