import { z } from 'zod'
import type { CallbackKeys } from './envelope.ts'

/** Where and how the app hears of changes; the sandbox raises nothing without it. */
export interface CallbackSettings extends CallbackKeys {
  url: string
  /** the app's time to answer an event [D90930] */
  answerMs: number
  /** and a verification */
  verifyMs: number
  /** tries after the first [D90930] */
  retries: number
  /** the usual `retryMs` of the switches */
  retryMs: number
}

export const usualTimes = { answerMs: 5000, verifyMs: 1000, retries: 3, retryMs: 1000 }

/** How the way to the app misbehaves; WeCom promises neither arrival, nor once, nor order. */
export const CallbackSwitches = z.strictObject({
  /** nothing leaves; what is raised waits for the end of it, or for `flush` */
  paused: z.boolean(),
  /** in [0, 1]: an event is never sent */
  loseProbability: z.number().min(0).max(1),
  /** so many of the next events are never sent */
  loseNext: z.number().int().nonnegative(),
  /** further copies of each event, as if the app's answer had been lost */
  duplicates: z.number().int().min(0).max(20),
  /** so many events are gathered before they leave together; 0 = none */
  holdCount: z.number().int().min(0).max(1000),
  /** in which order they leave then */
  holdOrder: z.enum(['reversed', 'shuffled']),
  delayMs: z.number().int().min(0).max(600_000),
  /** pause before each further try; WeCom names none (UNVERIFIED) */
  retryMs: z.number().int().min(0).max(600_000),
  /** deliveries under way at a time; with 1 the first tries keep their order */
  parallel: z.number().int().min(1).max(100),
  /** also what the app itself does through the API is raised, as WeCom does not */
  echoApi: z.boolean(),
})
export type CallbackSwitches = z.infer<typeof CallbackSwitches>

export const usualSwitches: CallbackSwitches = {
  paused: false,
  loseProbability: 0,
  loseNext: 0,
  duplicates: 0,
  holdCount: 0,
  holdOrder: 'reversed',
  delayMs: 0,
  retryMs: usualTimes.retryMs,
  parallel: 1,
  echoApi: false,
}
