import { parse } from './fillScript.ts'

/** What a welcome may say about the two who have just become friends. */
export const WELCOME_VARIABLES = {
  称呼: '她的称呼或微信名，不知道就略过',
  导购姓名: '她加的那位同事',
  门店: '那位同事的门店',
} as const
export type WelcomeVariable = keyof typeof WELCOME_VARIABLES
export type WelcomeFacts = { readonly [name in WelcomeVariable]?: string | undefined }

/** Most characters of a welcome as it is written; WeCom takes 4000 bytes. */
export const MAX_WELCOME_LENGTH = 600
/** A name longer than that is cut: the message must fit. */
const MAX_FACT_LENGTH = 40

export const isWelcomeVariable = (name: string): name is WelcomeVariable =>
  Object.hasOwn(WELCOME_VARIABLES, name)

/** Variables in it that nobody can fill, in the order of the text. */
export const unknownWelcomeVariables = (template: string): string[] => [
  ...new Set(
    parse(template).flatMap(piece =>
      piece.kind === 'variable' && !isWelcomeVariable(piece.name) ? [piece.name] : [],
    ),
  ),
]

/**
 * The words as they are sent. Nobody is there to fill a hole, so what is not known is left out together with the comma or the 的
 * after it: `{称呼}，您好` greets a nameless customer with `您好`; `{称呼|您}` says what to say instead.
 */
export function welcomeText(template: string, facts: WelcomeFacts): string {
  let text = ''
  let isDropped = false
  for (const piece of parse(template)) {
    if (piece.kind === 'text') {
      text += isDropped ? piece.text.replace(/^[ \t]*[，,、的][ \t]*/, '') : piece.text
      isDropped = false
      continue
    }
    const fact = isWelcomeVariable(piece.name) ? facts[piece.name]?.trim() : undefined
    const said = fact ? [...fact].slice(0, MAX_FACT_LENGTH).join('') : (piece.fallback ?? '')
    text += said
    isDropped = said === ''
  }
  return text.trim()
}
