import type { AppMessage } from '../world/types.ts'

/** One block of a notice: a title, lines of text with links in them, and what a tap on it opens. */
export interface NoticePart {
  title: string
  lines: { text: string; link?: string }[][]
  link?: string
  action: string
}

type Content = Record<string, unknown>

/** The blocks a member sees of an app message, for every type WeCom draws as text or card. */
export function readNotice({ msgtype, content }: AppMessage): NoticePart[] {
  switch (msgtype) {
    case 'textcard':
      return [
        {
          title: text(content.title),
          lines: linesOf(text(content.description)),
          link: text(content.url),
          action: text(content.btntxt) || '详情',
        },
      ]
    case 'news':
    case 'mpnews':
      return objects(content.articles).map(article => ({
        title: text(article.title),
        lines: linesOf(text(article.description)),
        link: text(article.url),
        action: '查看',
      }))
    case 'template_card':
      return [templateCard(content)]
    default:
      return [{ title: '', lines: linesOf(text(content.content) || `[${msgtype}]`), action: '' }]
  }
}

function templateCard(content: Content): NoticePart {
  const title = object(content.main_title)
  const action = object(content.card_action)
  const pairs = objects(content.horizontal_content_list).map(
    pair => `${text(pair.keyname)}：${text(pair.value)}`,
  )
  const lines = [text(title.desc), text(content.sub_title_text), ...pairs].filter(Boolean)
  return { title: text(title.title), lines: lines.flatMap(linesOf), link: text(action.url), action: '查看' }
}

/** Text with the only markup WeCom's text messages know (`<a href>`, `<div>`, `<br>`), as lines of pieces. */
function linesOf(markup: string): NoticePart['lines'] {
  const lines = markup.split(/\n|<br\s*\/?>|<\/div>/i)
  return lines.map(piecesOf).filter(line => line.some(piece => piece.text))
}

function piecesOf(line: string): { text: string; link?: string }[] {
  const pieces: { text: string; link?: string }[] = []
  let at = 0
  for (const found of line.matchAll(/<a\s[^>]*href=["']([^"']*)["'][^>]*>(.*?)<\/a>/gi)) {
    pieces.push(
      { text: plain(line.slice(at, found.index)) },
      { text: plain(found[2] ?? ''), link: found[1] ?? '' },
    )
    at = found.index + found[0].length
  }
  pieces.push({ text: plain(line.slice(at)) })
  return pieces.filter(piece => piece.text)
}

const plain = (markup: string) => markup.replace(/<[^>]*>/g, '')
const text = (value: unknown) => (typeof value === 'string' ? value : '')
const object = (value: unknown): Content =>
  typeof value === 'object' && value !== null ? (value as Content) : {}
const objects = (value: unknown): Content[] => (Array.isArray(value) ? value.map(object) : [])
