import type { GiftMemory } from '../../../shared/contract/reminders.ts'

/** What was given to this person and what to mind, as facts: `送过足金手链（2025年，刻「平安」）`, `戒圈 13`, `不要银`. */
export function giftFacts(gift: GiftMemory): string[] {
  const pieces = gift.bought.map(({ day, piece, engraving }) => {
    const engraved = engraving ? `，刻「${engraving}」` : ''
    return `${piece}（${day.slice(0, 4)}年${engraved}）`
  })
  const sizes: [string, string | null][] = [
    ['戒圈', gift.ringSize],
    ['手围', gift.wristSize],
    ['项链', gift.neckSize],
  ]
  const avoided = [gift.avoids, gift.allergies].filter(Boolean).join('、')
  return [
    pieces.length > 0 ? `送过${pieces.join('、')}` : '',
    ...sizes.map(([what, size]) => (size ? `${what} ${size}` : '')),
    gift.likes ? `喜欢${gift.likes.replace(/^喜欢/, '')}` : '',
    avoided ? `避开：${avoided}` : '',
  ].filter(Boolean)
}
