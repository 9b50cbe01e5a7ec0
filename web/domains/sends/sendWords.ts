import type { SendState } from './useSend.ts'

/** What became of the last attempt, and what is safe; empty while there is nothing to say. */
export function sendOutcomeWords(state: SendState): string {
  switch (state.kind) {
    case 'cancelled':
      return state.sentParts > 0 ? `前 ${state.sentParts} 条已送到，后面的你取消了` : '你取消了，没有发出'
    case 'unknown':
      return '企业微信没有回应，先看看聊天里有没有，再决定要不要重发'
    case 'failed':
      return state.words
    default:
      return ''
  }
}

/** `正在发`, with more than one part `正在发 1 / 2`. */
export const sendingWords = (state: { part: number; parts: number }): string =>
  state.parts > 1 ? `正在发 ${state.part} / ${state.parts}` : '正在发'
