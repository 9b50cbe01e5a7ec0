/** What waits for a guide this morning, counted; never with a name in it. */
export interface DigestCounts {
  birthdays: number
  otherDates: number
  promises: number
  coupons: number
  cares: number
  newFriends: number
  /** days that have passed and are not too long ago */
  overdue: number
}

const nouns: [kind: keyof DigestCounts, noun: string, measure: string][] = [
  ['promises', '答应的事', '件'],
  ['birthdays', '生日', '个'],
  ['otherDates', '纪念日', '个'],
  ['coupons', '快到期的券', '张'],
  ['cares', '该保养的', '件'],
  ['newFriends', '没打标签的新朋友', '位'],
]

/** How many things are due today or still open from the last days. */
export const digestTotal = (counts: DigestCounts): number =>
  Object.values(counts).reduce((sum: number, count: number) => sum + count, 0)

/** `今天 3 件`, or `前几天有 2 件没赶上` when nothing is due today. */
export function digestTitle(counts: DigestCounts): string {
  const today = digestTotal(counts) - counts.overdue
  return today > 0 ? `今天 ${today} 件` : `前几天有 ${counts.overdue} 件没赶上`
}

/** `答应的事 1 件，生日 2 个。前几天没赶上的 1 件，今天补一句也不晚。` */
export function digestText(counts: DigestCounts): string {
  const due = nouns.flatMap(([kind, noun, measure]) =>
    counts[kind] > 0 ? [`${noun} ${counts[kind]} ${measure}`] : [],
  )
  const sentences = [
    ...(due.length > 0 ? [`${due.join('，')}。`] : []),
    ...(counts.overdue === 0
      ? []
      : due.length > 0
        ? [`前几天没赶上的 ${counts.overdue} 件，今天补一句也不晚。`]
        : ['今天补一句也不晚。']),
  ]
  return sentences.join('')
}
