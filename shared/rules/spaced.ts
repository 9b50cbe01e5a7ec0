const isHan = (character: string | undefined): boolean => /\p{Script=Han}/u.test(character ?? '')
const isWord = (character: string | undefined): boolean =>
  isHan(character) || /[\p{Script=Latin}\d]/u.test(character ?? '')

/**
 * Joins words with the space that stands between 汉字 and Latin letters or digits in all our texts: `发给 Lily`, `发给婉清姐`.
 * Between the pieces only; inside they are left as they are written.
 */
export const spaced = (...pieces: string[]): string =>
  pieces.filter(Boolean).reduce((before, after) => {
    const last = [...before].slice(-1)[0]
    const first = [...after][0]
    const isSeam = isWord(last) && isWord(first) && !(isHan(last) && isHan(first))
    return isSeam ? `${before} ${after}` : `${before}${after}`
  }, '')
