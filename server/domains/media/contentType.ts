const beginnings = [
  ['image/jpeg', 0, [0xff, 0xd8, 0xff]],
  ['image/png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['video/mp4', 4, [0x66, 0x74, 0x79, 0x70]],
] as const

/** What a picture or a video really is, by its first bytes; undefined for whatever is neither. */
export const contentTypeOf = (bytes: Uint8Array): (typeof beginnings)[number][0] | undefined =>
  beginnings.find(([, from, beginning]) =>
    beginning.every((byte, index) => bytes[from + index] === byte),
  )?.[0]
