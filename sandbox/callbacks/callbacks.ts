import { setTimeout as sleep } from 'node:timers/promises'
import type { CallbackEvent } from '../world/callbackEvent.ts'
import { createRandom } from '../world/random.ts'
import type { World } from '../world/types.ts'
import { sealEvent } from './envelope.ts'
import { writeEventXml } from './eventXml.ts'
import { ask, newNonce } from './send.ts'
import type { TryOutcome } from './send.ts'
import { usualSwitches } from './settings.ts'
import type { CallbackSettings, CallbackSwitches } from './settings.ts'
import { verifyReceiver } from './verify.ts'
import type { Verdict } from './verify.ts'

const linesKept = 5000

/** One try of one event, or that it was never tried. */
export interface CallbackLine {
  /** the same for all tries and copies of an event */
  id: string
  event: string
  changeType: string
  /** plaintext */
  xml: string
  /** 0 for an event that was lost */
  attempt: number
  /** which copy, 1 = the event itself */
  copy: number
  /** unix milliseconds of the sandbox's clock */
  at: number
  outcome: TryOutcome | 'lost'
  ms: number
}

interface Parcel {
  id: string
  event: string
  changeType: string
  xml: string
}

/**
 * The way of WeCom's callbacks to the app: signed, sealed, five seconds to answer, three more tries, and all that can
 * go wrong on it. Raising never waits for delivering.
 * @param settings undefined = no receive URL is configured: events are dropped without a line
 */
