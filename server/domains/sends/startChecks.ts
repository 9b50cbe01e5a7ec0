import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import type { SendDraft, SendPart } from '../../../shared/contract/sends.ts'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'
import { Invalid } from '../../errors.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import type { AssetsService } from '../scripts/assets.service.ts'
import { createSendsRepository } from './sends.repository.ts'

interface Deps {
  assets: Pick<AssetsService, 'mediaIdOf'>
  reminders: Pick<RemindersService, 'isOwn'>
}

/** What a send names when it starts, each of it hers to use: pictures and files, the script, the reminder. */
export function createStartChecks({ assets, reminders }: Deps) {
  /**
   * The parts with WeCom's ids where they name assets: null for one that WeCom does not have yet.
   * @throws Invalid for an asset that is not hers to send
   */
  async function withMedia(tx: Tx, actor: StaffActor, parts: readonly ScriptPart[]): Promise<SendPart[]> {
    const mediaIds = await assets.mediaIdOf(
      tx,
      actor,
      parts.flatMap(part => ('assetId' in part ? [part.assetId] : [])),
    )
    const missing = parts.flatMap((part, index) =>
      'assetId' in part && !mediaIds.has(part.assetId)
        ? [{ path: `parts.${index}.assetId`, message: '没有这个素材' }]
        : [],
    )
    if (missing.length > 0) throw new Invalid(missing)
    return parts.map(part =>
      'assetId' in part ? { ...part, mediaId: mediaIds.get(part.assetId) ?? null } : part,
    )
  }

  /** A part of a send that goes on: the id of its asset at WeCom may have changed, or ended. */
  async function withFreshMedia(tx: Tx, actor: StaffActor, body: SendPart): Promise<SendPart> {
    if (!('assetId' in body) || body.assetId === undefined) return body
    const mediaIds = await assets.mediaIdOf(tx, actor, [body.assetId])
    return { ...body, mediaId: mediaIds.get(body.assetId) ?? null }
  }

  async function assertScript(tx: Tx, actor: StaffActor, script: SendDraft['script']): Promise<void> {
    if (!script) return
    const newest = await createSendsRepository(tx).findScriptVersion(actor, script.scriptId)
    if (newest === undefined) throw new Invalid([{ path: 'script.scriptId', message: '没有这条话术' }])
    if (script.version < 1 || script.version > newest)
      throw new Invalid([{ path: 'script.version', message: '话术没有这个版本' }])
  }

  async function assertReminder(
    tx: Tx,
    actor: StaffActor,
    reminderId: string | null,
    customerId: number | null,
  ): Promise<void> {
    if (reminderId === null) return
    const isOwn = customerId !== null && (await reminders.isOwn(tx, actor, reminderId, customerId))
    if (!isOwn) throw new Invalid([{ path: 'reminderId', message: '没有这个提醒' }])
  }

  return { withMedia, withFreshMedia, assertScript, assertReminder }
}
