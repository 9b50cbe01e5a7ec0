import { WorldRefusal } from '../refusal.ts'
import { endTransfer, startTransfer, transferRefusal } from '../transfers.ts'
import type { Transfer, World } from '../types.ts'
import { getGuide, getMember } from './actor.ts'
import type { Quietly } from './actor.ts'

/** 继承: an admin hands customers over in the console, and customers answer. */
export function transferActions(world: World) {
  return {
    /** From a member at work or from one who left, as she is. @throws WorldRefusal naming the first errcode */
    adminTransfers(input: {
      handoverUserId: string
      takeoverUserId: string
      externalUserIds: string[]
    }): Transfer[] {
      const handover = getMember(world, input.handoverUserId)
      const takeover = getGuide(world, input.takeoverUserId)
      const kind = handover.status === 5 ? 'resigned' : 'onJob'
      for (const id of input.externalUserIds) {
        const errcode = transferRefusal(world, kind, handover, takeover, id)
        if (errcode !== 0) throw new WorldRefusal(`${id} 不能转接：${errcode}`)
      }
      return input.externalUserIds.map(id => startTransfer(world, kind, handover.userId, takeover.userId, id))
    },

    /** The customer takes the new member at once, or refuses; silence means yes after a day. */
    customerAnswersTransfer(input: Quietly & { externalUserId: string; isAccepted: boolean }): Transfer {
      const transfer = world
        .transfers()
        .find(({ externalUserId, status }) => externalUserId === input.externalUserId && status === 'waiting')
      if (!transfer) throw new WorldRefusal(`${input.externalUserId} 没有待接替的转接`)
      return endTransfer(world, transfer, input.isAccepted, { silent: input.silent })
    },
  }
}
