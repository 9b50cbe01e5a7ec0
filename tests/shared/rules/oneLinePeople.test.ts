import { describe, expect, it } from 'vitest'
import { findMentions } from '../../../shared/rules/oneLinePeople.ts'

describe('P28 somebody else’s child', () => {
  it.each([
    ['她姐姐家的孩子3月3生日', '姐姐的孩子'],
    ['闺蜜的女儿喜欢粉色', '闺蜜的女儿'],
    ['她弟弟的大宝满月', '弟弟的大宝'],
    ['干女儿5月1日生日', '干女儿'],
  ])('%s', (line, callName) => {
    expect(findMentions(line).map(({ who }) => who)).toContainEqual({
      relation: 'other',
      callName,
      isMinor: true,
    })
  })

  it.each(['她姐姐的婆婆喜欢玉', '老公的妈妈3月3生日', '她表姐生日'])('is not in %s', line => {
    expect(findMentions(line).map(({ who }) => who.isMinor)).not.toContain(true)
  })
})
