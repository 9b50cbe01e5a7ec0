import type { PICTURE_TYPES } from '../../../shared/contract/engravings.ts'

type PictureType = (typeof PICTURE_TYPES)[number]

const beginnings: [PictureType, number[]][] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
]

/** What a file really is, by its first bytes; undefined for whatever we do not take. */
export const pictureKind = (bytes: Uint8Array): PictureType | undefined =>
  beginnings.find(([, beginning]) => beginning.every((byte, index) => bytes[index] === byte))?.[0]
