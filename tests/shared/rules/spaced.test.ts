import { expect, it } from 'vitest'
import { spaced } from '../../../shared/rules/spaced.ts'

it.each([
  [['发给', 'Lily'], '发给 Lily'],
  [['发给', '婉清姐'], '发给婉清姐'],
  [['打开和', 'Lily', '的聊天再发'], '打开和 Lily 的聊天再发'],
  [['打开和', '张 Lily', '的聊天再发'], '打开和张 Lily 的聊天再发'],
  [['周敏', '3 天前'], '周敏 3 天前'],
  [['周敏', '昨天'], '周敏昨天'],
  [['Lily', '3 天前'], 'Lily 3 天前'],
  [['发给', '「A」'], '发给「A」'],
  [['发给', ''], '发给'],
  [['', 'Émilie'], 'Émilie'],
])('%j is %s', (pieces, text) => {
  expect(spaced(...pieces)).toBe(text)
})
