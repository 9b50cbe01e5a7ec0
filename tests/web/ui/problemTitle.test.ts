import { expect, it } from 'vitest'
import { ApiError, Unreachable } from '../../../web/api/apiError.ts'
import { problemTitle } from '../../../web/ui/problemTitle.ts'

const refused = new ApiError({
  type: 'x',
  title: '到上限了',
  status: 422,
  code: 'limit_reached',
  requestId: 'r',
})

it.each([
  ['the words of the server', refused, '到上限了'],
  ['no answer', new Unreachable(), '网络没有通'],
  [
    'a script that did not come (Chrome)',
    new TypeError('Failed to fetch dynamically imported module: /a.js'),
    '网络没有通',
  ],
  ['a script that did not come (Safari)', new TypeError('Importing a module script failed.'), '网络没有通'],
  ['anything else', new Error('boom'), '我们这边出了点问题'],
])('says %s', (_what, error, words) => expect(problemTitle(error)).toBe(words))
