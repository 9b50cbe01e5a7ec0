/** Pause between two looks at the picture, in milliseconds. */
const LOOK_MS = 200

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>
}
type DetectorClass = new (options: { formats: string[] }) => Detector

/** Absent where the browser cannot read codes by itself. */
const detectorClass = (): DetectorClass | undefined =>
  (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector

/** Whether this browser has both a camera and eyes for codes. */
export const canScanByCamera = (): boolean =>
  detectorClass() !== undefined && typeof navigator.mediaDevices?.getUserMedia === 'function'

/**
 * Shows the camera's picture and reads until something is found or `signal` ends it; the camera is off afterwards.
 * @throws when the camera is refused or missing
 */
export async function readByCamera(
  video: HTMLVideoElement,
  signal: AbortSignal,
): Promise<string | undefined> {
  const Detector = detectorClass()
  if (!Detector) throw new Error('no detector')
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    if (signal.aborted) return undefined
    video.srcObject = stream
    await video.play()
    const detector = new Detector({ formats: ['qr_code', 'code_128'] })
    while (!signal.aborted) {
      const [found] = await detector.detect(video)
      if (found && found.rawValue !== '') return found.rawValue
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
    return undefined
  } finally {
    video.srcObject = null
    for (const track of stream.getTracks()) track.stop()
  }
}
