import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { COUPON_PICTURE_MAX_BYTES } from '../../../../shared/contract/couponTemplates.ts'
import { usePicture } from '../../../../web/domains/couponTemplates/usePicture.ts'
import { createFakeApi, ok } from '../../../support/fakeApi.ts'

const picture = { pictureId: '6d0c1c9e-0000-4000-8000-00000000000a', url: '/c/picture/a' }
/** What was put on the canvas, in its order. */
let drawn: string[]
let isPicture: boolean
beforeEach(async () => {
  drawn = []
  isPicture = true
  const api = createFakeApi()
  await api.install()
  api.on('post', /^\/coupon-pictures$/, () => ok(picture, 201))
  // As in Safari 13 and 14.
  vi.stubGlobal('createImageBitmap', undefined)
  vi.stubGlobal(
    'Image',
    class {
      naturalWidth = 4_000
      naturalHeight = 3_000
      onload = () => undefined
      onerror = () => undefined
      set src(_url: string) {
        queueMicrotask(() => (isPicture ? this.onload() : this.onerror()))
      }
    },
  )
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({
    set fillStyle(color: string) {
      drawn.push(color)
    },
    fillRect: (...at: number[]) => drawn.push(`ground ${at.join(' ')}`),
    drawImage: (_picture: unknown, ...at: number[]) => drawn.push(`picture ${at.join(' ')}`),
  } as never)
  vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation(done => done(new Blob(['small'])))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})
const large = (type: string) => new File([new Uint8Array(COUPON_PICTURE_MAX_BYTES + 1)], 'photo', { type })

it('draws a photo of many megabytes smaller, on white, also in browsers without createImageBitmap', async () => {
  const done = vi.fn()
  const { choose, trouble } = usePicture(done)
  await choose(large('image/png'))
  expect(trouble.value).toBe('')
  expect(done).toHaveBeenCalledWith(picture)
  expect(drawn).toEqual(['#fff', 'ground 0 0 860 645', 'picture 0 0 860 645'])
})

it('says of what is no picture that it is none', async () => {
  isPicture = false
  const { choose, trouble } = usePicture(vi.fn())
  await choose(large('text/plain'))
  expect(trouble.value).toContain('这不是图片')
})
