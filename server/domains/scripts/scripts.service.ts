import { randomUUID } from 'node:crypto'
import { PINNED_SLOTS, type ScriptCatalogue, type ScriptPart } from '../../../shared/contract/scripts.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Invalid, NotFound } from '../../errors.ts'
import { nameSound } from '../customers/customers.service.ts'
import { catalogueOf, type KnownTags, type UsableScripts } from './catalogue.ts'
import { createScriptsRepository } from './scripts.repository.ts'
import { starterQuickReplies, starterScripts } from './starterScripts.ts'

interface Deps {
  db: Db
  clock: Clock
  timeZone: string
}

export type ScriptsService = ReturnType<typeof createScriptsService>

const textParts = (texts: readonly string[]): ScriptPart[] => texts.map(text => ({ kind: 'text', text }))

export const createScriptsService = ({ db, clock, timeZone }: Deps) => {
  /** Every script the member may use today, in the order of the library, with her own marks on them. */
  const list = (actor: StaffActor): Promise<UsableScripts> =>
    createScriptsRepository(db).list(actor, clock.today(timeZone))
  return {
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
        defaultSlot: starterQuickReplies.indexOf(key) + 1 || null,
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

    list,

    /** The same for a page that keeps what it was answered before: only what is another now. */
    async catalogue(actor: StaffActor, known: KnownTags): Promise<ScriptCatalogue> {
      return catalogueOf(await list(actor), known)
    },

    /** @throws NotFound for one she may not use */
    async markFavourite(actor: StaffActor, scriptId: string, isFavourite: boolean): Promise<void> {
      if (!(await createScriptsRepository(db).mark(actor, scriptId, isFavourite, clock.now())))
        throw new NotFound()
    },

    /** Her quick replies from now on, by place. @throws Invalid for one she may not use or that stands in two places */
    async pin(actor: StaffActor, scriptIds: readonly (string | null)[]): Promise<void> {
      const chosen = scriptIds.filter(scriptId => scriptId !== null)
      await db.transaction(async tx => {
        const repository = createScriptsRepository(tx)
        const usable = new Set(await repository.listUsable(actor, chosen))
        const wrong = scriptIds.flatMap((scriptId, place) => {
          if (scriptId === null) return []
          const path = `scriptIds.${place}`
          if (!usable.has(scriptId)) return [{ path, message: '没有这条话术' }]
          return scriptIds.indexOf(scriptId) < place ? [{ path, message: '同一条放了两处' }] : []
        })
        if (wrong.length > 0) throw new Invalid(wrong)
        await repository.pin(
          actor,
          Array.from({ length: PINNED_SLOTS }, (_, place) => scriptIds[place] ?? null),
        )
      })
    },
  }
}
