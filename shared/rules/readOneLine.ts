import type { CivilDay } from './civilDay.ts'
import { parseYearlyDate } from './parseYearlyDate.ts'
import { findRelation, isMinorByNature, relationLabel, RELATIONS } from './relation.ts'
import type { RelationCode } from './relation.ts'
import type { CalendarKind, YearlyDate } from './yearlyDate.ts'

/**
 * Understands what guides jot down in one line: `她妈妈农历八月十五生日，圈口13，别送银的` → whose day, which size, what to avoid.
 * Patterns only, no word list from outside, so that it runs on the device; what it does not understand stays as it is.
 */

export type OneLineSize = 'ring' | 'wrist' | 'neck'
export type OneLineWish = 'like' | 'avoid' | 'allergy' | 'wish'

/** Whose a fact is: the customer, or somebody by relation. */
export interface OneLineWho {
  /** null is the customer */
  relation: RelationCode | null
  /** as they are called, where the line says more than the relation: 大宝, 王阿姨 */
  callName: string | null
  /** what the line says of the age; null when nothing */
  isMinor: boolean | null
}

export interface OneLineSpan {
  from: number
  /** behind the last character */
  to: number
}

/** `low`: shown in amber, to be looked at before it is noted. */
export type OneLineConfidence = 'high' | 'low'

export type OneLineFact = {
  who: OneLineWho
  span: OneLineSpan
  confidence: OneLineConfidence
} & (
  | {
      kind: 'date'
      dateKind: 'birthday' | 'wedding' | 'other'
      /** the name of a day that is neither */
      label: string | null
      date: YearlyDate
      /** the question to ask, or a remark worth reading */
      hint?: string
    }
  | { kind: 'size'; size: OneLineSize; value: string }
  | { kind: OneLineWish; words: string }
  | { kind: 'salutation'; words: string }
  | { kind: 'budget'; words: string }
)

export interface OneLine {
  facts: OneLineFact[]
  /** what no fact was made of, in order, without what only joins words */
  rest: string[]
}

export interface OneLineOptions {
  today: CivilDay
  /** what digits without a word mean; default `solar` */
  defaultCalendar?: CalendarKind
}

/** A person named at a place of the line. */
interface Mention extends OneLineSpan {
  who: OneLineWho
  /** 她姐夫的妹妹: the relation is a guess */
  isDoubtful: boolean
}

// The line is read through patterns in turn; what one has taken is blanked out, so that no later one reads it again.
const TAKEN = '\uE000'

/** Ends a thought: a fact stands with a person of the same clause first. */
const CLAUSE_END = /[，,。；;！!？?\n\uE000]/
const END = '(?=$|[，,。；;！!？?、\\s\\uE000（）()]|但是?|不过|可是|就是|因为|所以)'

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
}
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
const NAMED_PROFESSION = /[\p{Script=Han}](?:先生|太太|老师)$/u

const FILLER =
  /^(?:她|他|您|我|你|的|了|农历|阴历|公历|阳历|新历|快到|到|结婚|纪念|周年|是|和|跟|还有|还|有|也|都|就|在|要|个|呢|吧|啊|哦|哈|那个|然后|另外|说|讲|今天|刚才|记得|记一下|注意|一下|每年|过|生日|日子|尺寸|大概|大约|左右|号|岁|给|家|今年|这个月|想|送|买|戴|比较|特别|最|很|人|：|:|-|—)+$/u

const CALENDAR_WORD = '(?:农历|阴历|旧历|老历|古历|公历|阳历|新历|农|阴)'
const YEAR = '(?:(?:19|20)\\d{2}(?:年|[./-])|\\d{2}年)'
const MONTH = `(?:1[0-2]|0?[1-9]|[正冬腊元]|十[一二]?|[一二三四五六七八九])`
const DAY_DIGITS = '(?:3[01]|[12]\\d|0?[1-9])'
const DAY_WORDS = `(?:初[一二三四五六七八九十]|[二三]十[一二三四五六七八九]?|廿[一二三四五六七八九]?|卅|十[一二三四五六七八九]?|[一二三四五六七八九])`
const NAMED_DAY =
  '(?:大年初[一二三四五六七]|大年三十|除夕|元宵节?|端午节?|七夕节?|中秋节?|重阳节?|腊八节?|元旦|国庆节?|春节)'
