import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { WecomError, type WecomClient, type WecomContactWayDraft } from '../../wecom/client.ts'
import type { DeliveryEnd, LaneHold, OutboxHandler } from '../outbox/outbox.service.ts'
import { createChannelCodesRepository, type CodeForWecom } from './channelCodes.repository.ts'

/** The name is for whoever reads what did not get there. */
const ContactWayPayload = z.object({ channelCodeId: z.uuid(), name: z.string() })

/** What clocks may differ, and how long a call may have been on its way. */
const SLACK_MS = 10 * 60_000
/** WeCom has no way with this id (any more). */
const NO_SUCH_WAY = 41044

export interface ContactWayDeps {
  db: Db
  clock: Clock
  wecom: Pick<WecomClient, 'addContactWay' | 'updateContactWay' | 'deleteContactWay' | 'findContactWay'>
}

const draftOf = ({ userIds, state, name, skipVerify }: CodeForWecom): WecomContactWayDraft => ({
  userIds,
  state,
  remark: name,
  skipVerify,
})

/** Tells WeCom how a code is now: made, changed or deleted there, once, whatever answers get lost. */
export function createContactWayHandler({ db, clock, wecom }: ContactWayDeps): OutboxHandler {
  /** One that was made there while its answer was lost is found by its state, which nobody else has. */
  async function configIdOf(code: CodeForWecom, hold: LaneHold): Promise<string | null> {
    if (code.configId !== null || code.askedAt === null) return code.configId
    const lost = await wecom.findContactWay(code.state, {
      from: new Date(code.askedAt.getTime() - SLACK_MS),
      until: new Date(clock.now().getTime() + SLACK_MS),
    })
    if (!lost) return null
    await hold.write(tx => createChannelCodesRepository(tx).keepWay(code.channelCodeId, lost))
    await hold.keep()
    return lost.configId
  }

  async function add(code: CodeForWecom, hold: LaneHold): Promise<DeliveryEnd> {
    await hold.write(tx => createChannelCodesRepository(tx).noteAsked(code.channelCodeId, clock.now()))
    const made = await wecom.addContactWay(draftOf(code))
    return {
      end: 'done',
      also: async tx => {
        const repository = createChannelCodesRepository(tx)
        await repository.keepWay(code.channelCodeId, made)
        await repository.noteTold(code, clock.now())
      },
    }
  }

  async function change(code: CodeForWecom, configId: string, hold: LaneHold): Promise<DeliveryEnd> {
    try {
      await wecom.updateContactWay(configId, draftOf(code))
    } catch (error) {
      if (!(error instanceof WecomError) || error.errcode !== NO_SUCH_WAY) throw error
      // Somebody has deleted it there: what was printed is dead, a new one is better than none.
      await hold.write(tx => createChannelCodesRepository(tx).keepWay(code.channelCodeId, null))
      return add(code, hold)
    }
    return { end: 'done', also: tx => createChannelCodesRepository(tx).noteTold(code, clock.now()) }
  }

  return {
    async deliver({ corpId, payload }, hold) {
      const { channelCodeId } = ContactWayPayload.parse(payload)
      const code = await createChannelCodesRepository(db).findForWecom(corpId, channelCodeId)
      if (!code) return { end: 'dropped', reason: '已经不在了' }
      const configId = await configIdOf(code, hold)
      if (code.isDeleted) {
        if (configId !== null) await wecom.deleteContactWay(configId)
        return { end: 'done', also: tx => createChannelCodesRepository(tx).keepWay(channelCodeId, null) }
      }
      if (code.userIds.length === 0) return { end: 'refused', reason: '码上的同事都不在职了' }
      return configId === null ? add(code, hold) : change(code, configId, hold)
    },
  }
}
