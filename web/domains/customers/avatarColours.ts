/** Ink and ground of the letter that stands for somebody: the same name always has the same. */
export function avatarColours(name: string): { color: string; background: string } {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973
  const colour = (sum % 4) + 1
  return { color: `var(--avatar-${colour}-ink)`, background: `var(--avatar-${colour})` }
}