/** What makes a number a measure and no date. */
const NOT_A_MEASURE = '(?![\\d.]*\\s*(?:克|g\\b|cm|厘米|公分|mm|毫米|万|元|块|折|k|K|岁|%|个|只|件|点|w))'

/** 8.15（农历）, 8.15，农历 */
const CALENDAR_BEHIND =
  '(?:\\s*[，,（(]?\\s*(?:农历|阴历|旧历|老历|公历|阳历|新历)[）)]?(?=$|[，,。；;\\s的生）)]))?'

/** Dates from the clearest to the vaguest; the last two need a word beside them that says that it is a date. */
const DATES: { pattern: RegExp; isVague: boolean }[] = [
  {
    pattern: new RegExp(
      `(?:${CALENDAR_WORD}的?)?\\s*(?:${YEAR})?\\s*(?:${CALENDAR_WORD}的?)?\\s*[闰润]?${MONTH}\\s*月份?\\s*(?:${DAY_WORDS}(?![\\d])|${DAY_DIGITS})\\s*[日号]?${CALENDAR_BEHIND}`,
      'gu',
    ),
    isVague: false,
  },
  { pattern: new RegExp(`(?:${CALENDAR_WORD}的?)?${NAMED_DAY}`, 'gu'), isVague: true },
  {
    pattern: new RegExp(
      `(?:${CALENDAR_WORD}的?)?\\s*(?<![\\d.])(?:${YEAR})?[闰润]?(?:1[0-2]|0?[1-9])[./\\-－]${DAY_DIGITS}${NOT_A_MEASURE}(?!\\d)[日号]?${CALENDAR_BEHIND}`,
      'gu',
    ),
    isVague: true,
  },
  {
    pattern: new RegExp(
      `(?:${CALENDAR_WORD}的?)?\\s*(?:${YEAR})?\\s*(?:${CALENDAR_WORD}的?)?\\s*[闰润]?${MONTH}\\s*月份?(?=的?\\s*(?:生日|过|生|出生|$|[，,。；;\\s]))`,
      'gu',
    ),
    isVague: true,
  },
  {
    pattern: new RegExp(
      `(?:${CALENDAR_WORD}的?)?(?<![\\d.])(?:(?:19|20)\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01]))(?!\\d)${NOT_A_MEASURE}${CALENDAR_BEHIND}`,
      'gu',
    ),
    isVague: true,
  },
]

const BIRTHDAY = /生日|生辰|过生|出生|生的|寿|诞辰|生人|(?<=[日号\d十])生(?![\p{Script=Han}])/u
/** 生日券, 生日礼物: their days are nobody's birthday. */
const BIRTHDAY_THING = /生日(?:礼物|礼品|礼盒|礼|券|优惠|蛋糕|祝福|快乐|月|卡|积分|会|派对|趴)/gu
const WEDDING = /结婚纪念日?|结婚|婚礼|领证|办喜酒|纪念日/u
/** Days of their own name. */
const OWN_DAY = /(满月|百日宴?|周岁宴?|订婚|乔迁|开业|升学宴?|忌日|认识|相识)/u

const NUMBER_WORDS: Readonly<Record<string, number>> = {
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
}

/** 13, 13.5, 十三, 二十一 */
function numberOf(text: string): number {
  if (/^\d/.test(text)) return Number(text)
  const match = /^([一二两三四五六七八九])?(十)?([一二三四五六七八九])?$/.exec(text)
  if (!match) return NaN
  const [, tens, ten, ones] = match
  if (!ten) return NUMBER_WORDS[tens ?? ones ?? ''] ?? NaN
  return (tens ? (NUMBER_WORDS[tens] ?? 1) : 1) * 10 + (ones ? (NUMBER_WORDS[ones] ?? 0) : 0)
}

