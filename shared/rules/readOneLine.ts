import type { OneLine, OneLineConfidence, OneLineFact, OneLineOptions, OneLineWho } from './oneLineFacts.ts'
import {
  ADDRESS,
  AGE,
  BANGLE_MM,
  BIRTHDAY,
  BIRTHDAY_THING,
  BUDGET,
  CHILD_AGE,
  CLAUSE_END,
  DATES,
  FILLER,
  GROWN_UP,
  LIKELY,
  NO_ADDRESS,
  NO_TASTE,
  NOT_KEPT,
  NOT_THIS,
  numberOf,
  OWN_DAY,
  PROMISE,
  SALUTATION,
  SIZES,
  SMALL,
  TAKEN,
  WEDDING,
  WISHES,
} from './oneLinePatterns.ts'
import { findMentions, isCouple, nobody, type Mention } from './oneLinePeople.ts'
import { civilDayParts } from './civilDay.ts'
import { parseYearlyDate } from './parseYearlyDate.ts'
import { promiseDay } from './promiseDay.ts'
import { isMinorByNature } from './relation.ts'

/**
 * Understands what guides jot down in one line: `她妈妈农历八月十五生日，圈口13，别送银的` → whose day, which size, what to avoid.
 * Patterns only, no word list from outside, so that it runs on the device; what it does not understand stays as it is.
 * Reads several lines too. Never throws; an empty line has no facts.
 */
export function readOneLine(typed: string, options: OneLineOptions): OneLine {
  const reader = createReader(typed, options)
  reader.readSalutations()
  reader.readBudgets()
  // 3号前给她看图 is no birthday; what names a birthday is none of these.
  reader.readPromises()
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
  // 不是八月十五，是九月十五: what is right is worth a look.
  let isCorrected = false
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

    readPromises(): void {
      each(PROMISE, match => {
        const words = match.groups?.['words'] ?? ''
        const from = match.index
        const to = from + match[0].length
        const clause = clauseAround(from, to)
        if (
          BIRTHDAY.test(clause.replace(BIRTHDAY_THING, '')) ||
          WEDDING.test(clause) ||
          /农历|阴历/.test(clause)
        )
          return
        // 老公下周三寄过来: somebody else does it.
        const isOthers = mentions.some(
          mention =>
            mention.who.relation !== null && mention.from >= startOfClause(from) && mention.to <= from,
        )
        const lead = line.slice(startOfClause(from), to - words.length)
        const isHers = /[她他您]|客户/.test(lead)
        const day = promiseDay(words, today)
        if (day === undefined || isOthers) return
        found.push({
          kind: 'promise',
          words: words.trim(),
          day,
          who: nobody(),
          span: { from, to },
          // 她下周三送女儿上学: more likely her plan than our word.
          confidence: confident(
            !(isHers && !/答应|说好|承诺/.test(lead)) && !/吗|是否|会不会|能不能/.test(clause),
          ),
        })
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
          const denial = NOT_THIS.exec(line.slice(startOfClause(from), from))
          if (denial) {
            isCorrected = true
            take(from - denial[0].length, to)
            return
          }
          // 生日 may stand a comma away: 妈妈生日，农历八月十五.
          const beside = `${line.slice(Math.max(0, startOfClause(Math.max(0, startOfClause(from) - 1))), from)}${line.slice(to, endOfClause(to))}`
          const isBirthday = BIRTHDAY.test(clause.replace(BIRTHDAY_THING, ''))
          const isWedding = !isBirthday && WEDDING.test(clause)
          const own = isBirthday || isWedding ? null : OWN_DAY.exec(clause)
          const isNearBirthday =
            !isBirthday && !isWedding && !own && BIRTHDAY.test(beside.replace(BIRTHDAY_THING, ''))
          const parsed = parseYearlyDate(line.slice(from, to).replace(/[，,]/g, ''), {
            today,
            defaultCalendar: usualCalendar,
          })
          if (!parsed.ok) return
          // Nobody is born in a year to come: it was written for something else.
          const isBirth = !isWedding && own === null
          if (isBirth && (parsed.date.year ?? 0) > civilDayParts(today).year) return
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
          const isSure = isSaid && !isDoubtful && !isCorrected && parsed.ambiguous === undefined
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
        .filter(words => [...words].length > 1 && !FILLER.test(words) && !NOT_KEPT.test(words))
      return { facts: found.sort((one, other) => one.span.from - other.span.from), rest }
    },
  }
}

/** Full-width characters as their plain ones, one for one. */
function toPlain(character: string): string {
  const plain = character.normalize('NFKC')
  return plain.length === character.length ? plain : character
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
