import { slicesOf } from './slicesOf.ts'
import { table } from './songTable.ts'

export const slices = slicesOf(
  table,
  import.meta.glob<string>(
    [
      '../../../../node_modules/@fontsource-variable/noto-serif-sc/files/noto-serif-sc-latin-wght-normal.woff2',
      '../../../../node_modules/@fontsource-variable/noto-serif-sc/files/noto-serif-sc-[0-9]*-wght-normal.woff2',
    ],
    { eager: true, query: '?url&no-inline', import: 'default' },
  ),
)