const NUMBER =
  '(?<number>\\d{1,3}(?:\\.\\d)?(?!\\d)|[一二三四五六七八九]?十[一二三四五六七八九]?|[五六七八九])'
const ABOUT =
  '(?:[她他]说|说|量了|内径|好像|可能|的|是|为|大概|大约|差不多|应该|戴|带|要|用|约|在|：|:|=|尺寸|码|号|长度|长|\\s)*'
const CENTIMETRES = '(?:\\s*(?<unit>cm|CM|厘米|公分|mm|毫米|寸))?'

/** Words before a number that say which size it is, and what sizes of that kind there are. */
const SIZES: { pattern: RegExp; size: OneLineSize; isSure: boolean }[] = [
  {
    pattern: new RegExp(
      `(?<word>戒圈|戒围|戒指|圈口|圈号|指圈|手寸|指围|无名指|中指|食指|婚戒|对戒|镯口|口径)${ABOUT}${NUMBER}${CENTIMETRES}\\s*(?:号|#|圈|码)?`,
      'gu',
    ),
    size: 'ring',
    isSure: true,
  },
  {
    pattern: new RegExp(`${NUMBER}\\s*(?:号|#)\\s*(?:的)?(?<word>戒圈|戒指|圈口|手寸|指圈|圈)`, 'gu'),
    size: 'ring',
    isSure: true,
  },
  {
    pattern: new RegExp(
      `(?<word>手围|手腕|腕围|手镯|镯子|镯围|手链|手串|腕)${ABOUT}(?:圈口)?${NUMBER}${CENTIMETRES}`,
      'gu',
    ),
    size: 'wrist',
    isSure: true,
  },
  {
    pattern: new RegExp(`(?<word>项链|链长|链子|锁骨链|颈围|脖围|脖子)${ABOUT}${NUMBER}${CENTIMETRES}`, 'gu'),
    size: 'neck',
    isSure: true,
  },
  // 戴 20 号: most likely a ring.
  { pattern: new RegExp(`戴(?<word>)\\s*${NUMBER}\\s*号`, 'gu'), size: 'ring', isSure: false },
]
/** What is found on a shelf; beyond it the number is something else, or slipped. */
const LIKELY: Readonly<Record<OneLineSize, [from: number, to: number]>> = {
  ring: [4, 33],
  wrist: [10, 68],
  neck: [30, 90],
}
/** Inner width of a bangle in millimetres, which shops call 圈口 as they do with rings. */
const BANGLE_MM: [from: number, to: number] = [48, 68]

