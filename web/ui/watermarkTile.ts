import { civilDayOf } from '../../shared/rules/civilDay.ts'
import { timeOfDayOf } from '../../shared/rules/noticeTime.ts'

const escaped = (text: string) => text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

/** A tile of the watermark as a picture: who, and below it when (`2026-11-21 10:20`). */
export function watermarkTile(words: string, now: number, timeZone: string): string {
  const at = `${civilDayOf(now, timeZone)} ${timeOfDayOf(now, timeZone)}`
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="180" height="120"><g transform="rotate(-20 18 84)" ` +
    `font-size="13" fill="#807475" fill-opacity=".07" font-family="sans-serif"><text x="18" y="84">${escaped(words)}</text>` +
    `<text x="18" y="101">${at}</text></g></svg>`
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`
}
