import { expect, it } from 'vitest'
import { bulkStateText } from '../../../shared/rules/privacyWords.ts'

const asked = { state: 'expired', decidedBy: null, rowCount: null } as const

it('says of a request that is over what it had come to, as far as it is known', () => {
  expect(bulkStateText(asked)).toBe('24 小时内没有人批准，已作废')
  expect(bulkStateText({ ...asked, decidedBy: '王芳' })).toBe('没有做完，已作废')
  // Also of one that was taken back and asked for anew, before its 24 hours were over.
  const words = bulkStateText({ ...asked, decidedBy: '王芳', rowCount: 12 })
  expect(words).toBe('文件最多留 24 小时，已删除')
})

it('says of what is under way where it stands', () => {
  expect(bulkStateText({ ...asked, state: 'waiting' })).toBe('等另一位管理员批准')
  expect(bulkStateText({ ...asked, state: 'ready', decidedBy: '王芳', rowCount: 12 })).toBe('可以下载')
})
