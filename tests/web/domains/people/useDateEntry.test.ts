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

  it('says back the year with the age, and refuses a birth in a year to come', () => {
    expect(entryOf('1955.8.15').echo.value).toMatchObject({
      facts: ['1955年8月15日', '今年 71 岁', '2027年8月15日 星期日'],
    })
    expect(entryOf('农历1960年八月十五').echo.value).toMatchObject({
      facts: ['农历1960年八月十五', '今年 66 岁', '2027年9月15日 星期三'],
    })
    const unborn = entryOf('2033.8.15')
    expect(unborn.echo.value).toEqual({ kind: 'question', words: '出生的年份还没到，看看是不是写错了' })
    expect(unborn.date.value).toBeUndefined()
  })

  it('says why 29 February and a lunar 30th fall a day earlier', () => {
    expect(entryOf('2.29').echo.value).toMatchObject({
      facts: ['2月29日', '2027年2月28日 星期日'],
      more: expect.arrayContaining(['没有 2月29日 的年份，按 2月28日 算']) as string[],
    })
    expect(entryOf('腊月三十').echo.value).toMatchObject({
      more: expect.arrayContaining(['没有三十的年份，按廿九算']) as string[],
    })
  })

  it('knows the middle of a lunar month', () => {
    expect(entryOf('八月半').date.value).toMatchObject({ calendar: 'lunar', month: 8, day: 15 })
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
