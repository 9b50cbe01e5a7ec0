/** `npm run picture`: takes the README's picture from the running demo (start `npm run demo` first). */
import { requireNode } from './requireNode.ts'
import { launchBrowser } from '../tests/support/browser.ts'

requireNode()
const address = `http://127.0.0.1:${process.env.SANDBOX_PORT ?? 8788}`
const up = await fetch(address).then(
  response => response.ok,
  () => false,
)
if (!up) {
  console.error(`演示没有在 ${address} 运行。先在另一个终端里运行 npm run demo`)
  process.exit(1)
}
const browser = await launchBrowser()
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 })
  await page.goto(`${address}/?user=chenlu&entry=single_chat_tools`)
  const app = page.frameLocator('iframe').first()
  await app.locator('.who h1').waitFor()
  await app.getByRole('button', { name: /^发给/ }).first().waitFor()
  await page.screenshot({ path: 'docs/sidebar.png' })
  console.log('docs/sidebar.png')
} finally {
  await browser.close()
}
