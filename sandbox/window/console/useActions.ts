import { onScopeDispose, ref, shallowRef } from 'vue'
import type { CallbackLine } from '../../callbacks/callbacks.ts'
import { act, callbacksIdle, readCallbacks } from './consoleApi.ts'
import type { ActionAnswer, CallbackState } from './consoleApi.ts'
import { eventWords, outcomeWords } from './consoleWords.ts'

/** Newest lines looked through for those of one action: it raises a handful, each with a few tries and copies. */
const LINES_LOOKED_AT = 400

/** What somebody did: in words, and the action route with its body. */
export interface Action {
  words: string
  name: string
  body: object
}

export interface ActionReport {
  words: string
  /** what the app was told of it and how that went */
  delivery: string
  isRefused: boolean
}

/**
 * Carries out one action after another and tells what became of it, down to how the app took the callbacks.
 * @param isSilent whether the app is told nothing
 * @param changed called once the world has changed
 */
export function useActions(isSilent: () => boolean, changed: (result: unknown) => Promise<unknown>) {
  const report = shallowRef<ActionReport>()
  const busy = ref(false)
  let underWay = new AbortController()
  onScopeDispose(() => underWay.abort())

  async function run({ words, name, body }: Action): Promise<void> {
    underWay.abort()
    const { signal } = (underWay = new AbortController())
    const show = (delivery: string, isRefused = false) => {
      if (!signal.aborted) report.value = { words, delivery, isRefused }
    }
    busy.value = true
    try {
      const before = await readCallbacks(1)
      const silent = isSilent() && !isUnheard(name)
      const { events, result } = await act(name, silent ? { ...body, silent } : body)
      show(silent ? '没有告诉应用' : events.length === 0 ? untold(name) : '正在告诉应用')
      await changed(result)
      busy.value = false
      if (!silent && events.length > 0) show(await delivery(before, events, signal))
    } catch (cause) {
      show(cause instanceof Error ? cause.message : String(cause), true)
    } finally {
      if (!signal.aborted) busy.value = false
    }
  }

  return { report, busy, run }
}

/** Members' changes are never told, and the start of a transfer is not either: these actions know no silence. */
const isUnheard = (name: string) => name.startsWith('member-') || name === 'admin-transfers'

function untold(name: string): string {
  if (name.startsWith('member-')) return '企业微信不把成员的变动告诉应用，应用要自己来查'
  if (name === 'admin-transfers') return '客户答复以前，企业微信什么也不说'
  return '没有要告诉应用的变化'
}

async function delivery(
  before: CallbackState,
  events: ActionAnswer['events'],
  signal: AbortSignal,
): Promise<string> {
  if (!before.isActive) return '沙盒没有设接收地址，什么也没发'
  const idle = await callbacksIdle(signal)
  const waiting = idle.counts.paused + idle.counts.held
  if (idle.counts.raised === before.counts.raised) {
    return '这位成员不在可见范围，或没有客户联系权限，企业微信不说'
  }
  const { lines } = await readCallbacks(LINES_LOOKED_AT)
  return deliveryWords(
    lines.filter(({ id }) => Number(id.slice(1)) > before.counts.raised),
    events.length,
    waiting,
  )
}

/** @param lines of this action alone, oldest first */
export function deliveryWords(lines: CallbackLine[], raised: number, waiting: number): string {
  const last = [...new Map(lines.map(line => [`${line.id}/${line.copy}`, line])).values()]
  const [only] = last
  if (!only) return waiting > 0 ? `${raised} 条回调在等着发` : '回调还在路上'
  if (last.length === 1) {
    const tries = only.attempt > 1 ? `第 ${only.attempt} 次` : ''
    const spent = only.outcome === 200 ? `，${only.ms} 毫秒` : ''
    return `回调「${eventWords(only)}」${tries}${outcomeWords(only)}${spent}`
  }
  const arrived = last.filter(({ outcome }) => outcome === 200).length
  const names = [...new Set(last.map(eventWords))].join('、')
  const rest = last.length - arrived
  return `${last.length} 条回调（${names}）${rest === 0 ? '都已送到' : `，送到 ${arrived} 条，没送到 ${rest} 条`}`
}
