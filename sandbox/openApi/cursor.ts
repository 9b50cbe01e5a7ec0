import { createHash } from 'node:crypto'
import { refuse } from './refusal.ts'

const seal = (about: string, position: string) =>
  createHash('sha256').update(`${about}\n${position}`).digest('base64url').slice(0, 12)

/**
 * An opaque cursor: where the next page starts, sealed together with what was asked, so that a cursor of another
 * question (or an invented one) is refused.
 */
export function writeCursor(about: string, position: string): string {
  return Buffer.from(`${seal(about, position)}${position}`).toString('base64url')
}

/** @throws ApiRefusal 50100 for a cursor that this question did not give out; undefined = from the start */
export function readCursor(about: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined || cursor === '') return undefined
  const text = Buffer.from(cursor, 'base64url').toString()
  const position = text.slice(12)
  if (text.slice(0, 12) !== seal(about, position)) refuse(50100)
  return position
}
