import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const tokens = readFileSync('web/ui/tokens.css', 'utf8')
const base = readFileSync('web/ui/base.css', 'utf8')

/** The colours of a theme, by token; those with an alpha are left out. */
function coloursOf(theme: 'light' | 'dark'): Map<string, string> {
  const block = new RegExp(`data-theme='${theme}'\\][^{]*{([^}]*)}`).exec(tokens)?.[1] ?? ''
  return new Map(
    [...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
  )
}

/** Relative luminance, WCAG 2.2 */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const TEXT = 4.5
const EDGE = 3
const grounds = ['--page', '--card', '--sunk']
/** What is written or drawn on what, and how far apart they must be. */
const pairs: [string, string, number][] = [
  ...['--ink', '--ink-2', '--ink-3', '--accent'].flatMap(ink =>
    grounds.map((ground): [string, string, number] => [ink, ground, TEXT]),
  ),
  ['--on-accent', '--accent-fill', TEXT],
  ['--on-accent', '--accent-press', TEXT],
  ['--accent', '--accent-soft', TEXT],
  ['--ink', '--accent-soft', TEXT],
  ['--ink-2', '--accent-soft', TEXT],
  ...['ok', 'warn', 'bad'].flatMap((tone): [string, string, number][] => [
    [`--${tone}`, '--card', TEXT],
    [`--${tone}`, `--${tone}-soft`, TEXT],
    ['--ink', `--${tone}-soft`, TEXT],
    ['--ink-2', `--${tone}-soft`, TEXT],
    [`--dot-${tone}`, '--card', EDGE],
  ]),
  ['--edge', '--card', EDGE],
  ['--toast-ink', '--toast', TEXT],
  ['--toast-act', '--toast', TEXT],
  ...[1, 2, 3, 4].map((place): [string, string, number] => [
    `--avatar-${place}-ink`,
    `--avatar-${place}`,
    TEXT,
  ]),
]

describe.each(['light', 'dark'] as const)('the colours in the %s', theme => {
  it.each(pairs)('%s on %s can be read', (ink, ground, least) => {
    const colours = coloursOf(theme)
    expect(contrast(colours.get(ink) ?? '', colours.get(ground) ?? '')).toBeGreaterThanOrEqual(least)
  })
})

it('nothing moves for whom movement is too much', () => {
  const still = /prefers-reduced-motion: reduce\)\s*{([\s\S]*?\n)}/.exec(base)?.[1] ?? ''
  expect(still).toContain('animation: none !important')
  expect(still).toContain('transition: none !important')
})
