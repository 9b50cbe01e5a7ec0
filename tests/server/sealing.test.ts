import { expect, it } from 'vitest'
import { createSealing } from '../../server/sealing.ts'

const sealing = createSealing('test-only-0123456789abcdef0123456789abcdef')

it.each(['', '13800001234', '林婉清 💍'])('opens what it has sealed: %j', text =>
  expect(sealing.open(sealing.seal(text))).toBe(text),
)

it('opens nothing that was altered, anywhere, or sealed under another secret', () => {
  const sealed = sealing.seal('13800001234')
  for (let place = 0; place < sealed.length; place++) {
    const altered = Buffer.from(sealed)
    altered.writeUInt8(altered.readUInt8(place) ^ 1, place)
    expect(() => sealing.open(altered), `byte ${place}`).toThrow()
  }
  const other = createSealing('test-only-fedcba9876543210fedcba9876543210')
  expect(() => other.open(sealed)).toThrow()
})

it('opens nothing that was cut short, also not within its tag', () => {
  const sealed = sealing.seal('')
  for (let length = 0; length < sealed.length; length++)
    expect(() => sealing.open(sealed.subarray(0, length)), `${length} bytes`).toThrow()
})