const WISHES: { kind: OneLineWish; pattern: RegExp; isSure: boolean }[] = [
  {
    kind: 'allergy',
    pattern: new RegExp(
      `(?:对|一戴|戴)(?<words>[\\p{Script=Han}A-Za-z0-9]{1,8}?)(?:会|容易|有点)?(?:过敏|痒)`,
      'gu',
    ),
    isSure: true,
  },
  {
    kind: 'allergy',
    pattern: new RegExp(`过敏(?:源)?(?:是|：|:)(?<words>[\\p{Script=Han}A-Za-z0-9]{1,8})${END}`, 'gu'),
    isSure: true,
  },
  {
    kind: 'allergy',
    pattern: new RegExp(
      `(?<words>(?:合?金属|镍|银|铜|合金|925|金|K金|珍珠|皮革|乳胶|酒精)(?:饰品)?)过敏`,
      'gu',
    ),
    isSure: true,
  },
  {
    kind: 'avoid',
    pattern: new RegExp(
      `(?:千万|一定|绝对|都|也|真的|最|特别|坚决)*(?:(?:别|不能|不可以)(?:再)?(?:给[她他])?(?:送|买|戴|选|拿|推荐|介绍)|(?:不要|不喜欢|不爱|不想要|不戴|不收|不碰|不考虑|忌讳?|讨厌|反感|不接受|看不上)(?:再)?(?:给[她他])?(?:送|买|戴|收|推荐|介绍)?)(?:她|他)?(?<words>[^，,。；;！!？?\\n\\uE000]{1,12}?)(?:的东西|这类|这种|之类的|了|的|款)?${END}`,
      'gu',
    ),
    isSure: true,
  },
  {
    kind: 'avoid',
    pattern: new RegExp(
      `(?<words>[\\p{Script=Han}A-Za-z0-9]{1,8}?)的?(?:一律|坚决|都|就|也)?(?:不要|不喜欢|不戴|不收|不考虑|免谈)${END}`,
      'gu',
    ),
    isSure: true,
  },
  {
    kind: 'wish',
    pattern: new RegExp(
      `(?:一直|最近|早就|特别|很|说)*(?:想要|想买|看中|看上|相中|惦记|想换|想入|种草)(?:了|着|过)?(?:我们|咱们|店里|家|的|[那这一]?[个条只款枚]|[那这一]对|那|这|买)*(?<words>[^，,。；;！!？?\\n\\uE000]{1,14}?)(?:的)?(?:很久|好久)?(?:了)?${END}`,
      'gu',
    ),
    isSure: true,
  },
  {
    kind: 'like',
    pattern: new RegExp(
      `(?:比较|特别|最|很|就|都|平时|一直|挺|蛮|超|只)*(?<!不)(?:喜欢|偏爱|偏好|钟爱|钟意|中意|爱戴|爱穿|爱买|[最很超就挺]爱)(?:戴|买|穿|收藏|要)?(?<words>[^，,。；;！!？?\\n\\uE000]{1,12}?)(?:的东西|这类|这种|之类的|了|的)?${END}`,
      'gu',
    ),
    isSure: true,
  },
]
/** 不要紧, 不喜欢别人打电话, 喜欢什么都行: nobody's taste in jewels. */
const NO_TASTE =
  /^(?:忘|急|紧|客气|打|别人|别|电话|担心|错过|催|着急|告诉|让|说|在|等|贵|跟|和|是|能|会|来|去|记|人|什么|都|她|他|我|你|的|了|被|笑)/u

const BUDGET =
  /(?:预算|价位|价格)(?:大概|大约|在|约|是|：|:|控制在|不超过)*(?<words>[\d一二两三四五六七八九十百千万.]+(?:[~～\-—到至][\d一二两三四五六七八九十百千万.]+)?\s*(?:万|千|百|w|W|k|K|块|元)?(?:多|以内|以下|左右|上下|出头|之内|元)*)/gu
const SALUTATION = new RegExp(
  `(?:(?:平时|以后|都|就|可以|喜欢(?:别人|我们)?|让我们?|要)*(?:叫|喊|称呼)(?:她|他|您|自己)?(?:为|是|叫|做|：|:)?|称呼(?:：|:|是)?)["“「『]?(?<words>[\\p{Script=Han}A-Za-z]{1,6}?)["”」』]?(?:就行|就好|就可以|即可|吧)?${END}`,
  'gu',
)
const ADDRESS =
  /(?:姐|哥|总|董|姨|叔|伯|婶|老师|女士|先生|太太|小姐|妹|妈|爷|奶|经理|院长|医生|老板|主任|局|[A-Za-z])$/u
/** 叫她周五过来: asked to do something, not called something. */
const NO_ADDRESS =
  /^(?:什么|她|他|我|一声|外卖|人|车|醒)|[来去到看付取加发把等拿买选试改寄送回]|周[一二三四五六日]|明天|后天|下/u
const AGE =
  /(?:今年|已经|刚|快|才|马上|都)*(?<number>\d{1,2}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])(?:个半)?岁(?:半)?(?:了|多)?/gu
