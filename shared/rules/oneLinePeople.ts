import type { OneLineSpan, OneLineWho } from './oneLineFacts.ts'
import { findRelation, isMinorByNature, relationLabel, RELATIONS } from './relation.ts'
import type { RelationCode } from './relation.ts'

/** Of whom a line speaks, and where. */

/** A person named at a place of the line. */
export interface Mention extends OneLineSpan {
  who: OneLineWho
  /** 她姐夫的妹妹: the relation is a guess */
  isDoubtful: boolean
}

const NICKNAMES: Readonly<Record<string, RelationCode>> = {
  大宝: 'child',
  二宝: 'child',
  三宝: 'child',
  小宝: 'child',
  宝贝: 'child',
  姑娘: 'daughter',
  丫头: 'daughter',
  小公主: 'daughter',
  爱人: 'spouse',
  老伴: 'spouse',
  男票: 'boyfriend',
  女票: 'girlfriend',
  未婚妻: 'girlfriend',
  未婚夫: 'boyfriend',
  家婆: 'mother_of_husband',
  婆母: 'mother_of_husband',
  丈母: 'mother_of_wife',
  大姐: 'older_sister',
  二姐: 'older_sister',
  三姐: 'older_sister',
  小妹: 'younger_sister',
  二妹: 'younger_sister',
  大哥: 'older_brother',
  二哥: 'older_brother',
  三哥: 'older_brother',
  小弟: 'younger_brother',
  二弟: 'younger_brother',
}
/** Words that say which of several it is: then they are what the person is called. */
const OWN_NAMES = /^(?:[大二三小]宝|[大二三]姐|[二小]妹|[大二三]哥|[二小]弟|外孙女?|外甥女?)$/u
/** 叫她大姐 is how she is addressed, nobody else. */
const ADDRESSING = /(?:叫|喊|称呼)[她他您]?(?:为|是|：|:)?$/u
/** Kin whom the list of relations does not have. */
const OTHER_KIN = [
  '小姨子',
  '大姨子',
  '小舅子',
  '大舅子',
  '小姑子',
  '大姑子',
  '小叔子',
  '公婆',
  '爸妈',
  '父母',
  '姐夫',
  '妹夫',
  '嫂子',
  '弟媳',
  '弟妹',
  '二姨',
  '三姨',
  '四姨',
  '老姨',
  '大舅',
  '二舅',
  '三舅',
  '小舅',
  '大姑',
  '二姑',
  '三姑',
  '小姑',
  '大伯',
  '二伯',
  '二叔',
  '三叔',
  '小叔',
  '大嫂',
  '二嫂',
  '姑父',
  '姨父',
  '姨夫',
  '姑姑',
  '姑妈',
  '姨妈',
  '小姨',
  '大姨',
  '阿姨',
  '舅舅',
  '舅妈',
  '叔叔',
  '婶婶',
  '伯伯',
  '伯母',
  '表姐',
  '表妹',
  '表哥',
  '表弟',
  '堂姐',
  '堂妹',
  '堂哥',
  '堂弟',
  '干妈',
  '干女儿',
  '亲家母',
  '亲家',
  '客户',
] as const
/** One character is a relation only behind somebody: 她妈, 老公他爸. */
const SHORT = ['妈', '爸', '姐', '妹', '哥', '弟', '娃', '奶']

/** Whom 她 cannot mean. */
const MEN: ReadonlySet<RelationCode> = new Set<RelationCode>([
  'father',
  'husband',
  'son',
  'father_of_husband',
  'father_of_wife',
  'older_brother',
  'younger_brother',
  'grandfather',
  'maternal_grandfather',
  'grandson',
  'nephew',
  'son_in_law',
  'boyfriend',
])

/** The mother of somebody's husband is not the customer's mother. */
const OF_SOMEBODY: Readonly<Record<string, RelationCode>> = {
  'husband mother': 'mother_of_husband',
  'husband father': 'father_of_husband',
  'wife mother': 'mother_of_wife',
  'wife father': 'father_of_wife',
  'mother mother': 'maternal_grandmother',
  'mother father': 'maternal_grandfather',
  'father mother': 'grandmother',
  'father father': 'grandfather',
  'son wife': 'daughter_in_law',
  'daughter husband': 'son_in_law',
  'son son': 'grandson',
  'son daughter': 'granddaughter',
  'daughter son': 'grandson',
  'daughter daughter': 'granddaughter',
}

