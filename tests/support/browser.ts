import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const SYSTEM_CHROMIUM = '/usr/bin/chromium'

/** Flags for machines that reach no outside host, where the browser would otherwise wait for its own services. */
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
]

/** Path of the browser: the system's, else the one that came by npm, which is unpacked when asked for the first time. */
async function browserPath(): Promise<string> {
  if (existsSync(SYSTEM_CHROMIUM)) return SYSTEM_CHROMIUM
  const { default: packed } = await import('@sparticuz/chromium')
  return packed.executablePath()
}

/** Once before all tests: two files that unpack at the same moment would find each other's half-written browser. */
export default async function unpackBrowser(): Promise<void> {
  await browserPath()
}

/**
 * A headless Chromium. The caller closes it. Of the arguments the packed one suggests none is taken: it is made for a single
 * short page (one process, web security off), and dies with the first context that is closed.
 */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await browserPath(), args: QUIET })
}
