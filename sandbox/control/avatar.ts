import { createRandom } from '../world/random.ts'

/**
 * The picture of a customer: hills under a sun in soft colours, always the same for the same id.
 * @returns an SVG document
 */
export function drawAvatar(externalUserId: string): string {
  const random = createRandom(`avatar:${externalUserId}`)
  const hue = random.between(0, 359)
  const colour = (turn: number, light: number) => `hsl(${(hue + turn) % 360} 38% ${light}%)`
  const hill = (height: number, light: number, turn: number) => {
    const [left, middle, right] = [0, 0, 0].map(() => height + random.between(-12, 12))
    return `<path fill="${colour(turn, light)}" d="M0 ${left}Q30 ${middle} 50 ${height}T100 ${right}V100H0Z"/>`
  }
  const sun = `<circle cx="${random.between(20, 80)}" cy="${random.between(18, 42)}" r="${random.between(8, 14)}" fill="${colour(40, 92)}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="${colour(0, 78)}"/>${sun}${hill(56, 62, 15)}${hill(74, 48, 30)}</svg>`
}