const GROWN_UP = /上大学|大学生|工作了|结婚了|成家|上班了|读研/u
const SMALL = /上?幼儿园|小学|刚出生|满月|婴儿|宝宝|一年级|二年级|三年级|四年级|五年级/u

const CHILD_AGE = 14

/** Reads one line, or several. Never throws; an empty line has no facts. */
export function readOneLine(typed: string, options: OneLineOptions): OneLine {
  const reader = createReader(typed, options)
  reader.readSalutations()
  reader.readBudgets()
  // Dates first: 八月十五 is no age and no size; then sizes, before 不要 takes the rest of a clause.
  reader.readDates()
  reader.readSizes()
  reader.readAges()
  reader.readWishes()
  return reader.result()
}

function createReader(typed: string, { today, defaultCalendar = 'solar' }: OneLineOptions) {
  // The same length as what was typed, so that places stay places.
  const line = [...typed].map(toPlain).join('')
  let open = line
  const found: OneLineFact[] = []
  const mentions = findMentions(line)
  const used = new Set<Mention>()
  let usualCalendar = defaultCalendar
  // 都是农历, said of all of them.
  for (const match of line.matchAll(
    /都(?:是|按|过|用|算)?(?<lunar>农历|阴历|旧历)|都(?:是|按|过|用|算)?(?:公历|阳历|新历)/gu,
  )) {
    usualCalendar = match.groups?.['lunar'] ? 'lunar' : 'solar'
    take(match.index, match.index + match[0].length)
  }

  function take(from: number, to: number): void {
    open = open.slice(0, from) + TAKEN.repeat(to - from) + open.slice(to)
  }

  const startOfClause = (at: number): number => {
    let start = at
    while (start > 0 && !CLAUSE_END.test(line.charAt(start - 1))) start--
    return start
  }
  const endOfClause = (at: number): number => {
    let end = at
    while (end < line.length && !CLAUSE_END.test(line.charAt(end))) end++
    return end
  }
  const clauseAround = (from: number, to: number): string => line.slice(startOfClause(from), endOfClause(to))

  /** Who is spoken of at a place: named before it in the clause, else behind it, else whoever was named last. */
  function whoAt(from: number, to: number): { who: OneLineWho; isDoubtful: boolean; isNamed: boolean } {
    const start = startOfClause(from)
    const end = endOfClause(to)
    const before = mentions.filter(mention => mention.to <= from)
    const near = before.filter(mention => mention.from >= start).at(-1)
    const after = mentions.find(mention => mention.from >= to && mention.to <= end)
    const mention = near ?? after ?? before.at(-1)
    if (!mention) return { who: nobody(), isDoubtful: false, isNamed: false }
    used.add(mention)
    return { who: mention.who, isDoubtful: mention.isDoubtful, isNamed: true }
  }

  /** 生日, 结婚纪念日 beside a date have said what they had to say. */
  function takeWords(from: number, to: number): void {
    const start = startOfClause(from)
    const around = open.slice(start, endOfClause(to))
    for (const pattern of [BIRTHDAY, WEDDING, OWN_DAY]) {
      const match = pattern.exec(around)
      if (match) take(start + match.index, start + match.index + match[0].length)
    }
  }

  function each(pattern: RegExp, act: (match: RegExpExecArray) => void): void {
    pattern.lastIndex = 0
    for (const match of [...open.matchAll(pattern)]) {
      const isStillOpen = open.slice(match.index, match.index + match[0].length) === match[0]
      if (isStillOpen && !match[0].includes(TAKEN)) act(match)
    }
  }

  const confident = (isSure: boolean): OneLineConfidence => (isSure ? 'high' : 'low')

  return {
    readSalutations(): void {
      each(SALUTATION, match => {
        const words = match.groups?.['words'] ?? ''
        if (NO_ADDRESS.test(words)) return
        const isAddress = ADDRESS.test(words) || /称呼|就行|就好|就可以|即可/.test(match[0])
        const from = match.index
        const { who, isDoubtful } = whoAt(from, from)
        const to = from + match[0].length
        found.push({
          kind: 'salutation',
          words,
          who,
          span: { from, to },
          confidence: confident(isAddress && !isDoubtful),
        })
        take(from, to)
      })
    },

    readBudgets(): void {
      each(BUDGET, match => {
        const from = match.index
        const to = from + match[0].length
        const words = (match.groups?.['words'] ?? '').trim()
        // Whoever it is for, it is the customer who pays.
        const who = nobody()
        found.push({ kind: 'budget', words, who, span: { from, to }, confidence: 'high' })
        take(from, to)
      })
    },

    readDates(): void {
      for (const { pattern, isVague } of DATES) {
        each(pattern, match => {
          const lead = match[0].length - match[0].trimStart().length
          const from = match.index + lead
          const to = from + match[0].trim().length
          const clause = clauseAround(from, to)
          // 生日 may stand a comma away: 妈妈生日，农历八月十五.
          const beside = `${line.slice(Math.max(0, startOfClause(Math.max(0, startOfClause(from) - 1))), from)}${line.slice(to, endOfClause(to))}`
          const isBirthday = BIRTHDAY.test(clause.replace(BIRTHDAY_THING, ''))
          const isWedding = !isBirthday && WEDDING.test(clause)
          const own = isBirthday || isWedding ? null : OWN_DAY.exec(clause)
          const isNearBirthday =
            !isBirthday && !isWedding && !own && BIRTHDAY.test(beside.replace(BIRTHDAY_THING, ''))
          const { who, isDoubtful, isNamed } = whoAt(from, to)
          const isSaid = isBirthday || isWedding || own !== null || isNearBirthday
          if (!isSaid && !isNamed && !(/农历|阴历/.test(match[0]) && !isVague)) return
          // A day to come, of an errand: 10月8号来取.
          if (
            !isSaid &&
            /取|拿|来|到店|到货|到期|有效|发货|截止|交|约|前|后|见|改|修|送|寄|开|出差|回|付|转|买|下单|活动/.test(
              clause,
            )
          )
            return
          const parsed = parseYearlyDate(line.slice(from, to).replace(/[，,]/g, ''), {
            today,
            defaultCalendar: usualCalendar,
          })
          if (!parsed.ok) return
          const isSure = isSaid && !isDoubtful && parsed.ambiguous === undefined
          found.push({
            kind: 'date',
            dateKind: isWedding ? 'wedding' : own ? 'other' : 'birthday',
            label: own?.[1] ?? null,
            date: parsed.date,
            ...(parsed.hint === undefined ? {} : { hint: parsed.hint }),
            who: isWedding && !isDoubtful && isCouple(who) ? nobody() : who,
            span: { from, to },
            confidence: confident(isSure),
          })
          take(from, to)
          takeWords(from, to)
        })
      }
    },

    readSizes(): void {
      for (const { pattern, size: usual, isSure } of SIZES) {
        each(pattern, match => {
          const number = numberOf(match.groups?.['number'] ?? '')
          if (Number.isNaN(number)) return
          const unit = (match.groups?.['unit'] ?? '').toLowerCase()
          const word = match.groups?.['word'] ?? ''
          const behind = open.slice(match.index + match[0].length)
          if (/^\s*(?:克|g\b|万|千|元|块|折|个|只|件|款|条|对|颗|枚|次|岁|月|分|年|天|%|k)/i.test(behind))
            return
          const isBangle =
            number >= BANGLE_MM[0] &&
            number <= BANGLE_MM[1] &&
            unit === '' &&
            /圈口|镯口|口径|圈号|镯/.test(word)
          const size = isBangle ? 'wrist' : usual
          const from = match.index
          const { who, isDoubtful } = whoAt(from, from)
          const [least, most] = LIKELY[size]
          if (number < least || number > most || /寸/.test(unit)) return
          const isHalf = /号$/.test(match[0]) && behind.startsWith('半')
          const isRange = /^\s*(?:到|至|[-~～－或]|[一二三四五六七八九])/.test(behind)
          const to = from + match[0].length + (isHalf ? 1 : 0)
          const value = `${isHalf ? number + 0.5 : number}${/mm|毫米/.test(unit) ? ' 毫米' : ''}`
          found.push({
            kind: 'size',
            size,
            value: isBangle ? `圈口 ${number}` : value,
            who,
            span: { from, to },
            confidence: confident(isSure && !isDoubtful && !isRange),
          })
          take(from, to)
        })
      }
    },

    readAges(): void {
      each(AGE, match => {
        const years = numberOf(match.groups?.['number'] ?? '')
        const { who } = whoAt(match.index, match.index + match[0].length)
        if (who.relation === null || Number.isNaN(years)) return
        who.isMinor = years < CHILD_AGE
        take(match.index, match.index + match[0].length)
      })
      for (const mention of mentions) {
        const { who } = mention
        if (who.relation === null || !isMinorByNature(who.relation) || who.isMinor !== null) continue
        const clause = clauseAround(mention.from, mention.to)
        if (GROWN_UP.test(clause)) who.isMinor = false
        else if (SMALL.test(clause)) who.isMinor = true
      }
    },

    readWishes(): void {
      for (const { kind, pattern, isSure } of WISHES) {
        each(pattern, match => {
          const words = tidied(match.groups?.['words'] ?? '')
          // 不要紧, 别忘了提醒她: nobody's taste.
          if (words === '' || NO_TASTE.test(words) || /[不没]$/.test(words)) return
          const from = match.index
          const to = from + match[0].length
          const { who, isDoubtful } = whoAt(from, to)
          const kindFor = kind === 'wish' && who.relation !== null ? 'like' : kind
          found.push({
            kind: kindFor,
            words,
            who,
            span: { from, to },
            confidence: confident(isSure && !isDoubtful && words.length <= 8),
          })
          take(from, to)
        })
      }
    },

    result(): OneLine {
      for (const mention of used) take(mention.from, mention.to)
      const rest = open
        .split(/[\uE000，,。；;！!？?、\n（）()]+/)
        .map(words => words.trim())
        .filter(words => words !== '' && !FILLER.test(words))
      return { facts: found.sort((one, other) => one.span.from - other.span.from), rest }
    },
  }
}

