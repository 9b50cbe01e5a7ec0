/**
 * A text as PostgreSQL can keep it: NUL and half a character (what a cut emoji leaves behind) become U+FFFD. Every text that
 * comes from outside passes here once, at its door; further in, one of them would end a whole statement.
 */
export const storableText = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, '\ufffd')
