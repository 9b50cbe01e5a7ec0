/** `npm run gallery [name]`: pictures of every page and state in `gallery/`; fails on what no page may do. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../server/db/embedded.ts'
import { launchBrowser } from '../tests/support/browser.ts'
import { createStage, startStage, usualLook, type Look } from '../tests/support/stage.ts'
import type { State } from '../tests/support/state.ts'
import { states } from '../tests/support/states.ts'
import { ensureBuilt } from './built.ts'
import { requireNode } from './requireNode.ts'

requireNode()
const OUT = join(import.meta.dirname, '..', 'gallery')
/** States opened at the same time, each in clients of its own. */
const LANES = 2
const looks: [string, Look][] = [
  ['360 浅色', usualLook],
  ['360 深色', { ...usualLook, theme: 'dark' }],
  ['300 大字 125% 全页', { ...usualLook, width: 300, height: undefined, text: 125 }],
  ['430 深色 少动 全页', { ...usualLook, width: 430, height: undefined, theme: 'dark', isStill: true }],
]
const quiet = { info: () => undefined, warn: console.warn, error: console.error }
const wanted = process.argv[2]
const chosen = wanted ? states.filter(({ name }) => name.includes(wanted)) : states

ensureBuilt()
const started = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'guidebar-gallery-'))
const embedded = await openEmbedded({ dataDir: join(folder, 'db'), log: quiet })
const found: string[] = []
/** The gallery's page, a part for each state. */
const parts = new Map<number, string>()
try {
  const product = await startStage(embedded.url, join(folder, 'data'))
  const browser = await launchBrowser()
  try {
    await mkdir(OUT, { recursive: true })
    const left = chosen.entries()
    const lane = async () => {
      const stage = createStage(browser, product)
      for (const [index, state] of left) parts.set(index, await take(stage, index, state))
      await stage.close()
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  } finally {
    await browser.close()
    await product.stop()
  }
} finally {
  await embedded.close()
  await rm(folder, { recursive: true, force: true })
}
await writeFile(join(OUT, 'index.html'), galleryPage())
for (const line of found) console.error(line)
const seconds = Math.round((performance.now() - started) / 1000)
console.log(`${chosen.length} 个状态，${looks.length} 种样子，${seconds} 秒：gallery/index.html`)
process.exit(found.length > 0 ? 1 : 0)

/** @returns the pictures of a state, as a part of the gallery's page */
async function take(stage: ReturnType<typeof createStage>, index: number, state: State): Promise<string> {
  const pictures: string[] = []
  try {
    const shown = await stage.show(state)
    found.push(...(await shown.jumps()).map(line => `${state.name}：${line}`))
    for (const [place, [lookName, look]] of looks.entries()) {
      await shown.wear(look)
      const file = `${String(index + 1).padStart(3, '0')}-${place + 1}.png`
      await shown.page.screenshot({ path: join(OUT, file) })
      if (await shown.page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
        found.push(`${state.name} · ${lookName}：要左右滑动`)
      pictures.push(
        `<figure><img src="${file}" alt="${state.name} · ${lookName}"><figcaption>${lookName}</figcaption></figure>`,
      )
    }
    found.push(...shown.trouble.map(line => `${state.name}：${line}`))
    await shown.close()
  } catch (error) {
    found.push(error instanceof Error ? error.message : String(error))
  }
  return `<h2>${index + 1} ${state.name}</h2><div>${pictures.join('')}</div>`
}

function galleryPage(): string {
  const ordered = chosen.map((_state, index) => parts.get(index) ?? '')
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Guidebar 图册</title><style>
body{font:15px sans-serif;margin:24px;background:#ddd}div{display:flex;gap:16px;align-items:flex-start}figure{margin:0}img{display:block;background:#fff}</style>
<h1>Guidebar 图册</h1>${ordered.join('\n')}</html>`
}
