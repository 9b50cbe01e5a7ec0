import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fontSources, makeTable } from '../../../../scripts/fontTables.ts'
import { openFont } from '../../../../web/domains/engraving/engravingFonts.ts'
import { slicesOf } from '../../../../web/domains/engraving/fonts/slicesOf.ts'

const root = join(import.meta.dirname, '../../../..')

describe('the tables of glyphs', () => {
  it.each(fontSources)('of $font are those of the files that are shipped', async source => {
    const { table } = (await import(`../../../../web/domains/engraving/fonts/${source.font}Table.ts`)) as {
      table: string
    }
    expect(table === (await makeTable(source, root))).toBe(true)
  })

  it('name the slice of each glyph', () => {
    const slices = slicesOf('latin:1t,1-2;104:ff4-1,a', {
      './x-latin-400-normal.woff2': '/latin.woff2',
      './x-104-400-normal.woff2': '/104.woff2',
    })
    expect([...slices].map(([code, { url }]) => [code, url])).toEqual([
      [65, '/latin.woff2'],
      [66, '/latin.woff2'],
      [67, '/latin.woff2'],
      [68, '/latin.woff2'],
      [19_984, '/104.woff2'],
      [19_985, '/104.woff2'],
      [19_995, '/104.woff2'],
    ])
  })

  it.each(['kai', 'xing', 'song'] as const)('lead every glyph of %s to a file', async font => {
    const { slices } = (await import(`../../../../web/domains/engraving/fonts/${font}.ts`)) as {
      slices: ReturnType<typeof slicesOf>
    }
    expect(slices.size).toBeGreaterThan(6_000)
    for (const { name, url } of slices.values())
      expect([name, url]).toEqual([name, expect.stringMatching(/woff2/)])
  })
})

describe('a glyph a font does not have', () => {
  it.each([
    ['song', '妈妈玥珺喆 2026.9.25 Lily', []],
    ['kai', '妈妈 2026.9.25 Lily & Tom', []],
    ['kai', '玥玥喆', ['玥', '喆']],
    ['xing', '玥', ['玥']],
    ['latin', 'Lily 妈', ['妈']],
    ['latin', 'Zoë', ['ë']],
    ['song', 'Zoë', []],
    ['song', '❤😀', ['❤', '😀']],
  ] as const)('%s, %s: %j', async (font, text, missing) => {
    expect((await openFont(font)).missing(text)).toEqual(missing)
  })
})

it('the licence of the fonts is served with them', async () => {
  const text = await readFile(join(root, 'web/public/licences/fonts.txt'), 'utf8')
  for (const name of ['Ma Shan Zheng', 'Zhi Mang Xing', 'Noto Serif SC', 'SIL OPEN FONT LICENSE Version 1.1'])
    expect(text).toContain(name)
})