/** The customer. */
const nobody = (): OneLineWho => ({ relation: null, callName: null, isMinor: null })

/** Full-width characters as their plain ones, one for one. */
function toPlain(character: string): string {
  const plain = character.normalize('NFKC')
  return plain.length === character.length ? plain : character
}

/** 结婚纪念日 belongs to the couple, whoever of them was named. */
const isCouple = ({ relation }: OneLineWho): boolean =>
  relation === 'husband' || relation === 'wife' || relation === 'spouse'

/** Everybody named in the line, in order; `她` alone is the customer. */
function findMentions(line: string): Mention[] {
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
    const known = findRelation(word)?.code ?? NICKNAMES[word]
    const isChildName = known === 'child' && /^(?:大宝|二宝|三宝|小宝)$/.test(word)
    const callName = known === undefined ? word : isChildName ? word : rank ? `${rank}${word}` : null
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
          isMinor: null,
        },
        isDoubtful: over === undefined,
      }
      continue
    }
    named.push({
      from,
      to,
      who: { relation: known ?? 'other', callName, isMinor: null },
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

/** 戴珍珠的 → 珍珠 */
function tidied(words: string): string {
  return words
    .trim()
    .replace(/^(?:戴|送|买|穿|给她|给他|要|那种|这种|有|太|一些|点)(?=[\p{Script=Han}])/u, match =>
      match === '太' ? '太' : '',
    )
    .replace(/(?:的|款式|首饰|饰品|类)$/u, match => (match === '的' ? '' : match))
    .trim()
}