export function createCallbacks(world: World, settings: CallbackSettings | undefined) {
  const random = createRandom('callbacks')
  const startSwitches = { ...usualSwitches, ...(settings && { retryMs: settings.retryMs }) }
  let switches: CallbackSwitches = { ...startSwitches }
  let lines: CallbackLine[] = []
  let raised = 0
  let stop = new AbortController()
  /** waits for the end of a pause */
  let paused: Parcel[] = []
  /** waits until enough are gathered */
  let held: Parcel[] = []
  /** waits for its turn */
  const queue: { start: () => Promise<void>; giveUp: (cause: Error) => void }[] = []
  let busy = 0
  /** parcels that have left `paused` and `held` and have not come to their end */
  let underWay = 0
  const waiting: (() => void)[] = []

  function record(line: CallbackLine) {
    lines.push(line)
    if (lines.length > linesKept) lines = lines.slice(-linesKept)
  }

  function wakeIfIdle() {
    if (underWay > 0) return
    for (const wake of waiting.splice(0)) wake()
  }

  function raise(event: CallbackEvent) {
    if (!settings || !isHeard(world, event)) return
    const xml = writeEventXml(event, world.corp.corpId, Math.floor(world.now() / 1000))
    post({ event: event.event, changeType: event.changeType, xml })
  }

  function post(given: Omit<Parcel, 'id'>) {
    if (!settings) return
    const parcel = { id: `c${++raised}`, ...given }
    if (switches.paused) paused.push(parcel)
    else take(parcel)
  }

  function take(parcel: Parcel) {
    if (isLost()) {
      record({ ...parcel, attempt: 0, copy: 0, at: world.now(), outcome: 'lost', ms: 0 })
      return
    }
    if (switches.holdCount > 0) {
      held.push(parcel)
      if (held.length >= switches.holdCount) releaseHeld()
      return
    }
    send(parcel)
  }

  function isLost(): boolean {
    if (switches.loseNext > 0) {
      switches.loseNext -= 1
      return true
    }
    return random.chance(switches.loseProbability)
  }

  function releaseHeld() {
    const gathered = held
    held = []
    const ordered =
      switches.holdOrder === 'reversed' ? gathered.reverse() : random.sample(gathered, gathered.length)
    ordered.forEach(send)
  }

  function send(parcel: Parcel) {
    for (let copy = 1; copy <= 1 + switches.duplicates; copy++) {
      underWay += 1
      void deliver(parcel, copy, switches.delayMs, stop.signal)
    }
  }

  async function deliver(parcel: Parcel, copy: number, delayMs: number, signal: AbortSignal) {
    try {
      if (delayMs > 0) await sleep(delayMs, undefined, { signal })
      for (let attempt = 1; attempt <= 1 + (settings?.retries ?? 0); attempt++) {
        if (attempt > 1) await sleep(switches.retryMs, undefined, { signal })
        const outcome = await inTurn(() => tryOnce(parcel, copy, attempt, signal))
        if (outcome === 200) return
      }
    } catch (cause) {
      if (!signal.aborted) throw cause
    } finally {
      if (signal === stop.signal) {
        underWay -= 1
        wakeIfIdle()
      }
    }
  }

  /** Not more than `parallel` at a time; a try that waits for its pause holds nobody up. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      queue.push({ start: () => work().then(resolve, reject), giveUp: reject })
      startNext()
    })
  }

  function startNext() {
    while (busy < switches.parallel) {
      const next = queue.shift()
      if (!next) return
      busy += 1
      void next.start().finally(() => {
        busy -= 1
        startNext()
      })
    }
  }

  async function tryOnce(parcel: Parcel, copy: number, attempt: number, signal: AbortSignal) {
    if (!settings) return 'network'
    const { corpId, agentId } = world.corp
    const at = world.now()
    const { body, query } = sealEvent(parcel.xml, agentId, {
      ...settings,
      corpId,
      timestamp: Math.floor(at / 1000),
      nonce: newNonce(),
    })
    const { outcome, ms } = await ask(settings.url, query, {
      body,
      deadlineMs: settings.answerMs,
      stop: signal,
    })
    if (!signal.aborted) record({ ...parcel, attempt, copy, at, outcome, ms })
    return outcome
  }

  function forgetAll() {
    stop.abort()
    stop = new AbortController()
    lines = []
    paused = []
    held = []
    for (const { giveUp } of queue.splice(0)) giveUp(new Error('stopped'))
    underWay = 0
    wakeIfIdle()
  }

  const forgetWorld = world.onEvent(event => {
    if (event.kind === 'callback') raise(event.event)
    if (event.kind !== 'reset') return
    forgetAll()
    switches = { ...startSwitches }
  })

  return {
    isActive: settings !== undefined,
    url: settings?.url,
    lines: () => [...lines],
    forget() {
      lines = []
    },
    counts: () => ({ raised, underWay, paused: paused.length, held: held.length }),
    switches: () => ({ ...switches }),
    setSwitches(change: Partial<CallbackSwitches>): CallbackSwitches {
      switches = { ...switches, ...change }
      if (!switches.paused) for (const parcel of paused.splice(0)) take(parcel)
      if (switches.holdCount <= held.length) releaseHeld()
      startNext()
      return { ...switches }
    },
    /** Lets go what is paused and what is held, and leaves the switches as they are. */
    flush() {
      for (const parcel of paused.splice(0)) take(parcel)
      releaseHeld()
    },
    /** Sends any plaintext, for kinds of events nobody here can cause. */
    post,
    /** Resolves when nothing is under way; what is paused or held does not count. */
    idle: (): Promise<void> =>
      underWay === 0 ? Promise.resolve() : new Promise(resolve => waiting.push(resolve)),
    /** Asks as the console does when somebody saves the receive URL. */
    verify: (): Promise<Verdict> =>
      settings
        ? verifyReceiver(settings, world.corp.corpId, Math.floor(world.now() / 1000))
        : Promise.resolve({ isRight: false, problem: 'notConfigured', outcome: undefined, ms: 0 }),
    close() {
      forgetWorld()
      forgetAll()
    },
  }
}

export type Callbacks = ReturnType<typeof createCallbacks>

/**
 * Only members in the visible range who may use 客户联系 are told about; of those who left, only what a transfer
 * takes from them. A group counts as its owner; tags belong to the corp.
 */
function isHeard(world: World, event: CallbackEvent): boolean {
  if (event.event === 'change_external_tag') return true
  const isContact = event.event === 'change_external_contact'
  const userId = isContact ? event.userId : world.findGroup(event.chatId)?.ownerUserId
  const member = userId === undefined ? undefined : world.findMember(userId)
  if (!member?.inVisibleRange || !member.hasCustomerContact) return false
  return member.status !== 5 || (isContact && event.source === 'DELETE_BY_TRANSFER')
}
