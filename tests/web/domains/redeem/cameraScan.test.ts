import { afterEach, expect, it, vi } from 'vitest'
import { canScanByCamera, readByCamera } from '../../../../web/domains/redeem/cameraScan.ts'

const stopped = vi.fn()
const stream = { getTracks: () => [{ stop: stopped }] }
/** A browser whose camera sees these things one after the other. */
function browserThat(sees: string[], camera: () => Promise<unknown> = async () => stream) {
  vi.stubGlobal(
    'BarcodeDetector',
    class {
      detect = async () => {
        const rawValue = sees.shift()
        return rawValue === undefined ? [] : [{ rawValue }]
      }
    },
  )
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: camera } })
}
const video = () => ({ srcObject: null, play: async () => undefined }) as unknown as HTMLVideoElement
afterEach(() => {
  vi.unstubAllGlobals()
  vi.clearAllMocks()
})

it('needs a camera and a browser with eyes for codes', () => {
  vi.stubGlobal('navigator', {})
  expect(canScanByCamera()).toBe(false)
  browserThat([])
  expect(canScanByCamera()).toBe(true)
})

it('looks until it has read something, and lets go of the camera', async () => {
  vi.useFakeTimers()
  browserThat(['', 'GB7K2M9Q4T8X'])
  const read = readByCamera(video(), new AbortController().signal)
  await vi.runAllTimersAsync()
  vi.useRealTimers()
  expect(await read).toBe('GB7K2M9Q4T8X')
  expect(stopped).toHaveBeenCalledOnce()
})

it('lets go of the camera when the sheet is closed, also while it was still being asked for', async () => {
  const ending = new AbortController()
  browserThat(['GB7K2M9Q4T8X'], async () => {
    ending.abort()
    return stream
  })
  expect(await readByCamera(video(), ending.signal)).toBeUndefined()
  expect(stopped).toHaveBeenCalledOnce()
})

it('throws where the camera is refused', async () => {
  browserThat([], () => Promise.reject(new Error('NotAllowedError')))
  await expect(readByCamera(video(), new AbortController().signal)).rejects.toThrow('NotAllowedError')
})
