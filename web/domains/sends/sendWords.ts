import type { PartState, SendPart } from '../../../shared/contract/sends.ts'
import type { SendState } from './sendState.ts'

/** What became of the last attempt, and what is safe; empty while there is nothing to say. */
export function sendOutcomeWords(state: SendState): string {
  switch (state.kind) {
    case 'cancelled':
      return state.sentParts > 0 ? `前 ${state.sentParts} 条已送到，后面的你取消了` : '你取消了，没有发出'
    case 'unknown':
      return state.sentParts > 0
        ? `前 ${state.sentParts} 条已送到，第 ${state.sentParts + 1} 条企业微信没有回应`
        : '企业微信没有回应，先看看聊天里有没有，再决定要不要重发'
    case 'failed':
      return state.words
    default:
      return ''
  }
}

/** `正在发`, with more than one part `正在发 1 / 2`. */
export function sendingWords(states: readonly PartState[]): string {
  const part = states.findIndex(state => state !== 'ok')
  return states.length > 1 ? `正在发 ${part === -1 ? states.length : part + 1} / ${states.length}` : '正在发'
}

/** The client's refusal (`wecom/jssdk.md` §3.3) in words a guide can act on; undefined where it says nothing of use. */
function refusalWords(reason: string): string | undefined {
  if (/permission/i.test(reason)) return '企业微信没有给这个权限'
  if (/not exist/i.test(reason)) return '企业微信版本太旧'
  if (/without context/i.test(reason)) return '请从聊天右侧打开侧边栏'
  return undefined
}

export function failureWords(reason: string, sentParts: number): string {
  const what = sentParts > 0 ? `前 ${sentParts} 条已送到，这一条没有发出` : '没有发出'
  return `${what}，${refusalWords(reason) ?? '可以再试'}`
}

/** Why a part ended as it did: our own words stand as they are, the client's are put into ours. */
export const reasonWords = (reason: string): string =>
  /\p{Script=Han}/u.test(reason) ? reason : (refusalWords(reason) ?? '企业微信没有说为什么')

const mediaWords: Partial<Record<SendPart['kind'], string>> = { video: '视频', file: '文件' }

/** WeCom has not been given it yet, or not for long enough. */
export const notReadyWords = (part: SendPart | undefined): string =>
  `${(part && mediaWords[part.kind]) ?? '图片'}还在准备，稍后再发`

export const stateWords: Record<PartState, string> = {
  waiting: '还没发',
  leaving: '正在发',
  ok: '已送到',
  cancelled: '取消了',
  failed: '没发出',
  unknown: '不确定',
}

/** `第 2 条，共 4 条，已送到` for who hears it. */
export const partStateWords = (index: number, parts: number, state: PartState): string =>
  `第 ${index + 1} 条，共 ${parts} 条，${stateWords[state]}`
