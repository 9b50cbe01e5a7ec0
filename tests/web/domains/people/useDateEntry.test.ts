import { describe, expect, it } from 'vitest'
import { useDateEntry } from '../../../../web/domains/people/useDateEntry.ts'

const entryOf = (words: string, calendar: 'solar' | 'lunar' = 'solar') => {
  const entry = useDateEntry(
    () => '2026-11-21',
    () => 'birthday',
  )
  entry.calendar.value = calendar
  entry.words.value = words
  return entry
}

describe('the echo of a typed date', () => {
  it('says nothing while nothing is written', () => {
    const entry = entryOf('')
    expect(entry.echo.value).toBeUndefined()
    expect(entry.date.value).toBeUndefined()
  })

  it('says the day, the weekday and how long it is', () => {
    expect(entryOf('八月十五').echo.value).toEqual({
      kind: 'understood',
      facts: ['农历八月十五', '2027年9月15日 星期三'],
      more: ['还有 298 天', '9月1日起提醒你'],
    })
  })

  it.each(['8.15', '0815', '8/15', '8月15日'])('reads %s by the switch', words => {
    expect(entryOf(words, 'solar').date.value).toMatchObject({ calendar: 'solar', month: 8, day: 15 })
    expect(entryOf(words, 'lunar').date.value).toMatchObject({ calendar: 'lunar', month: 8, day: 15 })
  })

  it('lets the words win over the switch, and shows it', () => {
    const entry = entryOf('农历8/15', 'solar')
    expect(entry.date.value).toMatchObject({ calendar: 'lunar' })
    expect(entry.calendar.value).toBe('lunar')
  })

  it('lets the switch win when it is turned afterwards', () => {
    const entry = entryOf('农历8/15', 'solar')
    entry.calendar.value = 'solar'
    expect(entry.date.value).toMatchObject({ calendar: 'solar', month: 8, day: 15 })
    const lunarWords = entryOf('八月十五')
    lunarWords.calendar.value = 'solar'
    expect(lunarWords.date.value).toMatchObject({ calendar: 'solar', month: 8, day: 15 })
  })

  it.each(['2.30', '13.1', '农历8.31', '随便写写'])('asks back for %s instead of saving', words => {
    const entry = entryOf(words)
    expect(entry.echo.value?.kind).toBe('question')
    expect(entry.date.value).toBeUndefined()
  })

  it('knows leap months', () => {
    expect(entryOf('闰四月初三').date.value).toMatchObject({
      calendar: 'lunar',
      month: 4,
      day: 3,
      isLeapMonth: true,
    })
  })
})
