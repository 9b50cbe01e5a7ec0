import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Script } from '../../shared/contract/scripts.ts'
import { createRandom } from '../world/random.ts'
import { dayMs, momentOf } from '../world/calendar.ts'
import type { CustomerKnowledge } from '../world/families.ts'
import { filledOf, isTold, type History } from './history.ts'
import type { Served } from './rooms.ts'

/** What the shop wrote to many in one week: how often guides thought better of it, and how often it was answered. */
interface Campaign {
  occasion: Script['occasion']
  daysAgo: readonly [number, number]
  cancelled: number
  answered: number
  /** what some of them were written instead in that week, one share each */
  instead?: readonly { occasion: Script['occasion']; answered: number }[]
}

const campaigns: readonly Campaign[] = [
  { occasion: 'festival', daysAgo: [80, 87], cancelled: 0.7, answered: 0.3 },
  {
    occasion: 'care',
    daysAgo: [71, 78],
    cancelled: 0.05,
    answered: 0.75,
    instead: [{ occasion: 'engraving', answered: 0.55 }],
  },
  {
    occasion: 'visit',
    daysAgo: [63, 69],
    cancelled: 0.1,
    answered: 0.3,
    instead: [
      { occasion: 'daily', answered: 0.45 },
      { occasion: 'newFriend', answered: 0.2 },
    ],
  },
]
const INSTEAD_SHARE = 0.16
/** Nobody is written to in the week she is added, let alone before. */
const SETTLED_DAYS = 7
const LEFT_OUT = 0.15

interface OldSend {
  sendId: string
  externalUserId: string
  staffId: number
  at: string
  title: string
  scriptId: string | null
  version: number | null
  reasonClass: 'answer' | null
  outcome: 'ok' | 'cancelled'
  parts: { kind: 'text'; text: string }[]
}

/** The same for the same message, so that a second run adds none. */
function idOf(...what: (string | number)[]): string {
  const hash = createHash('sha256').update(what.join('\n')).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

function messagesTo(
  { now, scripts }: Pick<History, 'now' | 'scripts'>,
  { guide, externalUserId, addedAt }: Served,
  address: string,
): OldSend[] {
  const random = createRandom(`use:${externalUserId}`)
  const facts = { 称呼: address, 导购姓名: guide.name, 门店: guide.store?.name }
  const messages: OldSend[] = []
  const write = (
    at: number,
    message: Pick<OldSend, 'title' | 'parts' | 'scriptId' | 'version' | 'reasonClass' | 'outcome'>,
  ) =>
    messages.push({
      sendId: idOf('use', externalUserId, messages.length),
      externalUserId,
      staffId: guide.staffId,
      at: new Date(at).toISOString(),
      ...message,
    })
  const other = createRandom(`use instead:${externalUserId}`)
  for (const { daysAgo, cancelled, instead = [], ...usual } of campaigns) {
    const { occasion, answered } = instead.find(() => other.chance(INSTEAD_SHARE)) ?? usual
    const at = momentOf(now, -random.between(...daysAgo), 14, random.between(0, 59))
    const isLeftOut = random.chance(LEFT_OUT)
    const outcome = random.chance(cancelled) ? 'cancelled' : 'ok'
    const isAnswered = random.chance(answered)
    const message = filledOf(scripts, occasion, facts)
    if (isLeftOut || !message || !addedAt || at < addedAt.getTime() + SETTLED_DAYS * dayMs) continue
    const { title, parts, script } = message
    write(at, { title, parts, ...script, reasonClass: null, outcome })
    if (outcome === 'cancelled' || !isAnswered) continue
    const words = `${address}，好的，我给您留着，您来之前跟我说一声。`
    const plain = { scriptId: null, version: null, reasonClass: 'answer', outcome: 'ok' } as const
    write(at + dayMs / 6, { title: '回复', parts: [{ kind: 'text', text: words }], ...plain })
  }
  return messages
}

/**
 * Some hundred messages of the shop's last months to customers known for that long, so that there is something to be seen in what
 * worked. They lie further back than all the design pages tell of, and are written as they would stand there now, in one go.
 * @returns how many
 */
export async function seedScriptUse(
  history: Pick<History, 'db' | 'now' | 'scripts'>,
  byCustomer: ReadonlyMap<string, readonly Served[]>,
  known: readonly CustomerKnowledge[],
): Promise<number> {
  const messages = known.flatMap(({ externalUserId, address }) => {
    const [first] = byCustomer.get(externalUserId) ?? []
    return first && !isTold(externalUserId) ? messagesTo(history, first, address) : []
  })
  const written = await sql<{ count: number }>`
    with given as (
      select m.*, c.customer_id, c.corp_id
      from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb)
        as m("sendId" uuid, "externalUserId" text, "staffId" integer, at timestamptz, title text, "scriptId" uuid, version integer,
             "reasonClass" text, outcome text, parts jsonb)
      join staff s on s.staff_id = m."staffId"
      join customers c on c.corp_id = s.corp_id and c.external_user_id = m."externalUserId"),
    sent as (
      insert into sends (send_id, corp_id, staff_id, customer_id, title, script_id, script_version, reason_class, is_answer,
                         started_at, finished_at, outcome)
      select "sendId", corp_id, "staffId", customer_id, title, "scriptId", version, "reasonClass",
             "reasonClass" is not null, at, at, outcome
      from given
      on conflict do nothing
      returning send_id),
    told as (
      insert into send_parts (send_id, index, body, handed_at, outcome, answered_at)
      select "sendId", part.place - 1, part.body, at, outcome, at
      from given join sent on sent.send_id = given."sendId",
        jsonb_array_elements(parts) with ordinality as part (body, place)),
    lines as (
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what, outcome, send_id)
      select corp_id, customer_id, at, 'send', 'staff', "staffId", title, outcome, "sendId"
      from given join sent on sent.send_id = given."sendId")
    select count(*)::int as count from sent`.execute(history.db)
  return written.rows[0]?.count ?? 0
}
