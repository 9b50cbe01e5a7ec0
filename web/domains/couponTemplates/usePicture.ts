import { ref } from 'vue'
import { COUPON_PICTURE_MAX_BYTES } from '../../../shared/contract/couponTemplates.ts'
import { addCouponPicture } from '../../api/couponTemplates.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemReason } from '../../ui/problemTitle.ts'

/** Widest a picture is shown, times two for sharp screens. */
const MAX_WIDTH_PX = 860
const QUALITY = 0.82

/** As it is when it is small enough, else drawn anew: phones take pictures of many megabytes. @throws when it is no picture */
async function fitting(file: File): Promise<{ bytes: Blob; type: 'image/jpeg' | 'image/png' }> {
  if ((file.type === 'image/jpeg' || file.type === 'image/png') && file.size <= COUPON_PICTURE_MAX_BYTES)
    return { bytes: file, type: file.type }
  const url = URL.createObjectURL(file)
  try {
    const bytes = await drawnAnew(await pictureAt(url))
    if (!bytes) throw new Error('no picture')
    return { bytes, type: 'image/jpeg' }
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** (`createImageBitmap` is younger than the browsers we serve.) @throws when it is no picture */
function pictureAt(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const picture = new Image()
    picture.onload = () => resolve(picture)
    picture.onerror = () => reject(new Error('no picture'))
    picture.src = url
  })
}

function drawnAnew(picture: HTMLImageElement): Promise<Blob | null> {
  const { naturalWidth, naturalHeight } = picture
  const canvas = document.createElement('canvas')
  canvas.width = Math.min(MAX_WIDTH_PX, naturalWidth)
  canvas.height = Math.round((naturalHeight * canvas.width) / naturalWidth)
  const pen = canvas.getContext('2d')
  if (!pen) return Promise.resolve(null)
  // A JPEG has no glass: what shines through in the original would turn black.
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
}

/** One picture on its way to the server; another choice meanwhile takes its place. */
export function usePicture(done: (picture: { pictureId: string; url: string }) => void) {
  const isBusy = ref(false)
  const trouble = ref('')
  let latest = 0

  async function choose(file: File): Promise<void> {
    const turn = ++latest
    trouble.value = ''
    isBusy.value = true
    try {
      const picture = await fitting(file).catch(() => undefined)
      if (!picture) {
        trouble.value = '这不是图片，选一张 JPG 或 PNG'
        return
      }
      const added = await addCouponPicture(picture, newIdempotencyKey())
      if (turn === latest) done(added)
    } catch (error) {
      if (turn === latest) trouble.value = `${problemReason(error)}，没有传上`
    } finally {
      if (turn === latest) isBusy.value = false
    }
  }
  return { isBusy, trouble, choose }
}
