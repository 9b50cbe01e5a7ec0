import { XMLParser } from 'fast-xml-parser'
import { ForeignCallback } from './callbackCrypto.ts'

const MAX_LENGTH = 64 * 1024
const MAX_DEPTH = 8
/** One change of a group may name all its 500 members. */
const MAX_ELEMENTS = 1_000
const CDATA = /<!\[CDATA\[[\s\S]*?\]\]>/g
/** Declarations other than CDATA, and instructions other than the XML declaration. */
const DECLARATION = /<!|<\?(?!xml\s)/i

type Node = Record<string, unknown>

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  trimValues: true,
  cdataPropName: '#cdata',
})

/**
 * The elements directly below `<xml>`, by their names as given; what has elements of its own is left out. For the
 * envelope of a callback and the event in it (wecom/callbacks.md §2, §4).
 * @throws ForeignCallback for anything but a small plain document: DTD, entities of its own, elements given twice
 */
export function readCallbackXml(text: string): Map<string, string> {
  if (text.length > MAX_LENGTH) throw new ForeignCallback('too long')
  if (DECLARATION.test(text.replace(CDATA, ''))) throw new ForeignCallback('declaration')
  let parsed: Node[]
  try {
    parsed = parser.parse(text, true) as Node[]
  } catch {
    // Not well-formed: who sent it is not WeCom.
    throw new ForeignCallback('not well-formed')
  }
  const roots = parsed.filter(node => !('?xml' in node))
  const root = roots.length === 1 ? roots[0]?.xml : undefined
  if (!Array.isArray(root)) throw new ForeignCallback('no <xml>')
  count(root as Node[], 1, { elements: 0 })

  const fields = new Map<string, string>()
  for (const node of root as Node[]) {
    const [name, children] = entryOf(node)
    if (name === '#text') continue
    if (fields.has(name)) throw new ForeignCallback('element given twice')
    fields.set(name, textOf(children as Node[]) ?? '')
  }
  return fields
}

const entryOf = (node: Node): [string, unknown] => Object.entries(node)[0] ?? ['#text', '']

function count(nodes: Node[], depth: number, seen: { elements: number }): void {
  if (depth > MAX_DEPTH) throw new ForeignCallback('too deep')
  for (const node of nodes) {
    const [name, children] = entryOf(node)
    if (name.startsWith('#')) continue
    if (++seen.elements > MAX_ELEMENTS) throw new ForeignCallback('too many elements')
    count(children as Node[], depth + 1, seen)
  }
}

/** Undefined for an element that holds others. */
function textOf(nodes: Node[]): string | undefined {
  const parts = nodes.map(node => {
    const [name, value] = entryOf(node)
    if (name === '#text') return decode(String(value))
    if (name === '#cdata') return ((value as Node[])[0]?.['#text'] as string | undefined) ?? ''
    return undefined
  })
  return parts.every(part => part !== undefined) ? parts.join('') : undefined
}

const named = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The five entities of XML itself and characters by number. */
function decode(text: string): string {
  return text.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const known = named.get(name)
    if (known !== undefined && whole.endsWith(';')) return known
    const code = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name)
    const point = code?.[1] ? Number.parseInt(code[1], 16) : Number(code?.[2] ?? Number.NaN)
    const isCharacter = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
    if (!isCharacter || !whole.endsWith(';')) throw new ForeignCallback('entity')
    return String.fromCodePoint(point)
  })
}
