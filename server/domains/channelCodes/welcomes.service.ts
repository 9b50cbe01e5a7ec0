import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import { addressCustomer, NAMELESS_CUSTOMER } from '../../../shared/rules/customerName.ts'
import { variablesOf } from '../../../shared/rules/fillScript.ts'
import { welcomeText } from '../../../shared/rules/welcomeText.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import type { Job, Queue } from '../../jobs/job.ts'
import { digest, type Sealing } from '../../sealing.ts'
import { WecomError, type WecomClient } from '../../wecom/client.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import type { CouponsService } from '../coupons/coupons.service.ts'
import { createWelcomesRepository, type WaitingWelcome, type WelcomeEnd } from './welcomes.repository.ts'

/** WeCom takes a welcome for 20 s after the event, which may have been a moment on its way. */
const GOOD_FOR_MS = 20_000
/** Whoever claimed it has given up by then, or is dead: one call with its tries takes less. */
const OVERDUE_MS = 60_000
const OVERDUE_PER_RUN = 200
/** A greeting with her name is nicer, one in time is better. */
const NAME_WITHIN_MS = 3_000
/** Of somebody of whom WeCom shows nothing yet. */
const UNKNOWN_NAME = '新朋友'

/** Of its own kind, so that no other work stands before it in the queue. */
export const welcomeJob: Job<{ welcomeId: string }> = {
  name: 'channelCodes.welcome',
  payload: z.object({ welcomeId: z.uuid() }),
  retryLimit: 3,
  retrySeconds: 1,
  expireSeconds: 60,
  concurrency: 8,
}
export const overdueWelcomesJob: Job<object> = {
  name: 'channelCodes.overdue',
  payload: z.object({}),
  retryLimit: 0,
  cron: '* * * * *',
}

export interface WelcomesDeps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'warn'>
  queue: Queue
  sealing: Sealing
  wecom: Pick<WecomClient, 'sendWelcome' | 'getCustomer'>
  customers: Pick<CustomersService, 'ensure' | 'recordTouches'>
  coupons: Pick<CouponsService, 'issueWelcome' | 'takeBackWelcome'>
  /** between tries of one welcome, milliseconds; default 1000 */
  againAfterMs?: number
}

type CouponCard = CouponReservation['card']

/** The two have talked, or the code is used up, be it by ourselves. */
const GREETED = 41051
/** Another app is greeting her just now. */
const OTHER_APP = 41096

/** Why it did not reach her, for the guide. */
const refusals: Record<number, string> = {
  41050: '过了 20 秒，企业微信不收了',
  [GREETED]: '你们已经聊起来了，或别处已经打过招呼',
  41053: '她还没有同意会话存档',
  [OTHER_APP]: '另一个应用正在打招呼',
}
const LATE = '过了 20 秒没来得及发'
const reasonOf = (errcode: number | null) =>
  (errcode === null ? undefined : refusals[errcode]) ?? `企业微信没有收下（编号 ${errcode ?? '不明'}）`

interface Ending {
  state: WelcomeEnd
  errcode: number | null
  detail: string | null
}

/**
 * Greets who came by a code, within seconds of the event. One row per welcome code says how far it is: claimed before WeCom is
 * called, so that of two servers one calls, and never called again once it is not certain that WeCom has not heard it.
 */
