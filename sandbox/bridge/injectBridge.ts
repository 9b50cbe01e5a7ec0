import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Device } from '../world/types.ts'
import { clientIdentity } from './clientIdentity.ts'

/** How long after the page's first script a `late` bridge appears. */
export const LATE_BRIDGE_MS = 1_500

const source = readFileSync(new URL('injected.js', import.meta.url), 'utf8')

/**
 * Puts the bridge in front of the document's first script, allowed by the nonce of the page's own policy.
 * A policy that knows no nonce and no inline scripts is given one for this script alone.
 * @returns the new document and the (possibly widened) `Content-Security-Policy`
 */
export function injectBridge(
  html: string,
  policy: string | null,
  device: Device,
): { html: string; policy: string | null } {
  const allowed = allowInlineScript(policy)
  const nonce = allowed.nonce ? ` nonce="${escapeAttribute(allowed.nonce)}"` : ''
  const tag = `<script${nonce} data-device="${escapeAttribute(JSON.stringify(pageDevice(device)))}">${source}</script>`
  const at = insertionPoint(html)
  return { html: html.slice(0, at) + tag + html.slice(at), policy: allowed.policy }
}

function pageDevice(device: Device) {
  return {
    ...clientIdentity(device),
    theme: device.theme,
    bridge: device.switches.bridge,
    lateMs: LATE_BRIDGE_MS,
  }
}

/** In front of the first script; without one at the end of the head, of the body, of the text. */
function insertionPoint(html: string): number {
  const searchable = html.replace(/<!--[\s\S]*?-->/g, comment => ' '.repeat(comment.length))
  for (const pattern of [/<script[\s>]/i, /<\/head\s*>/i, /<\/body\s*>/i]) {
    const at = searchable.search(pattern)
    if (at >= 0) return at
  }
  return html.length
}

function allowInlineScript(policy: string | null): { policy: string | null; nonce?: string } {
  if (!policy) return { policy }
  const directives = policy.split(';').map(directive => directive.trim())
  const named = (name: string) =>
    directives.findIndex(directive => directive.toLowerCase().split(/\s+/)[0] === name)
  const index = [named('script-src-elem'), named('script-src'), named('default-src')].find(
    found => found >= 0,
  )
  const directive = index === undefined ? undefined : directives[index]
  if (index === undefined || directive === undefined) return { policy }
  const nonce = /'nonce-([^']+)'/.exec(directive)?.[1]
  if (nonce) return { policy, nonce }
  if (directive.includes("'unsafe-inline'")) return { policy }
  const own = randomBytes(16).toString('base64')
  directives[index] = `${directive.replace(/\s*'none'/, '')} 'nonce-${own}'`
  return { policy: directives.join('; '), nonce: own }
}

function escapeAttribute(value: string): string {
  return value.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')
}
