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

/**
 * A headless Chromium: the system's, else the one that came by npm. The caller closes it. Of the arguments the packed one
 * suggests none is taken: it is made for a single short page (one process, web security off), and dies with the first
 * context that is closed.
 */
export async function launchBrowser(): Promise<Browser> {
  if (existsSync(SYSTEM_CHROMIUM)) return chromium.launch({ executablePath: SYSTEM_CHROMIUM, args: QUIET })
  const { default: packed } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await packed.executablePath(), args: QUIET })
}