export function createWelcomesService(deps: WelcomesDeps) {
  const { db, clock, log, queue, sealing, wecom, customers, coupons, againAfterMs = 1_000 } = deps

  /** What to call her; undefined when nobody says it in time. */
  async function nameOf({ welcomeText, salutation, externalUserId }: WaitingWelcome) {
    if (!variablesOf(welcomeText).includes('称呼')) return undefined
    let name: string | null = null
    if (salutation === null) {
      const giveUp = new AbortController()
      const asked = wecom.getCustomer(externalUserId).then(
        found => found.customer.name,
        () => null, // of a half friend WeCom tells nothing
      )
      const late = wait(NAME_WITHIN_MS, null, { signal: giveUp.signal, ref: false }).catch(() => null)
      name = await Promise.race([asked, late])
      giveUp.abort()
    }
    const called = addressCustomer({ salutation, name })
    return called === NAMELESS_CUSTOMER ? undefined : called
  }

  /**
   * The card of her coupon, if she may have it: the row that says so stands for ever, whatever becomes of the friendship. The last
   * thing of its transaction.
   */
  async function takeCoupon(
    tx: Tx,
    welcomeId: string,
    welcome: WaitingWelcome,
    customerId: number,
  ): Promise<CouponCard | null> {
    const { corpId, templateId, channelCodeId, staffId, externalUserId } = welcome
    const repository = createWelcomesRepository(tx)
    const personHash = sealing.keyedHash(`welcome ${corpId} ${externalUserId}`)
    const note = (couponId: string | null, refusal: string | null) =>
      repository.noteCoupon(welcomeId, { customerId, couponId, refusal })
    if (templateId === null) {
      await note(null, null)
      return null
    }
    const isFirst = await repository.markGiven({
      corpId,
      templateId,
      personHash,
      channelCodeId,
      at: clock.now(),
    })
    const issued = isFirst
      ? await coupons.issueWelcome(tx, { corpId, templateId, customerId, staffId })
      : ({ refusal: 'alreadyHad' } as const)
    if ('refusal' in issued) {
      if (isFirst) await repository.unmarkGiven({ templateId, personHash })
      await note(null, issued.refusal)
      return null
    }
    await note(issued.couponId, null)
    await repository.noteGiven({ templateId, personHash, couponId: issued.couponId })
    return issued.card
  }

  /**
   * Writes what became of it, once, and tells it in the timeline.
   * @param judge answers undefined for one that is not the caller's to end
   */
  async function end(
    welcomeId: string,
    judge: (state: 'waiting' | 'sending') => Ending | undefined,
  ): Promise<void> {
    await db.transaction(async tx => {
      const repository = createWelcomesRepository(tx)
      const open = await repository.lockOpen(welcomeId)
      if (!open) return
      const ending = judge(open.state)
      if (!ending) return
      const { state, errcode, detail } = ending
      // What may have reached her stays hers.
      if (open.couponId !== null && state === 'refused') {
        await repository.unmarkGiven({ couponId: open.couponId })
        await coupons.takeBackWelcome(tx, open.couponId)
      }
      const customerId =
        open.customerId ?? (await customers.ensure(tx, open.corpId, open.externalUserId, UNKNOWN_NAME))
      await repository.end(welcomeId, { state, errcode, customerId }, clock.now())
      await customers.recordTouches(tx, [
        {
          corpId: open.corpId,
          customerId,
          kind: 'welcomed',
          by: 'system',
          staffId: open.staffId,
          what: '欢迎语',
          detail: detail ?? `她扫「${open.codeName}」加的，不算主动写`,
          outcome: state === 'sent' ? 'ok' : state === 'refused' ? 'failed' : 'unknown',
        },
      ])
    })
  }

  /** Calls WeCom until it is certain what became of it, or the time is over. */
  async function send(message: Parameters<WecomClient['sendWelcome']>[0], until: number): Promise<Ending> {
    // Busy WeCom need not have dropped what it was asked; another app's turn, and what never left, say that nothing was done.
    let mayStandThere = false
    for (;;) {
      try {
        await wecom.sendWelcome(message)
        return { state: 'sent', errcode: null, detail: null }
      } catch (error) {
        if (!(error instanceof WecomError)) throw error
        const { errcode, retry, mayHaveActed } = error
        if (mayHaveActed) return { state: 'unknown', errcode, detail: '企业微信没有回音，不再重发' }
        if (errcode === GREETED && mayStandThere)
          return { state: 'unknown', errcode, detail: '企业微信忙过一阵，说已经打过招呼' }
        if (errcode !== null && errcode !== OTHER_APP) mayStandThere = true
        const mayTryAgain = retry === 'quick' && clock.now().getTime() + againAfterMs < until
        if (!mayTryAgain)
          return {
            state: 'refused',
            errcode,
            detail: errcode === null ? '企业微信没有连上' : reasonOf(errcode),
          }
        await wait(againAfterMs)
      }
    }
  }

  return {
    /**
     * Notes that somebody new may be greeted and queues it, in the transaction that stores the event. Nothing happens for what is
     * no code of ours, or has nothing to say.
     */
    async expect(
      tx: Tx,
      event: { corpId: number; state: string; welcomeCode: string; userId: string; externalUserId: string },
    ): Promise<void> {
      const { corpId, state, welcomeCode, userId, externalUserId } = event
      if (state === '' || welcomeCode === '') return
      const repository = createWelcomesRepository(tx)
      const code = await repository.findCode(corpId, state, userId)
      if (!code) return
      const welcomeId = randomUUID()
      const isNew = await repository.insert({
        welcomeId,
        corpId,
        codeHash: digest(welcomeCode),
        codeSealed: sealing.seal(welcomeCode),
        ...code,
        externalUserId,
        receivedAt: clock.now(),
      })
      if (isNew) await queue.send(tx, welcomeJob, { welcomeId })
    },

    /** Greets, once; safe to call again, by any server. */
    async greet(welcomeId: string): Promise<void> {
      const welcome = await createWelcomesRepository(db).findWaiting(welcomeId)
      if (!welcome) return
      const until = welcome.receivedAt.getTime() + GOOD_FOR_MS
      if (clock.now().getTime() > until)
        return end(welcomeId, state =>
          state === 'waiting' ? { state: 'refused', errcode: null, detail: LATE } : undefined,
        )
      const called = await nameOf(welcome)
      const text = welcomeText(welcome.welcomeText, {
        称呼: called,
        导购姓名: welcome.guide,
        门店: welcome.store ?? undefined,
      })
      const claimed = await db.transaction(async tx => {
        if (!(await createWelcomesRepository(tx).claim(welcomeId, clock.now()))) return undefined
        const customerId = await customers.ensure(tx, welcome.corpId, welcome.externalUserId, UNKNOWN_NAME)
        return { card: await takeCoupon(tx, welcomeId, welcome, customerId) }
      })
      if (!claimed) return
      const { card } = claimed
      if (text === '' && card === null)
        return end(welcomeId, () => ({ state: 'refused', errcode: null, detail: '见面礼给不了，没有别的话' }))
      const link = card
        ? { title: card.title, description: card.description, url: card.link, imageUrl: card.imageUrl }
        : null
      const welcomeCode = sealing.open(welcome.codeSealed)
      const ending = await send({ welcomeCode, text, link }, until)
      if (ending.state !== 'sent')
        log.warn({ errcode: ending.errcode, state: ending.state }, 'a welcome did not go out')
      await end(welcomeId, () => ending)
    },

    /** Ends what nobody has ended: what was claimed may have been sent and is not sent again, the rest was too late. */
    async endOverdue(): Promise<void> {
      const before = new Date(clock.now().getTime() - OVERDUE_MS)
      for (const welcomeId of await createWelcomesRepository(db).listOverdue(before, OVERDUE_PER_RUN))
        await end(welcomeId, state =>
          state === 'sending'
            ? { state: 'unknown', errcode: null, detail: '发到一半断了，不再重发' }
            : { state: 'refused', errcode: null, detail: LATE },
        )
    },
  }
}

export type WelcomesService = ReturnType<typeof createWelcomesService>
