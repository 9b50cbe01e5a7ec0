import { expect, it } from 'vitest'
import { strictTransport } from '../../../server/http/securityHeaders.ts'

it.each([
  ['https://guide.example.com', true],
  ['https://guide.example.com.cn:8443', true],
  ['https://example.com', false],
  ['https://example.com.cn', false],
])('P7 %s: hosts below are held to https, too: %s', (url, isForAll) =>
  expect(strictTransport(url)).toBe(isForAll ? 'max-age=31536000; includeSubDomains' : 'max-age=31536000'),
)

it('a trial on this machine holds nobody to https', () =>
  expect(strictTransport('http://127.0.0.1:8788')).toBeUndefined())
