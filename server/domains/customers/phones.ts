import type { Sealing } from '../../sealing.ts'

/** `138****1234`; of what is no whole number less is shown. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '')
  if (digits.length >= 11) return `${digits.slice(-11, -8)}****${digits.slice(-4)}`
  return digits.length >= 8 ? `****${digits.slice(-4)}` : `****${digits.slice(-2)}`
}

/** The numbers a follow has; none where they were sealed under a secret that is not ours any more. */
export function openPhones(sealing: Pick<Sealing, 'open'>, sealed: Buffer | null): string[] {
  if (!sealed) return []
  try {
    return JSON.parse(sealing.open(sealed)) as string[]
  } catch {
    // The next pull from WeCom seals them again.
    return []
  }
}
