import { randomUUID } from 'node:crypto'
import type { Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { nameSound } from '../customers/customers.service.ts'
import { createScriptsRepository } from './scripts.repository.ts'
import { starterScripts } from './starterScripts.ts'

interface Deps {
  db: Db
  clock: Clock
}

export type ScriptsService = ReturnType<typeof createScriptsService>

const textParts = (texts: readonly string[]): ScriptPart[] => texts.map(text => ({ kind: 'text', text }))

export const createScriptsService = ({ db, clock }: Deps) => ({
  /**
   * Puts the starter library into a corp. Safe to repeat, also after an upgrade: new ones are added, those nobody
   * has edited get the words of this release, the others stay as they are.
   * @returns how many were added
   */
  async installStarter(actor: JobActor): Promise<number> {
    const starters = starterScripts.map(({ key, occasion, title, texts }, index) => ({
      scriptId: randomUUID(),
      starterKey: key,
      occasion,
      title,
      parts: textParts(texts),
      // Room for the corp's own between two of ours.
      sort: (index + 1) * 100,
      ...nameSound(title),
    }))
    const changed = starterScripts.flatMap(({ key, texts, formerTexts = [] }) =>
      formerTexts.map(former => ({
        starterKey: key,
        formerParts: textParts(former),
        parts: textParts(texts),
      })),
    )
    const repository = createScriptsRepository(db)
    await repository.refreshStarters(actor.corpId, changed, clock.now())
    return repository.insertStarters(actor.corpId, starters, clock.now())
  },

  /** Every script the member may use, in the order of the library. */
  async list(actor: StaffActor): Promise<{ scripts: Script[] }> {
    return { scripts: await createScriptsRepository(db).list(actor) }
  },
})
