import type {
  OpenSend,
  PartResults,
  PartState,
  Send,
  SendDraft,
  SendPart,
} from '../../shared/contract/sends.ts'
import { isLeftOpen, isUncertain, nextPart, sendOutcome } from '../../shared/rules/sendState.ts'
import { noNetwork, ok, problem, type Answer, type FakeApi, type FakeRequest } from './fakeApi.ts'
import { newUuid, toSendPart } from './makeCard.ts'

const bodiesOf = ({ engravingId, parts }: Pick<SendDraft, 'parts' | 'engravingId'>): SendPart[] => [
  ...(engravingId === undefined ? [] : [{ kind: 'image' as const, engravingId, mediaId: 'media-1' }]),
  ...parts.map(toSendPart),
]

/** A send as the server answers it when it has just begun. */
export const makeSend = (draft: Pick<SendDraft, 'title' | 'parts'> & Partial<SendDraft>): Send => ({
  sendId: newUuid(),
  startedAt: '2026-11-21T10:20:00+08:00',
  title: draft.title,
  parts: bodiesOf(draft).map((body, index) => ({
    body,
    state: index === 0 ? 'leaving' : 'waiting',
    outcome: null,
    reason: null,
  })),
  outcome: null,
  scriptId: draft.script?.scriptId ?? null,
  reminderId: draft.reminderId ?? null,
  isStopped: false,
  client: draft.client ?? null,
})

const statesOf = (send: Send): PartState[] => send.parts.map(({ state }) => state)

/** The server's side of sends, in memory: it notes what it is told, and refuses what the real one refuses. */
export function serveSends(api: FakeApi) {
  const sends: Send[] = []
  /** Which time each part was given to the client last, by send. */
  const attempts = new Map<string, (string | undefined)[]>()
  const server = {
    sends,
    /** How the parts of the newest send stand, as the server knows them. */
    states: () => statesOf(sends.at(-1) ?? makeSend({ title: '', parts: [] })),
    /** What the card tells of. */
    left(): OpenSend | null {
      const send = sends.findLast(one => !one.isStopped && isLeftOpen(statesOf(one)))
      if (!send) return null
      const { sendId, title, scriptId, reminderId } = send
      return { sendId, title, scriptId, reminderId, parts: statesOf(send) }
    },
    /** Whether it hears how parts end. */
    isReachable: () => true,
    /** What it says against a part that is to leave now; nothing where it may. */
    refuses: (_told: Partial<PartResults>): Answer | undefined => undefined,
  }
  const sendOf = (request: FakeRequest) =>
    sends.find(({ sendId }) => sendId === /sends\/([^/]+)/.exec(request.path)?.[1])

  api.on('post', /\/sends$/, request => {
    const send = makeSend(request.body as SendDraft)
    sends.push(send)
    attempts.set(send.sendId, [send.sendId])
    return ok(structuredClone(send), 201)
  })
  api.on('get', /\/sends$/, () =>
    ok({ sends: sends.filter(send => !send.isStopped && isLeftOpen(statesOf(send))) }),
  )
  api.on('patch', /\/sends\//, request => {
    if (!server.isReachable()) return noNetwork()
    const send = sendOf(request)
    if (!send) return problem('not_found')
    const told = request.body as Partial<PartResults>
    const refusal = told.next === undefined ? undefined : server.refuses(told)
    if (refusal) return refusal
    const after = structuredClone(send)
    const given = attempts.get(send.sendId) ?? []
    for (const { index, outcome, reason, attempt } of told.results ?? []) {
      const part = after.parts[index]
      const isLate = attempt !== undefined && given[index] !== undefined && given[index] !== attempt
      if (part && (outcome === 'ok' || !isLate) && part.outcome !== 'ok')
        Object.assign(part, { state: outcome, outcome, reason })
    }
    if (told.next !== undefined) {
      const part = after.parts[told.next]
      const isDoubtful = isUncertain(part?.state) && !told.again
      if (send.isStopped || nextPart(statesOf(after)) !== told.next || isDoubtful)
        return problem('state_conflict')
      Object.assign(part ?? {}, { state: 'leaving', outcome: null, reason: null })
      attempts.set(send.sendId, Object.assign([...given], { [told.next]: told.attempt }))
    }
    after.isStopped ||= told.stop === true
    after.outcome = sendOutcome(statesOf(after))
    Object.assign(send, after)
    return ok(structuredClone(send))
  })

  return server
}
