import type { OneLineSize, OneLineWish } from './oneLineFacts.ts'

/** The patterns by which a line is read. */

// The line is read through patterns in turn; what one has taken is blanked out, so that no later one reads it again.
export const TAKEN = '\uE000'

/** Ends a thought: a fact stands with a person of the same clause first. */
export const CLAUSE_END = /[，,。；;！!？?\n\uE000]/
const END = '(?=$|[，,。；;！!？?、\\s\\uE000（）()]|但是?|不过|可是|就是|因为|所以)'

export const FILLER =
  /^(?:她|他|您|我|你|的|了|不是|不对|农历|阴历|公历|阳历|新历|快到|到|结婚|纪念|周年|是|和|跟|还有|还|有|也|都|就|在|要|个|呢|吧|啊|哦|哈|那个|然后|另外|说|讲|今天|刚才|记得|记一下|注意|一下|每年|过|生日|日子|尺寸|大概|大约|左右|号|岁|给|家|今年|这个月|想|送|买|戴|比较|特别|最|很|人|：|:|-|—)+$/u

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
export const DATES: { pattern: RegExp; isVague: boolean }[] = [
  {
    pattern: new RegExp(
      `(?:${CALENDAR_WORD}的?)?\\s*(?:${YEAR})?\\s*(?:${CALENDAR_WORD}的?)?\\s*[闰润]?${MONTH}\\s*月份?\\s*(?:初[一二三四五六七八九十]|半(?![年天个])|${DAY_WORDS}(?![\\d])|${DAY_DIGITS})\\s*[日号]?${CALENDAR_BEHIND}`,
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

export const BIRTHDAY =
  /生日|生辰|过生|出生|生的|(?:\d{2,3}|[六七八九]十)?岁?大?寿|诞辰|生人|(?<=[日号\d十])生(?![\p{Script=Han}])/u
/** 不是八月十五，是九月十五: the day before which this stands is the wrong one. */
export const NOT_THIS = /(?:不是|并非|不在|不对)\s*$/u
/** What is not kept of anybody, also not in a note: telephone numbers and schools. */
export const NOT_KEPT =
  /\d[\d\s-]{5,}\d|小学|中学|初中|高中|幼儿园|大学|学院|学校|年级|[一二三四五六\d]班|班主任|电话|手机号/u
/** 生日券, 生日礼物: their days are nobody's birthday. */
export const BIRTHDAY_THING = /生日(?:礼物|礼品|礼盒|礼|券|优惠|蛋糕|祝福|快乐|月|卡|积分|会|派对|趴)/gu
export const WEDDING = /结婚纪念日?|结婚|婚礼|领证|办喜酒|纪念日/u
/** Days of their own name. */
export const OWN_DAY = /(满月|百日宴?|周岁宴?|订婚|乔迁|开业|升学宴?|忌日|认识|相识)/u

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
export function numberOf(text: string): number {
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
export const SIZES: { pattern: RegExp; size: OneLineSize; isSure: boolean }[] = [
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
export const LIKELY: Readonly<Record<OneLineSize, [from: number, to: number]>> = {
  ring: [4, 33],
  wrist: [10, 68],
  neck: [30, 90],
}
/** Inner width of a bangle in millimetres, which shops call 圈口 as they do with rings. */
export const BANGLE_MM: [from: number, to: number] = [48, 68]

export const WISHES: { kind: OneLineWish; pattern: RegExp; isSure: boolean }[] = [
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
export const NO_TASTE =
  /^(?:忘|急|紧|客气|打|别人|别|电话|担心|错过|催|着急|告诉|让|说|在|等|贵|跟|和|是|能|会|来|去|记|人|什么|都|她|他|我|你|的|了|被|笑)/u

export const BUDGET =
  /(?:预算|价位|价格)(?:大概|大约|在|约|是|：|:|控制在|不超过)*(?<words>[\d一二两三四五六七八九十百千万.]+(?:[~～\-—到至][\d一二两三四五六七八九十百千万.]+)?\s*(?:万|千|百|w|W|k|K|块|元)?(?:多|以内|以下|左右|上下|出头|之内|元)*)/gu
export const SALUTATION = new RegExp(
  `(?:(?:平时|以后|都|就|可以|喜欢(?:别人|我们)?|让我们?|要)*(?:叫|喊|称呼)(?:她|他|您|自己)?(?:为|是|叫|做|：|:)?|称呼(?:：|:|是)?)["“「『]?(?<words>[\\p{Script=Han}A-Za-z]{1,6}?)["”」』]?(?:就行|就好|就可以|即可|吧)?${END}`,
  'gu',
)
export const ADDRESS =
  /(?:姐|哥|总|董|姨|叔|伯|婶|老师|女士|先生|太太|小姐|妹|妈|爷|奶|经理|院长|医生|老板|主任|局|[A-Za-z])$/u
/** 叫她周五过来: asked to do something, not called something. */
export const NO_ADDRESS =
  /^(?:什么|她|他|我|一声|外卖|人|车|醒)|[来去到看付取加发把等拿买选试改寄送回]|周[一二三四五六日]|明天|后天|下/u
export const AGE =
  /(?:今年|已经|刚|快|才|马上|都)*(?<number>\d{1,2}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])(?:个半)?岁(?:半)?(?:了|多)?/gu
export const GROWN_UP = /上大学|大学生|工作了|结婚了|成家|上班了|读研/u
export const SMALL = /上?幼儿园|小学|刚出生|满月|婴儿|宝宝|一年级|二年级|三年级|四年级|五年级/u

export const CHILD_AGE = 14

const NEAR_DAY =
  '(?:大后天|后天|明天|明早|今天|今晚|(?:下+|这|本)?个?(?:周|星期|礼拜)[一二三四五六日天末]|这?个?月[底末]|(?:\\d{1,2}|[一两二三四五六七八九十])\\s*天(?:内|之内|以内|后)|(?:\\d{1,2}月)?\\d{1,2}[日号](?=之?前|以前))'
/** Things a guide does for a customer; 来取, 到店 are what the customer does. */
const DOING =
  '回复|答复|回她|回他|回您|回电|报价|报个?价|发给|发她|发他|发您|发图|发过去|发来|寄|送|看图|出图|图稿|打电话|联系|告诉|告知|通知|确认|问一?下|问问|问清|查一?下|查到|查好|改好|改完|修好|做好|留一?|拍给|拍照|拍图|约|提醒|调货|调过来|准备|给个?[准回答]'
/** 周五前回复价格, 后天给她看图: from the day on, for what stands before it says who promised whom. */
export const PROMISE = new RegExp(
  `(?:我|咱们?|店里)?(?:答应|说好|承诺|记得|别忘了?|要)*(?:了|过)?(?:[她他您](?:的|们)?)?(?:了|在)?\\s*(?<words>${NEAR_DAY}[^，,。；;！!？?\\n\\uE000]{0,16}?(?:${DOING})[^，,。；;！!？?\\n\\uE000]{0,24}|(?:${DOING})[^，,。；;！!？?\\n\\uE000]{0,12}?${NEAR_DAY}(?:之?前|以前)?(?:再?(?:发|给|回|寄|送|说)[她他您]?)?)`,
  'gu',
)
