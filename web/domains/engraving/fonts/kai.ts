import { slicesOf } from './slicesOf.ts'
import { table } from './kaiTable.ts'

export const slices = slicesOf(
  table,
  import.meta.glob<string>(
    [
      '../../../../node_modules/@fontsource/ma-shan-zheng/files/ma-shan-zheng-latin-400-normal.woff2',
      '../../../../node_modules/@fontsource/ma-shan-zheng/files/ma-shan-zheng-[0-9]*-400-normal.woff2',
    ],
    { eager: true, query: '?url&no-inline', import: 'default' },
  ),
)
