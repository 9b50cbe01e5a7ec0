import { deviceKey } from './deviceKey.ts'

/**
 * What a name is called in storage that is not sealed: the same as long as its owner is signed in, and without her key it says
 * nothing of the name. Undefined where there is no key.
 */
export async function deviceMark(name: string): Promise<string | undefined> {
  const key = deviceKey()
  if (key === undefined || typeof crypto.subtle === 'undefined') return undefined
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const signing = await crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, ['sign'])
  const signed = await crypto.subtle.sign('HMAC', signing, encoder.encode(`mark ${name}`))
  return Array.from(new Uint8Array(signed, 0, 16), byte => byte.toString(16).padStart(2, '0')).join('')
}
