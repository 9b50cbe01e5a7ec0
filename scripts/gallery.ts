/** `npm run gallery [name]`: pictures of every page and state in `gallery/`; fails on what no page may do. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../server/db/embedded.ts'
import { launchBrowser } from '../tests/support/browser.ts'
import { createStage, startStage, usualLook, type Look } from '../tests/support/stage.ts'
import { states } from '../tests/support/states.ts'
import { ensureWebBuilt } from './builtWeb.ts'
import { requireNode } from './requireNode.ts'

requireNode()
const OUT = join(import.meta.dirname, '..', 'gallery')
/** CLS above which people notice, web.dev/cls */
const SHIFT_LIMIT = 0.1
const looks: [string, Look][] = [
  ['360 浅色', usualLook],
  ['360 深色', { ...usualLook, theme: 'dark' }],
  ['300 大字 125%', { ...usualLook, width: 300, text: 125 }],
  ['430 深色 少动', { ...usualLook, width: 430, theme: 'dark', isStill: true }],
]
const quiet = { info: () => undefined, warn: console.warn, error: console.error }
const wanted = process.argv[2]
const chosen = wanted ? states.filter(({ name }) => name.includes(wanted)) : states

ensureWebBuilt()
const folder = await mkdtemp(join(tmpdir(), 'guidebar-gallery-'))
const embedded = await openEmbedded({ dataDir: join(folder, 'db'), log: quiet })
const found: string[] = []
try {
  const product = await startStage(embedded.url, join(folder, 'data'))
  const browser = await launchBrowser()
  try {
    await takeAll(createStage(browser, product))
  } finally {
    await browser.close()
    await product.stop()
  }
} finally {
  await embedded.close()
  await rm(folder, { recursive: true, force: true })
}
for (const line of found) console.error(line)
console.log(`${chosen.length} 个状态，${looks.length} 种样子：gallery/index.html`)
process.exit(found.length > 0 ? 1 : 0)

async function takeAll(stage: ReturnType<typeof createStage>): Promise<void> {
  await mkdir(OUT, { recursive: true })
  const rows: string[] = []
  for (const [index, state] of chosen.entries()) {
    const pictures: string[] = []
    for (const [place, [lookName, look]] of looks.entries()) {
      const file = `${String(index + 1).padStart(2, '0')}-${place + 1}.png`
      const told = `${state.name} · ${lookName}`
      try {
        const shown = await stage.show(state, look)
        await shown.page.screenshot({ path: join(OUT, file) })
        const isSideways = await shown.page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
        const shift = await shown.shift()
        found.push(...shown.trouble.map(line => `${told}：${line}`))
        if (isSideways) found.push(`${told}：要左右滑动`)
        if (shift > SHIFT_LIMIT) found.push(`${told}：版面跳动 ${shift.toFixed(2)}`)
        await shown.page.close()
        pictures.push(
          `<figure><img src="${file}" alt="${told}"><figcaption>${lookName}</figcaption></figure>`,
        )
      } catch (error) {
        found.push(`${told}：${error instanceof Error ? error.message : String(error)}`)
      }
    }
    rows.push(`<h2>${index + 1} ${state.name}</h2><div>${pictures.join('')}</div>`)
  }
  await writeFile(
    join(OUT, 'index.html'),
    `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Guidebar 图册</title><style>
body{font:15px sans-serif;margin:24px;background:#ddd}div{display:flex;gap:16px;align-items:flex-start}figure{margin:0}img{display:block;background:#fff}</style>
<h1>Guidebar 图册</h1>${rows.join('\n')}</html>`,
  )
}
