import type { ApiLimits } from '../world/limits.ts'
import type { Media } from '../world/types.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'

/** [D90253]: what each kind may weigh, and how it begins. */
const kinds: Record<
  Media['type'],
  { most: (limits: ApiLimits) => number; tooLarge: number; looksRight: (bytes: Buffer) => boolean }
> = {
  image: {
    most: limits => limits.imageBytes,
    tooLarge: 40009,
    looksRight: bytes => isJpeg(bytes) || isPng(bytes),
  },
  voice: {
    most: limits => limits.voiceBytes,
    tooLarge: 45001,
    looksRight: bytes => bytes.subarray(0, 5).toString('latin1') === '#!AMR',
  },
  video: {
    most: limits => limits.videoBytes,
    tooLarge: 45001,
    looksRight: bytes => bytes.subarray(4, 8).toString('latin1') === 'ftyp',
  },
  file: { most: limits => limits.fileBytes, tooLarge: 45001, looksRight: () => true },
}

const isJpeg = (bytes: Buffer) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))
const isPng = (bytes: Buffer) => bytes.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]))
const isKind = (type: string): type is Media['type'] => Object.hasOwn(kinds, type)

async function upload({ world, query, form }: Call) {
  const type = query('type') ?? ''
  if (!isKind(type)) refuse(40005)
  const part = (await form()).get('media')
  if (!(part instanceof File) || part.size === 0) refuse(44001)
  const { most, tooLarge, looksRight } = kinds[type]
  const limits = world.limits()
  if (part.size <= limits.smallestMediaBytes) refuse(40006)
  if (part.size > most(limits)) refuse(tooLarge)
  const bytes = Buffer.from(await part.arrayBuffer())
  if (!looksRight(bytes)) refuse(40004)
  const saved = world.saveMedia({ type, filename: part.name, contentType: part.type, bytes })
  // A text here, while upload_attachment answers a number [D90253, D95098].
  return { type, media_id: saved.mediaId, created_at: String(saved.createdAt) }
}

export const mediaEndpoints: Endpoints = {
  'media/upload': post(upload, { isUpload: true }),
}
