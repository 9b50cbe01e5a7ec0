import { slicesOf } from './slicesOf.ts'
import { table } from './xingTable.ts'

export const slices = slicesOf(
  table,
  import.meta.glob<string>(
    [
      '../../../../node_modules/@fontsource/zhi-mang-xing/files/zhi-mang-xing-latin-400-normal.woff2',
      '../../../../node_modules/@fontsource/zhi-mang-xing/files/zhi-mang-xing-[0-9]*-400-normal.woff2',
    ],
    { eager: true, query: '?url&no-inline', import: 'default' },
  ),
)
