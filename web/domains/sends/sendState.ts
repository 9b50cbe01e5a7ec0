import type { PartState } from '../../../shared/contract/sends.ts'

/** How an attempt ended; `idle` when it stopped without a word, as in another chat. `sentParts`: how many stand in the chat. */
export type SendEnd =
  | { kind: 'idle'; sentParts?: number }
  | { kind: 'sent' }
  /** The guide said no in the client. */
  | { kind: 'cancelled'; sentParts: number }
  /** `words` say what happened and what is safe. */
  | { kind: 'failed'; words: string; sentParts: number }
  /** The client never answered: the message may or may not stand in the chat. */
  | { kind: 'unknown'; sentParts: number }

export type SendState = SendEnd | { kind: 'sending'; states: PartState[] }