const relationWords = [
  ...RELATIONS.flatMap(({ label, aliases }) => [label, ...aliases]),
  ...Object.keys(NICKNAMES),
  ...OTHER_KIN,
].filter(word => !['其他', '对象', '客户', '公子', '千金'].includes(word) && word.length > 1)
const longestFirst = [...new Set([...relationWords, '对象', '千金'])].sort(
  (one, other) => other.length - one.length,
)
/** 大女儿, 小儿子: which of them. 王老师, 李先生 are names, not relations. */
const MENTION = new RegExp(
  `(?<whose>(?:客户|[她他您我你])(?:的|家)?)?(?<rank>[大小二三](?=女儿|儿子|闺女|姐|妹|哥|弟|孙))?(?<word>${longestFirst.join('|')}|(?<=[她他您我你]|老)(?:${SHORT.join('|')})(?![\\p{Script=Han}]?[姐妹哥弟]))`,
  'gu',
)
const SELF = /(?:客户)?(?:本人|自己)|客户|[她您](?![\p{Script=Han}]{0,2}(?:家))/gu
const NAMED_PROFESSION =
  /[\p{Script=Han}](?:先生|太太|老师|[大二三]姐|[大二三]哥|[大二]姑|大舅|[二三]叔|大嫂)$/u

/** The customer. */
export const nobody = (): OneLineWho => ({ relation: null, callName: null, isMinor: null })

/** 结婚纪念日 belongs to the couple, whoever of them was named. */
export const isCouple = ({ relation }: OneLineWho): boolean =>
  relation === 'husband' || relation === 'wife' || relation === 'spouse'

/** Everybody named in the line, in order; `她` alone is the customer. */
export function findMentions(line: string): Mention[] {
  const named: Mention[] = []
  for (const match of line.matchAll(MENTION)) {
    const from = match.index
    const to = from + match[0].length
    const word = match.groups?.['word'] ?? ''
    const rank = match.groups?.['rank'] ?? ''
    if (!match.groups?.['whose'] && NAMED_PROFESSION.test(line.slice(Math.max(0, from - 1), to))) {
      const before = line.charAt(from - 1)
      if (!/[她他您我你的和跟给，,。；;、\s]/.test(before)) continue
    }
    if (OWN_NAMES.test(word) && ADDRESSING.test(line.slice(0, from))) continue
    const known = findRelation(word)?.code ?? NICKNAMES[word]
    const isChildWord = isMinorByNature(known ?? '') || word === '干女儿'
    const callName = known === undefined || OWN_NAMES.test(word) ? word : rank ? `${rank}${word}` : null
    const last = named.at(-1)
    // 老公的妈妈, 老公妈妈, 她老公他妈: one person, named over another.
    if (
      last &&
      /^(?:的|他|她|家|家的|家里的?)?$/.test(
        line.slice(last.to, from + (match.groups?.['whose']?.length ?? 0)),
      )
    ) {
      const over = OF_SOMEBODY[`${last.who.relation ?? ''} ${known ?? ''}`]
      named[named.length - 1] = {
        from: last.from,
        to,
        who: {
          relation: over ?? 'other',
          callName: over
            ? null
            : `${last.who.callName ?? relationLabel(last.who.relation ?? 'other')}的${word}`,
          // 她姐姐家的孩子: no relation of the list says that it is a child.
          isMinor: over === undefined && isChildWord ? true : null,
        },
        isDoubtful: over === undefined,
      }
      continue
    }
    named.push({
      from,
      to,
      who: {
        relation: known ?? 'other',
        callName,
        isMinor: known === undefined && isChildWord ? true : null,
      },
      isDoubtful: false,
    })
  }
  const self = [...line.matchAll(SELF)]
    .map(match => ({ from: match.index, to: match.index + match[0].length }))
    .filter(span => !named.some(mention => span.from < mention.to && span.to > mention.from))
    // 给她, 叫她 say nothing new of whom is spoken.
    .filter(span => !/[给叫喊送让问帮陪替]$/.test(line.slice(0, span.from)))
    .map(span => {
      const isPronoun = /^[她您]$/.test(line.slice(span.from, span.to))
      const before = isPronoun ? named.filter(mention => mention.to <= span.from).at(-1) : undefined
      // 婆婆腊月生日，她喜欢玉: more likely hers than the customer's. 老公戴 20 号，她戴 12 号: the customer.
      const isOther = before && before.who.relation !== null && !MEN.has(before.who.relation)
      return { ...span, who: isOther ? before.who : nobody(), isDoubtful: isOther === true }
    })
  return sameOnes([...named, ...self].sort((one, other) => one.from - other.from))
}

/** Who is named twice is one person. */
function sameOnes(mentions: Mention[]): Mention[] {
  const known = new Map<string, OneLineWho>()
  return mentions.map(mention => {
    const key = `${mention.who.relation ?? ''} ${mention.who.callName ?? ''}`
    const who = known.get(key) ?? mention.who
    known.set(key, who)
    return { ...mention, who }
  })
}
